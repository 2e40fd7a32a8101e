"""Experiment files: their format, reading and writing them, and what a disk can do to them."""
