"""Predictions in the window: the question at the equation, the cover of views that look ahead, and the score."""
