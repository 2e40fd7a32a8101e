"""The room that a screen has for a window."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

# What a desktop puts around a window: a border, and a title above.
FRAME = QSize(8, 40)
# So much of a window's top is to be on a screen, for it to be dragged by.
REACHABLE = QSize(100, 30)


def within_screen(window: QWidget, width: int, height: int) -> QSize:
    """Return a size for a window, or as much of it as its screen has room for."""
    return QSize(width, height).boundedTo(window.screen().availableGeometry().size() - FRAME)


def put_within_reach(window: QWidget) -> None:
    """Bring a window back from where nobody could reach it: off the screens, or without a frame to leave it by."""
    window.setWindowState(window.windowState() & Qt.WindowState.WindowMaximized)
    screens = [screen.availableGeometry() for screen in QGuiApplication.screens()]
    top = QRect(window.pos(), QSize(window.width(), REACHABLE.height()))
    parts = [top.intersected(screen) for screen in screens]
    if not any(part.width() >= REACHABLE.width() and part.height() >= REACHABLE.height() for part in parts):
        window.move(screens[0].topLeft())
    room = max((screen.size() for screen in screens), key=lambda size: size.width() * size.height())
    window.resize(window.size().boundedTo(room))
