"""How formulas are written: as text, as LaTeX, and with numbers in the place of names."""
