"""Formulas as data: a tree, and its readers.

A formula is said once, as text or as a tree. It is parsed, differentiated, simplified, evaluated and printed by small
functions over the tree, so that a value, its derivative and what is written of them cannot part.
"""
