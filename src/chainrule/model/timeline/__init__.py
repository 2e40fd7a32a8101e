"""The timeline: what training computed, what is kept of it, and the way back to any of it."""
