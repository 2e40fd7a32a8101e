"""Formulas in the place of layers against PyTorch: autograd, torch.optim and finite differences."""

from __future__ import annotations

import re
from collections import deque
from dataclasses import replace
from itertools import islice
from typing import Any

import pytest
import torch
from hypothesis import assume, example, given
from hypothesis import strategies as st
from torch import Tensor

from chainrule.catalog.optimizers import OPTIMIZERS
from chainrule.engine.referee.report import Report
from chainrule.engine.referee.verify import Verification, verify_run, verify_trace
from chainrule.engine.trace import Executor, Trace, first_non_finite
from chainrule.formula.parse import parse_formula
from chainrule.formula.tree import Expr, symbols_of
from chainrule.formula.writing.text import formula_to_text
from tests.formula.drawn import FORMULAS, NAMES
from tests.formulas import formula_experiment, optimizer_named

LINES = ("q = x + y", "m = max(q, z*w)", "f = m*q + sigmoid(x)^2 - log(w)/exp(y)", "g = if(f > 0, f, w^3)")
NUMBERS = {"x": -0.5, "y": 1.25, "z": -4.0, "w": 1.5}
FLOAT64 = torch.float64
# What the grammar's words are in torch, for formulas that Python reads itself.
IN_TORCH: dict[str, Any] = {
    name: getattr(torch, name)
    for name in ("exp", "log", "sqrt", "abs", "sign", "sin", "cos", "tan", "sinh", "cosh", "tanh", "sigmoid", "relu")
}
IN_TORCH |= {"min": torch.minimum, "max": torch.maximum, "erf": torch.erf, "floor": torch.floor}
IN_TORCH |= {"softplus": lambda x: torch.logaddexp(x, torch.zeros_like(x))}
IN_TORCH |= {"when": torch.where, "T": lambda number: torch.tensor(number, dtype=FLOAT64)}


def verified(executor: Executor, iterations: int) -> Report:
    """The report of some iterations from the start."""
    run = verify_run(executor.experiment, executor.program, islice(executor.iterations(), iterations), untouched=True)
    (found,) = deque(run, maxlen=1)
    return found.report()


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_each_optimizer_agrees_with_torch(name: str, dtype: str) -> None:
    experiment = formula_experiment(*LINES, parameters=NUMBERS, optimizer=optimizer_named(name), dtype=dtype)
    report = verified(Executor(experiment), 6)
    assert report.agrees, report.first
    assert report.overflow is None
    compared = {row.ref for row in report.rows if row.torch is not None}
    assert {"m", "x.grad", "x.grad.from.q", "x.next"} <= compared
    assert {row.ref for row in report.rows if row.differences and row.differences.compared} >= {"x.grad", "q.grad"}


def test_clipping_groups_and_schedules_agree_with_torch() -> None:
    experiment = formula_experiment(
        *LINES,
        parameters=NUMBERS,
        frozen=["z"],
        optimizer={"name": "SGD", "lr": 0.05, "momentum": 0.9, "weight_decay": 0.01},
        parameter_groups=[{"parameters": ["x"], "lr": 0.2}],
        clipping={"name": "clip_grad_norm_", "max_norm": 0.5},
        scheduler={"name": "ReduceLROnPlateau", "patience": 0},
    )
    report = verified(Executor(experiment), 6)
    assert report.agrees, report.first


def test_a_wrong_number_is_found() -> None:
    executor = Executor(formula_experiment(*LINES, parameters=NUMBERS))
    found = next(executor.iterations())
    for ref in ("m", "x.grad", "x.grad.from.q", "z.grad", "x.next"):
        step = executor.program.steps[executor.program.index[ref]]  # type: ignore[index]
        wrong = {**found.values, step.writes: found.values[step.writes] + 1e-6}
        verdict = verify_trace(executor.experiment, executor.program, Trace(0, (), wrong))
        assert not verdict.agrees, ref
        (verification,) = deque(_added(executor, Trace(0, (), wrong)), maxlen=1)
        assert not verification.report().agrees


def _added(executor: Executor, trace: Trace) -> list[Verification]:
    verification = Verification(executor.experiment, executor.program, trace, untouched=True)
    for _ in verification.add(trace):
        pass
    return [verification]


@given(FORMULAS, st.tuples(*[st.floats(-4, 4)] * 3), st.sampled_from(sorted(OPTIMIZERS)))
@example(parse_formula("x/sin(x)"), (5.8e-130, 0.0, 0.0), "SGD")
def test_drawn_formulas_have_autograds_gradients(formula: Expr, numbers: tuple[float, ...], optimizer: str) -> None:
    names = symbols_of(formula)
    assume(names)
    start = {name: x for name, x in zip(NAMES, numbers, strict=True) if name in names}
    text = formula_to_text(formula)
    experiment = formula_experiment(f"f = {text}", parameters=start, optimizer=optimizer_named(optimizer))
    executor = Executor(experiment)
    trace = next(executor.iterations())
    stop = first_non_finite(executor.program.steps, trace.values)
    leaves = {name: torch.tensor(x, dtype=FLOAT64, requires_grad=True) for name, x in start.items()}
    value = _read_by_python(text, leaves)
    if stop is None:
        assert trace.values["f"].item() == pytest.approx(value.item(), rel=1e-10)  # type: ignore[index]
        gradients = torch.autograd.grad(value, list(leaves.values()), allow_unused=True) if value.requires_grad else ()
        for name, gradient in zip(leaves, gradients, strict=False):
            # Of what is not computed torch.where makes 0 times infinity, which is no number.
            if gradient is not None and torch.isfinite(gradient):
                # Of shares that nearly cancel, as those of x/sin(x) at 1e-130, their rounding is what is left.
                shares = (v.abs().max().item() for ref, v in trace.values.items() if f"{name}.grad.from." in ref)
                expected = pytest.approx(gradient.item(), rel=1e-8, abs=1e-10 + 1e-14 * max(shares, default=0.0))
                assert trace.values[f"{name}.grad"].item() == expected  # type: ignore[index]
    assert verify_trace(experiment, executor.program, trace).agrees


def _read_by_python(text: str, leaves: dict[str, Tensor]) -> Tensor:
    constants = {name: torch.tensor(x, dtype=FLOAT64) for name, x in (("pi", torch.pi), ("e", torch.e))}
    python = re.sub(r"(?<![\w.])(\d[\d.]*(?:e-?\d+)?)", r"T(\1)", text).replace("^", "**").replace("if(", "when(")
    # A comparison is 1 or 0 where it is a number.
    found: Tensor = eval(python, {**IN_TORCH, **constants, **leaves, "__builtins__": {}})
    return found.to(FLOAT64)


def test_other_first_values_are_other_numbers() -> None:
    one = formula_experiment("f = x^2", initialization={"seed": 1})
    other = replace(one, initialization=replace(one.initialization, seed=2))
    assert Executor(one).initial_state().values["x"] != Executor(other).initial_state().values["x"]  # type: ignore[index]
