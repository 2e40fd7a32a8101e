"""Curves that plots draw: an activation, the loss along a weight, learning rates, the way of training."""
