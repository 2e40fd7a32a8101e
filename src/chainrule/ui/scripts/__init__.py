"""The page on which a PyTorch script is pasted, and what was understood of it."""
