"""A person's own numbers, checked: the selected number, or a whole calculation. Nothing is set by it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from chainrule.explain.names.notation import Notation
from chainrule.formula.errors import FormulaError
from chainrule.session.checking import HandChecker
from chainrule.session.screen.change import Change
from chainrule.session.screen.moment import Moment, Selection
from chainrule.session.session import Session
from chainrule.translation import gettext, gettext_noop
from chainrule.ui.checking.calculation import CalculationPart
from chainrule.ui.checking.given_field import GivenField
from chainrule.ui.checking.mistakes import MistakePart
from chainrule.ui.checking.words import MARKS
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.typesetting.typeset import Typesetter
from chainrule.ui.widgets.controls import Disclosure, Label, LinkButton
from chainrule.ui.widgets.moment_card import MomentCard
from chainrule.ui.widgets.refusal import Refusals
from chainrule.ui.widgets.scroll_area import SlimScrollArea

if TYPE_CHECKING:
    from chainrule.lessons.answer import NumberAnswer

WHOLE = gettext_noop("a whole calculation")
NOTHING = gettext_noop("Select a number, and type what you worked out for it. It is checked and never set.")
ABSENT = gettext_noop("This iteration computes no such number.")
WAITING = gettext_noop("looking for the mistake…")
# As many as are ever told.
MOST_TOLD = 3


class CheckView(MomentCard):
    """Asks for a number, and says whether it is right, and what was done wrong."""

    looks_ahead = False
    shows = (
        Change.EXPERIMENT
        | Change.NETWORK
        | Change.NUMBERS
        | Change.BY_HAND
        | Change.SELECTION
        | Change.SAMPLE
        | Change.DIGITS
        | Change.ASKED
    )

    def __init__(
        self, session: Session, appearance: Appearance, refusals: Refusals, parent: QWidget | None = None
    ) -> None:
        super().__init__(appearance, parent)
        self.setObjectName("check_view")
        self.setAccessibleName(gettext("Check a number"))
        self._session, self._moment = session, session.moment
        self.checker = HandChecker(session, self)
        self.checker.answered.connect(self._show_answer)
        self._asked: Selection | None = None
        self._reveals = False
        self.name = Label(appearance, "", self, size=15)
        self.field = GivenField(appearance, refusals, self)
        self.field.setObjectName("check_view.number")
        self.field.setAccessibleName(gettext("My number"))
        self.field.set_description(
            gettext("The number that you worked out, with the digits that you have: 0.38, or 1/3")
        )
        self.field.set_optional(True, gettext("my number"))
        self.field.value_edited.connect(self._ask)
        self.verdict = Label(appearance, "", self, size=15)
        self.verdict.setObjectName("check_view.verdict")
        self.verdict.setWordWrap(True)
        self.said = Label(appearance, "", self, size=13)
        self.said.setObjectName("check_view.said")
        self.said.setWordWrap(True)
        self.said.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.mistakes: list[MistakePart] = []
        self.reveal = LinkButton(
            appearance, gettext("show it"), gettext("Show the right number"), "check_view.reveal", self
        )
        self.reveal.clicked.connect(self._reveal)
        self.go = LinkButton(
            appearance, gettext("go there"), gettext("Select the number that went wrong"), "check_view.go", self
        )
        self.go.clicked.connect(self._go)
        self.fold = Disclosure(
            appearance,
            gettext("Check a whole calculation, line by line"),
            "check_view.fold",
            self,
            (WHOLE, WHOLE),
        )
        self.calculation = CalculationPart(self.checker, appearance, self)
        self.calculation.hide()
        self.fold.set_folds(lambda: (self.calculation,))
        self.fold.toggled.connect(self._unfold)
        self.checker.answered.connect(self._fit_soon)
        self._arrange()
        self.setMinimumSize(180, 150)
        self._show_nothing()

    def _arrange(self) -> None:
        content = QWidget()
        column = QVBoxLayout(content)
        column.setContentsMargins(0, 0, 6, 0)
        column.setSpacing(4)
        first, links = QHBoxLayout(), QHBoxLayout()
        first.addWidget(self.name)
        first.addWidget(self.field, 1)
        links.addWidget(self.reveal)
        links.addWidget(self.go)
        links.addStretch(1)
        column.addLayout(first)
        column.addWidget(self.verdict)
        column.addWidget(self.said)
        typesetter = Typesetter()
        self.mistakes = [MistakePart(typesetter, self.appearance, content, column) for _ in range(MOST_TOLD)]
        column.addLayout(links)
        column.addWidget(self.fold)
        column.addWidget(self.calculation)
        column.addStretch(1)
        self._content, self._column = content, column
        area = self._area = SlimScrollArea(self.appearance, self)
        area.setWidget(content)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        content.setAutoFillBackground(False)
        outer = QVBoxLayout(self)
        outer.setContentsMargins(12, 6, 6, 7)
        outer.addWidget(area)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Break the lines anew."""
        super().resizeEvent(event)
        self._fit_soon()

    def _fit_soon(self) -> None:
        """Give all that is said its height once it has its width: formulas are as high as they are wide enough."""
        self._fit()
        QTimer.singleShot(0, self, self._fit)

    def _fit(self) -> None:
        self._column.activate()
        width = self._area.viewport().width()
        self._content.setMinimumHeight(self._column.totalHeightForWidth(width))

    def show_moment(self, moment: Moment, change: Change) -> None:
        """Ask for the number that is selected; what was said of another, or before an edit, is gone."""
        is_new = moment.selection != self._moment.selection or bool(change & ~(Change.SELECTION | Change.DIGITS))
        self._moment = moment
        selection = moment.selection
        self.field.setEnabled(selection is not None)
        if selection is None:
            self.name.setText("")
        else:
            sample = moment.sample_of(selection.ref) if len(moment.rows) > 1 else None
            text = Notation.of(moment.experiment).text(selection.ref, selection.index)
            self.name.setText(text + (f" of sample {sample + 1} =" if sample is not None else " ="))
        if is_new:
            self.field.set_value(None)
            self.checker.forget()
            self._show_nothing()
            self.calculation.forget()

    def _unfold(self, is_open: bool) -> None:
        self.calculation.setVisible(is_open)
        self._fit_soon()
        if is_open:
            self.calculation.editor.setFocus()

    def ask(self, text: str) -> None:
        """Check what was typed elsewhere for the selected number."""
        self._ask(text)

    def _ask(self, text: str | None) -> None:
        self.field.set_value(text)
        selection, self._reveals = self._moment.selection, False
        self.checker.forget()
        if text is None or selection is None:
            self._show_nothing()
            return
        if not self.checker.has(selection.ref, selection.index):
            self._show_nothing()
            self.said.setText(gettext(ABSENT))
            return
        self._asked = selection
        self._say(gettext(WAITING), "muted", "")
        try:
            self.checker.ask(selection.ref, selection.index, text)
        except FormulaError as error:
            self.field.refuse(str(error))

    def _show_nothing(self) -> None:
        self._reveals = False
        self._say("", "muted", gettext(NOTHING) if not self.field.value else "")
        for mistake in self.mistakes:
            mistake.hide()
        for link in (self.reveal, self.go):
            link.hide()

    def _say(self, verdict: str, color: str, said: str) -> None:
        self.verdict.setText(verdict)
        self.verdict.set_color(color)
        self.verdict.setVisible(bool(verdict))
        self.said.setText(said)
        self.said.setVisible(bool(said))
        self.setAccessibleDescription(f"{verdict} {said}".strip())
        self._fit_soon()

    def _show_answer(self) -> None:
        answer = self.checker.answer
        if answer is None or self._asked != self._moment.selection:
            return
        mark, color = MARKS[answer.verdict.value]
        self._say(f"{mark} {answer.title}{self._right(answer)}", color, "\n".join(answer.sentences))
        for place, part in enumerate(self.mistakes):
            if place < len(answer.mistakes):
                part.show_mistake(answer.mistakes[place], reveals=self._reveals)
            else:
                part.hide()
        may_reveal = not self._reveals and not self._is_covered(self._asked)
        self.reveal.setVisible(may_reveal and answer.verdict.value in ("wrong", "rounded"))
        elsewhere = self._elsewhere(answer)
        self.go.setVisible(elsewhere is not None)
        if elsewhere is not None:
            name = Notation.of(self._moment.experiment).text(elsewhere.ref, elsewhere.index)
            self.go.set_words(
                gettext("go to {name}", name=name), gettext("Select the number whose rule was taken wrongly")
            )
        self._fit_soon()

    def _is_covered(self, asked: Selection | None) -> bool:
        """Return whether a number is one that somebody is still to predict."""
        return self._moment.covers and asked is not None and self._moment.number(asked.ref, asked.index) is None

    def _right(self, answer: NumberAnswer) -> str:
        return f": it is {answer.right}" if self._reveals else ""

    def _elsewhere(self, answer: NumberAnswer) -> Selection | None:
        """Return the number that went wrong first, where that is another one."""
        found = answer.mistakes[0].rules if answer.mistakes else None
        return None if found is None or found.ref == answer.ref else Selection(found.ref, found.index)

    def _reveal(self) -> None:
        self._reveals = True
        self._show_answer()

    def _go(self) -> None:
        answer = self.checker.answer
        elsewhere = self._elsewhere(answer) if answer is not None else None
        if elsewhere is not None:
            self._session.selector.select(elsewhere.ref, elsewhere.index)
