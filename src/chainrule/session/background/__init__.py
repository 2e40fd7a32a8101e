"""What goes on behind the window: loading torch, and long work a slice at a time."""
