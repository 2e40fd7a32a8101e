"""What the window shows and does, without widgets: document, cursor, selection, undo, runs."""
