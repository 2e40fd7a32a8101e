"""The editor of several lines `name = formula` that belong together, such as the updates of an optimizer."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from chainrule.catalog.formula_argument import Keeping
from chainrule.formula.graph import graph_of
from chainrule.translation import gettext
from chainrule.ui.panels.arguments.formula_lines import LineRow, LinesCheck, Whole
from chainrule.ui.panels.arguments.row_list import RowList
from chainrule.ui.panels.section import ControlsLine
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.widgets.controls import LinkButton
from chainrule.ui.widgets.fields import give_up_typing
from chainrule.ui.widgets.refusal import Refusals
from chainrule.ui.widgets.scroll_area import begin_in


class FormulaLinesField(QWidget):
    """A field for each line, where it `is_shown` with its formula typeset below it, and links that add one.

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
        """Name the fields in the window by `name`: `NAME_line_0`."""
        super().__init__(parent)
        self._appearance, self._refusals, self._name, self._is_shown = appearance, refusals, name, is_shown
        self._check: LinesCheck = graph_of
        self._label, self._description = "Line", ""
        self._keeping: Keeping | None = None
        self._lines: tuple[str, ...] = ()
        # The place of a field that stands for none of them yet.
        self._begun: int | None = None
        self._add = LinkButton(appearance, gettext("+ line"), gettext("Add a line at the end"), f"{name}_add", self)
        self._list = RowList(appearance, self._make_row, self._add)
        self._add.clicked.connect(lambda: self._begin_line(len(self._rows)))
        # What it keeps is said where there is something to be kept.
        self._keep = LinkButton(appearance, gettext("+ name"), gettext("Keep another number"), f"{name}_keep", self)
        self._keep.clicked.connect(self._keep_another)
        self._keep.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(self._list.layout)
        column.addLayout(ControlsLine(appearance, self._add, self._keep, None))

    @property
    def _rows(self) -> list[LineRow]:
        return self._list.rows

    @property
    def lines(self) -> tuple[str, ...]:
        """The lines that are accepted."""
        return self._lines

    @property
    def anchor(self) -> QWidget:
        """Beside what a refusal is said: the line that is typed in, or the first."""
        return next((row.line for row in self._rows if row.line.hasFocus()), self._rows[0].line if self._rows else self)

    def declare(self, label: str, description: str, check: LinesCheck, keeping: Keeping | None = None) -> None:
        """Set what a line is called, what can be written in one, and what raises a `FormulaError` for lines that are
        wrong.

        The text of the error is that of the line that is wrong. `keeping` is how lines keep a name, where they do.
        """
        self._label, self._description, self._check, self._keeping = label, description, check, keeping
        if keeping is not None:
            self._keep.set_words(f"+ {keeping.noun}", keeping.words)
        self._keep.setVisible(keeping is not None)
        for index, row in enumerate(self._rows):
            self._tell(index, row)
            row.line.check()

    def show_value(self, lines: Sequence[str]) -> None:
        """Show the lines that are accepted; what is typed stays."""
        if tuple(lines) != self._lines:
            self._begun = None
        self._lines = tuple(lines)
        self._show()

    def begin(self) -> None:
        """Give the keyboard to the first line, with its formula to be typed over."""
        if self._rows:
            self._rows[0].begin_formula()

    def controls(self) -> list[QWidget]:
        """Return the controls, in the order of the Tab key."""
        links = [self._add, self._keep] if self._keeping is not None else [self._add]
        return [*(control for row in self._rows for control in row.controls()), *links]

    # The lines

    def _texts(self) -> list[str | None]:
        """Return what each field stands for: a line, or none where one is begun."""
        texts: list[str | None] = list(self._lines)
        if self._begun is not None:
            texts.insert(self._begun, None)
        return texts

    def _with(self, index: int, own: Sequence[str]) -> tuple[str, ...]:
        """Return all lines with others in the place of what a field stands for."""
        texts = self._texts()
        texts[index : index + 1] = own
        return tuple(text for text in texts if text is not None)

    def _checked(self, lines: Sequence[str]) -> None:
        self._check(lines)

    def _missing(self, lines: Sequence[str]) -> str:
        return self._keeping.missing(lines) if self._keeping is not None else ""

    # The fields

    def _show(self) -> None:
        texts = self._texts()
        changed = self._list.set_count(len(texts))
        for row, text in zip(self._rows, texts, strict=True):
            row.line.set_value(text)
            # The only one cannot be removed.
            row.remove.setEnabled(text is None or len(self._lines) > 1)
        for row in self._rows:
            # What is wrong in one may have been put right in another.
            row.line.check()
        if changed:
            self.controls_changed.emit()

    def _make_row(self, index: int) -> LineRow:
        whole = Whole(self._with, self._checked, self._missing, self._name, is_shown=self._is_shown)
        row = LineRow(index, whole, self._appearance, self._refusals, self)
        self._tell(index, row)
        row.edited.connect(lambda own: self.edited.emit(self._with(index, own)))
        row.removed.connect(lambda: self._remove(index))
        row.insert_asked.connect(lambda: self._begin_line(index))
        row.keep_asked.connect(lambda name: self._keep_read(index, name))
        return row

    def _tell(self, index: int, row: LineRow) -> None:
        row.line.setAccessibleName(f"{self._label} {index + 1}")
        row.line.set_description(self._description)

    def _begin_line(self, place: int) -> None:
        """Give an empty field before that of a place; it is one of the lines once it is accepted."""
        begun = self._begun
        if begun is None or not self._rows[begun].line.is_typing:
            self._begin_at(place - 1 if begun is not None and begun < place else place)
        assert self._begun is not None
        begin_in(self._rows[self._begun].line)

    def _begin_at(self, place: int | None) -> None:
        """Have the empty field at another place, or nowhere. What is typed in the others goes with their lines."""
        typed = [row.line.text() if row.line.is_typing else None for row in self._rows]
        give_up_typing(self)
        if self._begun is not None:
            del typed[self._begun]
        if place is not None:
            typed.insert(place, None)
        self._begun = place
        self._show()
        for row, text in zip(self._rows, typed, strict=True):
            if text is not None:
                row.line.setText(text)

    def _remove(self, index: int) -> None:
        if index == self._begun:
            # It was never one of the lines.
            self._begin_at(None)
        else:
            self.edited.emit(self._with(index, ()))

    # Names that are kept

    def _keep_another(self) -> None:
        """Ask for a line that keeps a name, to be written on."""
        assert self._keeping is not None
        lines = self._keeping.kept(self._lines, self._keeping.free(self._lines))
        self.edited.emit(lines)
        if self._lines == lines:
            self.begin()

    def _keep_read(self, index: int, name: str) -> None:
        """Ask for what is typed in a field, and with it for a line that keeps the name it reads."""
        assert self._keeping is not None
        lines = self._keeping.kept(self._with(index, self._rows[index].typed), name)
        self._rows[index].line.give_up()
        self.edited.emit(lines)
        if self._lines == lines:
            self.begin()
