"""The title of a card on the board: it is dragged to another place, and a double click enlarges the view."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QApplication, QWidget

from chainrule.ui.panels.network.layer_moving import DropLine
from chainrule.ui.widgets.refusal import application


class CardGrip(QObject):
    """Follows the mouse from a title on. `moved` says how many of the other cards the card is to stand below."""

    moved = Signal(int)
    double_clicked = Signal()

    def __init__(
        self, title: QWidget, card: QWidget, cards: Callable[[], Sequence[QWidget]], line: Callable[[], DropLine]
    ) -> None:
        """`cards` are those in sight, from top to bottom, the one itself among them."""
        super().__init__(title)
        self._title, self._card, self._cards, self._line = title, card, cards, line
        self._pressed_at: QPoint | None = None
        self._to: int | None = None
        title.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follow the mouse; Escape lets the card stay where it is."""
        if watched is self._title and isinstance(event, QMouseEvent):
            return self._follow(event)
        if isinstance(event, QKeyEvent) and watched is not self._title and event.key() == Qt.Key.Key_Escape:
            if event.type() == QEvent.Type.KeyPress:
                self._end(moves=False)
            event.accept()
            return True
        return False

    def _follow(self, event: QMouseEvent) -> bool:
        kind, at = event.type(), event.globalPosition().toPoint()
        if event.button() == Qt.MouseButton.LeftButton and kind == QEvent.Type.MouseButtonDblClick:
            self.double_clicked.emit()
            return True
        if event.button() == Qt.MouseButton.LeftButton and kind == QEvent.Type.MouseButtonPress:
            # A tab is chosen, too.
            self._pressed_at = at
        elif kind == QEvent.Type.MouseMove and self._pressed_at is not None:
            if self._to is None and abs(at.y() - self._pressed_at.y()) < QApplication.startDragDistance():
                return True
            if self._to is None:
                self._title.setCursor(Qt.CursorShape.ClosedHandCursor)
                # The keyboard may be anywhere in the window.
                application().installEventFilter(self)
            self._show_place(at)
            return True
        elif kind == QEvent.Type.MouseButtonRelease and self._pressed_at is not None:
            self._end(moves=True)
        return False

    def _show_place(self, at: QPoint) -> None:
        """Show between which cards this one would stand, and keep where that is."""
        cards = self._cards()
        middles = [card.mapToGlobal(card.rect().center()).y() for card in cards]
        gap = sum(middle < at.y() for middle in middles)
        self._to = gap - (gap > cards.index(self._card))
        beside = cards[min(gap, len(cards) - 1)]
        corner = beside.rect().topLeft() if gap < len(cards) else beside.rect().bottomLeft()
        line = self._line()
        line.show_at(line.panel.mapFromGlobal(beside.mapToGlobal(corner)).y())

    def _end(self, *, moves: bool) -> None:
        to, self._pressed_at, self._to = self._to, None, None
        if to is None:
            return
        self._line().hide()
        self._title.setCursor(Qt.CursorShape.OpenHandCursor)
        application().removeEventFilter(self)
        if moves:
            self.moved.emit(to)
