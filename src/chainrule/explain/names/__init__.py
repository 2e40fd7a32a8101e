"""What values, steps and parameters are called, in symbols and in words."""
