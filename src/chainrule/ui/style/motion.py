"""Whether things may move on the screen by themselves: some people get sick from it, and say so to their system."""

from __future__ import annotations

from PySide6.QtWidgets import QApplication, QStyle


def may_move() -> bool:
    """Return whether the system's settings allow animation, which Qt passes on as how long one may take."""
    return QApplication.style().styleHint(QStyle.StyleHint.SH_Widget_Animation_Duration) > 0
