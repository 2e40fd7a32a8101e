"""The plots on the right: losses and gradients by iteration."""
