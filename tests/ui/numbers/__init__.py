"""Tests of numbers by hand: what is typed, dragged and copied."""
