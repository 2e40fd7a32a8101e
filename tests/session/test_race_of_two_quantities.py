"""A race over two quantities, or over the ways to draw the first weights: each run is the one that it says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
import torch
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.spec import ParameterGroup
from chainrule.catalog.initializers import INITIALIZERS
from chainrule.engine.machine.check import check_experiment
from chainrule.engine.race.race import Race as EngineRace
from chainrule.engine.race.race import _alike
from chainrule.model.editing import edits
from chainrule.session.race_quantities import RacePlane, RaceRange
from chainrule.session.racing import RaceOver, RaceQuestion, Racer
from chainrule.session.session import Session
from tests.experiments import dense, sgd
from tests.formulas import formula_experiment
from tests.session.test_racing import final_loss

Race = Callable[[RaceQuestion], None]
RATES = RaceRange("lr", 0.01, 10.0)


@pytest.fixture
def make(qtbot: QtBot) -> Iterator[Callable[..., Session]]:
    made: list[Session] = []

    def session_of(*arguments: object) -> Session:
        made.append(Session(*arguments))  # type: ignore[arg-type]
        assert made[-1].timeline is not None
        return made[-1]

    yield session_of
    for session in made:
        session.loader.close()
        session.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


def raced(session: Session, question: RaceQuestion, qtbot: QtBot) -> Racer:
    racer = Racer(session, session)
    assert racer.refusal(question) == ""
    racer.start(question)
    qtbot.waitUntil(lambda: not racer.is_running, timeout=60_000)
    return racer


def over(up: RaceRange, across: RaceRange = RATES, side: int = 3, iterations: int = 6) -> RaceQuestion:
    return RaceQuestion(RaceOver.PLANE, iterations=iterations, plane=RacePlane(across, up, side))


GROUPED = check_experiment(
    replace(dense((2, 3, 1), 6), parameter_groups=(ParameterGroup(("*.bias",), {"weight_decay": 0.1}),))
)
ADAM = check_experiment(replace(dense((2, 3, 1), 6), optimizer=Choice("Adam", {"lr": 0.01})))
CASES = [
    (dense((2, 3, 1), 6), RaceRange("momentum", 0.0, 0.9)),
    (dense((2, 3, 1), 6), RaceRange("weight_decay", 1e-4, 1.0)),
    (dense((2, 3, 1), 6), RaceRange("lr of layer 2", 0.0, 0.3)),
    (dense((2, 3, 1), 6), RaceRange("initial scale", 0.1, 10.0)),
    (GROUPED, RaceRange("lr of *.bias", 1e-3, 0.3)),
    (ADAM, RaceRange("beta1", 0.0, 0.9)),
    (ADAM, RaceRange("eps", 1e-8, 0.1)),
    (
        formula_experiment("f = (x - 1)^2 + y^4", parameters={"x": -1, "y": 1}, optimizer={"name": "SGD", "lr": 0.1}),
        RaceRange("initial scale", -1.0, 2.0),
    ),
]


@pytest.mark.parametrize(("spec", "up"), CASES, ids=lambda case: getattr(case, "name", ""))
def test_each_run_is_the_one_that_trains_by_itself(
    make: Callable[..., Session], qtbot: QtBot, spec: object, up: RaceRange
) -> None:
    across = RaceRange("lr", 0.001, 0.02)
    racer = raced(make(spec), over(up, across), qtbot)
    assert [contender.numbers for contender in racer.contenders] == [
        (("lr", rate), (up.name, number)) for number in up.numbers(3) for rate in across.numbers(3)
    ]
    for run in (0, 2, 4, 8):
        finish = racer.finish_of(run)
        assert finish is not None
        alone = final_loss(racer.contenders[run].edit(spec), 6)  # type: ignore[arg-type]
        assert finish.loss == pytest.approx(alone, rel=1e-10)


def test_weights_are_scaled_by_the_number_that_stands_there(make: Callable[..., Session], qtbot: QtBot) -> None:
    spec = check_experiment(replace(dense((2, 3, 1), 6), frozen=frozenset({"layers.0.bias"})))
    racer = raced(make(spec), over(RaceRange("initial scale", 0.5, 2.0)), qtbot)
    whole, double = (racer.contenders[run].edit(spec).parameters for run in (3, 6))
    assert "layers.0.bias" not in double
    scaled = torch.tensor(double["layers.0.weight"], dtype=torch.float64)
    middle = racer.contenders[3].numbers[1][1]
    torch.testing.assert_close(scaled / 2, torch.tensor(whole["layers.0.weight"], dtype=torch.float64) / middle)


def test_rates_of_layers_and_groups_are_numbers_of_one_heat() -> None:
    spec = dense((2, 3, 1), 6)
    layers = [edits.set_layer_lr(0, rate)(spec) for rate in (0.1, 0.2)]
    groups = [replace(GROUPED, parameter_groups=(ParameterGroup(("*.bias",), {"lr": rate}),)) for rate in (0.1, 0.2)]
    assert _alike(layers) == [[0, 1]]
    assert _alike(groups) == [[0, 1]]
    assert _alike([spec, layers[0]]) == [[0], [1]]
    race = EngineRace([*layers, *groups], 5, lambda: None)
    assert list(race.advance()) is not None
    for run, finish in zip(race.experiments, race.finishes, strict=True):
        assert finish is not None
        assert finish.loss == pytest.approx(final_loss(run, 5), rel=1e-10)


def test_every_way_to_draw_weights_has_each_seed(make: Callable[..., Session], qtbot: QtBot) -> None:
    session = make(dense((2, 3, 1), 6))
    racer = raced(session, RaceQuestion(RaceOver.INITIALIZATIONS, count=2, iterations=4), qtbot)
    assert [(each.scheme, each.seed) for each in racer.contenders] == [(n, s) for n in INITIALIZERS for s in (0, 1)]
    run = next(place for place, each in enumerate(racer.contenders) if (each.scheme, each.seed) == ("xavier_normal", 1))
    finish = racer.finish_of(run)
    assert finish is not None
    assert finish.loss == pytest.approx(final_loss(racer.contenders[run].edit(session.experiment), 4), rel=1e-10)
    racer.take_over(run)
    assert session.experiment.initialization.scheme.name == "xavier_normal"
    assert session.experiment.initialization.seed == 1
    assert not racer.is_outdated


def test_a_pair_is_taken_over_as_one_edit_and_undone(make: Callable[..., Session], qtbot: QtBot) -> None:
    session = make(dense((2, 3, 1), 6))
    before = session.document
    racer = raced(session, over(RaceRange("lr of layer 1", 0.001, 0.1)), qtbot)
    racer.take_over(5)
    assert session.experiment.optimizer.number("lr") == RATES.numbers(3)[2]
    assert session.experiment.network.layers[0].lr == racer.contenders[5].numbers[1][1]
    assert not racer.is_outdated
    session.undo_stack.undo()
    assert session.document == before


def test_one_looks_into_a_race_and_back(make: Callable[..., Session], qtbot: QtBot) -> None:
    session = make(dense((2, 3, 1), 6))
    racer = raced(session, over(RaceRange("momentum", 0.0, 0.9)), qtbot)
    wide, finishes = racer.question, racer.race.finishes  # type: ignore[union-attr]
    racer.zoom(over(RaceRange("momentum", 0.1, 0.2), RaceRange("lr", 0.02, 0.03)))
    qtbot.waitUntil(lambda: not racer.is_running, timeout=60_000)
    assert racer.can_go_back
    assert racer.contenders[0].numbers == (("lr", 0.02), ("momentum", 0.1))
    racer.back()
    assert racer.question == wide
    assert racer.race is not None
    assert racer.race.finishes is finishes
    assert not racer.can_go_back
    racer.zoom(wide)
    racer.start(wide)
    assert not racer.can_go_back
    racer.cancel()


def test_what_diverges_is_said_and_constant_inputs_are_raced_as_others_are(
    make: Callable[..., Session], qtbot: QtBot
) -> None:
    spec = dense((2, 3, 1), 6)
    constant = check_experiment(replace(spec, data=replace(spec.data, inputs=((1.0, 1.0),) * 6)))
    question = over(RaceRange("momentum", 0.0, 0.9), RaceRange("lr", 0.01, 1e9), iterations=60)
    racer = raced(make(constant), question, qtbot)
    finishes = [racer.finish_of(run) for run in range(9)]
    assert all(finish is not None and finish.loss is not None for finish in finishes[::3])
    assert all(finish is not None and finish.diverged is not None for finish in finishes[2::3])
    assert racer.best is not None


@pytest.mark.parametrize(
    ("question", "why"),
    [
        (over(RATES), "The two quantities have to be different ones."),
        (over(RaceRange("momentum", 0.5, 0.5)), "Each quantity goes from a number to a larger one."),
        (over(RaceRange("momentum", 0.0, 0.9), side=33), "There can be 2 to 32 numbers of each quantity."),
        (over(RaceRange("beta1", 0.0, 0.9)), "This experiment has no beta1."),
        (
            over(RaceRange("dampening", 0.0, 0.9), RaceRange("weight_decay", 0.0, 1.0)),
            "weight_decay or dampening has to be a rate, a momentum or the initial scale.",
        ),
        (
            over(RaceRange("momentum", 0.5, 0.5 + 3e-16), side=8),
            "So near to each other numbers are no longer told apart: this is as deep as one can look.",
        ),
    ],
)
def test_what_cannot_be_raced_is_said(make: Callable[..., Session], question: RaceQuestion, why: str) -> None:
    session = make(dense((2, 3, 1), 6))
    assert Racer(session, session).refusal(question) == why


def test_what_the_experiment_refuses_is_said_in_its_words(make: Callable[..., Session]) -> None:
    session = make(check_experiment(replace(dense((2, 3, 1), 6), optimizer=sgd(0.1, 0.5).replace(nesterov=True))))
    racer = Racer(session, session)
    assert "momentum" in racer.refusal(over(RaceRange("momentum", 0.0, 0.9)))
    assert racer.refusal(over(RaceRange("momentum", 0.1, 0.9))) == ""
    assert racer.refusal(over(RaceRange("momentum", -0.5, 0.9)))


def test_weights_that_are_too_many_are_not_scaled(make: Callable[..., Session]) -> None:
    session = make(dense((2, 4000, 1), 6))
    racer = Racer(session, session)
    assert racer.refusal(over(RaceRange("initial scale", 0.1, 10.0), side=32)).startswith("16,001 weights are too many")
    assert racer.refusal(over(RaceRange("initial scale", 0.1, 10.0), side=2)) == ""


def test_numbers_are_at_equal_ratios_where_the_range_is_wide_and_their_ends_are_exact() -> None:
    assert RaceRange("lr", 0.1, 1000.0).numbers(5) == pytest.approx((0.1, 1.0, 10.0, 100.0, 1000.0))
    assert RaceRange("lr", 0.1, 0.3).numbers(3) == pytest.approx((0.1, 0.2, 0.3))
    assert RaceRange("lr", 0.1, 0.3).numbers(7)[::6] == (0.1, 0.3)
    wide = RaceRange("lr", 0.1, 1000.0)
    assert wide.at(wide.place(20.0)) == pytest.approx(20.0)
    assert wide.at(99.0) == 1000.0
