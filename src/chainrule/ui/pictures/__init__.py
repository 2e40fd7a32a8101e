"""What the window shows, as pictures: files, the clipboard, pages, and an iteration as an animation."""
