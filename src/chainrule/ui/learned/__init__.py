"""What the network has learned: its output over its inputs, with the data on it."""
