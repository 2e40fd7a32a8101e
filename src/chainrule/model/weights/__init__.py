"""Weights that PyTorch has saved: `weight_files` reads them, `matching` says which parameter each belongs to."""
