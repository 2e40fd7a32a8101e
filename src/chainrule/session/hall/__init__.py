"""What a lecturer shows a hall beside the numbers: a pen, a spotlight, a blank screen, and steps in slow motion."""
