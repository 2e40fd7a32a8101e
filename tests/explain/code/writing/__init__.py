"""Tests of the scripts that are written."""
