"""Chainrule: every number of backpropagation, explained, editable, one step at a time."""

__version__ = "0.1.0"
