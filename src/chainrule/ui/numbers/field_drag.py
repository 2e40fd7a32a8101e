"""What the mouse and Alt do to the number of a field: it is dragged, or changed by steps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent, QMouseEvent, QWheelEvent

from chainrule.ui.numbers.live import Ask, LiveNumber, size_of_step, steps_of_key, steps_of_wheel
from chainrule.ui.numbers.steps import has_steps

if TYPE_CHECKING:
    from chainrule.ui.widgets.fields import Field


class FieldDrag(QObject):
    """Watches a field. While it is edited the mouse selects text in it, as in any other."""

    def __init__(self, field: Field, ask: Ask) -> None:
        """`ask` asks the field's owner for another number."""
        super().__init__(field)
        self._field, self._live, self._ask = field, LiveNumber(field), ask
        field.installEventFilter(self)
        field.hints_changed.connect(self._show_cursor)
        self._show_cursor()

    def _can_change(self) -> bool:
        field = self._field
        return field.can_be_nudged and field.isEnabled() and not field.is_edited and has_steps(field.value)

    def _show_cursor(self) -> None:
        shape = Qt.CursorShape.SizeHorCursor if self._can_change() else Qt.CursorShape.IBeamCursor
        if self._field.cursor().shape() != shape:
            self._field.setCursor(shape)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keep what drags the number, or changes it by a step, from the line of text."""
        if isinstance(event, QMouseEvent):
            return self._follow_mouse(event)
        if isinstance(event, QWheelEvent):
            return self._turn(event)
        if isinstance(event, QKeyEvent):
            return self._press_key(event)
        return False

    def _follow_mouse(self, event: QMouseEvent) -> bool:
        kind, left = event.type(), Qt.MouseButton.LeftButton
        at = event.globalPosition().toPoint()
        if kind == QEvent.Type.MouseButtonPress and event.button() == left and self._can_change():
            self._live.press(at, self._field.value, self._ask, whole=isinstance(self._field.value, int))
        elif kind == QEvent.Type.MouseMove and event.buttons() & left:
            if self._live.move(at, event.modifiers()):
                self._field.deselect()
                return True
        elif kind == QEvent.Type.MouseButtonRelease and event.button() == left:
            self._live.release()
        return False

    def _turn(self, event: QWheelEvent) -> bool:
        steps = steps_of_wheel(event)
        if not steps or not self._can_change():
            return False
        self._change_by(steps, event.modifiers())
        event.accept()
        return True

    def _press_key(self, event: QKeyEvent) -> bool:
        if event.key() == Qt.Key.Key_Escape and self._live.is_dragging:
            if event.type() == QEvent.Type.KeyPress:
                self._live.cancel()
            event.accept()
            return True
        steps = steps_of_key(event)
        if not steps or not self._can_change():
            return False
        if event.type() == QEvent.Type.KeyPress:
            self._change_by(steps, event.modifiers())
        event.accept()
        return True

    def _change_by(self, steps: float, modifiers: Qt.KeyboardModifier) -> None:
        field = self._field
        what = field.objectName() or id(field)
        whole = isinstance(field.value, int)
        self._live.step(what, field.value, steps, size_of_step(modifiers), self._ask, whole=whole)
