"""The timeline: the micro-steps of this iteration, and the iterations."""
