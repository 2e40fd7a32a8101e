"""The machine: its devices, its memory and its threads, and what an experiment takes of them."""
