"""An hour's worth of work in the real window, drawn by chance: `make soak`, or `python -m tests.soak`."""
