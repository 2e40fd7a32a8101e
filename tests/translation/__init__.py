"""One way for texts: what is looked up, what is collected for translators, and what a language does to the window."""
