"""Text as it stands: a title, a file's name or torch's words may look like HTML, and are never read as such.

Qt takes what begins like HTML for HTML, in labels, boxes and tool tips: it then opens the files that are named in it.
"""

from __future__ import annotations

from html import escape

from PySide6.QtCore import Qt
from PySide6.QtGui import Qt as GuiQt
from PySide6.QtWidgets import QLabel, QWidget


class PlainLabel(QLabel):
    """A label that shows its text as it stands."""

    def __init__(self, text: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        # Before there is a text: it would be looked at otherwise.
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setText(text)


def plain_tip(text: str) -> str:
    """Return a tool tip that shows a text as it stands; Qt knows no other way to say so than HTML."""
    if not GuiQt.mightBeRichText(text):
        return text
    return f"<p style='white-space: pre-wrap'>{escape(text)}</p>"


def menu_text(text: str) -> str:
    """Return a text for a menu: in one line, without a key for a letter or a shortcut."""
    return " ".join(text.split()).replace("&", "&&")


def title_text(text: str) -> str:
    """Return a text for a window's title, where `[*]` is the mark of what is not saved."""
    return text.replace("[*]", "[*][*]")
