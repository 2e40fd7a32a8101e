"""The panels on the left: the experiment's data, network, loss and optimizer as fields."""
