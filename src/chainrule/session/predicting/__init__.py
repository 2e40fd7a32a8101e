"""Predictions: a step asks for a number before it is shown, and keeps the score."""
