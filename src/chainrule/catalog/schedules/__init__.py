"""Schedulers: their declarations, the rule of each step, and a schedule at work, in plain floats."""
