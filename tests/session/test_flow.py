"""What is read of the layers of a moment, and that no example that trains well is called ill."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.spec import Experiment, LayerSpec, NetworkSpec
from chainrule.catalog.values import refs
from chainrule.engine.machine.check import check_experiment
from chainrule.model.files.storage import read_experiment
from chainrule.model.navigation import Cursor
from chainrule.resource_files import example_paths
from chainrule.session import flow as flow_module
from chainrule.session.flow import WEIGHT_GRAD, Z_GRAD, A, Flow, Z, flow_of, place_of_finding
from chainrule.session.session import Session
from tests.experiments import dense, sgd
from tests.session.conftest import Open

KINDS = (Z, A, Z_GRAD, WEIGHT_GRAD)
EXAMPLES = [path for path in example_paths() if not read_experiment(path).network.formula]
ITERATIONS = 400


def read(session: Session, kinds: tuple[str, ...] = ()) -> Flow:
    found = [each for each in flow_of(session.moment, kinds) if each is not None]
    assert len(found) == 1
    return found[0]


def troubles(session: Session) -> list[tuple[str, int]]:
    return [(each.trouble.value, each.layer) for each in read(session).findings]


def trained(opened: Open, experiment: Experiment, iterations: int) -> Session:
    session = opened(experiment)
    for last, finite in session.timeline.run(session.document, 0):
        if last + 1 >= iterations or not finite:
            session.navigator.show_iteration(last)
            return session
    raise AssertionError


def deep(name: str, depth: int = 7, lr: float = 0.1, optimizer: str = "SGD") -> Experiment:
    choice = Choice("Formula", {"formula": "1/(1 + exp(-z))"}) if name == "typed" else Choice(name)
    layers = (*(LayerSpec(6, choice) for _ in range(depth - 1)), LayerSpec(1))
    network = NetworkSpec(2, layers)
    return dense((2, 6, 1), 40, network=network, optimizer=Choice(optimizer, {"lr": lr}))


def test_there_are_ten_examples_with_layers() -> None:
    assert len(EXAMPLES) == 10


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_that_trains_well_is_never_called_ill(opened: Open, path: Path) -> None:
    session = opened(read_experiment(path))
    for last, _ in session.timeline.run(session.document, 0):
        if last < 20 or last % 40 == 0:
            session.navigator.show_iteration(last)
            assert troubles(session) == [], last
        if last >= ITERATIONS:
            break


@pytest.mark.parametrize("name", ["Sigmoid", "typed"])
@pytest.mark.parametrize("iterations", [1, 100])
def test_a_deep_network_of_sigmoids_is_said_to_vanish_also_on_its_plateau(
    opened: Open, name: str, iterations: int
) -> None:
    session = trained(opened, deep(name), iterations)
    found = read(session).findings
    assert {each.trouble.value for each in found} == {"vanishing"}
    assert found[0].layer == 0
    trace = session.moment.numbers
    first, last = (trace.tensor(refs.grad(refs.pre_activation(layer))) for layer in (0, found[0].other))
    assert first is not None
    assert last is not None
    assert found[0].factor == pytest.approx((last.norm() / first.norm()).item())


def test_what_was_said_stays_while_the_next_iteration_is_stepped_through(opened: Open) -> None:
    session = trained(opened, deep("Sigmoid"), 3)
    before = troubles(session)
    assert before
    session.navigator.go_to(Cursor(3, 1))
    assert troubles(session) == before
    assert read(session).iteration == 2


def test_adam_makes_up_for_a_small_gradient(opened: Open) -> None:
    session = trained(opened, deep("Sigmoid", lr=0.01, optimizer="Adam"), 5)
    assert troubles(session) == []


def test_units_that_answer_0_to_every_row_are_dead_and_the_way_leads_to_the_first_of_them(opened: Open) -> None:
    experiment = dense((2, 4, 1), 40)
    biases = {refs.bias(0): (-9.0, 1.0, -9.0, -9.0)}
    session = opened(check_experiment(replace(experiment, parameters=biases)))
    session.navigator.show_iteration(0)
    (finding,) = read(session).findings
    assert (finding.trouble.value, finding.layer, finding.units) == ("dead", 0, (0, 2, 3))
    cursor, ref, index = place_of_finding(session.moment, finding)
    assert (ref, index) == (refs.grad(refs.pre_activation(0)), (0, 0))
    assert session.moment.steps[cursor.position - 1].writes == ref


def test_inputs_that_are_far_too_large_saturate_a_layer(opened: Open) -> None:
    experiment = dense((2, 4, 1), 40, network=NetworkSpec(2, (LayerSpec(4, Choice("Tanh")), LayerSpec(1))))
    rows = tuple(tuple(1000 * number + 50 for number in row) for row in experiment.data.inputs)
    session = trained(opened, replace(experiment, data=replace(experiment.data, inputs=rows)), 1)
    assert ("saturated", 0) in troubles(session)


def test_a_rate_that_is_far_too_large_explodes_and_then_is_not_finite(opened: Open) -> None:
    network = NetworkSpec(2, (LayerSpec(4), LayerSpec(4), LayerSpec(1)))
    experiment = dense((2, 4, 1), 20, network=network, optimizer=sgd(50.0))
    assert "exploding" in {name for name, _ in troubles(trained(opened, experiment, 4))}
    assert {name for name, _ in troubles(trained(opened, experiment, 100))} == {"not finite"}


def test_histograms_count_every_number_that_is_known_and_none_before(opened: Open) -> None:
    session = opened(dense((2, 4, 3, 1), 6))
    assert all(each is None for kind in KINDS for each in read(session, KINDS).histograms[kind])
    session.navigator.show_iteration(0)
    found = read(session, KINDS)
    for kind in KINDS:
        for layer, each in enumerate(found.histograms[kind]):
            assert each is not None
            tensor = session.moment.tensor(flow_module.ref_of(kind, layer))
            assert tensor is not None
            assert sum(each.counts) + each.zeros + each.not_finite == tensor.numel() == each.total
    assert sum(found.histograms[Z][0].counts) == 6 * 4  # type: ignore[union-attr]


def test_of_very_many_rows_some_are_looked_at(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flow_module, "MOST_ROWS", 10)
    session = trained(opened, dense((2, 4, 1), 35), 1)
    found = read(session, KINDS)
    z = session.moment.tensor(refs.pre_activation(0))
    assert z is not None
    assert (found.rows, found.all_rows) == (9, 35)
    assert found.readings[0].slopes is not None
    assert found.readings[0].slopes.rows == 9
    assert found.readings[0].slopes.dead == tuple(torch.nonzero((z[::4] <= 0).all(0)).flatten().tolist())
    assert sum(found.histograms[Z][0].counts) == 9 * 4  # type: ignore[union-attr]


def test_a_small_batch_says_nothing_of_units(opened: Open) -> None:
    experiment = dense((2, 4, 1), 40)
    experiment = replace(experiment, parameters={refs.bias(0): (-9.0,) * 4})
    data = replace(experiment.data, batch_size=4)
    assert troubles(trained(opened, experiment, 1)) == [("dead", 0)]
    small = troubles(trained(opened, check_experiment(replace(experiment, data=data)), 1))
    assert "dead" not in {name for name, _ in small}
