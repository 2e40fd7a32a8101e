"""Formulas in the place of layers: what their values are called, their equations, and sentences about them."""
