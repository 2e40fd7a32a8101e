"""Predictions: what a step asks for, what is shown meanwhile, and what counts."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from pytestqt.qtbot import QtBot
from shiboken6 import delete

from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.values import refs
from chainrule.catalog.values.step_kinds import Phase
from chainrule.formula.errors import FormulaError
from chainrule.lessons.prediction.comparing import AnsweredSide
from chainrule.lessons.prediction.score import PredictionOutcome, Tally
from chainrule.model.editing import edits
from chainrule.model.navigation import Cursor, Stride
from chainrule.session.predicting.predictor import Predictor
from chainrule.session.session import Session
from tests.experiments import article
from tests.session.conftest import Open

Begin = Callable[..., Predictor]


@pytest.fixture
def begin(opened: Open) -> Iterator[Begin]:
    """Makes a predictor that is on."""
    made: list[Predictor] = []

    def begin_with(experiment: Experiment | None = None) -> Predictor:
        predictor = Predictor(opened(experiment))
        made.append(predictor)
        predictor.set_on(True)
        return predictor

    yield begin_with
    for predictor in made:
        delete(predictor)


def session_of(predictor: Predictor) -> Session:
    return predictor._session


def right(predictor: Predictor) -> float:
    """The number that is asked for, by the trace."""
    question, tensor = predictor.question, None
    assert question is not None
    tensor = session_of(predictor).moment.numbers.tensor(question.ref)
    assert tensor is not None
    return float(tensor[question.index])


def answer(predictor: Predictor, text: str, qtbot: QtBot) -> None:
    predictor.answer(text)
    qtbot.waitUntil(lambda: not predictor.is_checking)


def test_a_step_asks_before_it_shows(begin: Begin) -> None:
    predictor = begin()
    session = session_of(predictor)
    predictor.step()
    question = predictor.question
    assert question is not None
    assert (question.ref, question.index, question.phase) == (refs.pre_activation(0), (0, 0), Phase.FORWARD)
    assert question.name == "z₁⁽¹⁾ of sample 1"
    assert session.cursor == Cursor(0, 0)
    assert session.moment.number(question.ref, question.index) is None
    assert session.moment.read == (refs.INPUT, refs.weight(0), refs.bias(0))


def test_a_right_answer_shows_the_number_and_counts(begin: Begin, qtbot: QtBot) -> None:
    predictor = begin()
    session = session_of(predictor)
    predictor.step()
    answer(predictor, "0.5", qtbot)
    assert session.cursor == Cursor(0, 1)
    assert predictor.question is None
    feedback = predictor.feedback
    assert feedback is not None
    assert (feedback.outcome, feedback.right) == (PredictionOutcome.RIGHT, "0.5000")
    assert predictor.score.tally() == Tally(1, 1, 0, 0, 0)
    assert session.selection is not None
    assert session.selection.index == (0, 0)
    assert not session.undo_stack.canUndo()
    assert not session.is_modified


def test_a_wrong_answer_is_told_and_may_be_given_again(begin: Begin, qtbot: QtBot) -> None:
    predictor = begin()
    session = session_of(predictor)
    session.navigator.move(Stride.PHASE)
    session.navigator.move(Stride.PHASE)
    predictor.step()
    # The sign turned round.
    answer(predictor, repr(-right(predictor)), qtbot)
    feedback = predictor.feedback
    assert feedback is not None
    assert feedback.outcome is PredictionOutcome.WRONG
    assert "sign" in feedback.text
    assert feedback.right == ""
    assert predictor.question is not None
    answer(predictor, repr(right(predictor)), qtbot)
    assert predictor.question is None
    assert predictor.score.tally(Phase.BACKWARD) == Tally(1, 0, 0, 1, 0)
    assert predictor.score.predictions[0].tries == 2


def test_the_score_keeps_a_number_back_until_it_is_shown(begin: Begin, qtbot: QtBot) -> None:
    predictor = begin()
    session = session_of(predictor)
    predictor.step()
    answer(predictor, "77", qtbot)
    assert predictor.score.predictions[-1].right == "0.5"
    assert predictor.seen_score.predictions[-1].right == "?"
    assert predictor.seen_score.tally() == predictor.score.tally()
    # To go past it shows it, and to go back hides it again.
    session.navigator.step_forward()
    assert predictor.seen_score == predictor.score
    session.navigator.step_back()
    assert predictor.seen_score.predictions[-1].right == "?"
    session.navigator.move(Stride.ITERATION)
    session.navigator.go_to(Cursor(1))
    assert predictor.seen_score == predictor.score
    session.navigator.go_to(Cursor(0))
    predictor.step()
    answer(predictor, "77", qtbot)
    predictor.step()
    assert predictor.seen_score == predictor.score


def test_a_step_goes_on_only_from_what_was_answered(begin: Begin, qtbot: QtBot) -> None:
    predictor = begin()
    predictor.step()
    with qtbot.waitSignal(predictor.insisted):
        predictor.step()
    assert session_of(predictor).cursor == Cursor(0, 0)
    answer(predictor, "77", qtbot)
    predictor.step()
    assert session_of(predictor).cursor == Cursor(0, 1)
    assert predictor.score.tally() == Tally(1, 0, 0, 1, 0)


def test_what_is_no_number_is_refused_and_not_counted(begin: Begin) -> None:
    predictor = begin()
    predictor.step()
    with pytest.raises(FormulaError):
        predictor.answer("w + 1")
    assert predictor.score.tally().asked == 0


def test_it_is_shown_without_an_answer(begin: Begin) -> None:
    predictor = begin()
    predictor.step()
    predictor.reveal()
    assert session_of(predictor).cursor == Cursor(0, 1)
    assert predictor.score.tally() == Tally(1, 0, 0, 0, 1)
    predictor.reveal()
    assert session_of(predictor).cursor == Cursor(0, 1)


def test_a_side_may_be_picked(begin: Begin) -> None:
    predictor = begin()
    predictor.step()
    predictor.compare(AnsweredSide.LARGER)
    assert predictor.score.predictions[-1].given == "positive"
    predictor.step()
    # ReLU leaves 0.5 as it is.
    predictor.compare(AnsweredSide.SMALLER)
    assert predictor.score.tally() == Tally(2, 1, 0, 1, 0)
    feedback = predictor.feedback
    assert feedback is not None
    assert feedback.text == "It is the same as z₁⁽¹⁾."
    assert session_of(predictor).cursor == Cursor(0, 2)


def test_a_whole_iteration_is_asked_step_by_step_and_then_the_next(begin: Begin) -> None:
    predictor = begin()
    session = session_of(predictor)
    asked = []
    for _ in range(19):
        predictor.step()
        assert predictor.question is not None
        asked.append(predictor.question.ref)
        predictor.reveal()
    assert asked == [step.writes for step in (*session.moment.steps, *session.moment.steps[:2])]
    assert session.cursor == Cursor(1, 2)
    assert [predictor.score.tally(phase).asked for phase in Phase] == [6, 1, 8, 4]


def test_the_loss_is_compared_with_that_of_the_iteration_before(begin: Begin) -> None:
    predictor = begin()
    session = session_of(predictor)
    session.navigator.go_to(Cursor(0, 4))
    predictor.step()
    assert predictor.question is not None
    assert predictor.question.yardstick is None
    session.navigator.go_to(Cursor(1, 4))
    predictor.step()
    yardstick = predictor.question.yardstick
    assert yardstick is not None
    assert yardstick.name == "in iteration 0"
    assert yardstick.number == session.moment.course.loss_at(0)


def test_going_back_asks_nothing_again_but_what_an_edit_has_changed(begin: Begin) -> None:
    predictor = begin()
    session = session_of(predictor)
    for _ in range(3):
        predictor.step()
        predictor.reveal()
    for _ in range(3):
        session.navigator.step_back()
    predictor.step()
    assert predictor.question is None
    assert session.cursor == Cursor(0, 1)
    session.number_editor.edit_number(refs.weight(0), (0, 0), 0.7)
    session.navigator.step_back()
    predictor.step()
    assert predictor.question is not None
    session.undo_stack.undo()
    session.navigator.go_to(Cursor(0, 0))
    predictor.step()
    assert predictor.question is None
    assert predictor.score.tally().asked == 3


def test_the_number_that_is_selected_is_asked_for(begin: Begin, qtbot: QtBot) -> None:
    predictor = begin()
    session = session_of(predictor)
    predictor.step()
    session.selector.select(refs.pre_activation(0), (0, 1))
    assert predictor.question is not None
    assert predictor.question.index == (0, 1)
    session.selector.show_sample(1)
    assert predictor.question.index == (1, 1)
    session.selector.select(refs.weight(0), (0, 0))
    assert predictor.question.index in ((1, 0), (1, 1))
    session.navigator.go_to(Cursor(0, 15))
    predictor.step()
    # The parameter that was selected last.
    assert predictor.question.ref == refs.next_value(refs.weight(0))
    session.selector.select(refs.weight(0), (1, 1))
    assert predictor.question.index == (1, 1)
    answer(predictor, "5", qtbot)
    predictor.step()
    assert session.selection is not None
    assert (session.selection.ref, session.selection.index) == (refs.next_value(refs.weight(0)), (1, 1))


def test_by_number_each_is_asked_for(begin: Begin) -> None:
    predictor = begin()
    session = session_of(predictor)
    session.navigator.set_by_number(True)
    asked = []
    for _ in range(4):
        predictor.step()
        assert predictor.question is not None
        asked.append((predictor.question.ref, predictor.question.index))
        session.selector.select(refs.pre_activation(0), (0, 0))
        assert predictor.question.index == asked[-1][1]
        predictor.reveal()
    assert asked[:2] == [(refs.pre_activation(0), (0, 0)), (refs.pre_activation(0), (0, 1))]
    assert asked[2:] == [(refs.activation(0), (0, 0)), (refs.activation(0), (0, 1))]


def test_what_is_set_by_hand_is_not_asked_for(begin: Begin) -> None:
    predictor = begin()
    session = session_of(predictor)
    session.navigator.go_to(Cursor(0, 1))
    session.number_editor.edit_number(refs.pre_activation(0), (0, 0), 3.0)
    session.navigator.go_to(Cursor(0, 0))
    predictor.step()
    assert predictor.question is None
    assert session.cursor == Cursor(0, 1)


def test_a_leap_goes_past_the_question_and_counts_nothing(begin: Begin) -> None:
    predictor = begin()
    session = session_of(predictor)
    predictor.step()
    session.navigator.move(Stride.PHASE)
    assert predictor.question is None
    assert session.cursor == Cursor(0, 4)
    assert predictor.score.tally().asked == 0
    predictor.step()
    assert predictor.question is not None
    assert predictor.question.ref == refs.LOSS


def test_another_document_ends_the_question_and_keeps_the_score(begin: Begin) -> None:
    predictor = begin()
    session = session_of(predictor)
    predictor.step()
    predictor.reveal()
    session.navigator.go_to(Cursor(0, 0))
    session.file.open(article(title="Another"), None)
    assert predictor.is_on
    assert predictor.question is None
    assert predictor.score.tally().asked == 1
    predictor.step()
    assert predictor.question is not None
    predictor.reveal()
    assert [each.experiment for each in predictor.score.predictions] == ["SimpleNN 2-2-1", "Another"]


def test_an_edit_meanwhile_asks_for_what_it_is_then(begin: Begin, qtbot: QtBot) -> None:
    predictor = begin()
    session = session_of(predictor)
    predictor.step()
    session.editor.edit("Edit", edits.set_optimizer(Choice("SGD", {"lr": 0.5})))
    session.number_editor.edit_number(refs.weight(0), (0, 0), 1.1)
    assert predictor.question is not None
    answer(predictor, "1.5", qtbot)
    assert predictor.score.tally() == Tally(1, 1, 0, 0, 0)


def test_nothing_ahead_is_shown_while_it_is_on(begin: Begin) -> None:
    predictor = begin()
    session = session_of(predictor)
    predictor.set_on(False)
    session.navigator.move(Stride.ITERATION)
    session.navigator.move(Stride.ITERATION)
    session.runs.pin()
    session.navigator.go_to(Cursor(0, 6))
    assert session.moment.course.horizon == 2
    predictor.set_on(True)
    assert session.moment.course.horizon == 0
    assert session.moment.course.pinned == ()
    session.navigator.move(Stride.ITERATION)
    assert session.moment.course.horizon == 1
    predictor.set_on(False)
    assert session.moment.course.horizon == 2
    assert len(session.moment.course.pinned) == 1
    assert session.horizon == 2


def test_the_score_begins_anew(begin: Begin) -> None:
    predictor = begin()
    predictor.step()
    predictor.reveal()
    session_of(predictor).navigator.go_to(Cursor(0, 0))
    predictor.reset()
    assert predictor.score.tally().asked == 0
    predictor.step()
    assert predictor.question is not None
