"""A script for every entry of every table: its losses are those of training, for any arguments."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chainrule.catalog.activations import ACTIVATIONS
from chainrule.catalog.arguments import Choice
from chainrule.catalog.clipping import CLIPPINGS
from chainrule.catalog.experiment.spec import (
    DataSpec,
    Experiment,
    InitializationSpec,
    LayerSpec,
    NetworkSpec,
    ParameterGroup,
    PenaltySpec,
)
from chainrule.catalog.experiment.targets import targets_of
from chainrule.catalog.initializers import INITIALIZERS
from chainrule.catalog.loss import Targets
from chainrule.catalog.losses import LOSSES
from chainrule.catalog.optimizers import OPTIMIZERS
from chainrule.catalog.penalties import PENALTIES
from chainrule.catalog.schedules.schedulers import SCHEDULERS
from chainrule.engine.machine.check import check_experiment
from tests.experiments import dense, experiments, sgd, suited, usual
from tests.explain.code.writing.running import check_script

ROWS = {
    Targets.FRACTIONS: ((1.0, 0.0), (0.25, 1.0), (0.0, 0.5)),
    Targets.SIGNS: ((1.0, -1.0), (-1.0, 1.0), (1.0, 1.0)),
    Targets.CLASSES: ((0.0,), (1.0,), (1.0,)),
    Targets.DISTRIBUTIONS: ((0.0,), (1.0,), (1.0,)),
}
NUMBERS = ((0.5, -1.0), (2.0, 0.25), (-0.75, 1.5))
INPUTS = ((0.5, -1.0), (1.5, 0.25), (-0.75, -2.0))


def small(loss: Choice | None = None, **changes: object) -> Experiment:
    """A 2-3-2 network with tanh on three rows, whose targets are such as the loss takes."""
    loss = loss or usual(LOSSES, "MSELoss")
    network = suited(NetworkSpec(2, (LayerSpec(3, Choice("Tanh")), LayerSpec(2))), loss)
    made = Experiment(
        network=network, data=DataSpec(INPUTS, ROWS.get(targets_of(loss), NUMBERS)), loss=loss, optimizer=sgd(0.05)
    )
    return check_experiment(replace(made, **changes))  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations(name: str) -> None:
    network = NetworkSpec(2, (LayerSpec(3, usual(ACTIVATIONS, name)), LayerSpec(2)))
    check_script(small(network=network))


@pytest.mark.parametrize("reduction", ["mean", "sum", "batchmean"])
@pytest.mark.parametrize("name", LOSSES)
def test_losses(name: str, reduction: str) -> None:
    check_script(small(usual(LOSSES, name, reduction=reduction)))


@pytest.mark.parametrize("name", ["CrossEntropyLoss", "NLLLoss", "BCELoss", "BCEWithLogitsLoss"])
def test_losses_with_weights(name: str) -> None:
    given = {"weight": (2.0, 0.5)} | ({"pos_weight": (3.0, 0.25)} if name == "BCEWithLogitsLoss" else {})
    check_script(small(usual(LOSSES, name, **given)))


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_optimizers(name: str) -> None:
    check_script(small(optimizer=usual(OPTIMIZERS, name, lr=0.05)))


@pytest.mark.parametrize("name", ["Adam", "AdamW"])
@pytest.mark.parametrize("amsgrad", [False, True])
def test_adam_without_its_correction(name: str, amsgrad: bool) -> None:
    given = {"bias_correction": False, "amsgrad": amsgrad, "weight_decay": 0.1, "maximize": amsgrad}
    check_script(small(optimizer=usual(OPTIMIZERS, name, lr=0.01, **given)))


@pytest.mark.parametrize("interval", ["iteration", "epoch"])
@pytest.mark.parametrize("name", SCHEDULERS)
def test_schedulers(name: str, interval: str) -> None:
    scheduler = usual(SCHEDULERS, name, interval=interval)
    if name == "OneCycleLR":
        scheduler = scheduler.replace(total_steps=40)
    data = DataSpec(INPUTS, NUMBERS, batch_size=2)
    check_script(small(optimizer=sgd(0.05, 0.9), scheduler=scheduler, data=data), 25)


@pytest.mark.parametrize("name", CLIPPINGS)
def test_clippings(name: str) -> None:
    for choice in [usual(CLIPPINGS, name)] + [
        usual(CLIPPINGS, name, max_norm=0.1, norm_type=p) for p in ("1", "2", "inf") if name == "clip_grad_norm_"
    ]:
        check_script(small(clipping=choice))


@pytest.mark.parametrize("pattern", ["*.weight", "*", "layers.1.*"])
@pytest.mark.parametrize("name", PENALTIES)
def test_penalties(name: str, pattern: str) -> None:
    entry = usual(PENALTIES, name)
    penalties = [PenaltySpec(entry, (pattern,)), PenaltySpec(usual(PENALTIES, "L2", half=True), ("*.bias",))]
    check_script(small(penalties=tuple(penalties)))


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", INITIALIZERS)
def test_initializers(name: str, dtype: str) -> None:
    given = {"val": 0.5} if name == "constant" else {}
    scheme = usual(INITIALIZERS, name, **given)
    check_script(small(initialization=InitializationSpec(scheme, 7), dtype=dtype), 3)


def test_layers_have_schemes_of_their_own() -> None:
    layers = (
        LayerSpec(3, Choice("Tanh"), initialization=usual(INITIALIZERS, "orthogonal")),
        LayerSpec(3, Choice("Sigmoid"), bias=False),
        LayerSpec(2, initialization=usual(INITIALIZERS, "normal")),
    )
    check_script(small(network=NetworkSpec(2, layers), frozen=frozenset({"layers.0.bias"})))


@settings(max_examples=60, deadline=None)
@given(experiments())
def test_random_experiments(experiment: Experiment) -> None:
    check_script(experiment, 6, 1e-9)


@settings(max_examples=30, deadline=None)
@given(
    st.sampled_from([None, 1, 2, 3]),
    st.booleans(),
    st.integers(0, 2**53),
    st.sampled_from([0.0, 0.3]),
    st.integers(1, 3),
    st.sampled_from([None, "StepLR", "ReduceLROnPlateau", "LambdaLR"]),
    st.sampled_from(["iteration", "epoch"]),
)
def test_batches_shuffles_tests_and_accumulation(
    size: int | None, shuffle: bool, seed: int, test: float, accumulate: int, name: str | None, interval: str
) -> None:
    experiment = dense((2, 3, 1), 7)
    data = replace(experiment.data, batch_size=size, shuffle=shuffle, seed=seed, test_size=test, accumulate=accumulate)
    scheduler = None if name is None else usual(SCHEDULERS, name, interval=interval)
    check_script(check_experiment(replace(experiment, data=data, scheduler=scheduler)), 15)


def test_parameter_groups_and_rates_of_layers() -> None:
    layers = (LayerSpec(3, Choice("PReLU"), lr=0.5), LayerSpec(2))
    groups = (
        ParameterGroup(("*.bias",), {"momentum": 0.5, "lr": 0.01}),
        ParameterGroup(("layers.1.weight",), {"weight_decay": 0.5}),
    )
    scheduler = usual(SCHEDULERS, "ExponentialLR", interval="iteration")
    check_script(small(network=NetworkSpec(2, layers), parameter_groups=groups, scheduler=scheduler))
