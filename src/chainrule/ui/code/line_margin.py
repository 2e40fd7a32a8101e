"""The margin at the left of lines of text: it is scrolled with them."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QRect
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QTextCursor, QTextFormat
from PySide6.QtWidgets import QPlainTextEdit, QTextEdit, QWidget

from chainrule.ui.style.painting import painting


class LineMargin(QWidget):
    """Stands beside the lines, which paint it: they know where each of them is."""

    def __init__(self, text: QPlainTextEdit, paint: Callable[[QPainter, QRect], None]) -> None:
        super().__init__(text)
        self._paint = paint
        text.updateRequest.connect(self._follow)

    def _follow(self, changed: QRect, scrolled: int) -> None:
        if scrolled:
            self.scroll(0, scrolled)
        else:
            self.update(0, changed.y(), self.width(), changed.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Have the text paint what has changed."""
        with painting(self) as painter:
            self._paint(painter, event.rect())


def line_ground(text: QPlainTextEdit, number: int, ground: QColor | str) -> QTextEdit.ExtraSelection:
    """Return the mark that gives a line, counted from 0, a ground of its own, from edge to edge."""
    mark = QTextEdit.ExtraSelection()
    mark.cursor = QTextCursor(text.document().findBlockByNumber(number))
    mark.format.setBackground(QColor(ground))
    mark.format.setProperty(QTextFormat.Property.FullWidthSelection, True)
    return mark
