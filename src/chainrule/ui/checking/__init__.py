"""The view in which a person's own numbers are checked: one of them, or a whole calculation."""
