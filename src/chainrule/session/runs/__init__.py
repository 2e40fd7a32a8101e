"""Runs that are kept beside the document: pinning them, what they differ in, and their numbers."""
