"""A number that changes while it is dragged, or by Alt and the wheel or the arrows; the whole window follows."""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from itertools import count
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QKeyEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QWidget

from chainrule.ui.numbers.steps import NumberSteps, StepSize

if TYPE_CHECKING:
    from chainrule.session.undo import UndoStack

Key = Qt.Key
ALT, CONTROL, SHIFT = (
    Qt.KeyboardModifier.AltModifier,
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.ShiftModifier,
)
_NOTCH = 120
_STEPS: dict[int, int] = {Key.Key_Up: 1, Key.Key_Down: -1, Key.Key_PageUp: 10, Key.Key_PageDown: -10}
_drags = count(1)
# What asks for a number, and says whether it was accepted.
Ask = Callable[[float], bool]


def size_of_step(modifiers: Qt.KeyboardModifier) -> StepSize:
    """Return the size of step by the keys that are held: Shift finer, Ctrl coarser."""
    return StepSize.FINE if modifiers & SHIFT else StepSize.COARSE if modifiers & CONTROL else StepSize.USUAL


def steps_of_key(event: QKeyEvent) -> int:
    """Return by how many steps a key changes a number: Alt with up and down, or by ten with the page keys; 0 of all
    others.
    """
    return _STEPS.get(event.key(), 0) if event.modifiers() & ALT else 0


def steps_of_wheel(event: QWheelEvent) -> float:
    """Return by how many steps the wheel changes a number, with Alt; 0 without."""
    # Qt takes a wheel with Alt to turn sideways.
    turned = event.angleDelta().y() or event.angleDelta().x()
    return turned / _NOTCH if event.modifiers() & ALT else 0.0


class LiveNumber:
    """One number of a widget at a time. A drag is one entry to undo, and so are steps of one number in a row."""

    def __init__(self, widget: QWidget) -> None:
        self._widget = widget
        self._pressed_at: QPoint | None = None
        self._ask: Ask = lambda number: False
        self._steps: NumberSteps | None = None
        self._key, self._number = "", 0.0
        # Whether the last number was refused, and which way it went: no further one is asked for.
        self._wall: float | None = None
        self._stepped: tuple[object, float, NumberSteps] | None = None
        self.is_dragging = False

    # Dragging

    def press(self, at: QPoint, number: float, ask: Ask, *, whole: bool = False) -> None:
        """Take hold of a number at a place of the screen: it is dragged once the mouse has moved some way."""
        self._pressed_at, self._ask, self._number = at, ask, number
        self._steps = NumberSteps(number, whole=whole)
        self.is_dragging, self._wall = False, None

    def move(self, at: QPoint, modifiers: Qt.KeyboardModifier) -> bool:
        """Follow the mouse, and return whether the number is being dragged."""
        if self._pressed_at is None or self._steps is None:
            return False
        by = at - self._pressed_at
        if not self.is_dragging:
            if abs(by.x()) < QApplication.startDragDistance() or abs(by.y()) > abs(by.x()):
                return False
            self.is_dragging, self._key = True, f"drag {next(_drags)}"
            by = QPoint()
        self._pressed_at = at
        self._ask_for(self._steps.by_pixels(by.x(), size_of_step(modifiers)))
        return True

    def _ask_for(self, number: float) -> None:
        wall = self._wall
        if number == self._number or (wall is not None and (number - wall) * (wall - self._number) >= 0):
            return
        with self._merged(self._key):
            accepted = self._ask(number)
        self._wall = None if accepted else number
        self._number = number if accepted else self._number

    def release(self) -> bool:
        """Let go of the number, and return whether it was dragged. Where it is as before, nothing is to be undone."""
        dragged, steps = self.is_dragging, self._steps
        self._pressed_at, self._steps, self.is_dragging = None, None, False
        if dragged and steps is not None and self._number == steps.start:
            self._take_out()
        return dragged

    def cancel(self) -> bool:
        """Give the old value back and let go, and return whether there was anything to be given back."""
        dragged, steps = self.is_dragging, self._steps
        self._pressed_at, self._steps, self.is_dragging = None, None, False
        if dragged and steps is not None and self._number != steps.start and not self._take_out():
            # There is no list of edits: in a dialog, say.
            self._ask(steps.start)
        return dragged

    # Steps

    def step(self, what: object, number: float, steps: float, size: StepSize, ask: Ask, *, whole: bool = False) -> None:
        """Change a number by some steps; further steps of the same one are as large, and one entry with these."""
        known = self._stepped
        # In float32 it is not quite what was asked for.
        same = known is not None and known[0] == what and math.isclose(known[1], number, rel_tol=1e-6)
        walk = known[2] if known is not None and same else NumberSteps(number, whole=whole)
        wanted = walk.by_steps(steps, size)
        if wanted == number:
            self._stepped = what, number, walk
            return
        with self._merged(f"steps of {what}"):
            accepted = ask(wanted)
        self._stepped = (what, wanted, walk) if accepted else None

    # The list of edits

    def _stack(self) -> UndoStack | None:
        session = getattr(self._widget.window(), "session", None)
        return None if session is None else session.undo_stack

    def _merged(self, key: str) -> AbstractContextManager[None]:
        stack = self._stack()
        return nullcontext() if stack is None else stack.merged(key)

    def _take_out(self) -> bool:
        stack = self._stack()
        if stack is not None:
            stack.take_out(self._key)
        return stack is not None
