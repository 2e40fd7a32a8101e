"""Dragging one of several rows or cards by its title to another place among them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QObject, QPoint, Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QApplication, QWidget

from chainrule.ui.style.appearance import Appearance
from chainrule.ui.widgets.refusal import application

LINE = 3


class DropLine(QWidget):
    """The line between two rows that says where what is dragged would come to."""

    def __init__(self, appearance: Appearance, panel: QWidget, name: str) -> None:
        super().__init__(panel)
        self._appearance, self.panel = appearance, panel
        self.setObjectName(name)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def show_at(self, y: int) -> None:
        """Stand at a height of the panel."""
        high = self._appearance.size(LINE)
        self.setStyleSheet(f"background: {self._appearance.theme.link};")
        self.setGeometry(0, max(0, y - high // 2), self.panel.width(), high)
        self.show()
        self.raise_()


class RowGrip(QObject):
    """Follows the mouse from a row's title on. Its kinds say which row that is, and what a drop does."""

    def __init__(self, title: QWidget, rows: Callable[[], Sequence[QWidget]], line: Callable[[], DropLine]) -> None:
        """`rows` are those in sight, from top to bottom, the one that is dragged among them."""
        super().__init__(title)
        self._title, self._rows, self._line = title, rows, line
        self._pressed_at: QPoint | None = None
        self._to: int | None = None
        self._cursor = title.cursor()
        title.installEventFilter(self)

    def place(self, rows: Sequence[QWidget]) -> int | None:
        """Return which of the rows is the one that is dragged, or None where it has gone meanwhile."""
        raise NotImplementedError

    def drop(self, to: int) -> None:
        """Move the row, so that `to` of the other rows are above it."""
        raise NotImplementedError

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow the mouse; Escape lets the row stay where it is."""
        if watched is self._title and isinstance(event, QMouseEvent):
            return self._follow(event)
        if isinstance(event, QKeyEvent) and watched is not self._title and event.key() == Qt.Key.Key_Escape:
            if event.type() == QEvent.Type.KeyPress:
                self._end()
            event.accept()
            return True
        return False

    def _follow(self, event: QMouseEvent) -> bool:
        kind, at = event.type(), event.globalPosition().toPoint()
        if kind == QEvent.Type.MouseButtonPress and event.button() == Qt.MouseButton.LeftButton:
            # It goes on to the title: a click chooses a tab, too.
            self._pressed_at = at
        elif kind == QEvent.Type.MouseMove and self._pressed_at is not None:
            if self._to is None and abs(at.y() - self._pressed_at.y()) < QApplication.startDragDistance():
                return True
            self._show_place(at)
            return True
        elif kind == QEvent.Type.MouseButtonRelease and self._pressed_at is not None:
            to = self._to
            self._end()
            if to is not None:
                self.drop(to)
        return False

    def _show_place(self, at: QPoint) -> None:
        """Show between which rows this one would stand, and keep where that is."""
        rows = self._rows()
        own = self.place(rows)
        if own is None:
            # A file, a key or a lesson took it away.
            self._end()
            return
        if self._to is None:
            self._cursor = self._title.cursor()
            self._title.setCursor(Qt.CursorShape.ClosedHandCursor)
            # The keyboard may be anywhere in the window.
            application().installEventFilter(self)
        middles = [row.mapToGlobal(row.rect().center()).y() for row in rows]
        gap = sum(middle < at.y() for middle in middles)
        self._to = gap - (gap > own)
        beside = rows[min(gap, len(rows) - 1)]
        corner = beside.rect().topLeft() if gap < len(rows) else beside.rect().bottomLeft()
        line = self._line()
        line.show_at(line.panel.mapFromGlobal(beside.mapToGlobal(corner)).y())

    def _end(self) -> None:
        to, self._pressed_at, self._to = self._to, None, None
        if to is not None:
            self._line().hide()
            self._title.setCursor(self._cursor)
            application().removeEventFilter(self)
