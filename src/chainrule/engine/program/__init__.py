"""The program: one training iteration as a flat tuple of micro-steps, and what compiles each part of it."""
