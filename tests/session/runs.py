"""Runs for tests: trainers, their paces, and waiting for what they do."""

from __future__ import annotations

from itertools import islice

from pytestqt.qtbot import QtBot

from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.values import refs
from chainrule.engine.trace import Executor
from chainrule.model.navigation import Cursor
from chainrule.session.session import Session
from chainrule.session.training import Pace, Trainer

FASTEST = Pace("fastest", 0)
BRISK = Pace("an iteration each millisecond", 1)
WALK = Pace("a micro-step each millisecond", 1, by_micro_step=True)
LONG_MS = 60_000


def trainer_of(session: Session, pace: Pace = FASTEST) -> Trainer:
    """A trainer that is deleted with its session."""
    trainer = Trainer(session.state, session.navigator, session.signals, session)
    trainer.set_pace(pace)
    return trainer


def run(qtbot: QtBot, trainer: Trainer, iterations: int | None = None) -> None:
    """Run until the run ends by itself."""
    stopped = qtbot.waitSignal(trainer.running_changed, check_params_cb=lambda on: not on, timeout=LONG_MS)
    with stopped:
        trainer.start(iterations)
    assert not trainer.is_running


def run_until(qtbot: QtBot, trainer: Trainer, cursor: Cursor) -> None:
    """Run until the cursor is there or further; the run goes on."""
    session = trainer.parent()
    assert isinstance(session, Session)
    trainer.start()
    place = (cursor.iteration, cursor.position)
    qtbot.waitUntil(lambda: (session.cursor.iteration, session.cursor.position) >= place, timeout=LONG_MS)


def stepped_losses(experiment: Experiment, count: int) -> list[float]:
    """The losses of a run, computed without one."""
    return [trace.values[refs.LOSS].item() for trace in islice(Executor(experiment).iterations(), count)]


def losses(session: Session) -> list[float]:
    """Every loss that the session shows."""
    found: list[float] = session.timeline.losses(session.document, session.horizon).rows()[:, 0].tolist()
    return found
