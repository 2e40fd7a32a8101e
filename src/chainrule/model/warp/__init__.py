"""What layers make of the plane of two inputs: where its points go, and the straight lines there."""
