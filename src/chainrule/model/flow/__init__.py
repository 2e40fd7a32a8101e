"""What flows back through the layers: how it is spread, where it is stopped, and what is said of it."""
