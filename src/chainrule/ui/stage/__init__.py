"""The stage: the network as a picture, with its live numbers."""
