"""The numbers of a script: arrays of torch and NumPy, and first values that it sets."""
