"""Numbers that cease to be finite: where that is found, and what runs make of it."""

from __future__ import annotations

import math

import pytest
from pytestqt.qtbot import QtBot

from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.spec import DataSpec, Experiment, LayerSpec, NetworkSpec
from chainrule.explain.sentences.meanings import value_in_words
from chainrule.model.editing import edits
from chainrule.model.navigation import Cursor, Stride
from chainrule.session.screen.explaining import explain_selection
from chainrule.session.session import Session
from chainrule.session.training import Pace
from tests.experiments import article, parameters, sgd
from tests.session.conftest import Open
from tests.session.runs import BRISK, FASTEST, WALK, losses, run, stepped_losses, trainer_of
from tests.session.seen import Heard, Picture


def overflow_text(session: Session) -> str:
    """What is said of the place where the cursor is."""
    moment = session.moment
    assert moment.step is not None
    words = value_in_words(moment.experiment, moment.step)
    return (
        f"Stopped at iteration {session.cursor.iteration}, at {words}: "
        "a number is no longer finite, but infinite or not a number. "
        "Step back to see how it grew; a smaller learning rate keeps it in bounds."
    )


def finite(session: Session) -> bool:
    """Whether the number on the screen that was written last is finite."""
    selection = session.selection
    assert selection is not None
    number = session.moment.number(selection.ref, selection.index)
    assert number is not None
    return math.isfinite(number)


def test_the_first_overflow_is_found_and_is_a_place(opened: Open) -> None:
    session = opened(article(optimizer=sgd(1e300)))
    assert session.navigator.first_overflow() is None
    session.navigator.go_to(Cursor(1, 0))
    overflow = session.navigator.first_overflow()
    assert overflow is not None
    session.navigator.go_to(overflow)
    assert not finite(session)
    session.navigator.step_back()
    assert finite(session)


@pytest.mark.parametrize("pace", [FASTEST, BRISK])
@pytest.mark.parametrize("lr", [1e9, 1e300])
def test_a_run_that_diverges_stops_there_says_so_and_can_be_stepped_back(
    opened: Open, qtbot: QtBot, lr: float, pace: Pace
) -> None:
    session = opened(article(optimizer=sgd(lr)))
    heard = Heard(session)
    trainer = trainer_of(session, pace)
    run(qtbot, trainer)
    last = session.cursor.iteration
    assert session.cursor == session.navigator.first_overflow()
    assert not all(map(math.isfinite, losses(session)))
    assert all(map(math.isfinite, losses(session)[:last]))
    assert heard.take()["warned"] == 1
    assert heard.texts == [overflow_text(session)]
    assert session.undo_stack.count() == 1
    session.navigator.step_back()
    assert finite(session)
    session.navigator.step_forward()
    assert not finite(session)
    session.undo_stack.undo()
    assert (session.cursor, session.horizon) == (Cursor(), 0)
    session.undo_stack.redo()
    assert session.cursor == session.navigator.first_overflow()


def test_running_on_from_an_overflow_stops_at_once_and_says_so_again(opened: Open, qtbot: QtBot) -> None:
    session = opened(article(optimizer=sgd(1e300)))
    trainer = trainer_of(session)
    run(qtbot, trainer)
    before, heard = Picture.of(session), Heard(session)
    run(qtbot, trainer)
    assert (session.cursor, session.document) == (before.cursor, before.document)
    assert heard.texts == [overflow_text(session)]
    assert session.undo_stack.count() == 1


def test_the_notice_names_the_value_in_words(opened: Open, qtbot: QtBot) -> None:
    session = opened(article(optimizer=sgd(1e300), parameters=parameters({
        "layers.0.weight": ((1e200, 1e200), (1e200, 1e200)), "layers.0.bias": (0.0, 0.0),
        "layers.1.weight": ((1e200, 1e200),), "layers.1.bias": (0.0,),
    })))  # fmt: skip
    heard = Heard(session)
    run(qtbot, trainer_of(session))
    assert "at the pre-activation z of layer 2: a number is no longer finite, but" in heard.texts[0]


ONE_CYCLE = Choice("OneCycleLR", {"max_lr": 0.1, "total_steps": 10})
OVER = (
    "Stopped at iteration 10: OneCycleLR has 10 steps; this would be the 12th rate, which torch refuses. "
    "With more total_steps, or another scheduler, training goes on."
)


@pytest.mark.parametrize("pace", [FASTEST, BRISK, WALK])
def test_after_the_end_of_the_schedule_nothing_is_trained_and_the_same_is_said(
    opened: Open, qtbot: QtBot, pace: Pace
) -> None:
    """Seen: it trained on without a learning rate, and blamed it for being too large."""
    session = opened(article(scheduler=ONE_CYCLE))
    trainer, heard = trainer_of(session), Heard(session)
    run(qtbot, trainer)
    assert heard.texts == [OVER]
    session.navigator.move(Stride.ITERATION)
    trainer.set_pace(pace)
    before = Picture.of(session)
    for begin in (trainer.start, lambda: trainer.train(5), lambda: trainer.start(2)):
        begin()
        assert not trainer.is_running
        assert Picture.of(session) == before
    assert heard.texts == [OVER] * 4
    assert session.undo_stack.count() == 1
    session.editor.edit("Steps", edits.set_scheduler(ONE_CYCLE.replace(total_steps=30)), restart=True)
    run(qtbot, trainer_of(session), 20)
    assert session.cursor.iteration == 19
    assert heard.texts.count(OVER) == 4


@pytest.mark.parametrize("stride", Stride)
def test_no_step_by_hand_goes_beyond_the_end_of_the_schedule(opened: Open, stride: Stride) -> None:
    """Seen: a step after OneCycleLR's last iteration went on with a learning rate that is not a number."""
    session = opened(article(scheduler=ONE_CYCLE))
    heard = Heard(session)
    for _ in range(11):
        session.navigator.move(Stride.ITERATION)
    assert session.cursor.iteration == 10
    assert heard.texts == []
    before = Picture.of(session)
    for move in (
        lambda: session.navigator.move(stride),
        session.navigator.step_forward,
        lambda: session.navigator.go_to(Cursor(30, 0)),
    ):
        move()
        assert Picture.of(session) == before
    assert heard.texts == [OVER] * 3
    session.navigator.move_back(stride)
    assert session.cursor != before.cursor
    session.navigator.move(stride)
    assert (session.cursor, heard.texts) == (before.cursor, [OVER] * 3)


def test_an_iteration_that_an_edit_leaves_without_a_rate_can_still_be_reached(opened: Open) -> None:
    session = opened(article())
    session.navigator.go_to(Cursor(20, 17))
    session.editor.edit("Scheduler", edits.set_scheduler(ONE_CYCLE))
    session.navigator.go_to(Cursor(19, 17))
    session.navigator.go_to(Cursor(20, 17))
    assert session.cursor == Cursor(20, 17)


def test_a_smaller_learning_rate_trains_on(opened: Open, qtbot: QtBot) -> None:
    session = opened(article(optimizer=sgd(1e9)))
    trainer = trainer_of(session)
    run(qtbot, trainer)
    session.editor.restart()
    session.editor.edit("Learning rate", edits.set_optimizer(sgd(0.01)))
    heard = Heard(session)
    run(qtbot, trainer, 20)
    assert session.cursor == Cursor(19, 17)
    assert losses(session) == stepped_losses(article(), 20)
    assert heard.texts == []


def test_a_norm_too_large_for_its_plot_stops_no_run(opened: Open, qtbot: QtBot) -> None:
    """Each gradient is finite in float32, the square root of the sum of their squares is not."""
    inputs = 30
    experiment = Experiment(
        network=NetworkSpec(inputs, (LayerSpec(1, bias=False),)),
        data=DataSpec(((1e12,) * inputs,), ((1e18,),)),
        parameters=parameters({"layers.0.weight": ((0.0,) * inputs,)}),
        optimizer=sgd(0.0),
        dtype="float32",
    )
    session = opened(experiment)
    heard = Heard(session)
    run(qtbot, trainer_of(session), 3)
    assert math.isinf(session.timeline.gradients(session.document, 1)[2].rows()[0, 0])
    assert session.cursor.iteration == 2
    assert heard.texts == []


def test_a_walk_stops_where_the_numbers_overflow(opened: Open, qtbot: QtBot) -> None:
    session = opened(article(optimizer=sgd(1e300)))
    heard = Heard(session)
    session.navigator.go_to(Cursor(0, 15))
    trainer = trainer_of(session, WALK)
    run(qtbot, trainer)
    assert session.cursor == session.navigator.first_overflow()
    assert session.cursor.iteration == 1
    assert heard.texts == [overflow_text(session)]
    assert session.undo_stack.count() == 0


def without_value() -> Experiment:
    """A layer whose z falls until it is below 0: then its logarithm has no value."""
    network = NetworkSpec(1, (LayerSpec(1, Choice("Formula", {"formula": "log(z)"})),))
    given = parameters({"layers.0.weight": ((0.5,),), "layers.0.bias": (0.75,)})
    data = DataSpec(((0.0,),), ((0.0,),))
    return Experiment(network, data, loss=Choice("SumOfOutputs"), optimizer=sgd(0.25), parameters=given)


@pytest.mark.parametrize("pace", [FASTEST, BRISK])
def test_a_formula_without_a_value_stops_a_run_and_can_be_stepped_back(opened: Open, qtbot: QtBot, pace: Pace) -> None:
    session = opened(without_value())
    heard = Heard(session)
    run(qtbot, trainer_of(session, pace))
    assert session.cursor == session.navigator.first_overflow()
    assert session.moment.written == "layers.0.activation"
    assert heard.texts == [
        "Stopped at iteration 2, at the output ŷ of layer 1: ln(z) has no value at z = −0.1833. "
        "Step back to see how it came to be."
    ]
    assert explain_selection(session.moment).sentence == "ŷ is NaN (not a number): ln(z) has no value at z = −0.1833."
    session.navigator.step_back()
    assert finite(session)
    session.navigator.step_forward()
    assert not finite(session)
