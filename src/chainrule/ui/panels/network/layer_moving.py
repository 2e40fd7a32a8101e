"""Moving a layer: its row is dragged by its name, or moved by a key or its menu."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QMouseEvent
from PySide6.QtWidgets import QMenu, QWidget

from chainrule.translation import gettext, gettext_noop
from chainrule.ui.widgets.plain_text import plain_tip
from chainrule.ui.widgets.row_grip import DropLine, RowGrip

TIP = gettext_noop(
    "Drag it up or down to move the layer, with its weights as far as they fit (Ctrl+Shift+Up, Ctrl+Shift+Down)"
)


class LayerGrip(RowGrip):
    """The name of a layer's row, by which it is dragged. `moved` says from which place to which."""

    moved = Signal(int, int)

    def __init__(self, name: QWidget, index: int, rows: Callable[[], Sequence[QWidget]], line: DropLine) -> None:
        super().__init__(name, rows, lambda: line)
        self._index = index
        name.setCursor(Qt.CursorShape.OpenHandCursor)
        name.setToolTip(plain_tip(gettext(TIP)))

    def place(self, rows: Sequence[QWidget]) -> int | None:
        """Return which of the rows it is."""
        return self._index if self._index < len(rows) else None

    def drop(self, to: int) -> None:
        """Say where the layer is to go, unless it stays."""
        if to != self._index:
            self.moved.emit(self._index, to)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow the mouse, where there are others to go past; the menu moves the layer, too."""
        if watched is self._title and isinstance(event, QContextMenuEvent):
            self._open_menu(event.globalPos())
            return True
        if watched is self._title and isinstance(event, QMouseEvent):
            if len(self._rows()) <= 1:
                return False
            was_pressed = self._pressed_at is not None
            super().eventFilter(watched, event)
            # The panel below the name is not to take it for its own.
            return was_pressed or self._pressed_at is not None
        return super().eventFilter(watched, event)

    def _open_menu(self, at: QPoint) -> None:
        menu, last = QMenu(self._title), len(self._rows()) - 1
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for text, way in (("Move up", -1), ("Move down", 1)):
            action = menu.addAction(text)
            action.setEnabled(0 <= self._index + way <= last)
            action.triggered.connect(lambda _=False, way=way: self.moved.emit(self._index, self._index + way))
        menu.popup(at)
