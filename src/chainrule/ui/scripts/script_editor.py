"""A field for a script, with line numbers; lines that something is said of have a ground of their own."""

from __future__ import annotations

from collections.abc import Collection

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QColor, QPainter, QResizeEvent, QTextCursor
from PySide6.QtWidgets import QPlainTextEdit, QWidget

from chainrule.ui.code.line_margin import LineMargin, line_ground
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.widgets.scroll_area import slim_bars

MONO_SIZE = 12.5
# Beside the numbers of lines.
GAP = 8


class ScriptEditor(QPlainTextEdit):
    """Plain text in a fixed width, without a wrap. Pasting takes text alone."""

    def __init__(self, appearance: Appearance, parent: QWidget) -> None:
        super().__init__(parent)
        self._appearance, self._marked = appearance, frozenset[int]()
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        # Tab goes to the next control: a script is pasted here, and not written.
        self.setTabChangesFocus(True)
        self._numbers = LineMargin(self, self._paint_numbers)
        self.blockCountChanged.connect(self._make_room)
        appearance.changed.connect(self._restyle)
        self._restyle()

    def mark(self, lines: Collection[int]) -> None:
        """Give lines, counted from 1, the ground of what one should look at."""
        self._marked = frozenset(lines)
        there = (line - 1 for line in sorted(self._marked) if 1 <= line <= self.blockCount())
        ground = self._appearance.theme.warning_ground
        self.setExtraSelections([line_ground(self, line, ground) for line in there])
        self._numbers.update()

    def go_to(self, line: int) -> None:
        """Bring a line into sight, with the cursor in it."""
        block = self.document().findBlockByNumber(line - 1)
        if block.isValid():
            self.setTextCursor(QTextCursor(block))
            self.centerCursor()

    @property
    def marked(self) -> frozenset[int]:
        """The lines that something is said of."""
        return self._marked

    def numbers_width(self) -> int:
        """Return how wide the numbers of the lines are."""
        digits = max(2, len(str(self.blockCount())))
        return self.fontMetrics().horizontalAdvance("9") * digits + 2 * self._appearance.size(GAP)

    def _paint_numbers(self, painter: QPainter, rect: QRect) -> None:
        """Paint the numbers of the lines that are in a rectangle; those that something is said of stand out."""
        theme = self._appearance.theme
        painter.fillRect(rect, QColor(theme.surface))
        block = self.firstVisibleBlock()
        top = self.blockBoundingGeometry(block).translated(self.contentOffset()).top()
        while block.isValid() and top <= rect.bottom():
            height = self.blockBoundingRect(block).height()
            if block.isVisible() and top + height >= rect.top():
                is_marked = block.blockNumber() + 1 in self._marked
                font = self._appearance.font(MONO_SIZE, mono=True, bold=is_marked)
                painter.setFont(font)
                painter.setPen(QColor(theme.text if is_marked else theme.muted))
                room = QRect(0, round(top), self._numbers.width() - self._appearance.size(GAP), round(height))
                painter.drawText(room, Qt.AlignmentFlag.AlignRight, str(block.blockNumber() + 1))
            top += height
            block = block.next()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the numbers at the left edge."""
        super().resizeEvent(event)
        inner = self.contentsRect()
        self._numbers.setGeometry(inner.left(), inner.top(), self.numbers_width(), inner.height())

    def _make_room(self) -> None:
        self.setViewportMargins(self.numbers_width(), 0, 0, 0)

    def _restyle(self) -> None:
        self.setFont(self._appearance.font(MONO_SIZE, mono=True))
        for bar in (self.horizontalScrollBar(), self.verticalScrollBar()):
            bar.setStyleSheet(slim_bars(self._appearance))
        self._make_room()
        self.mark(self._marked)
