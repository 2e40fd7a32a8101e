"""The panes of the window: parts that are folded away to a strip at the edge, and come back."""
