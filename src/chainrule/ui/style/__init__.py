"""Colours, fonts and icons, and how things are painted."""
