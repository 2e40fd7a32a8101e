"""The commands without a window, a module each or a few together, and what they print."""
