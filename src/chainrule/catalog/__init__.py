"""What exists and what is allowed: every table's declarations, argument types, experiments and their checks.

Needs the standard library and formulas only. The window, the commands and the files ask here before torch is loaded.
"""
