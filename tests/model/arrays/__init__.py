"""Tests of large data in files."""
