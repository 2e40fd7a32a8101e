"""Opening, saving and remembering files."""
