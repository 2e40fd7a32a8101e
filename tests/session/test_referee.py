"""The badge's referee: what it says, when it says it, and what it loads for that."""

from __future__ import annotations

import sys

import pytest
import torch
from pytestqt.qtbot import QtBot

from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.values import refs
from chainrule.catalog.values.refs import ValueRef
from chainrule.model.editing import edits
from chainrule.model.navigation import Cursor, Stride
from chainrule.session import referee as referee_module
from chainrule.session.referee import OPTIMIZER_MODULE, Referee
from chainrule.session.session import Session
from chainrule.session.training import Pace, Trainer
from tests.experiments import article, dense, mazur, sgd
from tests.session.conftest import Open
from tests.session.programs import result_of

LONG_MS = 60_000


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The referee waits for less stillness than it does for a person."""
    monkeypatch.setattr(referee_module, "IDLE_MS", 5)


def refereed(session: Session, pace: Pace | None = None) -> tuple[Trainer, Referee]:
    """A trainer and a referee that are deleted with the session."""
    trainer = Trainer(session.state, session.navigator, session.signals, session)
    trainer.set_pace(pace or Pace("fastest", 0))
    return trainer, Referee(session.state, trainer, session.signals, session)


def wait_for_verdict(qtbot: QtBot, referee: Referee, *, updates: bool = False) -> None:
    """Wait until there is a verdict, on the updates too if that is asked for."""
    qtbot.waitUntil(lambda: referee.verdict is not None and (referee.compares_updates or not updates), timeout=LONG_MS)


# ------------------------------------------------------------------------------------------------------- the verdict


@pytest.mark.parametrize(
    "experiment",
    [article(), article(optimizer=sgd(0.01, 0.9)), mazur(), dense((5, 7, 3), 8, dtype="float32")],
    ids=["article", "momentum", "mazur", "float32"],
)
def test_autograd_agrees_once_the_session_is_still(opened: Open, qtbot: QtBot, experiment: Experiment) -> None:
    session = opened(experiment, ready=False)
    _, referee = refereed(session)
    assert (referee.verdict, referee.worst) == (None, None)
    session.loader.load()
    for place in (Cursor(0, 3), Cursor(2, 8)):
        session.navigator.go_to(place)
        assert referee.verdict is None
        wait_for_verdict(qtbot, referee)
        assert referee.verdict is not None
        assert referee.verdict.agrees
        assert referee.verdict.compared > 0
        assert referee.worst == referee.verdict.ref


def test_the_updates_are_compared_once_one_is_on_the_screen(opened: Open, qtbot: QtBot) -> None:
    session = opened(article(optimizer=sgd(0.01, 0.9)))
    _, referee = refereed(session)
    session.navigator.go_to(Cursor(1, 3))
    wait_for_verdict(qtbot, referee)
    assert referee.verdict is not None
    gradients = referee.verdict.compared
    session.navigator.go_to(Cursor(1, 21))
    wait_for_verdict(qtbot, referee, updates=True)
    assert referee.verdict is not None
    assert referee.verdict.agrees
    # The new value and the new buffer of each of nine parameters.
    assert referee.verdict.compared == gradients + 18
    assert OPTIMIZER_MODULE in sys.modules


def test_moving_within_an_iteration_keeps_its_verdict(opened: Open, qtbot: QtBot) -> None:
    session = opened()
    _, referee = refereed(session)
    session.navigator.go_to(Cursor(0, 1))
    wait_for_verdict(qtbot, referee)
    verdict, heard = referee.verdict, []
    referee.verdict_changed.connect(lambda: heard.append(referee.verdict))
    for _ in range(8):
        session.navigator.step_forward()
    session.selector.set_digits(None)
    assert referee.verdict is verdict
    assert heard == []


def test_another_iteration_or_document_has_no_verdict_until_it_is_compared(opened: Open, qtbot: QtBot) -> None:
    session = opened()
    _, referee = refereed(session)
    for act in (
        session.navigator.step_forward,
        lambda: session.navigator.go_to(Cursor(4, 2)),
        lambda: session.number_editor.edit_number(refs.weight(0), (0, 0), 0.7),
        session.undo_stack.undo,
        lambda: session.editor.edit("Momentum", edits.set_optimizer(sgd(0.1, 0.9))),
        lambda: session.file.open(mazur(), None),
    ):
        heard: list[bool] = []
        listening = referee.verdict_changed.connect(lambda heard=heard: heard.append(referee.verdict is not None))
        had_one = referee.verdict is not None
        act()
        assert referee.verdict is None
        wait_for_verdict(qtbot, referee)
        assert heard == ([False, True] if had_one else [True])
        referee.verdict_changed.disconnect(listening)


def test_going_away_and_back_at_once_is_compared_all_the_same(opened: Open, qtbot: QtBot) -> None:
    session = opened()
    _, referee = refereed(session)
    session.navigator.go_to(Cursor(0, 17))
    wait_for_verdict(qtbot, referee)
    session.navigator.step_forward()
    assert referee.verdict is None
    session.navigator.step_back()
    wait_for_verdict(qtbot, referee)


# ---------------------------------------------------------------------------------------------------- false values


@pytest.mark.parametrize(
    "ref",
    [
        refs.pre_activation(0),
        refs.LOSS,
        refs.grad(refs.activation(1)),
        refs.grad(refs.weight(0)),
        refs.grad(refs.bias(1)),
        refs.next_value(refs.weight(1)),
        refs.next_value(refs.bias(0)),
    ],
)
@pytest.mark.parametrize("off", [1e-6, float("nan")])
def test_a_falsified_trace_is_reported(opened: Open, qtbot: QtBot, ref: ValueRef, off: float) -> None:
    session = opened()
    _, referee = refereed(session)
    session.navigator.go_to(Cursor(0, 17))
    wait_for_verdict(qtbot, referee, updates=True)
    _, trace = session.state.computed()
    assert isinstance(trace.values, dict)
    trace.values[ref] = trace.values[ref] + torch.tensor(off, dtype=torch.float64)
    referee.check()
    assert referee.verdict is not None
    assert not referee.verdict.agrees
    assert referee.worst == ref
    assert referee.verdict.difference == pytest.approx(off, rel=1e-6) or off != off  # noqa: PLR0124 - NaN


# ------------------------------------------------------------------------------------------------------------ runs


@pytest.mark.parametrize("pace", [Pace("fastest", 0), Pace("walk", 1, by_micro_step=True)], ids=["run", "walk"])
def test_there_is_no_verdict_while_a_run_goes_on(opened: Open, qtbot: QtBot, pace: Pace) -> None:
    session = opened()
    trainer, referee = refereed(session, pace)
    session.navigator.step_forward()
    wait_for_verdict(qtbot, referee)
    heard: list[bool] = []
    referee.verdict_changed.connect(lambda: heard.append(referee.verdict is not None))
    trainer.start()
    assert referee.verdict is None
    assert heard == [False]
    qtbot.waitUntil(lambda: session.cursor.iteration >= 2, timeout=LONG_MS)
    assert referee.verdict is None
    assert heard == [False]
    trainer.pause()
    wait_for_verdict(qtbot, referee)
    assert referee.verdict is not None
    assert referee.verdict.agrees


def test_a_run_that_is_paused_at_once_gets_its_verdict_back(opened: Open, qtbot: QtBot) -> None:
    session = opened()
    trainer, referee = refereed(session)
    session.navigator.step_forward()
    wait_for_verdict(qtbot, referee)
    trainer.start()
    trainer.pause()
    assert referee.verdict is None
    wait_for_verdict(qtbot, referee)


def test_a_run_that_begins_before_the_comparison_prevents_it(opened: Open, qtbot: QtBot) -> None:
    session = opened()
    trainer, referee = refereed(session, Pace("once a day", 86_400_000))
    session.navigator.step_forward()
    trainer.start()
    with qtbot.assertNotEmitted(referee.verdict_changed, wait=10 * referee_module.IDLE_MS):
        pass
    trainer.pause()
    wait_for_verdict(qtbot, referee)


def test_an_overflow_that_autograd_has_too_is_no_disagreement(opened: Open, qtbot: QtBot) -> None:
    # Only Identity: what comes after the overflow is inf and NaN on both sides.
    session = opened(edits.set_activation(0, Choice("Identity"))(article(optimizer=sgd(1e300))))
    _, referee = refereed(session)
    session.navigator.go_to(Cursor(1, 13))
    assert session.navigator.first_overflow() is not None
    wait_for_verdict(qtbot, referee)
    assert referee.verdict is not None
    assert referee.verdict.agrees


def test_nothing_is_compared_after_close(opened: Open, qtbot: QtBot) -> None:
    session = opened()
    _, referee = refereed(session)
    session.navigator.move(Stride.ITERATION)
    with qtbot.assertNotEmitted(referee.verdict_changed, wait=10 * referee_module.IDLE_MS):
        referee.close()


# -------------------------------------------------------------------------------------------------- what is loaded


def test_torch_optim_is_imported_only_once_an_update_is_on_the_screen() -> None:
    """Its first optimizer costs most of a second, which a newcomer's first steps must not wait for."""
    program = """
from PySide6.QtCore import QCoreApplication, QEventLoop, Qt
from chainrule.model.navigation import Cursor
from chainrule.session.referee import Referee
from chainrule.session.session import Session
from chainrule.session.training import Trainer
from tests.experiments import article
application = QCoreApplication([])
session = Session(article())
trainer = Trainer(session.state, session.navigator, session.signals, session)
referee = Referee(session.state, trainer, session.signals, session)
loop = QEventLoop()
referee.verdict_changed.connect(lambda: loop.quit() if referee.verdict else None)
result = []

def look():
    loop.exec()
    result.append(["torch._dynamo" in sys.modules, referee.compares_updates, referee.verdict.agrees])

session.loader.load()
look()
session.navigator.go_to(Cursor(0, 13))
session.navigator.go_to(Cursor(1, 13))
look()
session.navigator.step_forward()
look()
referee.close()
session.loader.close()
from shiboken6 import delete
delete(session)
"""
    assert result_of(program) == [[False, False, True], [False, False, True], [True, True, True]]
