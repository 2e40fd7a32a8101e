"""Controls and fields that any part of the window uses."""
