"""What the mouse does on the stage: it selects a number, drags it to another, or pulls the ground."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence, QMouseEvent, QWheelEvent

from chainrule.catalog.arguments import SpecError
from chainrule.catalog.values.refs import ValueRef
from chainrule.explain.sentences.refusals import refusal_in_words
from chainrule.model.elements import Index
from chainrule.session.screen.moment import Selection
from chainrule.session.session import Session
from chainrule.ui.numbers.live import LiveNumber, size_of_step, steps_of_key, steps_of_wheel
from chainrule.ui.numbers.steps import has_steps
from chainrule.ui.stage.copying import can_paste, copy_number, paste_numbers
from chainrule.ui.widgets.refusal import Refusals
from chainrule.ui.window.keys import keep_standard_keys

if TYPE_CHECKING:
    from chainrule.ui.stage.view import StageView


class StageHand:
    """Holds what the mouse has taken hold of. A drag of a number is one edit, from the iteration on the screen on."""

    def __init__(
        self, stage: StageView, session: Session, refusals: Refusals, can_change: Callable[[Selection], bool]
    ) -> None:
        """`can_change` tells whether a number is known, and can be set where it stands."""
        self._stage, self._session, self._refusals, self._can_change = stage, session, refusals, can_change
        self._live = LiveNumber(stage)
        keep_standard_keys(
            stage, {QKeySequence.StandardKey.Copy: None, QKeySequence.StandardKey.Paste: self._can_paste}
        )
        self._pulled_from: QPoint | None = None

    # The mouse

    def press(self, event: QMouseEvent) -> None:
        """Select the number under the mouse, and take hold of it or of the ground."""
        left, middle = Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton
        found = self._stage.value_at(event.position()) if event.button() != middle else None
        at = event.globalPosition().toPoint()
        if found is not None:
            self._session.selector.select(*found)
            if event.button() == left and self._has_steps(number := Selection(*found)):
                self._live.press(at, self._number(number), self._asker(number))
        elif event.button() in (left, middle):
            self._pulled_from = at
            if self._can_be_pulled():
                self._stage.setCursor(Qt.CursorShape.ClosedHandCursor)

    def move(self, event: QMouseEvent) -> None:
        """Pull along what is held, or show what can be done with what is under the mouse."""
        at = event.globalPosition().toPoint()
        if self._pulled_from is not None:
            by, self._pulled_from = at - self._pulled_from, at
            self._stage.pulled.emit(by)
        elif not event.buttons() & Qt.MouseButton.LeftButton or not self._live.move(at, event.modifiers()):
            self.show_cursor(event.position())

    def release(self, event: QMouseEvent) -> None:
        """Let go."""
        self._pulled_from = None
        self._live.release()
        self.show_cursor(event.position())

    def show_cursor(self, position: QPointF) -> None:
        """Show what can be done at a place: a number dragged, or clicked, or the ground pulled."""
        found = self._stage.value_at(position)
        shape = Qt.CursorShape.OpenHandCursor if self._can_be_pulled() else Qt.CursorShape.ArrowCursor
        if found is not None:
            can = self._has_steps(Selection(*found))
            shape = Qt.CursorShape.SizeHorCursor if can else Qt.CursorShape.PointingHandCursor
        self._stage.setCursor(shape)

    def turn(self, event: QWheelEvent) -> bool:
        """Change the number under the mouse by the wheel, with Alt; return whether there was one."""
        steps, found = steps_of_wheel(event), self._stage.value_at(event.position())
        if not steps or found is None or not self._has_steps(number := Selection(*found)):
            return False
        self._session.selector.select(*found)
        self._change_by(number, steps, event.modifiers())
        return True

    def _can_be_pulled(self) -> bool:
        """Return whether not all of it is in sight."""
        area, stage = self._stage.parentWidget(), self._stage
        return area is not None and (stage.width() > area.width() or stage.height() > area.height())

    # Keys

    def take_key(self, event: QKeyEvent) -> bool:
        """Give the old value of what is dragged back by Escape, change the selected number by steps, copy or paste it.

        Return whether the key meant that.
        """
        if event.key() == Qt.Key.Key_Escape and self._live.is_dragging:
            return self._live.cancel()
        if event.matches(QKeySequence.StandardKey.Copy):
            copy_number(self._session)
            return True
        if event.matches(QKeySequence.StandardKey.Paste):
            paste_numbers(self._session, self._ask_if_possible)
            return True
        steps, number = steps_of_key(event), self._stage.moment.selection
        if not steps or number is None or not self._has_steps(number):
            return False
        self._change_by(number, steps, event.modifiers())
        return True

    def _can_paste(self) -> bool:
        number = self._stage.moment.selection
        return number is not None and self._can_change(number) and can_paste(self._session)

    def _ask_if_possible(self, number: Selection, value: float) -> bool:
        return self._can_change(number) and self._ask(number.ref, number.index, value)

    # Numbers

    def _has_steps(self, number: Selection) -> bool:
        return self._can_change(number) and has_steps(self._number(number))

    def _number(self, number: Selection) -> float:
        found = self._stage.moment.number(number.ref, number.index)
        assert found is not None, "a number that can be changed is known"
        return found

    def _change_by(self, number: Selection, steps: float, modifiers: Qt.KeyboardModifier) -> None:
        self._live.step(number, self._number(number), steps, size_of_step(modifiers), self._asker(number))

    def _asker(self, number: Selection) -> Callable[[float], bool]:
        """Return what asks for another number in the place of one, as long as that is on the screen.

        A parameter's new value is what the next iteration starts with: from the first change on it is on the screen.
        """
        iteration = self._session.moment.cursor.iteration

        def ask(value: float) -> bool:
            nonlocal number, iteration
            what = self._stage.moment.value(number.ref)
            if what is None or self._session.moment.cursor.iteration != iteration or not self._can_change(number):
                return False
            accepted = self._ask(number.ref, number.index, value)
            if self._session.moment.cursor.iteration != iteration:
                number, iteration = Selection(what.owner.ref, number.index), self._session.moment.cursor.iteration
            return accepted

        return ask

    def _ask(self, ref: ValueRef, index: Index, value: float) -> bool:
        self._stage.about_to_edit.emit()
        try:
            self._session.number_editor.edit_number(ref, index, value)
        except SpecError as error:
            rect = self._stage.rect_of(ref, index)
            reason = refusal_in_words(error, self._stage.moment.experiment)
            self._refusals.show(self._stage, reason, None if rect is None else rect.toRect())
            return False
        self._refusals.dismiss()
        return True
