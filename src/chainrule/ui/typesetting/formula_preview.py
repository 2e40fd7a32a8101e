"""What a typed formula looks like: typeset, with its derivative beside it, or below it where there is no room.

Typesetting a symbol for the first time takes about a millisecond. So nothing is typeset while keys are pressed: the
pieces are set one after the other in the time between, and then all are shown at once.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from PySide6.QtCore import QTimer
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QVBoxLayout, QWidget

from chainrule.explain.writing.latex_cost import cost
from chainrule.formula.differentiate import derivative
from chainrule.formula.simplify import simplify
from chainrule.formula.tree import Expr, Symbol, walk
from chainrule.formula.writing.latex import parted_latex, symbol, term_latex
from chainrule.formula.writing.text import formula_to_text
from chainrule.translation import gettext
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.typesetting.formula import FormulaView, LatexPart, fitting_share
from chainrule.ui.typesetting.typeset import Typesetter
from chainrule.ui.widgets.controls import SMALL, Label
from chainrule.ui.widgets.plain_text import plain_tip
from chainrule.ui.widgets.scroll_area import WideArea, lay_out_around

SIZE = 17
# A formula that is too wide is set smaller, and scrolled where that does not help.
FACTORS = (1.0, 0.85, 0.7)
GAP = 22
# A width at which no line is broken.
ANY = 1e6
# A piece that takes longer would keep the window waiting: it is shown as it is typed.
MOST_COST = 220
# Where a piece does, the formula is parted until none takes longer than that, as far as it can be.
PARTED_COST = 60
# So many pieces, and so many characters of plain text, are still looked at.
MOST_PIECES = 40
MOST_CHARACTERS = 240
# The derivative of a larger formula takes longer than a person waits for it, and nobody would read it.
MOST_NODES, MOST_DERIVED = 100, 300
TOO_LONG = "The derivative is too long to be shown here."
_BREAKS = re.compile(r"([*/,(])")


@dataclass(frozen=True, slots=True)
class PreviewedFormula:
    """A formula, the name that it is differentiated by, the names that it may read, and the name that it is given."""

    formula: Expr
    by: str = ""
    names: tuple[str, ...] = ()
    name: str = ""


def derivative_to_show(shown: PreviewedFormula) -> Expr | None:
    """Return the derivative; None where there is none to show, or where it would take too long."""
    if not shown.by or _size(shown.formula) > MOST_NODES:
        return None
    found = simplify(derivative(shown.formula, Symbol(shown.by)))
    return found if _size(found) <= MOST_DERIVED else None


def _size(formula: Expr) -> int:
    return sum(1 for _ in walk(formula))


def left_sides(shown: PreviewedFormula) -> tuple[str, str]:
    """Return what the formula and its derivative are called, in LaTeX: f(z) and f'(z), or the quotient of several
    names.
    """
    if shown.name:
        return symbol(Symbol(shown.name)).text, ""
    if len(shown.names) > 1:
        return "f", rf"\frac{{{{\partial}}f}}{{{{\partial}}{symbol(Symbol(shown.by)).text}}}"
    name = symbol(Symbol(shown.by)).text
    return f"f({name})", f"f'({name})"


class _Side(QWidget):
    """One formula: typeset, or in plain text where that would take too long."""

    def __init__(self, typesetter: Typesetter, appearance: Appearance, parent: QWidget) -> None:
        super().__init__(parent)
        self.view = FormulaView(typesetter, appearance, SIZE, self)
        self.text = Label(appearance, "", self, size=SMALL, color="muted")
        self.text.setWordWrap(True)
        self.text.hide()
        line = QVBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.addWidget(self.view)
        line.addWidget(self.text)

    def show_parts(self, parts: list[LatexPart], text: str) -> None:
        """Show a formula's parts, or the text where there are none."""
        self.view.set_parts(parts)
        self.view.setVisible(bool(parts))
        shown = text if len(text) <= MOST_CHARACTERS else f"{text[:MOST_CHARACTERS]}…"
        # A long product has no blanks at which a line could break.
        self.text.setText("" if parts else _BREAKS.sub("\\1\u200b", shown))
        self.text.setVisible(not parts and bool(text))
        # Of one formula alone, nothing takes room below it.
        self.setVisible(bool(parts) or bool(text))

    def height_at(self, width: int, size: float) -> int:
        """Return the height at a width and a size of type."""
        if self.view.isHidden():
            return 0 if self.text.isHidden() else self.text.heightForWidth(width)
        return self.view.height_at(width, size)


class FormulaPreview(QWidget):
    """Shows a formula and its derivative. As high as they are at its width."""

    def __init__(self, appearance: Appearance, parent: QWidget) -> None:
        super().__init__(parent)
        self._appearance = appearance
        self._typesetter = Typesetter()
        self._shown: PreviewedFormula | None = None
        self._waiting: list[LatexPart] = []
        self._ready: list[tuple[list[LatexPart], str]] = []
        self._content = QWidget()
        self._sides = [_Side(self._typesetter, appearance, self._content) for _ in range(2)]
        self._box = QBoxLayout(QBoxLayout.Direction.TopToBottom, self._content)
        self._box.setContentsMargins(0, 0, 0, 0)
        for side in self._sides:
            self._box.addWidget(side)
        self._area = WideArea(self._content, appearance, self)
        self._setting = QTimer(self)
        self._setting.setSingleShot(True)
        self._setting.timeout.connect(self._set_next)
        appearance.changed.connect(self._restyle)
        self.hide()

    @property
    def is_up_to_date(self) -> bool:
        """Whether what was asked for last is on the screen."""
        return not self._ready

    def show_formula(self, shown: PreviewedFormula) -> None:
        """Show another formula, as soon as it is typeset."""
        if shown == self._shown:
            return
        self._shown = shown
        first, second = left_sides(shown)
        slope = derivative_to_show(shown)
        lines = [_line(first, shown.name or "f", shown.formula)]
        if slope is not None:
            lines.append(_line(second, "derivative", slope))
        elif shown.by:
            lines.append(([], TOO_LONG))
        self._ready = lines
        self._waiting = [part for parts, _ in lines for part in parts]
        self._setting.start(0)

    def _set_next(self) -> None:
        """Typeset the first piece that is left, or show all of them."""
        if self._waiting:
            part = self._waiting.pop(0)
            self._typesetter.piece(part.latex, getattr(self._appearance.theme, part.color))
            self._setting.start(0)
            return
        texts = [text for _, text in self._ready]
        for side, (parts, text) in zip(self._sides, [*self._ready, ([], "")], strict=False):
            side.show_parts(parts, text)
        self._ready = []
        words = "; ".join(texts)
        self.setToolTip(plain_tip(words))
        self.setAccessibleName(gettext("Formula as it is read"))
        self.setAccessibleDescription(words)
        self._fit()
        lay_out_around(self)

    def _restyle(self) -> None:
        self._box.setSpacing(self._appearance.size(5))
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Find the size and the lines anew."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Place both side by side where there is room, else one below the other, as large as the widest piece lets it
        be.
        """
        width, gap = max(1, self.width()), self._appearance.size(GAP)
        views = [side.view for side in self._sides if not side.view.isHidden()]
        natural = [view.width_at(ANY, SIZE) for view in views]
        if len(views) == len(self._sides) and sum(natural) + gap <= width:
            self._box.setDirection(QBoxLayout.Direction.LeftToRight)
            self._box.setSpacing(gap)
            for view, wide in zip(self._sides, natural, strict=True):
                view.setFixedWidth(wide)
                view.view.set_size(SIZE)
            self._area.take(
                width, max(side.height_at(wide, SIZE) for side, wide in zip(self._sides, natural, strict=True))
            )
            return
        self._box.setDirection(QBoxLayout.Direction.TopToBottom)
        self._box.setSpacing(self._appearance.size(5))
        size, inner = fitting_share(views, width, SIZE, FACTORS)
        heights = []
        for side in self._sides:
            side.setFixedWidth(inner)
            side.view.set_size(size)
            heights.append(side.height_at(inner, size))
        self._area.take(inner, max(0, sum(heights) + self._box.spacing() * (sum(map(bool, heights)) - 1)))


def _line(left: str, name: str, formula: Expr) -> tuple[list[LatexPart], str]:
    """Return the parts of an equation, or none where they would take too long, and the same as text."""
    sides = term_latex(formula)
    if max(map(cost, sides)) > MOST_COST:
        sides = parted_latex(formula, lambda piece: cost(piece) <= PARTED_COST)
    text = f"{name} = {formula_to_text(formula)}"
    if len(sides) > MOST_PIECES or max(map(cost, sides)) > MOST_COST:
        return [], text
    return [LatexPart(left, "muted"), LatexPart("=", "muted", relation=True), *map(LatexPart, sides)], text
