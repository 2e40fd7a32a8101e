"""What is kept: documents and their edits, the timeline of training, and files. Knows no Qt."""
