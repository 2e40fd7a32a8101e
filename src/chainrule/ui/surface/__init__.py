"""The loss over two weights, or two directions, with the ways of training and of other optimizers on it."""
