"""The network, its equation and its derivation on one sheet, as large as all of it is: nothing is scrolled or cut."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import ceil

from PySide6.QtCore import QSize, QSizeF, Qt
from PySide6.QtWidgets import QHBoxLayout, QLayout, QVBoxLayout, QWidget

from chainrule.explain.names.notation import Notation
from chainrule.explain.names.steps import step_title
from chainrule.session.screen.deriving import derive_selection
from chainrule.session.screen.explaining import Explanation, explain_selection
from chainrule.session.screen.moment import Moment
from chainrule.session.session import Session
from chainrule.ui.equation.derivation import WorkingLines, working_lines
from chainrule.ui.equation.view import CHAIN_SIZE, FORMULA_SIZE, NOTE_SIZE, SENTENCE_SIZE, chain_parts, equation_parts
from chainrule.ui.stage.heading import StageLegend
from chainrule.ui.stage.layout.network_layout import WANTED_HEIGHT
from chainrule.ui.stage.panel import start_title
from chainrule.ui.stage.view import StageView
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.typesetting.formula import FormulaView, LatexPart
from chainrule.ui.typesetting.typeset import Typesetter
from chainrule.ui.widgets.controls import Label
from chainrule.ui.widgets.refusal import Refusals

MARGIN, SPACING = 16, 10
# Sizes of type by which a long formula is made smaller before it makes the sheet wider.
SHARES = (1.0, 0.9, 0.8, 0.7)
TITLE_SIZE, PLACE_SIZE = 14, 12


@dataclass(frozen=True, slots=True)
class SheetParts:
    """What stands on a sheet. `words` are the title and the legend of the network, and what is said of an equation.

    `marks` are the frames around the number that is selected.
    """

    stage: bool = False
    equation: bool = False
    derivation: bool = False
    words: bool = True
    marks: bool = True


class PictureSheet(QWidget):
    """Shows a moment as large as it must be for a width, and for the stage a height; it is never on the screen."""

    def __init__(self, session: Session, appearance: Appearance, typesetter: Typesetter, parts: SheetParts) -> None:
        super().__init__()
        self._appearance, self._typesetter, self._parts = appearance, typesetter, parts
        self._column = QVBoxLayout(self)
        self._column.setSpacing(SPACING)
        self._column.setSizeConstraint(QLayout.SizeConstraint.SetNoConstraint)
        margin = appearance.size(MARGIN)
        self._column.setContentsMargins(margin, margin, margin, margin)
        if parts.stage and parts.words:
            self._make_heading()
        if parts.stage:
            self.stage = StageView(session, appearance, Refusals(appearance, self), self)
            self.stage.is_in_picture = True
            self.stage.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent, False)
            self._column.addWidget(self.stage)
        if parts.equation:
            self._formula, self._chain = (
                FormulaView(typesetter, appearance, size, self) for size in (FORMULA_SIZE, CHAIN_SIZE)
            )
            self._sentence = Label(appearance, "", self, size=SENTENCE_SIZE)
            self._note = Label(appearance, "", self, size=NOTE_SIZE, color="muted")
            for part in (self._formula, self._sentence, self._chain, self._note):
                self._column.addWidget(part)
        if parts.derivation:
            self._lines = WorkingLines(typesetter, appearance)
            self._column.addWidget(self._lines)
        self._column.addStretch(1)

    def _make_heading(self) -> None:
        self._title = Label(self._appearance, "", self, size=TITLE_SIZE)
        self._title.setFont(self._appearance.font(TITLE_SIZE, bold=True))
        self._place = Label(self._appearance, "", self, size=PLACE_SIZE, color="muted")
        self._title.setWordWrap(True)
        row = QHBoxLayout()
        row.addWidget(self._title, 1)
        row.addWidget(self._place, 0, Qt.AlignmentFlag.AlignTop)
        self._meanings = StageLegend(self._appearance, self)
        self._swatches = QHBoxLayout()
        self._swatches.setSpacing(SPACING)
        for swatch in self._meanings.swatches:
            self._swatches.addWidget(swatch)
        self._swatches.addStretch(1)
        self._column.addLayout(row)
        self._column.addLayout(self._swatches)

    def show_moment(self, moment: Moment, wanted: QSize) -> QSize:
        """Show a moment on a sheet of a wanted size, and return the size that it has.

        It is larger where not all fits, and without the network as small as what stands on it.
        """
        parts, margins = self._parts, self._column.contentsMargins()
        beside = margins.left() + margins.right()
        width = wanted.width() - beside
        if parts.stage and parts.words:
            self._show_heading(moment)
        if parts.equation:
            width = self._show_equation(explain_selection(moment), width)
        if parts.derivation:
            width = self._show_derivation(moment, width)
        if parts.stage:
            self.stage.setFixedSize(1, 1)
            self.stage.show_moment(moment if parts.marks else replace(moment, selection=None))
            room = max(self.least_stage, wanted.height() - self._height(width + beside) + 1)
            width = max(width, self._show_stage(QSize(width, room)))
        self.resize(width + beside, self._height(width + beside))
        self._column.activate()
        return self.size()

    def _height(self, width: int) -> int:
        self._column.invalidate()
        return max(self._column.totalHeightForWidth(width), self._column.totalMinimumSize().height())

    @property
    def least_stage(self) -> int:
        """The least height of the network: with less some numbers, as of weights on their lines, have no room."""
        return max(self._appearance.size(WANTED_HEIGHT), ceil(self.stage.wanted_height))

    def _show_stage(self, room: QSize) -> int:
        self.stage.make_room(QSizeF(room))
        size = self.stage.stage_layout().size.toSize().expandedTo(room)
        self.stage.setFixedSize(size)
        return size.width()

    def _show_heading(self, moment: Moment) -> None:
        step, count = moment.step, len(moment.steps)
        self._title.setText(step_title(Notation.of(moment.experiment), step) if step else start_title(moment))
        phase = step.phase.value if step else "text"
        self._title.set_color(phase)
        self._title.setFont(self._appearance.font(TITLE_SIZE, bold=True))
        texts = [f"sample {moment.rows[moment.sample] + 1}"] if len(moment.rows) > 1 else []
        texts.append(f"iteration {moment.cursor.iteration}")
        texts += [f"micro-step {moment.cursor.position} of {count}"] if count else []
        self._place.setText(" · ".join(texts))
        wanted = self._meanings.show(phase, batch=len(moment.rows) > 1, by_hand=bool(moment.overrides))
        for swatch in self._meanings.swatches:
            swatch.setVisible(swatch in wanted)

    def _show_equation(self, explanation: Explanation, width: int) -> int:
        """Show what is said of the selected number; return how wide it is, which is less where it is all short."""
        formulas = ((self._formula, FORMULA_SIZE, equation_parts(explanation)),
                    (self._chain, CHAIN_SIZE, chain_parts(explanation)))  # fmt: skip
        is_said = self._parts.words or not explanation.left
        texts = ((self._sentence, explanation.sentence * is_said), (self._note, explanation.note * is_said))
        needed = max(self._set(view, size, parts, width) for view, size, parts in formulas)
        for label, text in texts:
            label.setText(text)
            label.setVisible(bool(text))
            label.setWordWrap(False)
            needed = max(needed, min(width, label.sizeHint().width()))
            label.setWordWrap(True)
        if not self._parts.stage and not self._parts.derivation:
            width = min(width, needed)
        width = max(width, needed)
        for view, _, parts in formulas:
            view.setVisible(bool(parts))
            view.setFixedHeight(max(1, view.heightForWidth(width)))
        for label, _ in texts:
            label.setFixedHeight(max(0, label.heightForWidth(width)))
        return width

    def _set(self, view: FormulaView, size: float, parts: list[LatexPart], width: int) -> int:
        """Set a formula in the largest size whose lines fit a width; return how wide it is."""
        view.set_parts(parts)
        for share in SHARES:
            reach = view.width_at(width, size * share)
            if reach <= width:
                break
        view.set_size(size * share)
        return ceil(reach)

    def _show_derivation(self, moment: Moment, width: int) -> int:
        derivation = derive_selection(moment)
        self._lines.show_lines([] if derivation is None else working_lines(derivation))
        self._lines.setVisible(derivation is not None)
        wide, high = self._lines.fit(width)
        self._lines.setFixedHeight(high)
        return max(width, wide)
