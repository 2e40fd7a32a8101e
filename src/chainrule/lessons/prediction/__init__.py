"""Predictions: what can be asked of a number before it is shown, and the score of what was answered."""
