"""Tests of what a hall is shown."""
