"""Moving a layer: its row is dragged by its name, or moved by a key or its menu."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QApplication, QMenu, QWidget

from chainrule.ui.style.appearance import Appearance
from chainrule.ui.widgets.plain_text import plain_tip

LINE = 3
TIP = "Drag it up or down to move the layer, with its weights as far as they fit (Ctrl+Shift+Up, Ctrl+Shift+Down)"


class DropLine(QWidget):
    """The line between two rows where a layer would come to."""

    def __init__(self, appearance: Appearance, panel: QWidget) -> None:
        super().__init__(panel)
        self._appearance, self.panel = appearance, panel
        self.setObjectName("layer_drop_line")
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


class LayerGrip(QObject):
    """The name of a layer's row, by which it is dragged. `moved` says from which place to which."""

    moved = Signal(int, int)

    def __init__(self, name: QWidget, index: int, rows: Callable[[], Sequence[QWidget]], line: DropLine) -> None:
        super().__init__(name)
        self._name, self._index, self._rows, self._line = name, index, rows, line
        self._pressed_at: QPoint | None = None
        self._to: int | None = None
        name.setCursor(Qt.CursorShape.OpenHandCursor)
        name.setToolTip(plain_tip(TIP))
        name.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow the mouse; Escape lets the layer stay where it is."""
        if watched is self._name and isinstance(event, QContextMenuEvent):
            self._open_menu(event.globalPos())
            return True
        if watched is self._name and isinstance(event, QMouseEvent) and len(self._rows()) > 1:
            return self._follow(event)
        if isinstance(event, QKeyEvent) and watched is not self._name and event.key() == Qt.Key.Key_Escape:
            if event.type() == QEvent.Type.KeyPress:
                self._end(moves=False)
            event.accept()
            return True
        return False

    def _follow(self, event: QMouseEvent) -> bool:
        kind, at = event.type(), event.globalPosition().toPoint()
        if kind == QEvent.Type.MouseButtonPress and event.button() == Qt.MouseButton.LeftButton:
            self._pressed_at = at
            return True
        if kind == QEvent.Type.MouseMove and self._pressed_at is not None:
            if self._to is None and abs(at.y() - self._pressed_at.y()) < QApplication.startDragDistance():
                return True
            if self._to is None:
                self._begin()
            self._show_place(at)
            return True
        if kind == QEvent.Type.MouseButtonRelease and self._pressed_at is not None:
            self._end(moves=True)
            return True
        return False

    def _begin(self) -> None:
        self._name.setCursor(Qt.CursorShape.ClosedHandCursor)
        # The keyboard may be anywhere in the window.
        QApplication.instance().installEventFilter(self)  # type: ignore[union-attr]

    def _show_place(self, at: QPoint) -> None:
        """Show between which rows the layer would stand, and keep where that is."""
        rows = self._rows()
        middles = [row.mapToGlobal(row.rect().center()).y() for row in rows]
        gap = sum(middle < at.y() for middle in middles)
        self._to = gap - (gap > self._index)
        beside = rows[min(gap, len(rows) - 1)]
        corner = beside.rect().topLeft() if gap < len(rows) else beside.rect().bottomLeft()
        self._line.show_at(beside.mapTo(self._line.panel, corner).y())

    def _end(self, *, moves: bool) -> None:
        to, dragged = self._to, self._to is not None
        self._pressed_at, self._to = None, None
        self._line.hide()
        self._name.setCursor(Qt.CursorShape.OpenHandCursor)
        if dragged:
            QApplication.instance().removeEventFilter(self)  # type: ignore[union-attr]
        if moves and to is not None and to != self._index:
            self.moved.emit(self._index, to)

    def _open_menu(self, at: QPoint) -> None:
        menu, last = QMenu(self._name), len(self._rows()) - 1
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for text, way in (("Move up", -1), ("Move down", 1)):
            action = menu.addAction(text)
            action.setEnabled(0 <= self._index + way <= last)
            action.triggered.connect(lambda _=False, way=way: self.moved.emit(self._index, self._index + way))
        menu.popup(at)
