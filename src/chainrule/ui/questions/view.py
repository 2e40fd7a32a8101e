"""The Questions tab: what the experiment asks as an assignment, with points, tolerance and words of the chosen one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from chainrule.catalog.arguments import SpecError
from chainrule.catalog.experiment.question import Question
from chainrule.catalog.experiment.spec_error import plural
from chainrule.explain.names.notation import Notation
from chainrule.explain.sentences.refusals import as_sentence
from chainrule.explain.writing.numbers import format_short
from chainrule.model.navigation import Cursor
from chainrule.session.asking import AskedQuestions
from chainrule.session.screen.change import Change
from chainrule.session.screen.moment import Moment
from chainrule.session.session import Session
from chainrule.translation import gettext, gettext_noop
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.widgets.controls import SMALL, CheckBox, Label, LinkButton
from chainrule.ui.widgets.fields import Field, NumberField
from chainrule.ui.widgets.moment_card import MomentCard
from chainrule.ui.widgets.refusal import Refusals
from chainrule.ui.widgets.scroll_area import SlimScrollArea

HINT = gettext_noop(
    "Select a number and press “ask this”. File > Export makes worksheets and quizzes of the questions."
)
# Of more questions the first are listed; all are asked.
MOST_LISTED = 200


class PlainField(Field):
    """A field of words, as they are typed; empty is none."""

    def parse(self, text: str) -> str:
        """Return what was typed."""
        return " ".join(text.split())

    def full_text(self, value: str | None) -> str:
        """Return the words."""
        return value or ""

    def short_text(self, value: str | None) -> str:
        """Return the words."""
        return value or ""


class QuestionsView(MomentCard):
    """A line for each question, and below them the fields of the one that is chosen."""

    shows = Change.EXPERIMENT | Change.PROGRAM | Change.SELECTION | Change.DIGITS
    about_to_edit = Signal()

    def __init__(
        self, session: Session, appearance: Appearance, refusals: Refusals, parent: QWidget | None = None
    ) -> None:
        super().__init__(appearance, parent)
        self.setObjectName("questions_view")
        self.setAccessibleName(gettext("Questions"))
        self._session, self._refusals, self._moment = session, refusals, session.moment
        self.questions = AskedQuestions(session)
        self.chosen = 0
        self.lines: list[LinkButton] = []
        self.sum = Label(appearance, "", self, size=SMALL, color="muted")
        self.sum.setObjectName("questions_view.sum")
        self.hint = Label(appearance, gettext(HINT), self, size=SMALL, color="muted")
        self.hint.setWordWrap(True)
        self.hint.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.ask = self._button(
            gettext_noop("ask this"), gettext("Ask for the selected number, in this iteration (Shift+A)"), self.ask_this
        )
        self.up = self._button(
            gettext_noop("up"), gettext("Move the question before the one above it"), lambda: self._move(-1)
        )
        self.down = self._button(
            gettext_noop("down"), gettext("Move the question behind the one below it"), lambda: self._move(1)
        )
        self.remove = self._button(
            gettext_noop("remove"), gettext("Take the question away; Ctrl+Z brings it back"), self._remove
        )
        self.go = self._button(
            gettext_noop("go"), gettext("Select the number that is asked for, in its iteration"), self._go
        )
        self._make_fields(refusals)
        self._arrange()
        self.setMinimumSize(180, 150)

    def _button(self, words: str, tip: str, act: Callable[[], None]) -> LinkButton:
        button = LinkButton(self.appearance, gettext(words), tip, f"questions_view.{words.split(maxsplit=1)[0]}", self)
        button.clicked.connect(act)
        return button

    def _make_fields(self, refusals: Refusals) -> None:
        self.points = NumberField(self.appearance, refusals, self)
        self.tolerance, self.words = (PlainField(self.appearance, refusals, self) for _ in range(2))
        self.whole = CheckBox(
            self.appearance,
            gettext("whole"),
            gettext("Ask for all numbers of the value, in a table"),
            "questions_view.whole",
            self,
        )
        for field, name, called, tip in (
            (self.points, "points", "Points", "The points of the question"),
            (self.tolerance, "tolerance", "Tolerance", "How exact an answer has to be: 1%, 0.001 or 3 digits"),
            (self.words, "words", "Words", "What is asked, in your own words; empty is the name of the number alone"),
        ):
            field.setObjectName(f"questions_view.{name}")
            field.setAccessibleName(called)
            field.set_description(f"{tip}.")
        self.words.set_optional(True, "in your own words")
        self.points.value_edited.connect(lambda points: self._change(self.points, points=points))
        self.tolerance.value_edited.connect(self._change_tolerance)
        self.words.value_edited.connect(lambda text: self._change(self.words, text=text))
        self.whole.clicked.connect(self._change_whole)

    def _arrange(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(9, 4, 9, 7)
        column.setSpacing(3)
        content = QWidget()
        self._list = QVBoxLayout(content)
        self._list.setContentsMargins(0, 0, 6, 0)
        self._list.setSpacing(1)
        self._list.addStretch(1)
        self._area = SlimScrollArea(self.appearance, self)
        self._area.setWidget(content)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        content.setAutoFillBackground(False)
        self._of_chosen = QWidget(self)
        rows = QVBoxLayout(self._of_chosen)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(3)
        first, second, third = QHBoxLayout(), QHBoxLayout(), QHBoxLayout()
        for label, field in (("points", self.points), ("tolerance", self.tolerance)):
            first.addWidget(Label(self.appearance, label, self, size=SMALL, color="muted"))
            first.addWidget(field, 1)
        second.addWidget(self.words, 1)
        second.addWidget(self.whole)
        for button in (self.go, self.up, self.down, self.remove):
            third.addWidget(button)
        third.addStretch(1)
        for row in (first, second, third):
            row.setSpacing(6)
        rows.addLayout(first)
        rows.addLayout(second)
        top = QHBoxLayout()
        top.addWidget(self.sum)
        top.addStretch(1)
        top.addWidget(self.ask)
        column.addLayout(top)
        column.addWidget(self._area, 1)
        column.addWidget(self.hint)
        column.addWidget(self._of_chosen)
        column.addLayout(third)

    def show_moment(self, moment: Moment, change: Change) -> None:
        """Show the questions of a moment's experiment."""
        self._moment = moment
        questions = moment.experiment.questions
        self.chosen = max(0, min(self.chosen, len(questions) - 1))
        notation = Notation.of(moment.experiment)
        listed = questions[:MOST_LISTED]
        while len(self.lines) < len(listed):
            self._add_line()
        for place, line in enumerate(self.lines):
            line.setVisible(place < len(listed))
            if place < len(listed):
                mark = "▸ " if place == self.chosen else ""
                words = f"{mark}{listed[place].id}: {question_in_words(moment, notation, listed[place])}"
                line.set_words(words, gettext("Choose this question"))
        self.ask.setEnabled(moment.selection is not None and moment.is_ready)
        self.hint.setVisible(not questions)
        self._area.setVisible(bool(questions))
        self._of_chosen.setVisible(bool(questions))
        for button in (self.up, self.down, self.remove, self.go):
            button.setVisible(bool(questions))
        self.up.setEnabled(self.chosen > 0)
        self.down.setEnabled(self.chosen + 1 < len(questions))
        total = sum(question.points for question in questions)
        self.sum.setVisible(bool(questions))
        self.sum.setText(
            gettext(
                "{questions}, {total} points", questions=plural(len(questions), "question"), total=format_short(total)
            )
            if questions
            else ""
        )
        if questions:
            self._show_chosen(questions[self.chosen])
        self.redrawn.emit()

    def _add_line(self) -> None:
        place = len(self.lines)
        line = LinkButton(self.appearance, "", "", f"questions_view.line_{place}", self)
        line.clicked.connect(lambda: self.choose(place))
        self._list.insertWidget(place, line, 0, Qt.AlignmentFlag.AlignLeft)
        self.lines.append(line)

    def _show_chosen(self, question: Question) -> None:
        self.points.set_value(question.points)
        self.tolerance.set_value(tolerance_as_typed(question))
        self.words.set_value(question.text)
        self.whole.setChecked(question.index is None)

    def choose(self, place: int) -> None:
        """Choose a question to be changed."""
        self.chosen = place
        self.show_moment(self._moment, Change.everything())
        if place < len(self.lines):
            QTimer.singleShot(0, self.lines[place], lambda: self._area.ensureWidgetVisible(self.lines[self.chosen]))

    # What is done

    def ask_this(self) -> None:
        """Ask for the selected number."""
        if self._do(self.ask, lambda: self.questions.ask(self._moment.selection)):
            self.choose(len(self.questions.all) - 1)

    def _do(self, anchor: QWidget, act: Callable[[], object]) -> bool:
        self.about_to_edit.emit()
        try:
            act()
        except SpecError as error:
            if isinstance(anchor, Field):
                anchor.refuse(as_sentence(error.message))
            else:
                self._refusals.show(anchor, as_sentence(error.message))
            return False
        return True

    def _change(self, anchor: QWidget, **changes: object) -> None:
        question = replace(self.questions.all[self.chosen], **changes)  # type: ignore[arg-type]
        self._do(anchor, lambda: self.questions.change(self.chosen, question))

    def _change_tolerance(self, text: str) -> None:
        from chainrule.lessons.assignments.asking import parsed_tolerance  # noqa: PLC0415 - loads torch

        try:
            tolerance = parsed_tolerance(text)
        except SpecError as error:
            self.tolerance.refuse(as_sentence(error.message))
            return
        self._change(self.tolerance, tolerance=tolerance)

    def _change_whole(self) -> None:
        question = self.questions.all[self.chosen]
        value = self._moment.value(question.ref)
        if self.whole.isChecked() or value is None:
            self._change(self.whole, index=None)
        else:
            self._change(self.whole, index=(0,) * len(value.axes))

    def _move(self, by: int) -> None:
        if self._do(self.up, lambda: self.questions.move(self.chosen, self.chosen + by)):
            self.choose(self.chosen + by)

    def _remove(self) -> None:
        self._do(self.remove, lambda: self.questions.remove(self.chosen))

    def _go(self) -> None:
        question = self.questions.all[self.chosen]
        value = self._moment.value(question.ref)
        first = question.index if question.index is not None else (0,) * (len(value.axes) if value else 0)
        self.about_to_edit.emit()
        self._session.navigator.go_to(Cursor(question.iteration, self._moment.cursor.position))
        self._session.selector.select(question.ref, first)


def asked_number_in_words(moment: Moment, notation: Notation, question: Question) -> str:
    """Return what a question asks for: `∂L/∂w₁₁⁽¹⁾`, `z₁⁽¹⁾ of sample 2`, or the ref of a whole value."""
    if question.index is None:
        return f"all of {question.ref}"
    text, value = notation.text(question.ref, question.index), moment.value(question.ref)
    is_of_sample = value is not None and value.per_sample and len(moment.rows) > 1
    return f"{text} of sample {question.index[0] + 1}" if is_of_sample else text


def question_in_words(moment: Moment, notation: Notation, question: Question) -> str:
    """Return a question in a line: what it asks for, where, its points and its tolerance."""
    points = f"{format_short(question.points)} point{'' if question.points == 1 else 's'}"
    where = f"iteration {question.iteration}"
    return f"{asked_number_in_words(moment, notation, question)}, {where}, {points}, {question.tolerance.text}"


def tolerance_as_typed(question: Question) -> str:
    """Return a tolerance as it is typed: the first of several."""
    tolerance = question.tolerance
    if tolerance.digits is not None:
        return f"{tolerance.digits} digits"
    if tolerance.relative is not None:
        return f"{round(tolerance.relative * 100, 9):g}%"
    return f"{tolerance.absolute:g}"
