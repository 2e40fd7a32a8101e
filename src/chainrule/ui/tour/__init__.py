"""A tour of 60 seconds on the real window, for whoever opens it for the first time."""
