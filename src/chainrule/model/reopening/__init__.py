"""Reopening: what a file keeps of a document's training, so that it opens where it was saved."""
