"""The editor of one formula: a line to type in, and below it the formula and its derivative as a textbook sets them.

While what is typed cannot be read, a line of words says why in the place of the two, and the first character that is
wrong is underlined. The old formula holds until Enter, or until the keyboard goes elsewhere; Escape gives it back.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QAccessible, QAccessibleEvent, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QVBoxLayout, QWidget

from chainrule.catalog.formula_argument import FormulaText
from chainrule.explain.sentences.refusals import as_sentence
from chainrule.formula.errors import FormulaError
from chainrule.formula.functions import TYPED
from chainrule.formula.parse import parse_formula
from chainrule.formula.tree import Expr
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.typesetting.formula_preview import FormulaPreview, PreviewedFormula
from chainrule.ui.widgets.controls import SMALL, Label
from chainrule.ui.widgets.fields import Field
from chainrule.ui.widgets.refusal import Refusals
from chainrule.ui.widgets.scroll_area import show_with

# The preview follows once nobody has typed for so long: keys never wait for it.
PAUSE_MS = 120
_GRAMMAR = (
    "Numbers, + - * / ^, brackets, pi, e, comparisons such as z > 0 in if(condition, a, b), and the functions "
    f"{', '.join(TYPED)}."
)


def grammar_words(argument: FormulaText) -> str:
    """Return what can be written in a formula, for its tooltip."""
    return f"The {argument.label}: {argument.allowed}. {_GRAMMAR}"


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read of a line: its formula, or what is wrong with it; neither of an empty line.

    `problem` is a sentence, also where a formula that can be read was refused. `wrong_place` is the character that is
    wrong: the one behind the last where something is missing at the end.
    """

    formula: Expr | None = None
    problem: str = ""
    wrong_place: int | None = None


class FormulaLine(Field):
    """The line that a formula is typed in. `checked` tells at each change of what can be read of it, or what is wrong.

    `read` returns the formula that a text stands for, or raises `FormulaError`. What was refused stays in the line to
    be corrected: it is more to type again than a number is.
    """

    checked = Signal()
    keeps_refused = True

    def __init__(
        self, read: Callable[[str], Expr], appearance: Appearance, refusals: Refusals, parent: QWidget | None = None
    ) -> None:
        self._reader, self._reading, self._is_readable = read, Reading(), True
        super().__init__(appearance, refusals, parent)
        self.setAlignment(Qt.AlignmentFlag.AlignLeft)
        self.textChanged.connect(self.check)

    @property
    def reading(self) -> Reading:
        """What was read of what stands in the line."""
        return self._reading

    def check(self) -> None:
        """Read what stands in the line, also anew where what it is checked with has changed."""
        text, self._reading, self._is_readable = self.text(), Reading(), True
        self._unmark()
        try:
            # Before there is a formula, nothing is missing in it.
            if text or self.value is not None:
                self._reading = Reading(self._reader(text))
        except FormulaError as error:
            self._reading, self._is_readable = Reading(None, as_sentence(str(error)), error.at), False
        self.setAccessibleDescription(self._reading.problem)
        self.update()
        self.checked.emit()

    def parse(self, text: str) -> str:
        """Return the formula as it was typed, where it can be read."""
        try:
            self._reader(text)
        except FormulaError as error:
            raise ValueError(str(error)) from None
        return text.strip()

    def full_text(self, value: Any) -> str:
        """Return all of it."""
        return str(value)

    def short_text(self, value: Any) -> str:
        """Return all of it."""
        return str(value)

    def refuse(self, message: str) -> None:
        """Say why it was not accepted, below the line; what is typed stays, with the keyboard where it is wrong."""
        self._refused = True
        if self._is_readable:
            self._reading = replace(self._reading, problem=as_sentence(message))
        self.setProperty("refused", True)
        self._restyle()
        if self.hasFocus() and self._reading.wrong_place is not None:
            self.setCursorPosition(self._reading.wrong_place)
        self.checked.emit()
        if QAccessible.isActive():
            QAccessible.updateAccessibility(QAccessibleEvent(self, QAccessible.Event.Alert))

    def _place_of_wave(self) -> int | None:
        return self._reading.wrong_place


def show_line_with(line: FormulaLine, whole: QWidget) -> None:
    """Bring what stands below a line into sight with it, while one types there or what was typed is refused."""
    if line.hasFocus() or line.property("refused"):
        show_with(line, whole)


class FormulaField(QWidget):
    """The line with its preview. `edited` asks for a formula that can be read."""

    edited = Signal(object)

    def __init__(self, appearance: Appearance, refusals: Refusals, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._appearance = appearance
        self._by = ""
        self._names: tuple[str, ...] = ()
        self.line = FormulaLine(self._read, appearance, refusals, self)
        self.line.value_edited.connect(self.edited)
        self.line.checked.connect(self._follow)
        self._preview = FormulaPreview(appearance, self)
        self._message = Label(appearance, "", self, size=SMALL, color="error")
        self._message.setWordWrap(True)
        self._message.hide()
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.timeout.connect(self._show_formula)
        policy = QSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self._lines = QVBoxLayout(self)
        self._lines.setContentsMargins(0, 0, 0, 0)
        for part in (self.line, self._preview, self._message):
            self._lines.addWidget(part)
        appearance.changed.connect(self._space)
        self._space()

    @property
    def is_up_to_date(self) -> bool:
        """Whether all that is typed is on the screen."""
        return not self._pause.isActive() and self._preview.is_up_to_date

    def set_object_name(self, name: str) -> None:
        """Name the line in the window; its parts are named after it."""
        self.line.setObjectName(name)
        self._preview.setObjectName(f"{name}_preview")
        self._message.setObjectName(f"{name}_problem")

    def declare(self, argument: FormulaText) -> None:
        """Take on the words of a declaration; the derivative is the one by its first name."""
        self._by = argument.names[0] if argument.names else ""
        self.line.set_description(grammar_words(argument))
        self.line.setAccessibleName(argument.label)
        if argument.names != self._names:
            self._names = argument.names
            self.line.check()

    def show_value(self, value: str) -> None:
        """Show the formula that is accepted."""
        self.line.set_value(value)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Place anew what stands below the line: it has come, or has grown."""
        super().resizeEvent(event)
        show_line_with(self.line, self)

    def _read(self, text: str) -> Expr:
        return parse_formula(text, self._names)

    def _space(self) -> None:
        self._lines.setSpacing(self._appearance.size(4))

    def _follow(self) -> None:
        """Say at once what is wrong; the formula follows when nobody types."""
        problem = self.line.reading.problem
        self._message.setText(problem)
        if problem:
            # It stands in the place of the preview: what is below does not jump with each key.
            self._message.setMinimumHeight(0 if self._preview.isHidden() else self._preview.height())
            self._message.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        self._preview.setVisible(not problem)
        self._message.setVisible(bool(problem))
        show_line_with(self.line, self)
        if problem:
            self._pause.stop()
        else:
            self._pause.start(PAUSE_MS)

    def _show_formula(self) -> None:
        formula = self.line.reading.formula
        if formula is not None:
            self._preview.show_formula(PreviewedFormula(formula, self._by, self._names))
