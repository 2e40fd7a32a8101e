"""Grading: files of answers, their marks, and what is said of them to a student and to a lecturer."""
