"""The in-program help: its text, the glossary and the keys, in a window that is searched."""
