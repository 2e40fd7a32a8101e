"""Tests of experiments as PyTorch code."""
