"""Painting the stage."""
