"""Searching everything that there is in the window by its name: commands, examples, lessons, words and the help."""
