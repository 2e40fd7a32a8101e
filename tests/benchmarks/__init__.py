"""Benchmarks: each `bench_*.py` here is a group of rows in the table of `make bench`, and gives them as `rows()`."""
