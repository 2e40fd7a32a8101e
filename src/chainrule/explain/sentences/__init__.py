"""What numbers mean, in sentences that are true for them."""
