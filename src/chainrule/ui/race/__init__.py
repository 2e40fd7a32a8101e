"""The race: many runs side by side, and the loss that each has come to."""
