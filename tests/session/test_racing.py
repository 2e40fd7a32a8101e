"""The race of a session: what is raced, and what becomes of the document when a run is taken over."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.optimizers import OPTIMIZERS
from chainrule.engine.trace import Executor
from chainrule.engine.training import Training
from chainrule.model.editing import edits
from chainrule.model.navigation import Stride
from chainrule.session.racing import RaceOver, RaceQuestion, Racer
from chainrule.session.session import Session
from tests.experiments import article, dense, sgd

Race = Callable[[RaceQuestion], None]


@pytest.fixture
def session(qtbot: QtBot) -> Iterator[Session]:
    made = Session(dense((2, 4, 1), 6))
    assert made.timeline is not None
    yield made
    made.loader.close()
    made.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


@pytest.fixture
def racer(session: Session) -> Racer:
    return Racer(session, session)


@pytest.fixture
def race(racer: Racer, qtbot: QtBot) -> Race:
    def run(question: RaceQuestion) -> None:
        racer.start(question)
        qtbot.waitUntil(lambda: not racer.is_running, timeout=30_000)

    return run


def final_loss(experiment: Experiment, iterations: int) -> float:
    executor = Executor(experiment)
    training = Training(executor)
    assert len(list(training.run(iterations))) == iterations
    return executor.evaluator.final_losses(training.state.values)[0]


def test_rates_are_at_equal_ratios_between_exact_ends() -> None:
    rates = RaceQuestion(low=0.001, high=10.0, count=5).rates
    assert (rates[0], rates[-1]) == (0.001, 10.0)
    assert rates == pytest.approx((0.001, 0.01, 0.1, 1.0, 10.0))
    assert RaceQuestion(low=0.3, count=1).rates == (0.3,)


@pytest.mark.parametrize(
    ("question", "why"),
    [
        (RaceQuestion(low=0.0), "The rates go from a number above 0 to one that is not smaller."),
        (RaceQuestion(low=2.0, high=1.0), "The rates go from a number above 0 to one that is not smaller."),
        (RaceQuestion(count=1025), "There can be 1 to 1,024 runs."),
        (RaceQuestion(iterations=0), "There can be 1 to 100,000 iterations."),
    ],
)
def test_what_cannot_be_raced_is_said(racer: Racer, question: RaceQuestion, why: str) -> None:
    assert racer.refusal(question) == why
    assert not racer.refusal(RaceQuestion())


def test_the_best_rate_is_taken_over_as_one_edit_from_the_first_weights(
    session: Session, racer: Racer, race: Race
) -> None:
    session.navigator.move(Stride.ITERATION)
    before = session.document
    race(RaceQuestion(low=1e-3, high=1e3, count=13, iterations=20))
    assert session.document is before
    best = racer.best
    assert best is not None
    finish = racer.finish_of(best)
    assert finish is not None
    assert finish.loss == pytest.approx(final_loss(racer.contenders[best].edit(before.experiment_at(0)), 20))
    racer.take_over(best)
    assert session.experiment.optimizer.number("lr") == racer.contenders[best].lr
    assert session.cursor.iteration == 0
    session.undo_stack.undo()
    assert session.document == before


def test_every_optimizer_that_the_experiment_allows_has_each_rate(session: Session, racer: Racer, race: Race) -> None:
    cycled = Choice("CyclicLR", {"base_lr": 0.01, "max_lr": 0.1, "interval": "iteration"})
    session.editor.edit("Momentum", edits.set_optimizer(sgd(0.1, 0.5)))
    session.editor.edit("Cycle", edits.set_scheduler(cycled))
    race(RaceQuestion(RaceOver.OPTIMIZERS, 0.01, 0.1, 2, 5))
    names = [contender.optimizer.name for contender in racer.contenders]
    # They have neither momentum nor betas, which the scheduler cycles.
    assert {"Adagrad", "Adadelta", "Rprop", "ASGD"} <= set(racer.left_out)
    assert set(names) | set(racer.left_out) == set(OPTIMIZERS) - {"Formula"}
    assert all(names.count(name) == 2 for name in names)
    assert all(racer.finish_of(run) is not None for run in range(len(names)))


def test_a_seed_is_taken_over_with_the_weights_that_it_draws(session: Session, racer: Racer, race: Race) -> None:
    race(RaceQuestion(RaceOver.SEEDS, count=3, iterations=5))
    assert len({racer.finish_of(run).loss for run in range(3)}) == 3  # type: ignore[union-attr]
    racer.take_over(2)
    assert session.experiment.initialization.seed == 2


def test_a_race_is_given_up_and_the_next_one_begins_anew(racer: Racer, race: Race) -> None:
    racer.start(RaceQuestion(count=1024, iterations=100_000))
    racer.cancel()
    assert not racer.is_running
    assert racer.is_cancelled
    assert racer.best is None
    race(RaceQuestion(count=2, iterations=3))
    assert not racer.is_cancelled
    assert racer.best is not None


def test_a_race_of_another_experiment_is_outdated(session: Session, racer: Racer, race: Race) -> None:
    race(RaceQuestion(count=2, iterations=3))
    assert not racer.is_outdated
    racer.take_over(0)
    assert not racer.is_outdated
    session.editor.edit("Loss", edits.set_loss(article().loss.replace(reduction="sum")))
    assert racer.is_outdated


def test_another_file_ends_the_race_of_the_one_before(session: Session, racer: Racer, race: Race) -> None:
    race(RaceQuestion(count=2, iterations=3))
    session.file.open(article(), None)
    assert (racer.race, racer.contenders, racer.best, racer.is_outdated) == (None, (), None, False)
    racer.start(RaceQuestion(count=1024, iterations=100_000))
    session.file.open(dense((2, 4, 1), 6), None)
    assert not racer.is_running
    assert not racer.is_cancelled
    assert racer.race is None
    race(RaceQuestion(count=2, iterations=3))
    assert racer.best is not None


def test_what_it_takes_is_known_before(racer: Racer) -> None:
    few, many = (racer.estimate(RaceQuestion(count=count)) for count in (8, 1024))
    assert 0 < few.seconds < many.seconds < 60
    assert few.nbytes < many.nbytes
