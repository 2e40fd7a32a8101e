"""Optimizers that users write: their lines against torch.optim's own, and each way to write them wrong."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from itertools import islice
from typing import Any

import pytest
import torch
from torch import nn

from chainrule.catalog.arguments import Choice, SpecError
from chainrule.catalog.experiment.spec import DataSpec, Experiment, NetworkSpec, ParameterGroup
from chainrule.catalog.optimizers import OPTIMIZERS, complete_optimizer
from chainrule.catalog.values.refs import ValueRef
from chainrule.engine.machine.check import check_experiment
from chainrule.engine.plan import Plan
from chainrule.engine.program.updates import computation
from chainrule.engine.referee.optimizers import FormulaOptimizer
from chainrule.engine.referee.update import float64_scalars
from chainrule.engine.referee.verify import verify_trace
from chainrule.engine.trace import Executor
from chainrule.model.files.decoding import decode_experiment
from chainrule.model.files.encoding import encode_experiment
from tests.engine import oracles
from tests.engine.optimizer_walks import START
from tests.engine.plan.test_plan import Beside
from tests.engine.program.test_optimizers import CHOICES, GRADIENTS
from tests.explain.cases import case
from tests.explain.checks import typeset
from tests.explain.formulas.optimizer_steps import SMALL, updates
from tests.explain.formulas.test_updates import CHAIN
from tests.explain.latex_arithmetic import evaluate

MOMENTUM: dict[str, Any] = {"state": {"v": 0.0}, "updates": ("v.next = 0.9*v + grad", "next = param - lr*v.next")}
ADAM: dict[str, Any] = {
    "state": {"m": 0.0, "v": 0.0},
    "updates": (
        "m.next = 0.9*m + (1 - 0.9)*grad",
        "v.next = 0.999*v + (1 - 0.999)*grad^2",
        "m_hat = m.next/(1 - 0.9^step)",
        "v_hat = v.next/(1 - 0.999**step)",
        "next = param - lr*m_hat/(sqrt(v_hat) + 1e-8)",
    ),
}
RPROP: dict[str, Any] = {
    "state": {"prev": 0.0, "size": 0.01},
    "updates": (
        "turn = grad*prev",
        "f = if(turn > 0, 1.2, if(turn < 0, 0.5, 1))",
        "size.next = min(max(size*f, 1e-6), 50)",
        "prev.next = if(turn < 0, 0, grad)",
        "next = param - sign(prev.next)*size.next",
    ),
}
# Numbers alone, names that Python keeps for itself, and what is read after the parameter's step.
ODD: dict[str, Any] = {
    "state": {"lambda": 1.0, "mean": 0.5, "momentum": 0.0},
    "updates": (
        "k = 03",
        "c = k*(1 − 1/(step + 1))",
        "lambda.next = 0.5*lambda + lr",
        "momentum.next = lr",
        "next = param - lambda.next*c*grad·2",
        "mean.next = mean + (next - mean)/step",
    ),
}
DESCENT = "next = param - lr*grad"
WRITTEN = {"momentum": MOMENTUM, "adam": ADAM, "rprop": RPROP, "odd": ODD}


def by_formula(arguments: dict[str, Any], lr: float = 0.1) -> Choice:
    return Choice("Formula", {"lr": lr, **arguments})


@pytest.mark.parametrize(
    ("arguments", "torchs"),
    [
        ({}, lambda p: torch.optim.SGD(p, lr=0.1)),
        (MOMENTUM, lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9)),
        (ADAM, lambda p: torch.optim.Adam(p, lr=0.1)),
        (RPROP, lambda p: torch.optim.Rprop(p, lr=0.01)),
    ],
    ids=["descent", "momentum", "adam", "rprop"],
)
@pytest.mark.parametrize("shape", [(6,), (2, 3), (1, 6)], ids=str)
def test_lines_do_what_torchs_optimizer_does(
    arguments: dict[str, Any], torchs: Callable[..., Any], shape: tuple[int, ...]
) -> None:
    walk = Written(by_formula(arguments), shape)
    parameter = nn.Parameter(torch.tensor(START, dtype=torch.float64).reshape(shape))
    optimizer = torchs([parameter])
    # Without the enormous ones, whose sums cancel.
    for gradient in GRADIENTS[4:]:
        grad = torch.tensor(gradient, dtype=torch.float64).reshape(shape)
        parameter.grad = grad.clone()
        optimizer.step()
        torch.testing.assert_close(walk.step(grad), parameter.detach(), rtol=1e-12, atol=1e-14)


class Written:
    """A program's own computations for one parameter, on given gradients."""

    def __init__(self, choice: Choice, shape: tuple[int, ...]) -> None:
        self.choice = complete_optimizer(choice, "$")
        entry = OPTIMIZERS["Formula"]
        self.updates = [(u, computation(u, self.choice)) for u in entry.updates(self.choice, shape)]
        self.values = {"": torch.tensor(START, dtype=torch.float64).reshape(shape)}
        self.values["lr"] = torch.tensor(self.choice.number("lr"), dtype=torch.float64)
        for buffer in entry.state(self.choice, shape):
            first = torch.tensor(buffer.initial, dtype=torch.float64)
            self.values[buffer.name] = first.expand(buffer.extent.shape(shape)).clone()

    def step(self, grad: torch.Tensor) -> torch.Tensor:
        values = {**self.values, "grad": grad}
        for update, compute in self.updates:
            values[update.writes] = compute(*(values[name] for name in update.reads))
        carried = {name: values[f"{name}.next" if name else "next"] for name in self.values if name != "lr"}
        self.values |= carried
        return values["next"]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("arguments", WRITTEN.values(), ids=WRITTEN)
def test_the_referee_agrees_and_training_is_the_trace(arguments: dict[str, Any], dtype: str) -> None:
    experiment = check_experiment(
        replace(
            SMALL,
            dtype=dtype,
            data=replace(SMALL.data, batch_size=2, shuffle=True),
            optimizer=by_formula(arguments),
            clipping=Choice("clip_grad_norm_", {"max_norm": 0.5}),
            scheduler=Choice("StepLR", {"step_size": 2, "gamma": 0.5, "interval": "iteration"}),
        )
    )
    executor = Executor(experiment)
    for trace in islice(executor.iterations(), 4):
        verdict = verify_trace(experiment, executor.program, trace)
        assert verdict.agrees, verdict
    Beside(experiment).hold(8, longest=3)
    assert check_experiment(decode_experiment(encode_experiment(experiment))) == experiment


@pytest.mark.parametrize("arguments", WRITTEN.values(), ids=WRITTEN)
def test_what_is_printed_is_true(arguments: dict[str, Any]) -> None:
    for experiment, iteration in ((SMALL, 0), (CHAIN, 3)):
        it = case(replace(experiment, optimizer=by_formula(arguments)), iteration)
        for step, index in updates(it):
            equation, value = it.explain(step, index, digits=17), it.value(step, index)
            assert math.isclose(evaluate(equation.result), value, rel_tol=1e-9, abs_tol=1e-14)
            numbers = " ".join(equation.numbers) or equation.result
            assert math.isclose(evaluate(numbers), value, rel_tol=1e-9, abs_tol=1e-14), equation
            assert it.narrate(step, index).endswith(".")
            if not sum(index):
                typeset(it.explain(step, index))


def test_what_it_says() -> None:
    it = case(replace(SMALL, optimizer=by_formula(ADAM)), 1)

    assert it.plain("layers.0.weight.v.next", (0, 0)).startswith(
        "new v(w₁₁⁽¹⁾) = 0.999·v(w₁₁⁽¹⁾) + (1 − 0.999)·(∂L/∂w₁₁⁽¹⁾)² = "
    )
    assert it.narrate("layers.0.weight.v.next", (0, 0)) == (
        "The v of the weight from x₁ to h₁ becomes 0.999*v + (1 − 0.999)*grad^2, as line 2 of the optimizer says."
    )
    assert it.narrate("layers.0.weight.next", (0, 0)).startswith(
        "The weight from x₁ to h₁ becomes param − lr*m_hat/(sqrt(v_hat) + 1e−8), as line 5 of the optimizer says. The "
    )
    assert it.explain("layers.0.weight.step.next").result == "2"


@pytest.mark.parametrize(
    ("arguments", "place", "message"),
    [
        (
            {"updates": ["next = param - lr*gard"]},
            "updates[0]",
            "character 19: gard is not known here; did you mean grad?",
        ),
        ({"state": {"v": 0}}, "state", "no line writes v.next, the new value of the state v"),
        (
            {"state": {"v": 0}, "updates": ["next = param - v.next", "v.next = 0.9*v"]},
            "updates[0]",
            "character 16: v.next is not known yet: line 2 writes it",
        ),
        (
            {"updates": ["x = grad"]},
            "updates[0]",
            "no line writes next, the new value of the parameter, as in next = param - lr*grad",
        ),
        (
            {"updates": [DESCENT, DESCENT]},
            "updates[1]",
            "character 1: next is written twice; each line writes a name of its own",
        ),
        ({"updates": ["grad = 3"]}, "updates[0]", "character 1: grad has a meaning already; choose another name"),
        ({"updates": ["exp = 3"]}, "updates[0]", "character 1: exp has a meaning already; choose another name"),
        ({"updates": ["v.next = 3"]}, "updates[0]", "character 1: v is no state; there is none"),
        (
            {"state": {"v": 0}, "updates": ["v = 3"]},
            "updates[0]",
            "character 1: v is a state: a line writes v.next",
        ),
        ({"state": {"lr": 0}}, "state", "lr has a meaning already; choose another name"),
        ({"state": {"exp": 0}}, "state", "exp has a meaning already; choose another name"),
        (
            {"state": {"2 v": 0}},
            "state",
            '"2 v" is no name: a name has letters, digits and _, and begins with no digit',
        ),
        ({"updates": ["next = param + 9**9**9"]}, "updates[0]", "character 16: 9^(9^9) is too large for a number"),
        ({"updates": ["next = param + 1/0"]}, "updates[0]", "character 16: 1/0 has no value"),
        ({"updates": ["next = param*log(-1)"]}, "updates[0]", "character 19: log(-1) has no value"),
        (
            {"updates": ["next = " + "1+" * 5000 + "1"]},
            "updates[0]",
            "character 2001: a formula has at most 2,000 characters, this one 10,008",
        ),
        ({"updates": ["a = b", "b = a", DESCENT]}, "updates[0]", "character 5: b is not known yet: line 2 writes it"),
        (
            {"updates": ["a = a + 1", DESCENT]},
            "updates[0]",
            "character 5: a is not known yet: this line itself writes it",
        ),
        (
            {"updates": ["next = param.__class__"]},
            "updates[0]",
            'character 13: "." cannot stand in a formula; numbers are written with a point, as 0.5',
        ),
        ({"updates": ["next = ((param"]}, "updates[0]", "character 9: this bracket is never closed"),
        (
            {"updates": ["next = " + "(" * 900 + "1"]},
            "updates[0]",
            "character 69: formulas can be nested 60 deep, not deeper",
        ),
        ({"updates": [DESCENT] * 41}, "updates", "expected at most 40 lines, got 41"),
        ({"updates": []}, "updates", "expected a list of lines, such as next = param - lr*grad, got []"),
        ({"state": [1]}, "state", "expected an object of numbers by name, got [1]"),
        ({"state": {"v": "x"}}, "state.v", 'expected a finite number, got "x"'),
    ],
)
def test_what_is_refused(arguments: dict[str, Any], place: str, message: str) -> None:
    with pytest.raises(SpecError) as error:
        complete_optimizer(by_formula(arguments), "$.optimizer")
    assert (error.value.path, error.value.message) == (f"$.optimizer.{place}", message)


def test_a_number_that_float32_cannot_hold_is_refused() -> None:
    with pytest.raises(SpecError, match=r"\$\.optimizer\.state\.v: expected a number that float32 can hold"):
        check_experiment(replace(SMALL, dtype="float32", optimizer=by_formula({**MOMENTUM, "state": {"v": 1e300}})))


def test_groups_have_states_of_their_own() -> None:
    group = ParameterGroup(("*.bias",), {"lr": 0.01, "state": {"v": 1.0}})
    experiment = check_experiment(replace(SMALL, optimizer=by_formula(MOMENTUM), parameter_groups=(group,)))
    executor = Executor(experiment)
    state = executor.initial_state()
    assert state.values[ValueRef("layers.0.bias.v")].tolist() == [1.0, 1.0, 1.0]
    for trace in islice(executor.iterations(), 3):
        assert verify_trace(experiment, executor.program, trace).agrees


def test_a_formula_of_scalars_trains_by_lines() -> None:
    experiment = check_experiment(
        Experiment(
            NetworkSpec(0, (), ("f = (x - 3)^2",)),
            DataSpec((), ()),
            Choice("SumOfOutputs"),
            by_formula(MOMENTUM),
            parameters={ValueRef("x"): 1.0},
            dtype="float32",
        )
    )
    x = torch.tensor(1.0, requires_grad=True)
    optimizer = torch.optim.SGD([x], lr=0.1, momentum=0.9)
    for trace in islice(Executor(experiment).iterations(), 4):
        optimizer.zero_grad()
        ((x - 3) ** 2).backward()
        optimizer.step()
        torch.testing.assert_close(trace.values[ValueRef("x.next")], x.detach())
    executor = Executor(experiment)
    plan = Plan(executor, executor.initial_state())
    plan.run(4)
    assert torch.equal(plan.state().values[ValueRef("x")], trace.values[ValueRef("x.next")])


@pytest.mark.parametrize("choice", [c for c in CHOICES if c.name != "Formula"], ids=str)
def test_the_formulas_alone_do_what_torch_does(choice: Choice) -> None:
    """What the referee goes by for an entry that torch lacks: every formula, number by number."""
    completed = complete_optimizer(choice, "$")
    if "eps" in completed.arguments and isinstance(completed["eps"], tuple) and completed["eps"][0] is None:
        completed = completed.replace(eps=(2.0**-52, *completed["eps"][1:]))
    ours, theirs = (nn.Parameter(torch.tensor(START, dtype=torch.float64).reshape(2, 3)) for _ in range(2))
    entry = OPTIMIZERS[choice.name]
    with float64_scalars():
        optimizers = FormulaOptimizer([{"params": [ours]}], entry, completed), oracles.optimizer(completed, [theirs])
    for gradient in GRADIENTS[4:8]:
        for parameter in (ours, theirs):
            parameter.grad = torch.tensor(gradient, dtype=torch.float64).reshape(2, 3)
        with float64_scalars():
            for optimizer in optimizers:
                optimizer.step()
        torch.testing.assert_close(ours, theirs, rtol=1e-9, atol=1e-12, equal_nan=True)
