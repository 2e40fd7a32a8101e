"""What teaches: numbers that a student worked out by hand are checked, and the likely mistake behind a wrong one is
found by computing it: a rule of the program is altered, and the altered program is run.
"""
