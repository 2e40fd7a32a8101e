"""The question at the equation: a field for a number, buttons for the side that it lies on, and what was said."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

from chainrule.formula.errors import FormulaError
from chainrule.lessons.prediction.comparing import AnsweredSide, Yardstick
from chainrule.lessons.prediction.score import PredictionOutcome
from chainrule.session.predicting.predictor import Feedback, PredictedNumber, Predictor
from chainrule.translation import gettext, gettext_noop
from chainrule.ui.checking.given_field import GivenField
from chainrule.ui.predicting.lines import ControlLines
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.widgets.controls import Label, LinkButton
from chainrule.ui.widgets.refusal import Refusals
from chainrule.ui.widgets.scroll_area import show_with
from chainrule.ui.window.keys import let_go

WIDTH = 112
BEGIN = gettext_noop("Predicting: → asks for the next number before it is shown.")
INSIST = gettext_noop("Answer first, or show it (Ctrl+Enter).")
CHECKING = gettext_noop("checking…")
MARKS = {
    PredictionOutcome.RIGHT: ("✓", "good"),
    PredictionOutcome.ROUNDED: ("≈", "by_hand"),
    PredictionOutcome.WRONG: ("✗", "error"),
    PredictionOutcome.REVEALED: ("→", "muted"),
}
TIP = gettext_noop("Your prediction: a number with the digits that you have, or a formula of numbers. Enter takes it")


class QuestionRow(QWidget):
    """Shows what a predictor asks for. `said` is the label above it, for what is said of an answer.

    While there is a question it has the keyboard; after it the keys step on.
    """

    score_asked = Signal()
    # What it says takes more room, or less.
    resized = Signal()

    def __init__(self, predictor: Predictor, appearance: Appearance, refusals: Refusals, parent: QWidget) -> None:
        super().__init__(parent)
        self._predictor, self._appearance = predictor, appearance
        self._question: PredictedNumber | None = None
        self.field = GivenField(appearance, refusals, self)
        self.field.setObjectName("question_row.number")
        self.field.set_description(gettext(TIP))
        self.field.set_optional(True, gettext("prediction"))
        self.field.value_edited.connect(self._answer)
        self._or = Label(appearance, gettext("or"), self, size=12, color="muted")
        self.choices = {each: self._choice(each) for each in AnsweredSide}
        self._than = Label(appearance, "", self, size=12, color="muted")
        self.reveal = LinkButton(
            appearance,
            gettext("show it"),
            gettext("Show it without an answer (Ctrl+Enter)"),
            "question_row.reveal",
            self,
        )
        self.reveal.clicked.connect(predictor.reveal)
        self.score = LinkButton(appearance, "", gettext("Show the score"), "question_row.score", self)
        self.score.clicked.connect(self.score_asked)
        self.said = Label(appearance, "", parent, size=13)
        self.said.setObjectName("question_row.said")
        self.said.setWordWrap(True)
        self.said.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._parts = (self.field, self._or, *self.choices.values(), self._than, self.reveal)
        # Beside a lesson there is little room for large text.
        self._lines = ControlLines(self, (*self._parts, self.score))
        predictor.changed.connect(self._follow)
        predictor.insisted.connect(self._insist)
        appearance.changed.connect(self._restyle)
        self._restyle()
        self._follow()

    @property
    def is_asking(self) -> bool:
        """Whether there is a question."""
        return self._question is not None

    def _choice(self, comparison: AnsweredSide) -> LinkButton:
        button = LinkButton(self._appearance, "", comparison.value, f"question_row.{comparison.value}", self)
        button.clicked.connect(lambda: self._compare(comparison))
        return button

    def _restyle(self) -> None:
        self.field.setFixedWidth(self._appearance.size(WIDTH))
        self._lines.place()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Break the line where it is too narrow for all."""
        super().resizeEvent(event)
        self._lines.place()

    def minimumSizeHint(self) -> QSize:
        """Return what the widest part needs: the others then stand below it."""
        return self._lines.least_size()

    # Showing what there is

    def _follow(self) -> None:
        predictor, before = self._predictor, self._question
        self._question = question = predictor.question
        self.setVisible(predictor.is_on)
        summary = predictor.score.summary
        self.score.set_words(summary, gettext("Show the score: {summary}", summary=summary))
        self.score.setVisible(bool(summary))
        for part in self._parts:
            part.setVisible(question is not None)
        self._show_choices(None if question is None else question.yardstick)
        self._lines.place()
        self._say(predictor.feedback)
        if question != before:
            self._begin(question)

    def _show_choices(self, yardstick: Yardstick | None) -> None:
        for comparison, button in self.choices.items():
            button.setVisible(yardstick is not None)
            if yardstick is not None:
                word = yardstick.answer(comparison)
                button.set_words(
                    word,
                    gettext(
                        "It will be {word}{more}", word=word, more=f": {yardstick.question}" if yardstick.name else ""
                    ),
                )
        self._or.setVisible(yardstick is not None)
        name = "" if yardstick is None else yardstick.name
        self._than.setText(gettext("than {name}", name=name) if name and not name.startswith("in ") else name)
        self._than.setVisible(bool(name))

    def _begin(self, question: PredictedNumber | None) -> None:
        """Take the keyboard for a new question, and give it back once there is none."""
        if question is None:
            focused: QWidget | None = self.window().focusWidget()
            if focused is not None and self.isAncestorOf(focused):
                let_go(self)
        else:
            self.field.setAccessibleName(gettext("My prediction of {name}", name=question.name))
            self.field.set_value(None)
            self._take_keyboard()

    def _take_keyboard(self) -> None:
        if self.field.isVisible():
            self.field.setFocus(Qt.FocusReason.OtherFocusReason)
            # Large text may leave it no room without scrolling.
            show_with(self.field, self)

    def _insist(self) -> None:
        self._show_said(gettext(INSIST), "link")
        self._take_keyboard()

    def _say(self, feedback: Feedback | None) -> None:
        if feedback is None:
            self._show_said("" if self._question is not None or not self._predictor.is_on else gettext(BEGIN), "muted")
            return
        mark, color = MARKS[feedback.outcome]
        number = f": {feedback.name} = {feedback.right}" if feedback.right else ""
        again = "" if feedback.right else " Try again (Shift+M), or see it (→)."
        title = feedback.title.removesuffix(".")
        self._show_said(f"{mark} {title}{number}. {feedback.text}{again}".strip(), color)

    def _show_said(self, text: str, color: str) -> None:
        self.said.set_color(color)
        self.said.setText(text)
        self.said.setVisible(bool(text))
        self.setAccessibleDescription(text)
        self.resized.emit()

    # Answering

    def _answer(self, text: str | None) -> None:
        if text is None:
            return
        try:
            self._predictor.answer(text)
        except FormulaError as error:
            self.field.refuse(str(error))
            return
        if self._predictor.is_checking:
            self._show_said(gettext(CHECKING), "muted")
        if self._question is not None:
            # What was wrong is typed over.
            self.field.set_value(None)

    def _compare(self, comparison: AnsweredSide) -> None:
        self.field.give_up()
        self._predictor.compare(comparison)
