"""Lessons: what a folder of texts and an experiment says, checked against the numbers of training."""
