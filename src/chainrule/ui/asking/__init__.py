"""Short questions in the window: how many iterations to train, and to which one to go."""
