"""Do gradients vanish: how each layer's weights are moved, what its units answer, and where the gradient stops."""
