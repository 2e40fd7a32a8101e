"""Assignments: the questions of an experiment with their right answers, variants of it, worksheets and quizzes."""
