"""Edits: pure functions from one experiment to the next, and what else an edit may need."""
