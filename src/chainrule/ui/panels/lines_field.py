"""The editor of several lines `name = formula` that belong together, such as the updates of an optimizer."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from chainrule.formula.graph import graph_of
from chainrule.ui.appearance import Appearance
from chainrule.ui.controls import LinkButton
from chainrule.ui.fields import give_up_typing
from chainrule.ui.panels.formula_lines import Check, LineRow, Whole
from chainrule.ui.panels.section import GAP, Line
from chainrule.ui.refusal import Refusals


class FormulaLinesField(QWidget):
    """A field for each line, where it `is_shown` with its formula typeset below it, and a link that adds one.

    `edited` asks for all lines, once none of them is wrong: a line that waits for another one says so until then.
    """

    edited = Signal(object)
    controls_changed = Signal()

    def __init__(
        self,
        appearance: Appearance,
        refusals: Refusals,
        name: str,
        parent: QWidget | None = None,
        *,
        is_shown: bool = True,
    ) -> None:
        """The fields' names in the window begin with `name`: `NAME_line_0`."""
        super().__init__(parent)
        self._appearance, self._refusals, self._name, self._is_shown = appearance, refusals, name, is_shown
        self._check: Check = graph_of
        self._label, self._description = "Line", ""
        self._lines: tuple[str, ...] = ()
        self._rows: list[LineRow] = []
        self._column = QVBoxLayout()
        self._add = LinkButton(appearance, "+ line", "Add a line at the end", f"{name}_add", self)
        self._add.clicked.connect(self._begin_line)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(self._column)
        column.addLayout(Line(appearance, self._add, None))
        appearance.changed.connect(self._space)
        self._space()

    @property
    def lines(self) -> tuple[str, ...]:
        """The lines that are accepted."""
        return self._lines

    @property
    def anchor(self) -> QWidget:
        """Beside what a refusal is said: the line that is typed in, or the first."""
        return next((row.line for row in self._rows if row.line.hasFocus()), self._rows[0].line if self._rows else self)

    def declare(self, label: str, description: str, check: Check) -> None:
        """What a line is called, what can be written in one, and what raises a `FormulaError` for lines that are wrong.

        The text of the error is that of the line that is wrong.
        """
        self._label, self._description, self._check = label, description, check
        for index, row in enumerate(self._rows):
            self._tell(index, row)
            row.line.check_again()

    def show_value(self, lines: Sequence[str]) -> None:
        """Show the lines that are accepted; what is typed stays."""
        changed = len(lines) != len(self._rows)
        self._lines = tuple(lines)
        while len(self._rows) > len(lines):
            self._drop(self._rows.pop())
        while len(self._rows) < len(lines):
            self._add_row()
        for row, line in zip(self._rows, lines, strict=True):
            row.line.set_value(line)
            # The only one cannot be removed.
            row.remove.setEnabled(len(lines) > 1)
            # What is wrong in one may have been put right in another.
            row.line.check_again()
        if changed:
            self.controls_changed.emit()

    def controls(self) -> list[QWidget]:
        """The controls, in the order of the Tab key."""
        return [*(control for row in self._rows for control in row.controls()), self._add]

    def _space(self) -> None:
        self._column.setSpacing(self._appearance.size(GAP))

    def _with(self, index: int, own: Sequence[str]) -> tuple[str, ...]:
        """All lines with others in the place of one."""
        return (*self._lines[:index], *own, *self._lines[index + 1 :])

    def _checked(self, lines: Sequence[str]) -> None:
        self._check(lines)

    def _add_row(self) -> LineRow:
        index = len(self._rows)
        whole = Whole(self._with, self._checked, self._name, is_shown=self._is_shown)
        row = LineRow(index, whole, self._appearance, self._refusals, self)
        self._tell(index, row)
        row.edited.connect(lambda own: self.edited.emit(self._with(index, own)))
        row.removed.connect(lambda: self._remove(index))
        self._column.addWidget(row)
        row.show()
        self._rows.append(row)
        return row

    def _tell(self, index: int, row: LineRow) -> None:
        row.line.setAccessibleName(f"{self._label} {index + 1}")
        row.line.set_description(self._description)

    def _begin_line(self) -> None:
        """Give an empty field at the end; it is one of the lines once it is accepted."""
        row = self._rows[-1] if len(self._rows) > len(self._lines) else self._add_row()
        row.remove.setEnabled(True)
        self.controls_changed.emit()
        row.line.setFocus()

    def _remove(self, index: int) -> None:
        if index >= len(self._lines):
            # It was never one of the lines.
            self._drop(self._rows.pop())
            self.controls_changed.emit()
            return
        self.edited.emit(self._with(index, ()))

    def _drop(self, row: LineRow) -> None:
        give_up_typing(row)
        if any(control.hasFocus() for control in row.controls()):
            self._add.setFocus()
        self._column.removeWidget(row)
        # No key reaches it any more, should it have the keyboard still.
        row.setEnabled(False)
        row.hide()
        row.deleteLater()
