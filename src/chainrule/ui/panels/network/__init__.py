"""The network: its layers, or the formula in their place."""
