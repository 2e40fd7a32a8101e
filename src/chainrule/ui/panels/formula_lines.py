"""Lines `name = formula`: a field for each, checked together at every key, and what is wrong in words below it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from chainrule.formula.errors import FormulaError
from chainrule.formula.functions import TYPED
from chainrule.formula.graph import graph_of
from chainrule.formula.parse import parse_assignment
from chainrule.formula.tree import Expr
from chainrule.ui.appearance import Appearance
from chainrule.ui.controls import SMALL, Label, RemoveButton
from chainrule.ui.formula_field import PAUSE_MS, FormulaLine
from chainrule.ui.formula_preview import FormulaPreview, Shown
from chainrule.ui.panels.section import Line
from chainrule.ui.refusal import Refusals

# Stands between lines that are typed, or pasted, into one field.
BETWEEN = ";"
HOW = (
    "A line of the formula: a name, =, and what it stands for, as in q = x + y. Names that no line defines are the "
    "parameters; the last line is the output, which training makes smaller. Several lines can be typed at once with "
    f"{BETWEEN} between them. There are + - * / ^, brackets, pi, e, if(condition, a, b), and {', '.join(TYPED)}."
)


Check = Callable[[Sequence[str]], object]


def split_lines(text: str) -> tuple[str, ...]:
    """The lines of a text, without those that are blank."""
    return tuple(line.strip() for line in text.split(BETWEEN) if line.strip())


@dataclass(frozen=True, slots=True)
class Whole:
    """All lines that a line is one of: `changed(index, own)` are they with others in the place of one.

    `check` raises a `FormulaError` whose text is the line that is wrong. Names in the window begin with `name`, and
    where it `is_shown` each formula is typeset below its line.
    """

    changed: Callable[[int, Sequence[str]], Sequence[str]]
    check: Check = graph_of
    name: str = "formula"
    is_shown: bool = False


class AssignmentLine(FormulaLine):
    """A field for `name = formula`, checked together with the lines around it.

    What is wrong is said of the first line that is wrong; of another field's line its number is said, and no place.
    """

    def __init__(
        self,
        index: int,
        whole: Whole,
        appearance: Appearance,
        refusals: Refusals,
        parent: QWidget | None = None,
    ) -> None:
        self._index, self._whole = index, whole
        self.assigned = ""
        super().__init__(appearance, refusals, parent)
        self.set_description(HOW)

    def read(self, text: str) -> Expr:
        """The formula of the last line that is typed here, or `FormulaError`."""
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
        """The error of a whole formula, told of where it is."""
        if error.text in own:
            begins = text.index(error.text)
            return FormulaError(error.message, text, None if error.at is None else begins + error.at)
        number = lines.index(error.text) + 1 if error.text in lines else len(lines)
        return FormulaError(f"line {number}: {error.message}", text)


class LineRow(QWidget):
    """One line with a button that removes it. `edited` asks for the lines that were typed."""

    edited = Signal(object)
    removed = Signal()

    def __init__(self, index: int, whole: Whole, appearance: Appearance, refusals: Refusals, parent: QWidget) -> None:
        super().__init__(parent)
        self._appearance, name = appearance, whole.name
        self.line = AssignmentLine(index, whole, appearance, refusals, self)
        self.line.setObjectName(f"{name}_line_{index}")
        self.line.setAccessibleName(f"Line {index + 1} of the formula")
        self.line.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.line.value_edited.connect(lambda text: self.edited.emit(split_lines(text)))
        self.line.checked.connect(self._say)
        self.remove = RemoveButton(appearance, "", f"Remove line {index + 1}", f"{name}_remove_{index}", self)
        self.remove.clicked.connect(self.removed)
        self._message = Label(appearance, "", self, size=SMALL, color="error")
        self._message.setObjectName(f"{name}_problem_{index}")
        self._message.setWordWrap(True)
        self._message.hide()
        self._lines = QVBoxLayout(self)
        self._lines.setContentsMargins(0, 0, 0, 0)
        self._lines.addLayout(Line(appearance, self.line, self.remove))
        self._lines.addWidget(self._message)
        self._preview = FormulaPreview(appearance, self) if whole.is_shown else None
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.timeout.connect(self._show_formula)
        if self._preview is not None:
            self._lines.addWidget(self._preview)
        appearance.changed.connect(self._space)
        self._space()

    def controls(self) -> list[QWidget]:
        """The controls, in the order of the Tab key."""
        return [self.line, self.remove]

    def _space(self) -> None:
        self._lines.setSpacing(self._appearance.size(3))

    def _say(self) -> None:
        """Say below the line what is wrong with what stands in it; the formula follows when nobody types."""
        problem = self.line.problem
        self._message.setText(problem)
        self._message.setVisible(bool(problem))
        if self._preview is not None:
            self._preview.setVisible(not problem)
            self._pause.start(PAUSE_MS)

    def _show_formula(self) -> None:
        formula = self.line.formula
        if self._preview is not None and formula is not None:
            self._preview.show_formula(Shown(formula, name=self.line.assigned))

    @property
    def is_up_to_date(self) -> bool:
        """Whether all that is typed is on the screen."""
        return not self._pause.isActive() and (self._preview is None or self._preview.is_up_to_date)
