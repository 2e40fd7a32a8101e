"""What the activation of a neuron does: its curve and the derivative, with the samples on both; large, or small."""
