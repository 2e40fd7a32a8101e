"""The table of conventions: one number under PyTorch's rule, Keras's and a textbook's, and where they part."""
