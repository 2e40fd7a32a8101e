"""The one way from the controls of the panels to the session's edits."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject, QRect, Signal
from PySide6.QtWidgets import QAbstractButton, QWidget

from chainrule.catalog.arguments import SpecError
from chainrule.catalog.values.refs import ValueRef
from chainrule.explain.sentences.refusals import refusal_in_words
from chainrule.model.editing.edits import Edit
from chainrule.model.editing.repairs import Repair
from chainrule.model.elements import Index
from chainrule.session.session import Session
from chainrule.ui.widgets.fields import Field
from chainrule.ui.widgets.offering import offer_repairs
from chainrule.ui.widgets.refusal import Refusals


class PanelEditing(QObject):
    """Applies edits, and says beside the control why one was refused.

    `about_to_edit` comes before each edit, so that a run can be paused.
    """

    about_to_edit = Signal()

    def __init__(self, session: Session, refusals: Refusals, parent: QObject) -> None:
        super().__init__(parent)
        self._session, self.refusals = session, refusals

    def apply(
        self,
        beside: QWidget,
        text: str,
        change: Edit,
        *,
        restart: bool = False,
        merge_key: str | None = None,
        rect: QRect | None = None,
        more: Callable[[SpecError], str] = lambda _: "",
    ) -> bool:
        """Edit, and return whether the edit was accepted.

        `rect` is the place in the widget that it is about; `more` is what else there is to say of a refusal.
        """
        self.about_to_edit.emit()
        try:
            self._session.editor.edit(text, change, restart=restart, merge_key=merge_key)
        except SpecError as error:
            reason = refusal_in_words(error, self._session.editor.tried(change, restart=restart)) + more(error)
            # Whoever holds an arrow key down, or drags a number, is not asked at each step.
            in_steps = merge_key or self._session.undo_stack.merging
            repairs = () if in_steps else self._session.editor.repairs(change, restart=restart)
            if repairs:
                again = partial(self._apply_repair, beside, text)
                offer_repairs(beside, reason, repairs, again)
            else:
                self.refuse(beside, reason, rect)
            return False
        return True

    def _apply_repair(self, beside: QWidget, text: str, repair: Repair) -> None:
        self.apply(beside, text, repair.edit, restart=repair.restart)

    def switch(self, box: QAbstractButton, text: str, change: Edit, *, restart: bool = False) -> None:
        """Edit as a switch that was clicked asks; where that is refused, or fails, it stands as before."""
        accepted = False
        try:
            accepted = self.apply(box, text, change, restart=restart)
        finally:
            if not accepted:
                box.setChecked(not box.isChecked())

    def set_number(
        self, beside: QWidget, ref: ValueRef, index: Index, value: float, *, rect: QRect | None = None
    ) -> None:
        """Replace one number of the iteration on the screen."""
        self.about_to_edit.emit()
        try:
            self._session.number_editor.edit_number(ref, index, value)
        except SpecError as error:
            reason = refusal_in_words(error, self._session.moment.experiment)
            in_steps = self._session.undo_stack.merging
            repairs = () if in_steps else self._session.editor.repairs_of(ref, index, value)
            if repairs:
                offer_repairs(beside, reason, repairs, partial(self._apply_repair, beside, "Edit data"))
            else:
                self.refuse(beside, reason, rect)

    def refuse(self, beside: QWidget, message: str, rect: QRect | None = None) -> None:
        """Say beside a control why something was not accepted; a field shows its old number again."""
        if isinstance(beside, Field):
            beside.refuse(message)
        else:
            self.refusals.show(beside, message, rect)
