"""The room that a screen has for a window."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QWidget

# What a desktop puts around a window: a border, and a title above.
FRAME = QSize(8, 40)


def within_screen(window: QWidget, width: int, height: int) -> QSize:
    """Return a size for a window, or as much of it as its screen has room for."""
    return QSize(width, height).boundedTo(window.screen().availableGeometry().size() - FRAME)
