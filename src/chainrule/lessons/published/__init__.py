"""Numbers that somebody printed, beside ours: each right, or wrong by a method that can be run."""
