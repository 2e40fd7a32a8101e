"""Edits of the document: the experiment, single numbers, and what training starts from. Each is one entry to undo."""
