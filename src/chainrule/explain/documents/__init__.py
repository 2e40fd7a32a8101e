"""An iteration, or a derivation, as text for notes: LaTeX and Markdown of the same parts."""
