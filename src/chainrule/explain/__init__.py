"""What the computation means: names, equations and sentences for every number of an iteration. No Qt.

`numbers` writes a number, `notation` names a value, `equations` shows how a value came to be, and
`narration` says it in words. Formulas come from the tables' own LaTeX, so that a new activation, loss or
optimizer needs nothing here.
"""
