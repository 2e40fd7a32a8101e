"""Rows of controls that come and go as what they stand for is added and removed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from PySide6.QtWidgets import QVBoxLayout, QWidget

from chainrule.ui.panels.section import GAP
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.widgets.fields import give_up_typing

R = TypeVar("R", bound=QWidget)


def drop_row(row: QWidget, layout: QVBoxLayout, otherwise: QWidget | None = None) -> None:
    """Take a row away whose subject is gone; `otherwise` gets the keyboard if it was in the row."""
    give_up_typing(row)
    if otherwise is not None and any(part.hasFocus() for part in row.findChildren(QWidget)):
        otherwise.setFocus()
    layout.removeWidget(row)
    # No key reaches it any more, should it have the keyboard still.
    row.setEnabled(False)
    row.hide()
    row.deleteLater()


class RowList(Generic[R]):
    """As many rows as there are things, under each other. A row stays, with what is typed in it, as long as it can."""

    def __init__(self, appearance: Appearance, make: Callable[[int], R], otherwise: QWidget) -> None:
        """`make` gives the row of a place; `otherwise` gets the keyboard when the row that has it goes."""
        self._appearance, self._make, self._otherwise = appearance, make, otherwise
        self.rows: list[R] = []
        self.layout = QVBoxLayout()
        appearance.changed.connect(self._space)
        self._space()

    def _space(self) -> None:
        self.layout.setSpacing(self._appearance.size(GAP))

    def set_count(self, count: int) -> bool:
        """Have so many rows; return whether there were others."""
        before = len(self.rows)
        while len(self.rows) > count:
            drop_row(self.rows.pop(), self.layout, self._otherwise)
        while len(self.rows) < count:
            row = self._make(len(self.rows))
            self.layout.addWidget(row)
            # The layout would show it later, and the Tab key passes over what is hidden.
            row.show()
            self.rows.append(row)
        return before != count
