"""The computation: specs, tables of functions, the write-once program and its trace.

Needs torch and the standard library only. `refs`, `arguments`, `spec` and `steps` do not import torch
either, so that a window can be drawn before torch is loaded.
"""
