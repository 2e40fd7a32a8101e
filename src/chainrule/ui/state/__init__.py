"""The State tab: what the optimizer keeps for one parameter."""
