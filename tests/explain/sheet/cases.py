"""Experiments with each entry of each table, small enough that a spreadsheet of them is quickly worked out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from chainrule.catalog.activations import ACTIVATIONS
from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.spec import (
    DataSpec,
    Experiment,
    LayerSpec,
    NetworkSpec,
    ParameterGroup,
    PenaltySpec,
    StartState,
)
from chainrule.catalog.experiment.targets import targets_of
from chainrule.catalog.loss import Targets
from chainrule.catalog.losses import LOSSES
from chainrule.catalog.optimizers import OPTIMIZERS
from chainrule.catalog.values.refs import ValueRef
from chainrule.engine.machine.check import check_experiment
from tests.engine.scheduler_cases import CASES, MOMENTUM, sequence
from tests.engine.scheduler_cases import experiment as scheduled
from tests.experiments import sgd, usual
from tests.formulas import BY_FORMULA, formula_experiment

INPUTS = ((0.5, -1.25), (1.0, 0.75), (-0.3, 0.2), (0.9, 1.1))
TARGETS = {
    Targets.NUMBERS: ((0.3, -0.2, 1.0), (0.1, 0.4, -0.6), (-0.5, 0.8, 0.2), (0.7, 0.7, 0.1)),
    Targets.FRACTIONS: ((0.0, 1.0, 0.25), (1.0, 0.0, 0.5), (0.75, 1.0, 0.0), (0.0, 0.3, 1.0)),
    Targets.SIGNS: ((1.0, -1.0, 1.0), (-1.0, 1.0, -1.0), (1.0, 1.0, -1.0), (-1.0, -1.0, 1.0)),
    Targets.CLASSES: ((0.0,), (2.0,), (1.0,), (2.0,)),
    Targets.DISTRIBUTIONS: ((0.2, 0.3, 0.5), (1.0, 0.0, 0.0), (0.1, 0.1, 0.8), (0.0, 0.5, 0.5)),
}
TARGETS[Targets.UNUSED] = TARGETS[Targets.NUMBERS]


def small(**changes: Any) -> Experiment:
    """Two inputs, three hidden units, three outputs, four rows."""
    network = NetworkSpec(2, (LayerSpec(3, Choice("Tanh")), LayerSpec(3)))
    data = DataSpec(inputs=INPUTS, targets=TARGETS[Targets.NUMBERS])
    found = Experiment(title="small", network=network, data=data, optimizer=sgd(0.1))
    return check_experiment(replace(found, **changes))


def with_activation(choice: Choice, **changes: Any) -> Experiment:
    """One hidden layer of it, and outputs of it."""
    last = choice.replace(num_parameters=1) if "num_parameters" in choice.arguments else choice
    return small(network=NetworkSpec(2, (LayerSpec(3, choice), LayerSpec(3, last))), **changes)


def with_loss(choice: Choice, targets: Targets | None = None, **changes: Any) -> Experiment:
    """Outputs and targets that the loss takes."""
    kind = targets or targets_of(choice)
    last = {"BCELoss": "Sigmoid", "NLLLoss": "LogSoftmax"}.get(choice.name, "Identity")
    network = NetworkSpec(2, (LayerSpec(3, Choice("Tanh")), LayerSpec(3, Choice(last))))
    return small(network=network, loss=choice, data=DataSpec(inputs=INPUTS, targets=TARGETS[kind]), **changes)


def _activations() -> Iterator[tuple[str, Experiment]]:
    several: dict[str, list[dict[str, Any]]] = {
        "PReLU": [{}, {"num_parameters": 3, "init": -0.5}],
        "GELU": [{}, {"approximate": "tanh"}],
        "Softplus": [{}, {"beta": 2.0, "threshold": 0.25}],
        "ELU": [{"alpha": 0.5}],
        "CELU": [{"alpha": -0.5}],
        "Formula": [{"formula": "sin(z)*z^2 - (z > 0)/3"}, {"formula": "if(z < 0, min(z, -z^2), floor(3*z))"}],
    }
    for name in ACTIVATIONS:
        for place, arguments in enumerate(several.get(name, [{}])):
            yield f"{name} {place}", with_activation(usual(ACTIVATIONS, name, **arguments))


def _losses() -> Iterator[tuple[str, Experiment]]:
    given: dict[str, list[dict[str, Any]]] = {
        "SmoothL1Loss": [{"beta": 0.25}],
        "HuberLoss": [{"delta": 0.5}],
        "Formula": [{"formula": "(o - t)^4 - abs(o)"}],
        "BCELoss": [{"weight": (2.0, 0.5, 1.0)}],
        "BCEWithLogitsLoss": [
            {"pos_weight": (3.0, 1.0, 0.25)},
            {"weight": (1.0, 2.0, 3.0), "pos_weight": (2.0, 2.0, 1.0)},
        ],
        "NLLLoss": [{"weight": (0.5, 1.0, 2.0)}, {"ignore_index": 2}, {"weight": (0.5, 1.0, 2.0), "ignore_index": 1}],
        "CrossEntropyLoss": [{"weight": (0.5, 1.0, 2.0)}, {"label_smoothing": 0.1}, {"ignore_index": 2}],
    }
    for name in LOSSES:
        needed = given["Formula"][0] if name == "Formula" else {}
        for reduction in ("mean", "sum", "batchmean") if name in ("L1Loss", "CrossEntropyLoss") else ("mean",):
            yield f"{name} {reduction}", with_loss(usual(LOSSES, name, reduction=reduction, **needed))
        for place, arguments in enumerate(given.get(name, [])):
            yield f"{name} {place}", with_loss(usual(LOSSES, name, **arguments), _kind(name))
    smooth = usual(LOSSES, "CrossEntropyLoss", label_smoothing=0.2, weight=(0.5, 1.0, 2.0))
    # Outputs that are 1 and 0 to the last digit, where torch takes -100 for the logarithm.
    steep = {ValueRef("layers.1.bias"): (60.0, -800.0, 0.1)}
    yield "BCELoss saturated", with_loss(usual(LOSSES, "BCELoss"), parameters=steep)
    yield "BCEWithLogitsLoss saturated", with_loss(usual(LOSSES, "BCEWithLogitsLoss"), parameters=steep)
    yield "shares", with_loss(smooth, Targets.DISTRIBUTIONS)
    yield "shares alone", with_loss(usual(LOSSES, "CrossEntropyLoss"), Targets.DISTRIBUTIONS)
    yield "classes", with_loss(usual(LOSSES, "CrossEntropyLoss"), Targets.CLASSES)


def _kind(name: str) -> Targets | None:
    return Targets.CLASSES if name in ("NLLLoss", "CrossEntropyLoss") else None


def _optimizers() -> Iterator[tuple[str, Experiment]]:
    several: dict[str, list[dict[str, Any]]] = {
        "SGD": [{"momentum": 0.9, "nesterov": True}, {"momentum": 0.5, "dampening": 0.25, "weight_decay": 0.1}],
        "Adam": [
            {"amsgrad": True},
            {"bias_correction": False, "weight_decay": 0.1},
            {"decoupled_weight_decay": True, "weight_decay": 0.2},
        ],
        "RMSprop": [{"centered": True, "momentum": 0.5}, {"weight_decay": 0.01}],
        "Adagrad": [{"lr_decay": 0.5, "initial_accumulator_value": 0.1}],
        "Adafactor": [{"eps": (1e-3, 1e-2), "weight_decay": 0.1}],
        "ASGD": [{"t0": 0.0, "lambd": 0.1}],
        "Formula": [BY_FORMULA, {"updates": ("r = lr/step", "next = param - r*sign(grad)*max(abs(grad), 0.01)")}],
    }
    for name, entry in OPTIMIZERS.items():
        known = {argument.name for argument in entry.arguments}
        for place, arguments in enumerate([{}, *several.get(name, [])]):
            yield f"{name} {place}", small(optimizer=usual(OPTIMIZERS, name, **{"lr": 0.05, **arguments}))
        if "maximize" in known:
            yield f"{name} upwards", small(optimizer=usual(OPTIMIZERS, name, maximize=True, lr=0.01))


def _schedules() -> Iterator[tuple[str, Experiment]]:
    for place, choice in enumerate(CASES):
        yield f"{choice.name} {place}", scheduled(choice)
    batches = replace(scheduled(CASES[0]).data, batch_size=1)
    yield "by epoch", scheduled(Choice("StepLR", {"step_size": 1}), interval="epoch", data=batches)
    parts = sequence(Choice("LinearLR", {"total_iters": 2}), Choice("ExponentialLR", {"gamma": 0.5}), milestones=(2,))
    yield "a sequence", scheduled(parts)
    cycle = Choice("OneCycleLR", {"max_lr": 0.1, "total_steps": 5})
    yield "cycled betas", scheduled(cycle, Choice("Adam", {"lr": 0.01, "betas": (0.9, 0.999)}))
    for mode in ("min", "max"):
        for kind in ("rel", "abs"):
            plateau = Choice(
                "ReduceLROnPlateau",
                {"mode": mode, "threshold_mode": kind, "patience": 0, "factor": 0.5, "cooldown": 1, "threshold": 0.4},
            )
            yield f"plateau {mode} {kind}", scheduled(plateau, MOMENTUM)
    plateau = Choice("ReduceLROnPlateau", {"patience": 0, "factor": 0.5, "threshold": 0.4})
    yield "plateau by epoch", scheduled(plateau, MOMENTUM, interval="epoch", data=batches)


def _others() -> Iterator[tuple[str, Experiment]]:
    for kind in ("1", "2", "inf"):
        yield f"norm {kind}", small(clipping=Choice("clip_grad_norm_", {"max_norm": 0.1, "norm_type": kind}))
    yield "clip value", small(clipping=Choice("clip_grad_value_", {"clip_value": 0.05}))
    l2, half, l1 = (
        Choice("L2", {"factor": 0.01}),
        Choice("L2", {"factor": 0.3, "half": True}),
        Choice("L1", {"factor": 0.02}),
    )
    penalties = (PenaltySpec(l2), PenaltySpec(l1, ("*",)), PenaltySpec(half, ("layers.1.*",)))
    yield "penalties", small(penalties=penalties)
    groups = (
        ParameterGroup(("*.bias",), {"weight_decay": 0.0, "lr": 0.2}),
        ParameterGroup(("layers.0.weight",), {"betas": (0.5, 0.75), "eps": 0.01}),
    )
    adam = usual(OPTIMIZERS, "Adam", lr=0.05, weight_decay=0.1)
    yield "groups", small(optimizer=adam, parameter_groups=groups)
    data = DataSpec(inputs=INPUTS, targets=TARGETS[Targets.NUMBERS], batch_size=3, shuffle=True, seed=3)
    yield "batches", small(data=data)
    yield (
        "accumulated",
        small(data=replace(data, batch_size=1, accumulate=2), optimizer=usual(OPTIMIZERS, "Adam", lr=0.05)),
    )
    yield "frozen", small(frozen=frozenset((ValueRef("layers.0.weight"), ValueRef("layers.1.bias"))))
    yield (
        "test rows",
        small(data=DataSpec(inputs=INPUTS, targets=TARGETS[Targets.NUMBERS], test_size=0.5, shuffle=True)),
    )
    state = StartState(7, {ValueRef("layers.1.bias.momentum_buffer"): (0.5, -0.25, 1.0)})
    yield "from iteration 7", small(optimizer=sgd(0.1, 0.9), state=state)
    yield "wide", wide()
    yield "formula", formula_experiment("q = x + y", "f = q*z", optimizer={"name": "SGD", "lr": 0.1})
    long = "f = sigmoid(w*x + b)^2 + log(1 + exp(-y)) + abs(w)*x/3 - max(x, y) + if(x < y, x, y^2)"
    yield (
        "long formula",
        formula_experiment(
            long, optimizer={"name": "Adam", "lr": 0.1}, parameters={"w": 0.5, "x": -2.0, "b": 1.0, "y": 3.0}
        ),
    )
    names = formula_experiment("a1 = r + c", "f = a1*R1C1", optimizer={"name": "SGD", "lr": 0.1})
    yield "names like cells", names


def wide(rows: int = 12, units: int = 11, activation: str = "Softmax") -> Experiment:
    """More units and rows than a sum is written out for."""
    inputs = tuple(tuple(((row * 7 + column * 3) % 11 - 5) / 10 for column in range(10)) for row in range(rows))
    targets = tuple((float(row % 9),) for row in range(rows))
    layers = (
        LayerSpec(units, usual(ACTIVATIONS, activation)),
        LayerSpec(units, usual(ACTIVATIONS, "PReLU")),
        LayerSpec(9),
    )
    data = DataSpec(inputs=inputs, targets=targets)
    return small(network=NetworkSpec(10, layers), data=data, loss=usual(LOSSES, "CrossEntropyLoss"))


EXPERIMENTS: dict[str, Experiment] = {}
for _make in (_activations, _losses, _optimizers, _schedules, _others):
    for _name, _experiment in _make():
        EXPERIMENTS[f"{_make.__name__.strip('_')}: {_name}"] = _experiment
