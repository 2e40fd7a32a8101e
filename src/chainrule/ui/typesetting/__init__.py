"""Formulas as a textbook sets them, on the screen and while they are typed."""
