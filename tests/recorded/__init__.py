"""What the program computed before its formulas became data: to be computed still, value by value and name by name."""
