"""The data: its tables, and how the rows become iterations."""
