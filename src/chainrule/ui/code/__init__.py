"""The PyTorch script of the experiment on the screen, with the line of the micro-step lit."""
