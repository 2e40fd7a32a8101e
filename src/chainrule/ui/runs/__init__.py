"""The list of runs: the one on the screen, those that are pinned beside it, and those that an edit has put aside."""
