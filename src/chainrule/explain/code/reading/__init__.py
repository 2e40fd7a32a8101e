"""Reading a PyTorch script without running it: `script.py` is the way in, `following/` goes through its statements.

Python's own parser reads the text, and nothing else of Python's is let near it. What a name stands for is one of the
values in `values.py`; functions of torch and NumPy are those of the tables, each with bounded arguments.
"""
