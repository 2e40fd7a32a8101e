"""Importing in the window: the page, and how one comes to it."""
