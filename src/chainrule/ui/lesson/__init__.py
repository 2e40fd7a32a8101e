"""The card of a lesson: its text with formulas and live numbers, its tasks and hints, and the menu of lessons."""
