"""What is on the screen: the moment that views draw, and what is read from it."""
