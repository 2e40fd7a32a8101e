"""An experiment as PyTorch code: a script that stands alone, and which line of it each micro-step is."""
