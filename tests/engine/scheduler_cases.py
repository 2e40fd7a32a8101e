"""Schedulers with arguments of every kind, and experiments that they schedule."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.spec import Experiment
from tests.experiments import article

ADAM = Choice("Adam", {"lr": 0.01, "betas": (0.9, 0.999)})
MOMENTUM = Choice("SGD", {"lr": 0.01, "momentum": 0.5})
# Each scheduler with arguments that reach every branch of its formula within 200 steps.
CASES = [
    Choice("ConstantLR"),
    Choice("ConstantLR", {"factor": 0.1, "total_iters": 40}),
    Choice("ConstantLR", {"factor": 1.0, "total_iters": 1}),
    Choice("LinearLR"),
    Choice("LinearLR", {"start_factor": 0.01, "end_factor": 0.3, "total_iters": 150}),
    Choice("LinearLR", {"start_factor": 1.0, "end_factor": 0.0, "total_iters": 20}),
    Choice("LinearLR", {"start_factor": 0.5, "end_factor": 0.5, "total_iters": 1}),
    Choice("StepLR", {"step_size": 1, "gamma": 0.99}),
    Choice("StepLR", {"step_size": 10}),
    Choice("StepLR", {"step_size": 300, "gamma": 2.0}),
    Choice("MultiStepLR", {"milestones": (1, 2, 50, 120)}),
    Choice("MultiStepLR", {"milestones": (0, 30), "gamma": 0.5}),
    Choice("MultiStepLR", {"milestones": ()}),
    Choice("ExponentialLR", {"gamma": 0.95}),
    Choice("ExponentialLR", {"gamma": 1.01}),
    Choice("ExponentialLR", {"gamma": 0.0}),
    Choice("PolynomialLR"),
    Choice("PolynomialLR", {"total_iters": 150, "power": 2.5}),
    Choice("PolynomialLR", {"total_iters": 250, "power": 0.0}),
    Choice("CosineAnnealingLR", {"T_max": 30}),
    Choice("CosineAnnealingLR", {"T_max": 1, "eta_min": 0.005}),
    Choice("CosineAnnealingLR", {"T_max": 70, "eta_min": 0.05}),
    Choice("CosineAnnealingLR", {"T_max": 1000, "eta_min": 0.001}),
    Choice("CosineAnnealingWarmRestarts", {"T_0": 10}),
    Choice("CosineAnnealingWarmRestarts", {"T_0": 1}),
    Choice("CosineAnnealingWarmRestarts", {"T_0": 5, "T_mult": 2, "eta_min": 0.001}),
    Choice("CosineAnnealingWarmRestarts", {"T_0": 1, "T_mult": 3}),
    Choice("CyclicLR", {"base_lr": 0.001, "max_lr": 0.1, "step_size_up": 20}),
    Choice("CyclicLR", {"base_lr": 0.0, "max_lr": 0.1, "step_size_up": 7, "step_size_down": 13, "mode": "triangular2"}),
    Choice("CyclicLR", {"base_lr": 0.01, "max_lr": 0.1, "step_size_up": 9, "mode": "exp_range", "gamma": 0.99}),
    Choice("CyclicLR", {"base_lr": 0.1, "max_lr": 0.01, "step_size_up": 1, "step_size_down": 1}),
    Choice("CyclicLR", {"base_lr": 0.1, "max_lr": 0.2, "step_size_up": 11, "base_momentum": 0.95, "max_momentum": 0.1}),
    Choice("OneCycleLR", {"max_lr": 0.1, "total_steps": 201}),
    Choice("OneCycleLR", {"max_lr": 0.1, "epochs": 21, "steps_per_epoch": 10, "anneal_strategy": "linear"}),
    Choice("OneCycleLR", {"max_lr": 0.1, "total_steps": 210, "three_phase": True, "div_factor": 5.0}),
    Choice("OneCycleLR", {"max_lr": 0.1, "total_steps": 230, "three_phase": True, "pct_start": 0.7}),
    Choice(
        "OneCycleLR",
        {
            "max_lr": 0.1,
            "total_steps": 201,
            "pct_start": 0.0,
            "final_div_factor": 10.0,
            "base_momentum": 0.5,
            "max_momentum": 0.8,
        },
    ),
    Choice("OneCycleLR", {"max_lr": 0.1, "total_steps": 201, "pct_start": 1.0, "anneal_strategy": "linear"}),
    Choice("LambdaLR", {"lr_lambda": "0.95 ** epoch"}),
    Choice("LambdaLR", {"lr_lambda": "1 / (1 + 0.1 * iteration) if iteration % 7 else min(0.5, 3 / (1 + epoch))"}),
    Choice("LambdaLR", {"lr_lambda": "1 - iteration / 100"}),
]


def sequence(*parts: Choice, milestones: tuple[int, ...]) -> Choice:
    return Choice("SequentialLR", {"schedulers": parts, "milestones": milestones})


def case(name: str, index: int = 0) -> Choice:
    return [choice for choice in CASES if choice.name == name][index]


def experiment(
    scheduler: Choice, optimizer: Choice = MOMENTUM, interval: str = "iteration", **changes: Any
) -> Experiment:
    """The article's network whose second layer is a parameter group of its own."""
    network = article().network
    layers = (network.layers[0], replace(network.layers[1], lr=0.003))
    scheduler = scheduler.replace(interval=interval)
    return article(network=replace(network, layers=layers), optimizer=optimizer, scheduler=scheduler, **changes)
