"""What no scheduler can be, and how it is refused."""

from __future__ import annotations

from typing import Any

import pytest

from chainrule.catalog.arguments import Choice, SpecError
from chainrule.catalog.schedules.schedule import preview
from tests.engine.scheduler_cases import ADAM, CASES, case, experiment, sequence

REFUSED = [
    ("ConstantLR", {"factor": 1.5}, "factor", "above 0"),
    ("ConstantLR", {"factor": 0.0}, "factor", "above 0"),
    ("ConstantLR", {"total_iters": 0}, "total_iters", "at least 1"),
    ("LinearLR", {"start_factor": 0.0}, "start_factor", "above 0"),
    ("LinearLR", {"end_factor": 1.1}, "end_factor", "from 0 to 1"),
    ("StepLR", {}, "", 'missing key "step_size"'),
    ("StepLR", {"step_size": 2.5}, "step_size", "integer of at least 1"),
    ("StepLR", {"step_size": 2, "last_epoch": 3}, "last_epoch", "unknown key"),
    ("MultiStepLR", {"milestones": (5, 3)}, "milestones", "each larger than the one before"),
    ("MultiStepLR", {"milestones": (1, 2.5)}, "milestones[1]", "integer"),
    ("ExponentialLR", {}, "", 'missing key "gamma"'),
    ("PolynomialLR", {"power": -1.0}, "power", "at least 0"),
    ("CosineAnnealingLR", {}, "", 'missing key "T_max": CosineAnnealingLR needs an integer of at least 1'),
    ("CosineAnnealingLR", {"T_max": 0}, "T_max", "at least 1"),
    ("CosineAnnealingWarmRestarts", {"T_0": 3, "T_mult": 0}, "T_mult", "at least 1"),
    ("CyclicLR", {"base_lr": 0.1}, "", 'missing key "max_lr"'),
    ("CyclicLR", {"base_lr": 0.1, "max_lr": 1.0, "mode": "square"}, "mode", "triangular, triangular2 or exp_range"),
    ("CyclicLR", {"base_lr": 0.1, "max_lr": 1.0, "base_momentum": 0.0}, "base_momentum", "above 0"),
    ("OneCycleLR", {"max_lr": 0.1}, "total_steps", "needs total_steps, or epochs and steps_per_epoch"),
    ("OneCycleLR", {"max_lr": 0.1, "epochs": 3}, "total_steps", "needs total_steps, or epochs and steps_per_epoch"),
    ("OneCycleLR", {"max_lr": 0.1, "total_steps": 10, "pct_start": 0.1}, "pct_start", "not exactly 1 of 10 steps"),
    ("OneCycleLR", {"max_lr": 0.1, "total_steps": 10, "pct_start": 1.1}, "pct_start", "from 0 to 1"),
    ("ReduceLROnPlateau", {"factor": 1.0}, "factor", "below 1"),
    ("ReduceLROnPlateau", {"mode": "least"}, "mode", "min or max"),
    ("LambdaLR", {}, "", 'missing key "lr_lambda"'),
    ("LambdaLR", {"lr_lambda": 3.0}, "lr_lambda", "an expression of iteration and epoch"),
    ("LambdaLR", {"lr_lambda": "open('x')"}, "lr_lambda", "got `open('x')`"),
    ("LambdaLR", {"lr_lambda": "1 / (20 - iteration)"}, "lr_lambda", "at iteration 20, epoch 20, it divides by zero"),
    ("LambdaLR", {"lr_lambda": "10 ** iteration"}, "lr_lambda", "it is too large"),
    ("SequentialLR", {"schedulers": (), "milestones": ()}, "schedulers", "at least 1 scheduler"),
    ("SequentialLR", {"schedulers": (3.0,), "milestones": ()}, "schedulers[0]", "a scheduler"),
    ("SequentialLR", {"schedulers": tuple(CASES[:3]), "milestones": (4,)}, "milestones", "2 for 3 schedulers"),
    ("SequentialLR", {"schedulers": tuple(CASES[:3]), "milestones": (4, 4)}, "milestones", "each larger"),
    ("Wobble", {}, "name", "ConstantLR, LinearLR"),
]
NESTED = [
    (Choice("CosineAnnealingLR", {"T_max": -3}), "schedulers[1].T_max", "at least 1"),
    (Choice("CosineAnnealingLR", {"T_max": 3, "interval": "epoch"}), "schedulers[1].interval", "unknown key"),
    (Choice("OneCycleLR", {"max_lr": 0.1}), "schedulers[1].total_steps", "needs total_steps"),
    (Choice("ReduceLROnPlateau"), "schedulers[1].name", "ConstantLR"),
    (Choice("SequentialLR"), "schedulers[1].name", "ConstantLR"),
    (Choice("LambdaLR", {"lr_lambda": "1 / (3 - epoch)"}), "schedulers[1].lr_lambda", "divides by zero"),
]


@pytest.mark.parametrize(("name", "arguments", "place", "message"), REFUSED)
def test_what_cannot_be_is_refused(name: str, arguments: dict[str, Any], place: str, message: str) -> None:
    with pytest.raises(SpecError) as error:
        experiment(Choice(name, arguments))
    assert error.value.path == "$.scheduler" + (f".{place}" if place else "")
    assert message in error.value.message


@pytest.mark.parametrize(("part", "place", "message"), NESTED, ids=str)
def test_what_cannot_be_in_a_sequence_is_refused(part: Choice, place: str, message: str) -> None:
    with pytest.raises(SpecError) as error:
        experiment(sequence(case("LinearLR"), part, milestones=(5,)))
    assert error.value.path == f"$.scheduler.{place}"
    assert message in error.value.message


def test_an_optimizer_without_momentum_cannot_have_it_cycled() -> None:
    for optimizer, number, place in (
        (Choice("Adagrad", {"lr": 0.1}), 0.9, "cycle_momentum"),
        (ADAM, 1.0, "max_momentum"),
    ):
        cyclic = case("CyclicLR").replace(max_momentum=number)
        with pytest.raises(SpecError, match=optimizer.name) as error:
            experiment(cyclic, optimizer)
        assert error.value.path == f"$.scheduler.{place}"
        assert preview(experiment(cyclic.replace(cycle_momentum=False), optimizer), 3).momentum == ()
