"""What runs differ in is said in as few words as tell them apart, whatever was changed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.check import checked_experiment
from chainrule.catalog.experiment.spec import Experiment, PenaltySpec
from chainrule.catalog.values import refs
from chainrule.catalog.values.refs import ValueRef
from chainrule.explain.names.settings import settings_of
from chainrule.model.document import Document, Segment
from chainrule.model.editing import edits
from chainrule.session.runs.differing import run_differences
from tests.experiments import article, dense, sgd
from tests.formulas import formula_experiment

BASE = checked_experiment(replace(article(), optimizer=sgd(0.01)))
L2 = PenaltySpec(Choice("L2", {"factor": 0.1}))
WIDE = checked_experiment(dense((2, 4, 1), 6))


def run_of(experiment: Experiment) -> tuple[Segment, ...]:
    return Document.of(checked_experiment(experiment)).segments


def with_layer(place: int, **changes: object) -> Experiment:
    layers = list(WIDE.network.layers)
    layers[place] = replace(layers[place], **changes)  # type: ignore[arg-type]
    return replace(WIDE, network=replace(WIDE.network, layers=tuple(layers)), parameters={})


@pytest.mark.parametrize(
    ("one", "other", "said"),
    [
        (BASE, replace(BASE, optimizer=sgd(0.1)), ("lr 0.01", "lr 0.1")),
        (BASE, replace(BASE, optimizer=sgd(0.01, 0.9)), ("momentum 0", "momentum 0.9")),
        (BASE, replace(BASE, optimizer=Choice("Adam", {"lr": 0.01})), ("SGD", "Adam")),
        (BASE, replace(BASE, optimizer=Choice("Adam", {"lr": 0.1})), ("SGD, lr 0.01", "Adam, lr 0.1")),
        (BASE, replace(BASE, optimizer=BASE.optimizer.replace(nesterov=True, momentum=0.5)),
         ("momentum 0, no nesterov", "momentum 0.5, nesterov")),
        (BASE, replace(BASE, loss=Choice("L1Loss")), ("MSELoss", "L1Loss")),
        (BASE, replace(BASE, loss=BASE.loss.replace(reduction="sum")), ("reduction mean", "reduction sum")),
        (BASE, replace(BASE, scheduler=Choice("StepLR", {"step_size": 5})), ("no scheduler", "StepLR")),
        (BASE, replace(BASE, penalties=(L2,)), ("no penalty", "penalty L2 0.1")),
        (BASE, replace(BASE, frozen=frozenset({refs.bias(0)})), ("", "biases of layer 1 frozen")),
        (BASE, replace(BASE, dtype="float32"), ("float64", "float32")),
        (BASE, replace(BASE, title="another"), ("", "")),
        (WIDE, replace(WIDE, data=replace(WIDE.data, batch_size=2)), ("all rows at once", "batches of 2")),
        (WIDE, replace(WIDE, data=replace(WIDE.data, shuffle=True)), ("not shuffled", "shuffled")),
        (WIDE, replace(WIDE, data=replace(WIDE.data, test_size=0.5)), ("no test rows", "50 % test rows")),
        (WIDE, edits.remove_row(0)(WIDE), ("6 rows", "5 rows")),
        (WIDE, edits.set_data(refs.INPUT, (0, 0), 9.0)(WIDE), ("", "other data")),
        (replace(WIDE, parameters={}), with_layer(0, units=8), ("layer 1: 4 units", "layer 1: 8 units")),
        (replace(WIDE, parameters={}), with_layer(0, activation=Choice("Tanh")), ("layer 1: ReLU", "layer 1: Tanh")),
        (replace(WIDE, parameters={}), with_layer(0, lr=0.5), ("layer 1: lr as all", "layer 1: lr 0.5")),
        (replace(WIDE, parameters={}), with_layer(1, bias=False), ("layer 2: bias", "layer 2: no bias")),
        (replace(WIDE, parameters={}), dense((2, 4, 3, 1), 6), ("2-4-1", "2-4-3-1")),
        (BASE, replace(BASE, parameters={}), ("", "other first weights")),
        (formula_experiment("f = x^2", parameters={"x": 2.0}), formula_experiment("f = x^2", parameters={"x": 3.0}),
         ("x 2", "x 3")),
        (formula_experiment("f = x^2", parameters={"x": 2.0}), formula_experiment("f = x^4", parameters={"x": 2.0}),
         ("f = x^2", "f = x^4")),
    ],
)  # fmt: skip
def test_what_two_runs_differ_in(one: Experiment, other: Experiment, said: tuple[str, str]) -> None:
    found = run_differences([run_of(one), run_of(other)])
    assert tuple(text.replace("−", "-") for text in found) == said


def test_only_what_differs_is_said_of_three() -> None:
    runs = [BASE, replace(BASE, optimizer=sgd(0.1)), replace(BASE, optimizer=Choice("Adam", {"lr": 0.1}))]
    assert run_differences([*map(run_of, runs)]) == ("SGD, lr 0.01", "SGD, lr 0.1", "Adam, lr 0.1")
    assert run_differences([run_of(BASE)]) == ("",)
    assert run_differences([]) == ()


def test_a_rate_that_a_race_found_has_four_digits_unless_they_are_those_of_another() -> None:
    found = 5.779692884153313
    runs = [run_of(replace(BASE, optimizer=sgd(rate))) for rate in (found, 0.01, 5.7797)]
    assert run_differences(runs[:2]) == ("lr 5.780", "lr 0.01")
    assert run_differences(runs) == ("lr 5.779692884153313", "lr 0.01", "lr 5.7797")
    layers = [run_of(with_layer(0, lr=rate)) for rate in (found, 0.5)]
    assert run_differences(layers) == ("layer 1: lr 5.780", "layer 1: lr 0.5")
    later = Document.of(BASE).branch(30, checked_experiment(replace(BASE, optimizer=sgd(found))), None)
    assert run_differences([run_of(BASE), later.segments]) == ("lr 0.01", "lr 5.780 from iteration 30")


def test_a_single_first_number_is_called_by_its_name() -> None:
    other = edits.set_parameter(refs.weight(0), (0, 1), 9.0, lambda _: {})(BASE)
    assert run_differences([run_of(BASE), run_of(other)]) == ("w₁₂⁽¹⁾ 0.2", "w₁₂⁽¹⁾ 9")


def test_a_change_in_the_middle_is_said_with_its_iteration() -> None:
    later = Document.of(BASE).branch(30, checked_experiment(replace(BASE, optimizer=sgd(0.1))), None)
    assert run_differences([run_of(BASE), later.segments]) == ("lr 0.01", "lr 0.1 from iteration 30")
    other = run_of(replace(BASE, optimizer=sgd(0.1)))
    assert run_differences([other, later.segments]) == ("lr 0.1", "lr 0.01, lr 0.1 from iteration 30")


def test_numbers_set_by_hand_are_said() -> None:
    by_hand = Document.of(BASE).branch(7, BASE, None, {ValueRef("layers.0.pre_activation"): {(0, 0): 1.0}})
    assert run_differences([run_of(BASE), by_hand.segments]) == ("", "numbers set by hand at iteration 7")
    # Both were trained from there on.
    assert run_differences([by_hand.segments, by_hand.segments]) == ("", "")


def test_every_setting_has_words_of_its_own() -> None:
    texts = [setting.text for setting in settings_of(WIDE).values()]
    assert all(texts)
    assert all("\n" not in text for text in texts)
