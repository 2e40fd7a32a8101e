"""The controls of arguments, and of formulas line by line."""
