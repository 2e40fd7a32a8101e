"""A lesson that goes on in the window: its step, what of it is done, and its folder while an author writes."""
