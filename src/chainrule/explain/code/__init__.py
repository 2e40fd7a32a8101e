"""Experiments as PyTorch code: `reading` makes one of a script, which is never run, and `writing` a script of one."""
