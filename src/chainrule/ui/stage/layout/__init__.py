"""Where everything of a network goes on the stage."""
