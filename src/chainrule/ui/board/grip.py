"""The title of a card on the board: it is dragged to another place, and a double click enlarges the view."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QWidget

from chainrule.ui.widgets.row_grip import DropLine, RowGrip


class CardGrip(RowGrip):
    """The grip of a card. `moved` says how many of the other cards the card is to stand below."""

    moved = Signal(int)
    double_clicked = Signal()

    def __init__(
        self, title: QWidget, card: QWidget, cards: Callable[[], Sequence[QWidget]], line: Callable[[], DropLine]
    ) -> None:
        super().__init__(title, cards, line)
        self._card = card

    def place(self, rows: Sequence[QWidget]) -> int | None:
        """Return which of the cards it is."""
        return rows.index(self._card) if self._card in rows else None

    def drop(self, to: int) -> None:
        """Say where the card is to stand."""
        self.moved.emit(to)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow the mouse, and hear a double click."""
        if watched is self._title and isinstance(event, QMouseEvent):
            doubly = event.type() == QEvent.Type.MouseButtonDblClick
            if doubly and event.button() == Qt.MouseButton.LeftButton:
                self.double_clicked.emit()
                return True
        return super().eventFilter(watched, event)
