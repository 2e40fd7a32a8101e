"""In place of PySide6.QtOpenGL (10 MB with its library): pyqtgraph imports it, and uses it with `useOpenGL` alone."""
