"""The editor of an argument that is lines of formulas, each with what it says typeset below it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QVBoxLayout, QWidget

from chainrule.catalog.arguments import Argument, Value
from chainrule.catalog.formula_argument import FormulaLines
from chainrule.formula.functions import TYPED
from chainrule.ui.appearance import Appearance
from chainrule.ui.controls import LinkButton
from chainrule.ui.fields import give_up_typing
from chainrule.ui.panels.argument_editor import Editor
from chainrule.ui.panels.formula_lines import BETWEEN, LineRow, Whole
from chainrule.ui.panels.section import GAP, Line
from chainrule.ui.refusal import Refusals


class LinesEditor(Editor):
    """A field for each line, and a link that begins another; the last one cannot be removed."""

    is_wide = True

    def __init__(
        self, appearance: Appearance, refusals: Refusals, object_name: str, argument: FormulaLines, row: QWidget
    ) -> None:
        super().__init__(appearance, QWidget(row))
        self._refusals, self._name, self._argument = refusals, object_name, argument
        self._lines: tuple[str, ...] = ()
        self._rows: list[LineRow] = []
        self._asked: QWidget = self.widget
        self._column = QVBoxLayout()
        whole = QVBoxLayout(self.widget)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addLayout(self._column)
        tip = "Add a line at the end: it may read what the lines before it write"
        self._add = LinkButton(appearance, "+ line", tip, f"{object_name}_add", self.widget)
        self._add.clicked.connect(self._begin_line)
        whole.addLayout(Line(appearance, self._add, None))

    @property
    def rows(self) -> tuple[LineRow, ...]:
        """The lines that are shown."""
        return tuple(self._rows)

    @property
    def anchor(self) -> QWidget:
        """The line that was changed last."""
        return self._asked

    def controls(self) -> list[QWidget]:
        """The lines from top to bottom, each with its button."""
        return [*(control for row in self._rows for control in row.controls()), self._add]

    def declare(self, argument: Argument) -> None:
        """What a line can read, and how it is written."""
        assert isinstance(argument, FormulaLines)
        self._argument = argument
        self._add.setAccessibleName(f"Add a line to the {argument.label}")
        for row in self._rows:
            self._describe(row)

    def show_value(self, value: Value) -> None:
        """The lines that are accepted; what is typed in one that stays is left alone."""
        assert isinstance(value, tuple)
        lines = tuple(map(str, value))
        if lines == self._lines:
            return
        self._lines = lines
        while len(self._rows) > len(lines):
            self._drop(self._rows.pop())
        while len(self._rows) < len(lines):
            self._add_row()
        for row, line in zip(self._rows, lines, strict=True):
            row.line.set_value(line)
            row.remove.setEnabled(len(lines) > 1)
        for row in self._rows:
            # A line is right or wrong by those around it.
            row.line.check_again()
        self.controls_changed.emit()

    def space(self) -> None:
        """The room between the lines."""
        self._column.setSpacing(self.appearance.size(GAP))

    def _describe(self, row: LineRow) -> None:
        row.line.set_description(
            f"A line of the {self._argument.label}: a name, =, and what it stands for. {self._argument.words} Several "
            f"lines can be typed at once with {BETWEEN} between them. There are + - * / ^, brackets, pi, e, "
            f"if(condition, a, b), and {', '.join(TYPED)}."
        )
        row.line.setAccessibleName(f"Line {self._rows.index(row) + 1} of the {self._argument.label}")

    def _add_row(self) -> LineRow:
        index = len(self._rows)
        whole = Whole(self._with, self._check, self._name, is_shown=True)
        row = LineRow(index, whole, self.appearance, self._refusals, self.widget)
        row.edited.connect(lambda own: self._ask(row.line, self._with(index, own)))
        row.removed.connect(lambda: self._remove(index))
        self._rows.append(row)
        self._describe(row)
        self._column.addWidget(row)
        row.show()
        return row

    def _check(self, lines: Sequence[str]) -> object:
        return self._argument.check_lines(lines)

    def _with(self, index: int, own: Sequence[str]) -> tuple[str, ...]:
        """The lines with others in the place of one."""
        return (*self._lines[:index], *own, *self._lines[index + 1 :])

    def _begin_line(self) -> None:
        """Give an empty field at the end; it is one of the lines once it is accepted."""
        row = self._rows[-1] if len(self._rows) > len(self._lines) else self._add_row()
        row.remove.setEnabled(True)
        self.controls_changed.emit()
        row.line.setFocus()

    def _remove(self, index: int) -> None:
        if index >= len(self._lines):
            # It was never one of them.
            self._drop(self._rows.pop())
            self.controls_changed.emit()
            return
        self._ask(self._rows[index].remove, self._with(index, ()))

    def _ask(self, beside: QWidget, lines: Sequence[str]) -> None:
        self._asked = beside
        self.edited.emit(tuple(lines), False)

    def _drop(self, row: LineRow) -> None:
        give_up_typing(row)
        if any(control.hasFocus() for control in row.controls()):
            self._add.setFocus()
        self._asked = self.widget
        self._column.removeWidget(row)
        # No key reaches it any more, should it have the keyboard still.
        row.setEnabled(False)
        row.hide()
        row.deleteLater()
