"""The equation of the selected number, and the derivation below it."""
