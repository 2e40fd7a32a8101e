"""How a gradient came to be, below its equation: the paths that add up, and the factors of the chain rule.

It is derived and typeset in the time between two keys, and shown line by line: stepping never waits for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QResizeEvent
from PySide6.QtWidgets import QGridLayout, QWidget

from chainrule.explain.derivation.words import derivation_in_words
from chainrule.explain.sentences.refusals import as_sentence
from chainrule.session.screen.deriving import derive_selection
from chainrule.session.screen.moment import Moment
from chainrule.translation import gettext, gettext_noop
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.typesetting.formula import FormulaView, LatexPart, fitting_share
from chainrule.ui.typesetting.typeset import Typesetter
from chainrule.ui.widgets.controls import SMALL, Label
from chainrule.ui.widgets.plain_text import plain_tip
from chainrule.ui.widgets.scroll_area import WideArea
from chainrule.ui.window.keys import keep_keys

if TYPE_CHECKING:
    from chainrule.explain.derivation.derivation import Derivation, DerivationRow, DerivationSection
    from chainrule.explain.derivation.paths import Element

SIZE = 15
# A line whose widest piece has no room is set smaller; what is wider still is scrolled to.
FACTORS = (1.0, 0.85, 0.7)
# The widest name of a row has so much room at the usual text size, and in a narrow view that part of it.
NAMES, NAMES_SHARE = 130, 0.22
# What a name does that goes to a gradient, and the keys for it.
GO_TIP = gettext_noop("Show how this gradient came to be (Enter)")
KEYS = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
# So long at a time formulas are typeset: a key that comes meanwhile waits no longer.
TURN_MS = 8


@dataclass(frozen=True, slots=True)
class WorkingLine:
    """A name and a formula; one without a formula is a heading, or a note. `gradient` is what its name goes to."""

    name: str
    parts: tuple[LatexPart, ...] = ()
    gradient: Element | None = None


def row_parts(row: DerivationRow) -> tuple[LatexPart, ...]:
    """Return a row: the formula, then its derivative in each form that it has, in numbers, and as a number."""
    parts = (
        [LatexPart(row.of, "muted"), LatexPart("=", "muted", relation=True), *_all(row.formula, "muted")]
        if row.of
        else []
    )
    if row.of:
        parts.append(LatexPart(r"\Rightarrow", "muted", relation=True))
    if row.left:
        parts.append(LatexPart(row.left))
    for side in row.sides:
        parts += [LatexPart("=", relation=True), *_all(side)]
    if row.left:
        parts.append(LatexPart("=", relation=True))
    return (*parts, LatexPart(row.number, _color(row.value)))


def result_parts(section: DerivationSection) -> tuple[LatexPart, ...]:
    """Return what the rows make: the product or the sum, in symbols and in numbers."""
    dot = LatexPart(r"\cdot", "muted")
    sides = [[LatexPart(section.left)]] if section.left else []
    for pieces in (section.symbols, section.numbers):
        side: list[LatexPart] = []
        for piece in pieces:
            side += [dot, LatexPart(piece)] if side and not section.is_sum else [LatexPart(piece)]
        if side:
            sides.append(side)
    sides.append([LatexPart(section.number, _color(section.value))])
    first, *others = sides
    return (*first, *(part for side in others for part in (LatexPart("=", relation=True), *side)))


def _all(pieces: Sequence[str], color: str = "text") -> list[LatexPart]:
    return [LatexPart(piece, color) for piece in pieces]


def _color(number: float) -> str:
    """Return the theme's colour of a number: by its sign."""
    if number - number != 0:  # inf or NaN
        return "error"
    return "muted" if number == 0 else "positive" if number > 0 else "negative"


class _Name(Label):
    """What a line is called; a click, or Enter, goes to the gradient that the line begins with, if there is one."""

    asked = Signal(object)

    def __init__(self, appearance: Appearance, parent: QWidget) -> None:
        super().__init__(appearance, "", parent, size=SMALL, color="muted")
        self.setWordWrap(True)
        self._line = WorkingLine("")
        keep_keys(self, KEYS)

    def show_line(self, line: WorkingLine) -> None:
        """Show the name of a line, as a link where it goes to a gradient."""
        # Lines come one after the other, and all are shown each time.
        if line == self._line:
            return
        self._line = line
        self.setText(line.name)
        is_link = line.gradient is not None
        self.set_color("link" if is_link else "muted")
        self.setCursor(Qt.CursorShape.PointingHandCursor if is_link else Qt.CursorShape.ArrowCursor)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus if is_link else Qt.FocusPolicy.NoFocus)
        self.setToolTip(plain_tip(gettext(GO_TIP) if is_link else ""))
        self.setAccessibleDescription(gettext(GO_TIP) if is_link else "")

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Go there."""
        if event.button() == Qt.MouseButton.LeftButton and self.rect().contains(event.position().toPoint()):
            self._ask()
        super().mouseReleaseEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Go there with Enter."""
        if event.key() in KEYS:
            self._ask()
        else:
            super().keyPressEvent(event)

    def _ask(self) -> None:
        if self._line.gradient is not None:
            self.asked.emit(self._line.gradient)


class WorkingLines(QWidget):
    """The rows of a derivation, each with its name at the left. Widgets stay, and serve the next derivation."""

    asked = Signal(object)

    def __init__(self, typesetter: Typesetter, appearance: Appearance) -> None:
        super().__init__()
        self._typesetter, self._appearance = typesetter, appearance
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setColumnStretch(1, 1)
        self._names: list[_Name] = []
        self._formulas: list[FormulaView] = []
        self._used: list[FormulaView] = []

    def show_lines(self, lines: Sequence[WorkingLine]) -> None:
        """Show lines, and no others."""
        while len(self._names) < len(lines):
            self._add()
        for place, (name, formula) in enumerate(zip(self._names, self._formulas, strict=True)):
            line = lines[place] if place < len(lines) else WorkingLine("")
            name.show_line(line)
            name.setVisible(place < len(lines))
            formula.set_parts(line.parts)
            formula.setVisible(bool(line.parts))
            # A heading is as wide as the view.
            self._grid.removeWidget(name)
            self._grid.addWidget(name, place, 0, 1, 1 if line.parts else 2, Qt.AlignmentFlag.AlignVCenter)
        self._used = [formula for formula, line in zip(self._formulas, lines, strict=False) if line.parts]

    def _add(self) -> None:
        place = len(self._names)
        name = _Name(self._appearance, self)
        name.asked.connect(self.asked)
        formula = FormulaView(self._typesetter, self._appearance, SIZE, self)
        self._grid.addWidget(name, place, 0)
        self._grid.addWidget(formula, place, 1)
        self._names.append(name)
        self._formulas.append(formula)

    def fit(self, width: int) -> tuple[int, int]:
        """Take the size at which all lines have room in a width; return how wide and how high they are."""
        size = self._appearance.size
        names = min(size(NAMES), round(NAMES_SHARE * width))
        gap = size(10)
        self._grid.setHorizontalSpacing(gap)
        self._grid.setVerticalSpacing(size(5))
        self._grid.setColumnMinimumWidth(0, names)
        for name, formula in zip(self._names, self._formulas, strict=True):
            name.setFixedWidth(names if not formula.isHidden() else width)
        room = width - names - gap
        fitting_size, inner = fitting_share(self._used, room, SIZE, FACTORS)
        for view in self._used:
            view.set_size(fitting_size)
        wide = names + gap + inner
        return wide, max(0, self._grid.heightForWidth(wide))


class DerivationView(QWidget):
    """Shows the derivation of a moment's selected number. As high as it is at its width.

    `asked` is a gradient whose derivation somebody goes on to; `finished` says that all of it is there.
    """

    asked = Signal(object)
    finished = Signal()

    def __init__(self, typesetter: Typesetter, appearance: Appearance, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("equation_view.derivation")
        self.setAccessibleName(gettext("How this came to be"))
        self._typesetter, self._appearance = typesetter, appearance
        self._moment: Moment | None = None
        self._lines = WorkingLines(typesetter, appearance)
        self._lines.asked.connect(self.asked)
        # All lines, and those of them whose formulas are not all typeset yet.
        self._wanted: list[WorkingLine] = []
        self._waiting: list[WorkingLine] = []
        self._area = WideArea(self._lines, appearance, self)
        self._turn = QTimer(self)
        self._turn.setSingleShot(True)
        self._turn.timeout.connect(self._go_on)
        appearance.changed.connect(self._fit)

    @property
    def is_up_to_date(self) -> bool:
        """Whether what was asked for last is on the screen."""
        return not self._turn.isActive()

    def show_moment(self, moment: Moment) -> None:
        """Show how a moment's number came to be, in the time that there is. What was shown is gone at once."""
        self._moment = moment
        self._wanted, self._waiting = [], []
        self._area.hide()
        self._turn.start(0)

    def stop(self) -> None:
        """Show nothing any more."""
        self._turn.stop()
        self._moment, self._wanted, self._waiting = None, [], []
        self._area.hide()

    def _go_on(self) -> None:
        """Derive it, and typeset what there is time for; show the lines that are ready."""
        if self._moment is not None:
            derivation = derive_selection(self._moment)
            self._moment = None
            self._wanted = [] if derivation is None else working_lines(derivation)
            self._waiting = list(self._wanted)
            self.setAccessibleDescription("" if derivation is None else derivation_in_words(derivation))
        start = perf_counter()
        while self._waiting and perf_counter() - start < TURN_MS / 1000:
            for part in self._waiting[0].parts:
                self._typesetter.piece(part.latex, getattr(self._appearance.theme, part.color))
            del self._waiting[0]
        self._lines.show_lines(self._wanted[: len(self._wanted) - len(self._waiting)])
        self._area.show()
        self._fit()
        if self._waiting:
            self._turn.start(0)
        else:
            self.finished.emit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Break the lines anew."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        if self._area.isHidden():
            return
        width = max(1, self.width())
        self._area.take(*self._lines.fit(width))


def working_lines(derivation: Derivation) -> list[WorkingLine]:
    """Return the lines of a derivation: a heading for each part, its rows, and what they make."""
    lines: list[WorkingLine] = []
    for section in derivation.sections:
        lines.append(WorkingLine(f"{section.title}:"))
        for row in section.rows:
            lines.append(WorkingLine(row.what, row_parts(row), row.gradient))
            if row.note:
                lines.append(WorkingLine(as_sentence(row.note)))
        if len(section.rows) > 1:
            lines.append(WorkingLine("together" if section.is_sum else "multiplied", result_parts(section)))
    return lines
