"""Learning rates: what was used is what torch's schedulers set, what lies ahead is what will be used."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from chainrule.catalog.arguments import suggested
from chainrule.catalog.experiment.spec import DataSpec, Experiment
from chainrule.catalog.schedules.schedulers import SCHEDULERS
from chainrule.catalog.values import refs
from chainrule.engine.machine.check import check_experiment
from chainrule.model.curves.learning_rates import LEAST, MOST, learning_rates, preview_length
from chainrule.model.document import Document
from chainrule.model.editing import edits
from chainrule.model.timeline.timeline import Timeline
from tests.experiments import article, sgd


def scheduled(name: str, /, **arguments: object) -> Experiment:
    """The article's network with a scheduler, which steps after each iteration unless it is said otherwise."""
    kept = {"interval": "iteration", "total_steps": 30, "cycle_momentum": False} | arguments
    choice = suggested(name, SCHEDULERS[name].arguments, kept)  # type: ignore[arg-type]
    return check_experiment(replace(article(), scheduler=choice, optimizer=sgd(0.01, 0.0)))


def trained(experiment: Experiment, iterations: int) -> tuple[Timeline, Document]:
    """A timeline on which so many iterations were computed."""
    timeline, document = Timeline(), Document.of(experiment)
    for iteration, _ in timeline.run(document, 0):
        if iteration + 1 == iterations:
            break
    return timeline, document


@pytest.mark.parametrize("name", SCHEDULERS)
def test_what_lies_ahead_is_what_is_used(name: str) -> None:
    experiment = scheduled(name)
    timeline, document = trained(experiment, 25)
    found = learning_rates(timeline, document, experiment, 25)
    assert found.refs == (refs.LR,)
    assert found.used.rows().shape == (25, 1)
    if name == "ReduceLROnPlateau":
        assert found.ahead.shape == (0, 1)
        assert "ReduceLROnPlateau" in found.note
    else:
        assert found.note == ""
        np.testing.assert_array_equal(found.ahead[:25], found.used.rows())


def test_what_was_used_is_what_torch_sets() -> None:
    experiment = scheduled("CosineAnnealingLR", T_max=8)
    timeline, document = trained(experiment, 20)
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.01)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 8)
    expected = []
    for _ in range(20):
        expected.append(scheduler.get_last_lr()[0])
        optimizer.step()
        scheduler.step()
    used = learning_rates(timeline, document, experiment, 20).used.rows()[:, 0]
    np.testing.assert_allclose(used, expected, rtol=1e-12)


def test_layers_with_a_learning_rate_of_their_own_are_curves() -> None:
    experiment = check_experiment(edits.set_layer_lr(1, 0.5)(scheduled("StepLR", step_size=2)))
    timeline, document = trained(experiment, 4)
    found = learning_rates(timeline, document, experiment, 4)
    assert found.refs == (refs.LR, refs.layer_lr(1))
    np.testing.assert_allclose(found.used.rows(), [[0.01, 0.5], [0.01, 0.5], [0.001, 0.05], [0.001, 0.05]])
    np.testing.assert_array_equal(found.ahead[:4], found.used.rows())


def test_a_layer_had_the_optimizers_before_it_got_its_own() -> None:
    before = check_experiment(article())
    timeline, document = trained(before, 3)
    after = check_experiment(edits.set_layer_lr(0, 0.5)(before))
    document = document.branch(2, after, timeline.history(document, 2).state(2))
    timeline.history(document, 4).trace(4)
    lr = before.optimizer.number("lr")
    expected = [[lr, lr], [lr, lr], [lr, 0.5], [lr, 0.5]]
    np.testing.assert_allclose(learning_rates(timeline, document, after, 4).used.rows(), expected)


def test_a_frozen_layers_own_learning_rate_is_shown_though_nothing_reads_it() -> None:
    frozen = replace(article(), frozen=frozenset({refs.weight(0), refs.bias(0)}))
    experiment = check_experiment(edits.set_layer_lr(0, 0.25)(frozen))
    timeline, document = trained(experiment, 2)
    assert learning_rates(timeline, document, experiment, 2).used.rows()[:, 1].tolist() == [0.25, 0.25]


def test_without_a_scheduler_the_line_is_flat() -> None:
    experiment = check_experiment(article())
    timeline, document = trained(experiment, 1)
    found = learning_rates(timeline, document, experiment, 0)
    assert found.used.rows().shape == (0, 1)
    assert set(found.ahead[:, 0]) == {experiment.optimizer.number("lr")}
    assert len(found.ahead) == LEAST + 1


@pytest.mark.parametrize(
    ("name", "arguments", "length"),
    [
        ("OneCycleLR", {"total_steps": 80}, 81),
        ("OneCycleLR", {"total_steps": None, "epochs": 3, "steps_per_epoch": 20}, 61),
        ("CyclicLR", {"step_size_up": 10}, 41),
        ("CyclicLR", {"step_size_up": 10, "step_size_down": 5}, 31),
        ("CosineAnnealingLR", {"T_max": 25}, 51),
        ("CosineAnnealingWarmRestarts", {"T_0": 10, "T_mult": 2}, 71),
        ("StepLR", {"step_size": 10}, 41),
        ("MultiStepLR", {"milestones": (30, 80)}, 105),
        ("ExponentialLR", {"gamma": 0.9}, 39),
        ("ExponentialLR", {"gamma": 1.0}, LEAST + 1),
        ("ExponentialLR", {"gamma": 0.0}, LEAST + 1),
        ("LinearLR", {"total_iters": 30}, 61),
        ("ConstantLR", {"total_iters": 40}, 81),
        ("PolynomialLR", {"total_iters": 50}, 61),
        ("LinearLR", {}, LEAST),
        ("CosineAnnealingLR", {"T_max": 10**9}, MOST),
        ("LambdaLR", {}, 101),
        ("ReduceLROnPlateau", {}, 101),
        ("SequentialLR", {}, 106),
    ],
)
def test_the_range_shows_all_that_matters(name: str, arguments: dict[str, object], length: int) -> None:
    experiment = scheduled(name, **arguments)
    assert preview_length(experiment, 0) == length
    # Training that goes on doubles it now and then, and does not stretch it in every iteration.
    if length < 1000:
        assert preview_length(experiment, length) == length
        assert preview_length(experiment, length + 1) == 2 * length
        assert preview_length(experiment, MOST + 1) == 0


def test_what_lies_ahead_is_computed_once() -> None:
    experiment = scheduled("StepLR")
    timeline, document = trained(experiment, 41)
    first = learning_rates(timeline, document, experiment, 3)
    again = learning_rates(timeline, document, experiment, 9, first)
    assert again.ahead is first.ahead
    assert len(again.used) == 9
    assert len(learning_rates(timeline, document, experiment, 42, again).ahead) == 2 * len(again.ahead)
    other = scheduled("StepLR", gamma=0.5)
    assert learning_rates(timeline, document, other, 9, again).ahead[10, 0] == 0.005


def test_an_epoch_counts_with_its_batches() -> None:
    rows = ((1.0, 2.0),) * 10
    experiment = replace(scheduled("StepLR", interval="epoch"), data=DataSpec(rows, ((1.0,),) * 10, batch_size=4))
    assert preview_length(check_experiment(experiment), 0) == 4 * 10 * 3 + 1


@pytest.mark.parametrize("name", SCHEDULERS)
def test_every_scheduler_has_a_range(name: str) -> None:
    assert LEAST <= preview_length(scheduled(name), 0) <= MOST
