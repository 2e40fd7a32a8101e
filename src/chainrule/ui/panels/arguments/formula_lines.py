"""Lines `name = formula`: a field for each, checked together at every key, and what is wrong in words below it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from chainrule.formula.errors import FormulaError
from chainrule.formula.functions import TYPED
from chainrule.formula.graph import graph_of
from chainrule.formula.parse import parse_assignment
from chainrule.formula.tree import Expr
from chainrule.translation import gettext
from chainrule.ui.panels.section import ControlsLine
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.typesetting.formula_field import PAUSE_MS, FormulaLine, show_line_with
from chainrule.ui.typesetting.formula_preview import FormulaPreview, PreviewedFormula
from chainrule.ui.widgets.controls import SMALL, InsertButton, Label, LinkButton, RemoveButton
from chainrule.ui.widgets.refusal import Refusals
from chainrule.ui.widgets.scroll_area import begin_in

# Stands between lines that are typed, or pasted, into one field.
BETWEEN = ";"
# A longer name is cut in the link that offers to keep it.
LONGEST = 14
KEEP_TIP = "{} is not defined yet: add it to the state, with a line that gives it its next value"
HOW = (
    "A line of the formula: a name, =, and what it stands for, as in q = x + y. Names that no line defines are the "
    "parameters; the last line is the output, which training makes smaller. Several lines can be typed at once with "
    f"{BETWEEN} between them. There are + - * / ^, brackets, pi, e, if(condition, a, b), and {', '.join(TYPED)}."
)


LinesCheck = Callable[[Sequence[str]], object]


def split_lines(text: str) -> tuple[str, ...]:
    """Return the lines of a text, without those that are blank."""
    return tuple(line.strip() for line in text.split(BETWEEN) if line.strip())


@dataclass(frozen=True, slots=True)
class Whole:
    """All lines that a line is one of: `changed(index, own)` are they with others in the place of one.

    `check` raises a `FormulaError` whose text is the line that is wrong; `missing` is the name that could be kept, and
    that only a line which keeps it is missing for. Names in the window begin with `name`, and where it `is_shown` each
    formula is typeset below its line.
    """

    changed: Callable[[int, Sequence[str]], Sequence[str]]
    check: LinesCheck = graph_of
    missing: Callable[[Sequence[str]], str] = lambda lines: ""
    name: str = "formula"
    is_shown: bool = False


class AssignmentReader:
    """Reads `name = formula`, checked together with the lines around it. `assigned` is the name that was read last.

    What is wrong is said of the first line that is wrong; of another field's line its number is said, and no place.
    """

    def __init__(self, index: int, whole: Whole) -> None:
        self._index, self._whole = index, whole
        self.assigned = ""

    def read(self, text: str) -> Expr:
        """Return the formula of the last line in what is typed, or raise `FormulaError`."""
        own = split_lines(text)
        if not own:
            raise FormulaError("expected a name and =, as in f = x + y", text, 0)
        begins = 0
        found = None
        for line in own:
            begins = text.index(line, begins)
            try:
                self.assigned, found = parse_assignment(line)
            except FormulaError as error:
                raise FormulaError(error.message, text, None if error.at is None else begins + error.at) from None
            begins += len(line)
        assert found is not None
        lines = self._whole.changed(self._index, own)
        try:
            self._whole.check(lines)
        except FormulaError as error:
            raise self._moved(error, text, own, lines) from None
        return found

    def _moved(self, error: FormulaError, text: str, own: Sequence[str], lines: Sequence[str]) -> FormulaError:
        """Return the error of a whole formula, told of where it is."""
        if error.text in own:
            begins = text.index(error.text)
            return FormulaError(error.message, text, None if error.at is None else begins + error.at)
        number = lines.index(error.text) + 1 if error.text in lines else len(lines)
        return FormulaError(f"line {number}: {error.message}", text)


class LineRow(QWidget):
    """One line, with buttons that insert another above it and remove it. `edited` asks for the lines that were typed.

    Where a name is read that could be kept, a link below the line offers that: `keep_asked` tells of the name.
    """

    edited = Signal(object)
    removed = Signal()
    insert_asked = Signal()
    keep_asked = Signal(str)

    def __init__(self, index: int, whole: Whole, appearance: Appearance, refusals: Refusals, parent: QWidget) -> None:
        super().__init__(parent)
        self._appearance, self._index, self._whole, name = appearance, index, whole, whole.name
        self._reader = AssignmentReader(index, whole)
        self.line = FormulaLine(self._reader.read, appearance, refusals, self)
        self.line.set_description(HOW)
        self.line.setObjectName(f"{name}_line_{index}")
        self.line.setAccessibleName(gettext("Line {number} of the formula", number=index + 1))
        self.line.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.line.value_edited.connect(lambda text: self.edited.emit(split_lines(text)))
        self.line.checked.connect(self._say)
        tip = gettext("Insert a line above line {number}", number=index + 1)
        self.insert = InsertButton(appearance, "", tip, f"{name}_insert_{index}", self)
        self.insert.clicked.connect(self.insert_asked)
        self.remove = RemoveButton(
            appearance, "", gettext("Remove line {number}", number=index + 1), f"{name}_remove_{index}", self
        )
        self.remove.clicked.connect(self.removed)
        self._message = Label(appearance, "", self, size=SMALL, color="error")
        self._message.setObjectName(f"{name}_problem_{index}")
        self._message.setWordWrap(True)
        self._message.hide()
        self._missing = ""
        self._keep = LinkButton(appearance, "", KEEP_TIP.format("The name"), f"{name}_keep_{index}", self)
        self._keep.clicked.connect(lambda: self.keep_asked.emit(self._missing))
        self._keep.hide()
        self._lay_out(FormulaPreview(appearance, self) if whole.is_shown else None)
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.timeout.connect(self._show_formula)
        appearance.changed.connect(self._space)
        self._space()

    def _lay_out(self, preview: FormulaPreview | None) -> None:
        self._preview = preview
        self._lines = QVBoxLayout(self)
        self._lines.setContentsMargins(0, 0, 0, 0)
        line = ControlsLine(self._appearance, self.line)
        # Two small buttons beside each other, without a gap that the line could have.
        buttons = QHBoxLayout()
        buttons.setSpacing(0)
        buttons.addWidget(self.insert)
        buttons.addWidget(self.remove)
        line.addLayout(buttons)
        self._lines.addLayout(line)
        self._lines.addWidget(self._message)
        self._lines.addWidget(self._keep)
        if preview is not None:
            self._lines.addWidget(preview)

    def controls(self) -> list[QWidget]:
        """Return the controls, in the order of the Tab key."""
        return [self.line, self._keep, self.insert, self.remove]

    @property
    def typed(self) -> tuple[str, ...]:
        """The lines that stand in the field."""
        return split_lines(self.line.text())

    def begin_formula(self) -> None:
        """Give the keyboard to the line, with what stands behind its = to be typed over."""
        begin_in(self.line, self)
        text = self.line.text()
        begin = len(text) - len(text.partition("=")[2].lstrip())
        self.line.setSelection(begin, len(text) - begin)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Place anew what stands below the line: it has come, or has grown."""
        super().resizeEvent(event)
        show_line_with(self.line, self)

    def _space(self) -> None:
        self._lines.setSpacing(self._appearance.size(3))

    def _say(self) -> None:
        """Say below the line what is wrong with what stands in it; the formula follows when nobody types."""
        problem = self.line.reading.problem
        self._message.setText(problem)
        self._message.setVisible(bool(problem))
        self._offer(self._whole.missing(self._whole.changed(self._index, self.typed)) if problem else "")
        if self._preview is not None:
            # An empty line has nothing to show, not even what stood in its field before.
            self._preview.setVisible(not problem and self.line.reading.formula is not None)
            self._pause.start(PAUSE_MS)
        show_line_with(self.line, self)

    def _offer(self, missing: str) -> None:
        """Offer that a name is kept."""
        if missing and missing != self._missing:
            name = missing if len(missing) <= LONGEST else f"{missing[: LONGEST - 1]}…"
            self._keep.set_words(gettext("add {name} to the state", name=name), KEEP_TIP.format(missing))
        self._missing = missing
        self._keep.setVisible(bool(missing))

    def _show_formula(self) -> None:
        formula = self.line.reading.formula
        if self._preview is not None and formula is not None:
            self._preview.show_formula(PreviewedFormula(formula, name=self._reader.assigned))

    @property
    def is_up_to_date(self) -> bool:
        """Whether all that is typed is on the screen."""
        return not self._pause.isActive() and (self._preview is None or self._preview.is_up_to_date)
