"""Numbers that cease to be finite: where that is found, and what runs make of it."""

from __future__ import annotations

import math

import pytest
from pytestqt.qtbot import QtBot

from chainrule.engine import refs
from chainrule.engine.spec import DataSpec, Experiment, LayerSpec, NetworkSpec
from chainrule.explain.notation import Notation
from chainrule.model import edits
from chainrule.model.navigation import Cursor
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
    _, _, name = Notation.of(moment.experiment).title(moment.step).partition(" · ")
    name = "loss" if moment.written == refs.LOSS else name
    return (
        f"Stopped at iteration {session.cursor.iteration}: {name} is no longer finite, but infinite or not a number. "
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
    assert session.first_overflow() is None
    session.go_to(Cursor(1, 0))
    overflow = session.first_overflow()
    assert overflow is not None
    session.go_to(overflow)
    assert not finite(session)
    session.step_back()
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
    assert session.cursor == session.first_overflow()
    assert not all(map(math.isfinite, losses(session)))
    assert all(map(math.isfinite, losses(session)[:last]))
    assert heard.take()["warned"] == 1
    assert heard.texts == [overflow_text(session)]
    assert session.undo_stack.count() == 1
    session.step_back()
    assert finite(session)
    session.step_forward()
    assert not finite(session)
    session.undo_stack.undo()
    assert (session.cursor, session.horizon) == (Cursor(), 0)
    session.undo_stack.redo()
    assert session.cursor == session.first_overflow()


def test_running_on_from_an_overflow_stops_at_once_and_says_so_again(opened: Open, qtbot: QtBot) -> None:
    session = opened(article(optimizer=sgd(1e300)))
    trainer = trainer_of(session)
    run(qtbot, trainer)
    before, heard = Picture.of(session), Heard(session)
    run(qtbot, trainer)
    assert (session.cursor, session.document) == (before.cursor, before.document)
    assert heard.texts == [overflow_text(session)]
    assert session.undo_stack.count() == 1


def test_a_smaller_learning_rate_trains_on(opened: Open, qtbot: QtBot) -> None:
    session = opened(article(optimizer=sgd(1e9)))
    trainer = trainer_of(session)
    run(qtbot, trainer)
    session.restart()
    session.edit("Learning rate", edits.set_optimizer(sgd(0.01)))
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
    session.go_to(Cursor(0, 15))
    trainer = trainer_of(session, WALK)
    run(qtbot, trainer)
    assert session.cursor == session.first_overflow()
    assert session.cursor.iteration == 1
    assert heard.texts == [overflow_text(session)]
    assert session.undo_stack.count() == 0
