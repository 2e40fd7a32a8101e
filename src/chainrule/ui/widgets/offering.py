"""The question that is asked where an edit was refused and more changes make it possible."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtWidgets import QMessageBox, QWidget

from chainrule.model.editing.repairs import Repair
from chainrule.translation import gettext
from chainrule.ui.asking.question import question
from chainrule.ui.widgets.fields import Field


def offer_repairs(beside: QWidget, reason: str, repairs: Sequence[Repair], apply: Callable[[Repair], object]) -> None:
    """Say why an edit was refused, and let the user choose what makes it possible; else all stays as it is."""
    if isinstance(beside, Field):
        beside.put_back()
    box = question(
        beside.window(), "edit.repair", reason, gettext("It can be done with {so_many}:", so_many=_so_many(repairs))
    )
    acts = {box.addButton(repair.words, QMessageBox.ButtonRole.AcceptRole): repair for repair in repairs}
    keep = box.addButton(gettext("Keep it as it is"), QMessageBox.ButtonRole.RejectRole)
    box.setDefaultButton(keep)
    box.setEscapeButton(keep)

    def answer() -> None:
        for button, repair in acts.items():
            if box.clickedButton() is button:
                apply(repair)

    box.finished.connect(answer)
    box.open()


def _so_many(repairs: Sequence[Repair]) -> str:
    """Return how many changes the offered repairs make: `one more change`, `one or two more changes`."""
    counts = sorted({repair.changes for repair in repairs})
    words = " or ".join("one" if count == 1 else "two" if count == 2 else str(count) for count in counts)
    return f"{words} more {'change' if counts == [1] else 'changes'}"
