"""Predictions: while they are on, a step asks for the next number before it shows it, and nothing behind the cursor is
shown anywhere.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

from PySide6.QtCore import QObject, Signal

from chainrule.catalog.values.refs import ValueRef
from chainrule.catalog.values.step_kinds import Phase
from chainrule.catalog.values.value import Role
from chainrule.explain.names.notation import Notation
from chainrule.explain.writing.numbers import format_number
from chainrule.lessons.prediction.comparing import AnsweredSide, Yardstick, yardstick_of
from chainrule.lessons.prediction.score import Prediction, PredictionOutcome, PredictionScore
from chainrule.model.elements import Index
from chainrule.model.navigation import Cursor
from chainrule.session.checking import HandChecker
from chainrule.session.screen.moment import Moment, Selection
from chainrule.session.screen.view_state import Asked, ViewState
from chainrule.session.session import Session

UNTITLED = "experiment"
_OUTCOMES = {"right": PredictionOutcome.RIGHT, "rounded": PredictionOutcome.ROUNDED, "wrong": PredictionOutcome.WRONG}


@dataclass(frozen=True, slots=True)
class PredictedNumber:
    """A number that is asked for: what it is called, and what it can be compared with, if with anything."""

    ref: ValueRef
    index: Index
    name: str
    phase: Phase
    yardstick: Yardstick | None


@dataclass(frozen=True, slots=True)
class Feedback:
    """What is said of an answer. `right` is the number, once it is shown; while it is not, one may answer again."""

    name: str
    outcome: PredictionOutcome
    title: str
    text: str
    right: str = ""


@dataclass(slots=True)
class _Known:
    """Which numbers of a value were asked for; of one that `is_whole` all were shown then."""

    is_whole: bool = False
    numbers: dict[Index, float] = field(default_factory=dict)


class Predictor(QObject):
    """Asks for numbers, takes answers, and keeps the score. It changes nothing in the document.

    A step asks for one number of what the next micro-step writes: the one that is selected, of a parameter the one that
    was selected last, or the first; by number it asks for each. The question goes with the cursor: whatever moves it
    goes past the question, which does not count. What was answered is not asked for again, as long as it is the same
    number.
    """

    # A question, an answer, the score, or whether it is on at all.
    changed = Signal()
    # The question that there is should be answered before one steps on.
    insisted = Signal()

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._checker = HandChecker(session, self)
        self._checker.answered.connect(self._take_verdict)
        self.score = PredictionScore()
        self._answered: dict[tuple[int, ValueRef], _Known] = {}
        self._feedback: tuple[Cursor, Feedback] | None = None
        # How often the question that there is was answered.
        self._tried: tuple[PredictedNumber, int] | None = None
        signals = session.signals
        signals.replaced.connect(self._forget)
        signals.document_changed.connect(self._follow_document)
        for signal in (signals.cursor_moved, signals.selection_changed):
            signal.connect(self.changed)

    # What there is

    @property
    def is_on(self) -> bool:
        """Whether numbers are asked for."""
        return self._session.state.view_state.covers

    @property
    def is_checking(self) -> bool:
        """Whether an answer is being checked."""
        return self._checker.is_busy

    @property
    def question(self) -> PredictedNumber | None:
        """What is asked for now."""
        moment = self._session.moment
        asked = moment.asked
        if asked is None or moment.lit is None:
            return None
        value = moment.value(asked.ref)
        assert value is not None
        yardstick = yardstick_of(moment.experiment, value, asked.index, moment.number, self._loss_before(moment))
        name = _name(moment, asked)
        return PredictedNumber(asked.ref, asked.index, name, moment.lit.phase, yardstick)

    @property
    def feedback(self) -> Feedback | None:
        """What was said of the last answer, as long as one stays where it has led to."""
        found = self._feedback
        return found[1] if found is not None and found[0] == self._session.cursor else None

    @property
    def seen_score(self) -> PredictionScore:
        """The score as it is shown and saved: without the number that was answered wrongly and is still asked for."""
        if not self.is_on or self._tried is None or not self.score.predictions:
            return self.score
        (asked, _), moment = self._tried, self._session.moment
        ahead = self.score.predictions[-1].iteration - moment.cursor.iteration
        is_hidden = moment.number(asked.ref, asked.index) is None if ahead == 0 else ahead > 0
        return self.score.without_last_number() if is_hidden else self.score

    # What is done

    def set_on(self, is_on: bool) -> None:
        """Cover what is behind the cursor and ask from now on, or show all again."""
        if is_on == self.is_on:
            return
        self._checker.forget()
        self._feedback = self._tried = None
        view_state = self._session.state.view_state
        self._show(replace(view_state, covers=is_on, asked=None))

    def step(self) -> None:
        """Ask for the next number, or go on where none is to be asked for; what was answered wrongly is shown."""
        navigator, question = self._session.navigator, self.question
        if not self.is_on:
            navigator.step_forward()
        elif question is not None:
            was_tried = self._tried is not None and self._tried[0] == question
            # An undo comes back to what was answered.
            if was_tried or self._was_answered(Selection(question.ref, question.index)):
                self._go_on(question)
            else:
                self.insisted.emit()
        elif (asked := self._next()) is None or not self._is_worth_asking(asked):
            navigator.step_forward()
        else:
            self._ask(asked)

    def answer(self, text: str) -> None:
        """Take a number, or a formula of numbers. A `FormulaError` says what of it cannot be read."""
        question = self.question
        if question is not None:
            self._checker.ask(question.ref, question.index, text)

    def compare(self, comparison: AnsweredSide) -> None:
        """Take an answer without a number: on which side of the yardstick it will be. Then it is shown."""
        question = self.question
        if question is None or question.yardstick is None:
            return
        yardstick, right = question.yardstick, question.yardstick.compared(self._number(question.ref, question.index))
        outcome = PredictionOutcome.RIGHT if comparison is right else PredictionOutcome.WRONG
        given = f"{yardstick.answer(comparison)}{_than(yardstick, comparison)}"
        title = "Right" if outcome is PredictionOutcome.RIGHT else "Wrong"
        said = (
            "" if outcome is PredictionOutcome.RIGHT else f"It is {yardstick.answer(right)}{_than(yardstick, right)}."
        )
        self._count(question, outcome, given, said)
        self._go_on(question, Feedback(question.name, outcome, title, said))

    def reveal(self) -> None:
        """Show what is asked for, without an answer, or after wrong ones."""
        question = self.question
        if question is not None:
            if self._tried is None or self._tried[0] != question:
                self._count(question, PredictionOutcome.REVEALED, "", "")
            self._go_on(question)

    def reset(self) -> None:
        """Begin the score anew. What was answered is asked for again."""
        self.score = PredictionScore()
        self._answered.clear()
        self._feedback = None
        self.changed.emit()

    # Asking

    def _next(self) -> Selection | None:
        """Return what the next step will show; it stands at the beginning of the next iteration for that."""
        session = self._session
        session.state.wait_for_engine()
        moment = session.moment
        place = moment.cursor.element
        if session.navigator.by_number and place is not None and moment.written is not None:
            order = moment.elements(moment.written)
            if place + 1 < len(order):
                return Selection(moment.written, order[place + 1])
        if moment.is_over:
            session.navigator.go_to(Cursor(moment.cursor.iteration + 1), follow=False)
            moment = session.moment
            if moment.is_over:
                # There is no further iteration.
                return None
        ref = moment.steps[moment.cursor.position].writes
        return Selection(ref, moment.element_at(ref) if session.navigator.by_number else _place(moment, ref))

    def _is_worth_asking(self, asked: Selection) -> bool:
        moment = self._session.moment
        value = moment.value(asked.ref)
        if value is None or value.role is Role.ITERATION or moment.is_overridden(asked.ref, asked.index):
            return False
        return math.isfinite(self._number(asked.ref, asked.index)) and not self._was_answered(asked)

    def _was_answered(self, asked: Selection) -> bool:
        """Return whether a number, or one of its value, was asked for already, and nothing has changed them since."""
        moment, ref = self._session.moment, asked.ref
        known = self._answered.get((moment.cursor.iteration, ref))
        if known is None or any(
            not moment.has(ref, index) or self._number(ref, index) != number for index, number in known.numbers.items()
        ):
            return False
        return known.is_whole or not self._session.navigator.by_number or asked.index in known.numbers

    def _ask(self, asked: Selection) -> None:
        self._feedback = self._tried = None
        state = self._session.state
        follows = not self._session.navigator.by_number
        selection = Selection(asked.ref, asked.index)
        question = Asked(state.cursor, asked, follows)
        self._show(replace(state.view_state, asked=question, selection=selection))

    def _show(self, view_state: ViewState) -> None:
        self._session.state.show_view_state(view_state)
        self._session.signals.selection_changed.emit()

    # Answering

    def _take_verdict(self) -> None:
        answer, question = self._checker.answer, self.question
        if answer is None or question is None or (answer.ref, answer.index) != (question.ref, question.index):
            return
        outcome = _OUTCOMES.get(answer.verdict.value)
        if outcome is None:
            self._go_on(question)
            return
        self._count(question, outcome, answer.given, answer.text)
        feedback = Feedback(question.name, outcome, answer.title, answer.text)
        if outcome is PredictionOutcome.WRONG:
            self._feedback = self._session.cursor, feedback
            self.changed.emit()
        else:
            self._go_on(question, feedback)

    def _count(self, question: PredictedNumber, outcome: PredictionOutcome, given: str, said: str) -> None:
        """Count the first answer to a question, and of further ones that they were given."""
        tried = 0 if self._tried is None or self._tried[0] != question else self._tried[1]
        self._tried = question, tried + 1
        if tried:
            self.score = self.score.tried_again()
            return
        moment = self._session.moment
        title = moment.experiment.title or UNTITLED
        right = format_number(self._number(question.ref, question.index), None)
        place = title, moment.cursor.iteration, question.phase, question.name
        self.score = self.score.added(Prediction(*place, given, right, outcome, 1, said))

    def _go_on(self, question: PredictedNumber, feedback: Feedback | None = None) -> None:
        """Show the number, and say what was said of the answer beside it."""
        session, number = self._session, self._number(question.ref, question.index)
        self._remember(question, number)
        before = self.feedback if feedback is None else feedback
        right = format_number(number, session.moment.digits)
        said = before or Feedback(question.name, PredictionOutcome.REVEALED, "Shown", "")
        session.navigator.step_forward()
        self._tried = None
        self._feedback = session.cursor, replace(said, right=right)
        session.selector.select(question.ref, question.index)
        self.changed.emit()

    def _remember(self, question: PredictedNumber, number: float) -> None:
        known = self._answered.setdefault((self._session.cursor.iteration, question.ref), _Known())
        known.is_whole |= not self._session.navigator.by_number
        known.numbers[question.index] = number

    def _follow_document(self) -> None:
        """Say no more of an answer: the numbers may be others now."""
        self._feedback = None
        self.changed.emit()

    def _forget(self) -> None:
        """Forget what is about another document; the score stays."""
        self._checker.forget()
        self._answered.clear()
        self._feedback = self._tried = None
        state = self._session.state
        if state.view_state.asked is not None:
            state.show_view_state(replace(state.view_state, asked=None))

    def _number(self, ref: ValueRef, index: Index) -> float:
        """Return a number of the iteration, shown or not."""
        tensor = self._session.moment.numbers.tensor(ref)
        assert tensor is not None
        return float(tensor[index])

    def _loss_before(self, moment: Moment) -> tuple[int, float] | None:
        before = moment.cursor.iteration - 1
        if moment.asked is None or before < moment.course.first:
            return None
        if moment.asked.ref != moment.experiment.network.loss_ref:
            return None
        return before, moment.course.loss_at(before)


def _place(moment: Moment, ref: ValueRef) -> Index:
    """Return the number of a value that is asked for: of a parameter the one that was selected last, else the first."""
    value, last = moment.value(ref), moment.parameter
    if value is not None and last is not None and value.owner.ref == last[0] and moment.has(ref, last[1]):
        return last[1]
    return moment.element_at(ref)


def _name(moment: Moment, asked: Selection) -> str:
    text = Notation.of(moment.experiment).text(asked.ref, asked.index)
    sample = moment.sample_of(asked.ref) if len(moment.rows) > 1 else None
    return text if sample is None else f"{text} of sample {moment.rows[sample] + 1}"


def _than(yardstick: Yardstick, comparison: AnsweredSide) -> str:
    if not yardstick.name:
        return ""
    return f" {'as' if comparison is AnsweredSide.SAME else 'than'} {yardstick.name}"
