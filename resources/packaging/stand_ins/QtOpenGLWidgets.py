"""In place of PySide6.QtOpenGLWidgets: pyqtgraph derives from this class, and makes one with `useOpenGL` alone."""

from PySide6.QtWidgets import QWidget as QOpenGLWidget

__all__ = ["QOpenGLWidget"]
