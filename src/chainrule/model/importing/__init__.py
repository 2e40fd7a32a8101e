"""Importing: tables from other programs' files, which of their columns are wanted, and the data made of them."""
