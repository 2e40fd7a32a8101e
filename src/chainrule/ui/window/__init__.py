"""The main window: its parts put together, and what belongs to the window as a whole."""
