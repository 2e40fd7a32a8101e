"""Papers: texts with formulas, tables and drawings on pages, as PDF; and formulas as outlines, for the window, too."""
