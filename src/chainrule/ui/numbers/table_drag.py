"""What the mouse and Alt do to the number of a table's cell: it is dragged, or changed by steps."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPersistentModelIndex, QPoint, Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPalette, QWheelEvent
from PySide6.QtWidgets import QAbstractItemView, QTableView, QWidget

from chainrule.ui.numbers.live import ALT, LiveNumber, size_of_step, steps_of_key, steps_of_wheel
from chainrule.ui.numbers.steps import has_steps

NumberAt = Callable[[int, int], float | None]
# What asks for another number in a cell, and says whether it was accepted.
AskAt = Callable[[int, int, float], bool]


class TableDrag(QObject):
    """Watches a table. The current cell's number is dragged, with Alt that of any cell: elsewhere the mouse selects."""

    def __init__(self, view: QTableView, number_at: NumberAt, ask: AskAt) -> None:
        """`number_at` returns the number of a cell, where it can be edited."""
        super().__init__(view)
        self._view, self._number_at, self._ask = view, number_at, ask
        self._live = LiveNumber(view)
        # Not the one that Qt has made: as of a `PlainScrollArea`, to ask for it would ready every class of widgets.
        viewport = QWidget(view)
        viewport.setBackgroundRole(QPalette.ColorRole.Base)
        viewport.setAutoFillBackground(True)
        view.setViewport(viewport)
        viewport.setMouseTracking(True)
        viewport.installEventFilter(self)
        view.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keep what drags a number, or changes it by a step, from the table."""
        if watched is self._view:
            return isinstance(event, QKeyEvent) and self._press_key(event)
        if isinstance(event, QMouseEvent):
            return self._follow_mouse(event)
        return isinstance(event, QWheelEvent) and self._turn(event)

    def _number(self, index: QModelIndex | QPersistentModelIndex) -> float | None:
        if not index.isValid() or self._view.state() == QAbstractItemView.State.EditingState:
            return None
        number = self._number_at(index.row(), index.column())
        return number if has_steps(number) else None

    def _asker(self, index: QModelIndex) -> Callable[[float], bool]:
        cell = QPersistentModelIndex(index)

        def ask(value: float) -> bool:
            # The row may be gone.
            return self._number(cell) is not None and self._ask(cell.row(), cell.column(), value)

        return ask

    def _follow_mouse(self, event: QMouseEvent) -> bool:
        kind, left = event.type(), Qt.MouseButton.LeftButton
        at = event.globalPosition().toPoint()
        if kind == QEvent.Type.MouseButtonPress and event.button() == left:
            return self._take_hold(event, at)
        if kind == QEvent.Type.MouseMove:
            if event.buttons() & left:
                return self._live.move(at, event.modifiers())
            self._show_cursor(event.position().toPoint(), event.modifiers())
        elif kind == QEvent.Type.MouseButtonRelease and event.button() == left:
            return self._live.release()
        return False

    def _can_drag(self, index: QModelIndex, modifiers: Qt.KeyboardModifier) -> bool:
        is_current = index == self._view.currentIndex() or bool(modifiers & ALT)
        return is_current and self._number(index) is not None

    def _take_hold(self, event: QMouseEvent, at: QPoint) -> bool:
        index, modifiers = self._view.indexAt(event.position().toPoint()), event.modifiers()
        number = self._number(index)
        # What was held before is let go, wherever this press is.
        self._live.release()
        if number is None or not self._can_drag(index, modifiers):
            return False
        if modifiers & ALT:
            self._view.setFocus(Qt.FocusReason.MouseFocusReason)
            self._view.setCurrentIndex(index)
        self._live.press(at, number, self._asker(index))
        return bool(modifiers & ALT)

    def _show_cursor(self, at: QPoint, modifiers: Qt.KeyboardModifier) -> None:
        can = self._can_drag(self._view.indexAt(at), modifiers)
        shape = Qt.CursorShape.SizeHorCursor if can else Qt.CursorShape.ArrowCursor
        if self._view.viewport().cursor().shape() != shape:
            self._view.viewport().setCursor(shape)

    def _turn(self, event: QWheelEvent) -> bool:
        index = self._view.indexAt(event.position().toPoint())
        if not self._change_by(index, steps_of_wheel(event), event.modifiers()):
            return False
        event.accept()
        return True

    def _press_key(self, event: QKeyEvent) -> bool:
        pressed = event.type() == QEvent.Type.KeyPress
        if event.key() == Qt.Key.Key_Escape and self._live.is_dragging:
            if pressed:
                self._live.cancel()
            event.accept()
            return True
        steps = steps_of_key(event)
        index = self._view.currentIndex()
        if not steps or self._number(index) is None:
            return False
        if pressed:
            self._change_by(index, steps, event.modifiers())
        event.accept()
        return True

    def _change_by(self, index: QModelIndex, steps: float, modifiers: Qt.KeyboardModifier) -> bool:
        number = self._number(index)
        if not steps or number is None:
            return False
        what = self._view.objectName(), index.row(), index.column()
        self._live.step(what, number, steps, size_of_step(modifiers), self._asker(index))
        return True
