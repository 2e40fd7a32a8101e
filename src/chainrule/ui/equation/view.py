"""The equation of the selected number: symbols = numbers = result, and the sentence that says it in words."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, QTimer, Signal, SignalInstance
from PySide6.QtGui import QGuiApplication, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from chainrule.session.screen.change import Change
from chainrule.session.screen.deriving import selection_has_derivation
from chainrule.session.screen.explaining import BY_HAND, Explanation, explain_next, explain_selection
from chainrule.session.screen.moment import Moment
from chainrule.session.session import Session
from chainrule.translation import gettext, gettext_noop
from chainrule.ui.equation.derivation import DerivationView
from chainrule.ui.equation.shares import SampleShares
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.typesetting.formula import LatexPart
from chainrule.ui.typesetting.typeset import Typesetter, has_nested_scripts
from chainrule.ui.typesetting.wide_formula import WideFormula
from chainrule.ui.widgets.card import Card
from chainrule.ui.widgets.controls import Disclosure, LinkButton
from chainrule.ui.widgets.plain_text import PlainLabel
from chainrule.ui.widgets.scroll_area import SlimScrollArea

FORMULA_SIZE = 20
CHAIN_SIZE = 17
SENTENCE_SIZE, NOTE_SIZE = 13.5, 12
FACTORS = (1.5, 1.35, 1.2, 1.1, 1.0, 0.9, 0.82)
# In a hall an index is read from the last row, and so an index of an exponent, which is half as large as its formula.
HALL_FACTORS = (1.35, 1.2, 1.1, 1.0, 0.93)
NESTED_SIZE = 23
SPACING = 10
# With a derivation below it, the equation has that part of what is in sight.
SHARE_ABOVE = 0.5
# A card that is not as high, in the usual text size, has no line to spare.
LOW = 200
BOTTOM = Qt.AlignmentFlag.AlignBottom
HOW = gettext_noop("how this came to be")
HOW_TIP = gettext_noop(
    "How this gradient came to be: the chain rule, each factor with its formula, its derivative and its number (H)"
)
# With these another derivation is to be shown.
DERIVED = Change.EXPERIMENT | Change.NUMBERS | Change.BY_HAND | Change.SELECTION | Change.SAMPLE | Change.DIGITS
RUNNING = gettext_noop("Training at full pace. The numbers follow as soon as it is paused.")


class EquationView(Card):
    """Shows how the selected number was computed; a sample's share is a button that shows that sample.

    Of a gradient it unfolds how its formula came to be.
    """

    shows = ~Change.COURSE
    unfolded = Signal()

    def __init__(
        self, session: Session, appearance: Appearance, parent: QWidget | None = None, *, in_hall: bool = False
    ) -> None:
        """Show the equation with buttons; `in_hall` larger, and without them."""
        super().__init__(appearance, parent)
        self._in_hall = in_hall
        self.setObjectName("equation_view")
        self.setAccessibleName(gettext("Equation"))
        self._session, self._moment, self._scale = session, session.moment, appearance.scale
        self._typesetter = Typesetter()
        self._explanation: Explanation | None = None
        self._formula = WideFormula(self._typesetter, appearance, FORMULA_SIZE, self)
        self._chain = WideFormula(self._typesetter, appearance, CHAIN_SIZE, self)
        self._sentence = PlainLabel(parent=self)
        self._sentence.setObjectName("equation_view.sentence")
        self._sentence.setWordWrap(True)
        self._sentence.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._note = PlainLabel(parent=self)
        self._note.setObjectName("equation_view.note")
        self._note.setWordWrap(True)
        self._samples = SampleShares(session, appearance, self)
        self._copy = LinkButton(
            appearance, gettext("copy LaTeX"), gettext("Copy this equation as LaTeX"), "equation_view.copy", self
        )
        self._copy.clicked.connect(self.copy_latex)
        self._derivation = DerivationView(self._typesetter, appearance, self)
        self._derivation.hide()
        self._derivation.asked.connect(lambda found: session.selector.select(found.ref, found.index))
        self._derivation.finished.connect(self._bring_into_sight)
        self._just_unfolded = False
        self._answers: tuple[QWidget, ...] = ()
        self._fold = Disclosure(appearance, gettext(HOW_TIP), "equation_view.fold", self, (HOW, HOW))
        self._fold.hide()
        self._fold.toggled.connect(self._unfold)
        # What the derivation is of that is shown.
        self._derived: Moment | None = None
        # Whether it says how a number is computed, but not from what: in a run at full pace that changes too fast.
        self.is_brief = False
        # Typesetting a formula for the first time takes a while: do it before it is asked for, a piece at a time.
        self._ahead = QTimer(self)
        self._ahead.setSingleShot(True)
        self._ahead.timeout.connect(self._prepare)
        self._unprepared: list[LatexPart] | None = None
        self._build()
        appearance.changed.connect(self._restyle)
        self._restyle()

    def _build(self) -> None:
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, 6, 0)
        column.setSpacing(SPACING)
        column.addWidget(self._formula)
        column.addWidget(self._sentence)
        column.addWidget(self._chain)
        column.addWidget(self._note)
        column.addWidget(self._derivation)
        column.addStretch(1)
        area = self._area = SlimScrollArea(self.appearance, self)
        area.setWidget(content)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        # The card shows through; a scroll area makes its widget opaque.
        content.setAutoFillBackground(False)
        self._beside, self._below, self._side = QHBoxLayout(), QHBoxLayout(), QVBoxLayout()
        self._beside.addWidget(area, 1)
        self._beside.addLayout(self._side)
        self._side.addStretch(1)
        self._below.addWidget(self._samples, 1)
        self._below.addWidget(self._fold)
        self._below.addWidget(self._copy)
        outer = self._outer = QVBoxLayout(self)
        outer.setContentsMargins(18, 12, 12, 6)
        outer.setSpacing(6)
        outer.addLayout(self._beside, 1)
        outer.addLayout(self._below)

    def take_in(self, own: QWidget, rows: Sequence[QWidget], resized: Sequence[SignalInstance]) -> None:
        """Have a person's own number asked for beside the other controls, and `rows` with what is said of it above
        these; some signals tell that they take more room, or less.
        """
        for at, row in enumerate(rows, start=1):
            self._outer.insertWidget(at, row)
        self._answers = (own,)
        is_beside = self._side.indexOf(self._copy) >= 0
        place = self._side if is_beside else self._below
        across = Qt.AlignmentFlag.AlignRight if is_beside else BOTTOM
        place.insertWidget(place.indexOf(self._fold), own, 0, across)
        for signal in resized:
            signal.connect(lambda: QTimer.singleShot(0, self, self._fit))

    def _place_copy(self) -> None:
        """Place the copy button below what is explained, or beside it where that leaves the sentence a line more in a
        low card.
        """
        is_low = self.height() < self.appearance.size(LOW)
        place = self._side if is_low and not self._samples.count else self._below
        self._samples.setVisible(place is self._below and not self._in_hall)
        if place.indexOf(self._copy) < 0:
            across = Qt.AlignmentFlag.AlignRight if place is self._side else BOTTOM
            for button in (*self._answers, self._fold, self._copy):
                place.addWidget(button, 0, across)
            self._outer.activate()

    def _restyle(self) -> None:
        if self.appearance.scale != self._scale:
            # The lines that were in sight are elsewhere now.
            self._scale = self.appearance.scale
            self._begin_at_top()
        self._note.setFont(self.appearance.font(NOTE_SIZE))
        self._note.setStyleSheet(f"color: {self.appearance.theme.muted};")
        self._fit()

    def show_moment(self, moment: Moment, change: Change) -> None:
        """Explain a moment's selected number."""
        if _about(moment) != _about(self._moment):
            # What is about another number is read from its beginning.
            self._begin_at_top()
        self._moment = moment
        explanation = explain_selection(moment)
        has_none = self.is_brief or self._in_hall or not selection_has_derivation(moment)
        self._derive(None if has_none else moment, change)
        if self.is_brief:
            self._ahead.stop()
            explanation = _in_symbols(explanation)
        else:
            self._unprepared = None
            self._ahead.start()
        if explanation == self._explanation:
            return
        self._explanation = explanation
        self._formula.set_parts(equation_parts(explanation))
        self._chain.set_parts(chain_parts(explanation))
        self._sentence.setText(explanation.sentence)
        self.setAccessibleDescription(explanation.sentence)
        self._note.setText(explanation.note)
        self._note.setVisible(bool(explanation.note))
        self._samples.set_shares(explanation.samples, moment)
        self._copy.setVisible(bool(explanation.latex) and not self._in_hall)
        self._fit()

    @property
    def shows_derivation(self) -> bool:
        """Whether it shows how a gradient came to be, for which it takes more room."""
        return not self._derivation.isHidden()

    @property
    def is_unfolded(self) -> bool:
        """Whether it shows how gradients came to be."""
        return self._fold.isChecked()

    def unfold(self, is_open: bool) -> None:
        """Show how gradients came to be, or fold it away."""
        self._fold.setChecked(is_open)

    def _unfold(self, is_open: bool) -> None:
        moment = self._derived
        self._show_derivation(moment)
        self._just_unfolded = is_open and moment is not None
        if not is_open:
            self._begin_at_top()
        self.unfolded.emit()

    def _begin_at_top(self) -> None:
        self._area.verticalScrollBar().setValue(0)

    def _bring_into_sight(self) -> None:
        """Scroll to the derivation that was asked for; what it is about stays in sight above it."""
        if self._just_unfolded:
            self._just_unfolded = False
            # The layout gives it its place first.
            QTimer.singleShot(0, self, self._scroll_to_derivation)

    def _scroll_to_derivation(self) -> None:
        top = self._derivation.pos().y()
        self._area.verticalScrollBar().setValue(max(0, top - self._area.viewport().height() // 2))

    def _derive(self, moment: Moment | None, change: Change) -> None:
        """Show how a moment's number came to be, where that is new."""
        if change & DERIVED or (moment is None) != (self._derived is None):
            self._show_derivation(moment)
        self._derived = moment

    def _show_derivation(self, moment: Moment | None) -> None:
        """Show how a moment's number came to be, if there is anything to be shown of it."""
        self._derived = moment
        self._fold.setVisible(moment is not None)
        is_shown = moment is not None and self.is_unfolded
        if is_shown != self.shows_derivation:
            self._derivation.setVisible(is_shown)
            # Whoever shares out the room has to know of it.
            self.updateGeometry()
            self._fit()
        if is_shown and moment is not None:
            self._derivation.show_moment(moment)
        else:
            self._derivation.stop()

    def _prepare(self) -> None:
        """Find the pieces of the next step's formula, or typeset the first of those that are left."""
        if self._unprepared is None:
            following = explain_next(self._moment)
            self._unprepared = [] if following is None else [*equation_parts(following), *chain_parts(following)]
        elif self._unprepared:
            part = self._unprepared.pop(0)
            self._typesetter.piece(part.latex, getattr(self.appearance.theme, part.color))
        if self._unprepared:
            self._ahead.start(0)

    def copy_latex(self) -> None:
        """Put the equation on the clipboard."""
        if self._explanation is not None:
            QGuiApplication.clipboard().setText(self._explanation.latex)
            self._session.signals.informed.emit("Equation copied as LaTeX.")

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Set everything as large as fits: it is read from the last row."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Take the largest size at which all of it is seen at once; what is too long for the smallest scrolls."""
        self._place_copy()
        width, room = self._area.viewport().width() - 8, self._area.viewport().height()
        # Not larger than the card is wide, or the size would jump from one formula to the next.
        largest = self.width() / (640 * self.appearance.scale)
        if self.shows_derivation:
            largest, room = 1.0, round(SHARE_ABOVE * room)
        factors = [factor for factor in FACTORS if factor <= max(1.0, largest)]
        with_chain = self._explanation is not None and bool(chain_parts(self._explanation))
        for factor in HALL_FACTORS if self._in_hall else factors:
            size, chain = self._sizes(factor)
            if self._height_at(factor, width, with_chain=with_chain) <= room:
                break
        else:
            # Nobody scrolls in a hall: there what stands aside goes.
            with_chain = with_chain and not self._in_hall
        self._chain.setVisible(with_chain)
        self._formula.set_size(size)
        self._chain.set_size(chain)

    def _height_at(self, factor: float, width: int, *, with_chain: bool) -> int:
        """Return how high all of it is in sizes by a factor; the sentence takes its own."""
        size, chain = self._sizes(factor)
        self._sentence.setFont(self.appearance.font(SENTENCE_SIZE * min(1.25, max(0.95, factor))))
        height = self._formula.height_at(width, size) + self._sentence.heightForWidth(width)
        if with_chain:
            height += self._chain.height_at(width, chain) + SPACING
        if self._note.text():
            height += self._note.heightForWidth(width) + SPACING
        # Without buttons below there is room for what a line is higher than its letters.
        return height + (SPACING if self._in_hall else 2 * SPACING)

    @property
    def is_all_in_sight(self) -> bool:
        """Whether nothing of it has to be scrolled to."""
        return self._area.verticalScrollBar().maximum() == 0

    @property
    def least_height(self) -> int:
        """How high it must be for all to be seen in the smallest sizes, but for what stands aside."""
        viewport = self._area.viewport()
        around, font = self.height() - viewport.height(), self._sentence.font()
        height = self._height_at(HALL_FACTORS[-1], viewport.width() - 8, with_chain=False)
        self._sentence.setFont(font)
        return height + around

    def _sizes(self, factor: float) -> tuple[float, float]:
        """Return the sizes of type of the equation and of the multipliers below it, by a factor."""
        size, chain = FORMULA_SIZE * factor, CHAIN_SIZE * factor
        if not self._in_hall or self._explanation is None:
            return size, chain
        nested = (
            any(has_nested_scripts(part.latex) for part in parts(self._explanation))
            for parts in (equation_parts, chain_parts)
        )
        least, least_chain = (NESTED_SIZE if each else 0 for each in nested)
        return max(size, least), max(chain, least_chain)


def _about(moment: Moment) -> object:
    """Return what a moment's explanation is about: the number, and of which sample."""
    return moment.selection, moment.written, moment.sample, moment.experiment.network


def _in_symbols(explanation: Explanation) -> Explanation:
    """Return the same without numbers: in a run at full pace they change too fast to be read."""
    return Explanation(left=explanation.left, symbols=explanation.symbols, sentence=gettext(RUNNING))


def equation_parts(explanation: Explanation) -> list[LatexPart]:
    """Return the equation itself: symbols = numbers = result, and what was set by hand in its place."""
    if not explanation.left:
        return []
    parts = [LatexPart(explanation.left)]
    for side in (explanation.symbols, explanation.numbers):
        if side:
            parts += [LatexPart("=", relation=True), *map(LatexPart, side)]
    if explanation.result:
        parts += [LatexPart("=", relation=True), LatexPart(explanation.result, color=explanation.color)]
    if explanation.by_hand:
        parts += [
            LatexPart(rf"\text{{{gettext(BY_HAND)}}}", "by_hand", relation=True),
            LatexPart(explanation.by_hand, color="by_hand"),
        ]
    return parts


def chain_parts(explanation: Explanation) -> list[LatexPart]:
    """Return the multipliers of one sample's share: symbols, then numbers, then their product; or what stands aside."""
    if explanation.aside:
        first, *others = explanation.aside
        start = [] if others else [LatexPart(r"\text{with}", "muted")]
        return [*start, LatexPart(first), *(LatexPart(rf"\text{{with}}\ {other}", "muted") for other in others)]
    if not explanation.chain:
        return []
    parts = [LatexPart(rf"\text{{{explanation.chain_name}:}}", "muted")]
    for place, (symbol, _) in enumerate(explanation.chain):
        parts += ([LatexPart(r"\cdot", "muted")] if place else []) + [LatexPart(symbol, "muted")]
    parts.append(LatexPart("=", "muted", relation=True))
    parts += [LatexPart(_bracketed(number), "muted") for _, number in explanation.chain]
    return [*parts, LatexPart("=", "muted", relation=True), LatexPart(explanation.chain_product)]


def _bracketed(number: str) -> str:
    return number if number.startswith("(") else f"({number})"
