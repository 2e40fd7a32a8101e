"""How equations and numbers are written: LaTeX, plain text, and as many digits as it takes."""
