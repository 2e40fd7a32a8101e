"""The referee: PyTorch's own computation of an experiment, and finite differences, written apart from the engine."""
