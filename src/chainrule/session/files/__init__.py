"""What the session keeps in files: settings, copies of what is not saved, and writing a slice at a time."""
