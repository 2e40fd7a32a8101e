"""The plane of two inputs as a layer has it: bent, on the way there and back."""
