"""Statements and expressions of a script, followed in their order."""
