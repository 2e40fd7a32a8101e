"""The one way from the controls of the panels to the session's edits."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QRect, Signal
from PySide6.QtWidgets import QAbstractButton, QMessageBox, QWidget

from chainrule.engine.arguments import SpecError
from chainrule.engine.refs import ValueRef
from chainrule.explain.refusals import in_words
from chainrule.model.edits import Edit
from chainrule.model.elements import Index
from chainrule.model.repairs import Repair
from chainrule.session.session import Session
from chainrule.ui.fields import Field
from chainrule.ui.question import question
from chainrule.ui.refusal import Refusals


class Editing(QObject):
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
            self._session.edit(text, change, restart=restart, merge_key=merge_key)
        except SpecError as error:
            reason = in_words(error, self._session.tried(change, restart=restart)) + more(error)
            # Whoever holds an arrow key down is not asked at each step.
            repairs = () if merge_key else self._session.repairs(change, restart=restart)
            if repairs:
                self._offer(beside, text, reason, repairs)
            else:
                self.refuse(beside, reason, rect)
            return False
        return True

    def _offer(self, beside: QWidget, text: str, reason: str, repairs: tuple[Repair, ...]) -> None:
        """Say why an edit was refused, and let the user choose what makes it possible; else all stays as it is."""
        if isinstance(beside, Field):
            beside.put_back()
        box = question(beside.window(), "edit.repair", reason, f"It can be done with {_so_many(repairs)}:")
        acts = {box.addButton(repair.words, QMessageBox.ButtonRole.AcceptRole): repair for repair in repairs}
        keep = box.addButton("Keep it as it is", QMessageBox.ButtonRole.RejectRole)
        box.setDefaultButton(keep)
        box.setEscapeButton(keep)

        def answer() -> None:
            for button, repair in acts.items():
                if box.clickedButton() is button:
                    self.apply(beside, text, repair.edit, restart=repair.restart)

        box.finished.connect(answer)
        box.open()

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
            self._session.edit_number(ref, index, value)
        except SpecError as error:
            self.refuse(beside, in_words(error, self._session.experiment), rect)

    def refuse(self, beside: QWidget, message: str, rect: QRect | None = None) -> None:
        """Say beside a control why something was not accepted; a field shows its old number again."""
        if isinstance(beside, Field):
            beside.refuse(message)
        else:
            self.refusals.show(beside, message, rect)


def _so_many(repairs: tuple[Repair, ...]) -> str:
    """How many changes the offered repairs make: `one more change`, `one or two more changes`."""
    counts = sorted({repair.changes for repair in repairs})
    words = " or ".join("one" if count == 1 else "two" if count == 2 else str(count) for count in counts)
    return f"{words} more {'change' if counts == [1] else 'changes'}"
