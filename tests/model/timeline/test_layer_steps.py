"""Norms of gradients and update ratios of the layers, against torch.nn and torch.optim training the same network."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.experiment.versions import without_news
from chainrule.catalog.optimizers import OPTIMIZERS as OPTIMIZER_TABLE
from chainrule.catalog.values import refs
from chainrule.engine.machine.check import check_experiment
from chainrule.engine.plan import FEWEST_ITERATIONS
from chainrule.engine.plan.arena import SMALL
from chainrule.model.document import Segment
from chainrule.model.timeline.history import History
from chainrule.model.timeline.layer_steps import EVERY, EVERY_LARGE, known_last, known_rows
from tests.experiments import dense

ITERATIONS = 120
OPTIMIZERS = [
    Choice("SGD", {"lr": 0.05}),
    Choice("SGD", {"lr": 0.05, "momentum": 0.9}),
    Choice("SGD", {"lr": 0.05, "momentum": 0.9, "nesterov": True, "weight_decay": 0.01}),
    Choice("Adam", {"lr": 0.01}),
    Choice("AdamW", {"lr": 0.01, "weight_decay": 0.1}),
    Choice("RMSprop", {"lr": 0.01, "momentum": 0.5}),
    Choice("Adagrad", {"lr": 0.05}),
    Choice("NAdam", {"lr": 0.01}),
    Choice("Rprop", {"lr": 0.01}),
]


def by_torch(experiment: Experiment, iterations: int) -> tuple[np.ndarray, np.ndarray]:
    """The norms and the ratios of each layer, (iterations, layers), by torch's own modules and optimizers."""
    first = History(Segment(0, experiment)).executor.initial_state().values
    layers: list[nn.Module] = []
    for place, layer in enumerate(experiment.network.layers):
        weight = first[refs.weight(place)]
        linear = nn.Linear(weight.shape[1], weight.shape[0], dtype=torch.float64)
        linear.load_state_dict({"weight": weight, "bias": first[refs.bias(place)]})
        layers += [linear, nn.ReLU() if layer.activation.name == "ReLU" else nn.Identity()]
    module, data = nn.Sequential(*layers), experiment.data
    choice = without_news(experiment.optimizer, OPTIMIZER_TABLE[experiment.optimizer.name].arguments)
    optimizer = getattr(torch.optim, choice.name)(module.parameters(), **choice.arguments)
    inputs, targets = (torch.tensor(list(rows), dtype=torch.float64) for rows in (data.inputs, data.targets))
    weights = [each.weight for each in layers if isinstance(each, nn.Linear)]
    norms, ratios = [], []
    for _ in range(iterations):
        before = [weight.detach().clone() for weight in weights]
        optimizer.zero_grad()
        nn.functional.mse_loss(module(inputs), targets).backward()
        optimizer.step()
        pairs = list(zip(weights, before, strict=True))
        norms.append([torch.linalg.vector_norm(weight.grad).item() for weight in weights if weight.grad is not None])
        ratios.append([(torch.norm(now.detach() - then) / torch.norm(then)).item() for now, then in pairs])
    return np.array(norms), np.array(ratios)


def recorded(experiment: Experiment, iterations: int, longest: int = 50) -> tuple[np.ndarray, np.ndarray]:
    history = History(Segment(0, experiment))
    for _ in history.run(0, lambda: longest, iterations):
        pass
    norms, ratios = history.records.layers.outlines(history.records.gradients, iterations)
    return norms.rows(), ratios.rows()


@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=lambda choice: f"{choice.name}-{len(choice.arguments)}")
@pytest.mark.parametrize("sizes", [(2, 3, 1), (3, 5, 4, 2)])
def test_norms_and_ratios_are_torchs_own(sizes: tuple[int, ...], optimizer: Choice) -> None:
    """Where the curves are of single elements, and where they are of norms; by the trace, and by a plan."""
    experiment = dense(sizes, 7, optimizer=optimizer)
    norms, ratios = recorded(experiment, ITERATIONS)
    true_norms, true_ratios = by_torch(experiment, ITERATIONS)
    np.testing.assert_allclose(norms, true_norms, rtol=1e-7)
    measured = np.isfinite(ratios).all(axis=1)
    assert np.flatnonzero(measured).tolist() == [
        *range(FEWEST_ITERATIONS),
        *(at for at in range(FEWEST_ITERATIONS, ITERATIONS) if (at + 1) % EVERY == 0),
    ]
    np.testing.assert_allclose(ratios[measured], true_ratios[measured], rtol=1e-7)


def test_of_a_large_network_one_update_of_many_is_measured() -> None:
    experiment = dense((20, 60, 60, 10), 6)
    assert SMALL < 60 * 60 + 20 * 60
    norms, ratios = recorded(experiment, 3 * EVERY_LARGE)
    true_norms, true_ratios = by_torch(experiment, 3 * EVERY_LARGE)
    np.testing.assert_allclose(norms, true_norms, rtol=1e-7)
    measured = np.flatnonzero(np.isfinite(ratios).all(axis=1))
    assert measured.tolist() == [*range(FEWEST_ITERATIONS), 63, 127, 191]
    np.testing.assert_allclose(ratios[measured], true_ratios[measured], rtol=1e-7)


def test_an_iteration_without_an_update_has_no_ratio() -> None:
    experiment = dense((2, 3, 1), 6)
    data = replace(experiment.data, batch_size=2, accumulate=3)
    _, ratios = recorded(check_experiment(replace(experiment, data=data)), 90)
    measured = np.flatnonzero(np.isfinite(ratios).all(axis=1))
    assert {int(at) % 3 for at in measured} == {2}
    assert measured.max() > FEWEST_ITERATIONS


def test_a_frozen_weight_has_no_curve_and_weights_of_0_no_ratio() -> None:
    experiment = dense((2, 3, 1), 6)
    zeros = {refs.weight(1): ((0.0, 0.0, 0.0),)}
    experiment = check_experiment(replace(experiment, frozen=(refs.weight(0),), parameters=zeros))
    history = History(Segment(0, experiment))
    list(history.run(0, lambda: 1, 3))
    assert history.records.layers.layers == (1,)
    _, ratios = history.records.layers.outlines(history.records.gradients, 3)
    assert np.isnan(ratios.rows()[0]).all()
    assert np.isfinite(ratios.rows()[1:]).all()


def test_what_a_file_keeps_comes_back_and_an_older_file_without_it_is_read() -> None:
    experiment = dense((2, 3, 1), 6)
    history = History(Segment(0, experiment))
    list(history.run(0, lambda: 50, ITERATIONS))
    kept = history.remembered()
    again = History(Segment(0, experiment), kept=kept)
    both = [each.records.layers.outlines(each.records.gradients, ITERATIONS) for each in (again, history)]
    for ours, theirs in zip(*both, strict=True):
        np.testing.assert_array_equal(ours.rows(), theirs.rows())
    older = replace(kept, curves={name: parts for name, parts in kept.curves.items() if name != "layers"})
    old = History(Segment(0, experiment), kept=older)
    assert len(old.records.losses) == ITERATIONS
    list(old.run(ITERATIONS, lambda: 50, ITERATIONS + 60))
    _, ratios = old.records.layers.outlines(old.records.gradients, ITERATIONS + 60)
    rows = ratios.rows()
    assert np.isnan(rows[:ITERATIONS]).all()
    assert np.isfinite(rows[ITERATIONS:]).any()
    assert known_rows(ratios).begins[0] >= ITERATIONS


def test_the_ratio_that_was_measured_last_is_found() -> None:
    history = History(Segment(0, dense((2, 3, 1), 6)))
    list(history.run(0, lambda: 50, ITERATIONS))
    outline = history.records.layers.outlines(history.records.gradients, ITERATIONS)[1]
    found = known_last(outline, 45)
    assert found is not None
    assert found[0] == 39
    np.testing.assert_array_equal(found[1], outline.rows()[39])
    assert known_last(outline.columns([0]), -1) is None


@pytest.mark.parametrize("size", [1e-200, 1.0, 1e200])
def test_a_norm_neither_overflows_nor_vanishes_before_its_numbers_do(size: float) -> None:
    layers = History(Segment(0, dense((2, 3, 1), 6))).records.layers
    assert layers.columns is None
    gradients = size * np.random.default_rng(0).standard_normal((4, 13))
    found = layers._row(np.full((4, 2), np.nan), gradients)[:, 2:]
    expected = [[size * np.linalg.norm(part / size) for part in (row[:6], row[9:12])] for row in gradients]
    np.testing.assert_allclose(found, expected, rtol=1e-14)


def test_a_norm_of_what_is_infinite_is_infinite_and_of_zeros_is_0() -> None:
    layers = History(Segment(0, dense((2, 3, 1), 6))).records.layers
    gradients = np.zeros((3, 13))
    gradients[0, 2], gradients[1, 2] = np.inf, np.nan
    found = layers._row(np.full((3, 2), np.nan), gradients)[:, 2:]
    np.testing.assert_array_equal(found, [[np.inf, 0.0], [np.nan, 0.0], [0.0, 0.0]])
