"""Tests of what goes out of a document into files of other programs."""
