"""Formulas in the place of layers: their programs, and training on them."""

from __future__ import annotations

import math
from itertools import islice

import pytest
import torch

from chainrule.catalog.experiment.spec_error import SpecError
from chainrule.catalog.optimizers import OPTIMIZERS
from chainrule.catalog.values.refs import ValueRef
from chainrule.catalog.values.step_kinds import StepKind
from chainrule.engine.plan import FEWEST_ITERATIONS
from chainrule.engine.trace import Executor
from chainrule.engine.training import Training
from tests.formulas import formula_experiment, optimizer_named

CIRCUIT = {"parameters": {"x": -2, "y": 5, "z": -4}}


def values_of(executor: Executor) -> dict[str, float]:
    """The numbers of the first iteration."""
    return {ref: value.item() for ref, value in next(executor.iterations()).values.items()}


def test_each_operator_is_a_step_forward_and_backward() -> None:
    executor = Executor(formula_experiment("q = x + y", "f = q*z", **CIRCUIT))
    steps = executor.program.steps
    assert [(step.kind.value, step.writes, step.reads) for step in steps] == [
        ("operator", "q", ("x", "y")),
        ("operator", "f", ("q", "z")),
        ("output_gradient", "f.grad", ()),
        ("gradient", "q.grad", ("f.grad", "z")),
        ("gradient", "z.grad", ("f.grad", "q")),
        ("gradient", "x.grad", ("q.grad",)),
        ("gradient", "y.grad", ("q.grad",)),
        *(("parameter_update", f"{name}.next", (name, f"{name}.grad", "lr")) for name in "xyz"),
    ]
    found = values_of(executor)
    assert [found[ref] for ref in ("q", "f", "f.grad", "q.grad", "z.grad", "x.grad", "y.grad")] == [
        *(3, -12, 1, -4, 3, -4, -4)
    ]
    assert found["x.next"] == -2 - 0.01 * -4
    assert executor.program.loss == "f"


def test_what_several_operators_read_gets_a_share_from_each() -> None:
    executor = Executor(formula_experiment("a = x^2", "b = 3*x", "f = a*b", parameters={"x": 2}))
    kinds = {step.writes: step.kind for step in executor.program.steps}
    assert kinds["x.grad.from.a"] is kinds["x.grad.from.b"] is StepKind.GRADIENT_SHARE
    found = values_of(executor)
    assert (found["x.grad.from.a"], found["x.grad.from.b"], found["x.grad"]) == (24, 12, 36)


def test_frozen_names_have_no_gradient_and_stay() -> None:
    executor = Executor(formula_experiment("q = x + y", "f = q*z", frozen=["x", "y"], **CIRCUIT))
    written = [step.writes for step in executor.program.steps]
    assert written == ["q", "f", "f.grad", "z.grad", "z.next"]
    assert executor.program.gradients == ("z.grad",)


def test_what_the_output_is_not_computed_from_is_not_trained() -> None:
    executor = Executor(formula_experiment("q = x + y", "f = z^2"))
    assert [step.writes for step in executor.program.steps] == ["q", "f", "f.grad", "z.grad", "z.next"]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_parameters_are_of_the_experiments_dtype(dtype: str) -> None:
    executor = Executor(formula_experiment("f = (x - 1/3)^2", dtype=dtype, optimizer={"name": "Adam"}))
    trace = next(executor.iterations())
    wanted = getattr(torch, dtype)
    for ref in ("x", "f", "x.grad", "x.next", "x.exp_avg", "x.exp_avg_sq.next"):
        assert trace.values[ref].dtype is wanted, ref
        assert trace.values[ref].shape == ()
    assert trace.values["x.step"].dtype is torch.float64


def test_the_first_values_that_are_not_given_are_drawn_under_the_seed() -> None:
    def first(**members: object) -> list[float]:
        state = Executor(formula_experiment("f = x*y*z", **members)).initial_state()
        return [state.values[name].item() for name in "xyz"]

    torch.manual_seed(7)
    drawn = [torch.randn((), dtype=torch.float64).item() for _ in range(3)]
    assert first(initialization={"seed": 7}) == drawn
    assert first(initialization={"seed": 7}, parameters={"y": 2.5}) == [drawn[0], 2.5, drawn[2]]
    assert first(initialization={"scheme": "constant", "val": 4.0}) == [4, 4, 4]


def test_training_by_plan_has_the_bits_of_the_trace() -> None:
    rosenbrock = formula_experiment(
        "f = (1 - x)^2 + 100*(y - x^2)^2", parameters={"x": -1, "y": 1}, optimizer={"name": "Adam", "lr": 0.02}
    )
    executor = Executor(rosenbrock)
    trained = list(Training(executor).run(3 * FEWEST_ITERATIONS))
    traced = [found.values["f"].item() for found in islice(executor.iterations(), 3 * FEWEST_ITERATIONS)]
    assert [one.loss for one in trained] == traced
    assert traced[-1] < traced[0]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_each_optimizer_has_the_bits_of_the_trace_by_plan(name: str, dtype: str) -> None:
    hill = formula_experiment(
        "f = 3*y - (x - 3)^2 - y^2",
        parameters={"x": 1.3, "y": 0.7},
        optimizer=optimizer_named(name, weight_decay=0.1, maximize=True),
        dtype=dtype,
    )
    executor = Executor(hill)
    training = Training(executor)
    list(training.run(2 * FEWEST_ITERATIONS))
    *_, last = islice(executor.iterations(), 2 * FEWEST_ITERATIONS)
    for ref, value in training.state.values.items():
        assert value.dtype is last.values[ref].dtype
        assert value.item() == last.values[ValueRef(f"{ref}.next")].item(), ref


def test_maximizing_climbs() -> None:
    executor = Executor(formula_experiment("f = -(x - 3)^2", optimizer={"name": "SGD", "lr": 0.1, "maximize": True}))
    training = Training(executor)
    list(training.run(200))
    assert training.state.values["x"].item() == pytest.approx(3)


def test_training_stops_before_a_step_that_has_no_value() -> None:
    executor = Executor(formula_experiment("f = log(x)", parameters={"x": 0.05}, optimizer={"name": "SGD", "lr": 0.1}))
    training = Training(executor)
    list(training.run(100))
    assert training.state.iteration == 1
    assert training.stop is not None
    assert executor.program.steps[training.stop].writes == "f"
    assert math.isnan(executor.values(training.state)["f"].item())


def test_training_stops_at_an_operator_that_overflows_though_the_output_does_not() -> None:
    optimizer = {"name": "SGD", "lr": 1e153, "maximize": True}
    executor = Executor(formula_experiment("f = x + min(x^2, 5)", parameters={"x": 3}, optimizer=optimizer))
    training = Training(executor)
    trained = list(training.run(4 * FEWEST_ITERATIONS))
    # 1.5e154 squared is more than float64 holds.
    assert len(trained) == 14
    assert training.stop is not None
    assert executor.program.steps[training.stop].writes == "n1"
    values = executor.values(training.state)
    assert all(math.isfinite(values[ref].item()) for ref in ("f", "x.grad", "x.next"))


def test_numbers_set_by_hand_change_what_follows() -> None:
    executor = Executor(formula_experiment("q = x + y", "f = q*z", **CIRCUIT))
    found = executor.values(executor.initial_state(), {"q": {(): 10.0}})
    assert (found["f"].item(), found["z.grad"].item(), found["x.grad"].item()) == (-40, 10, -4)


REFUSED = [
    ({}, ("f = 2*3",), r"\$\.network\.formula: there is no name"),
    ({}, ("f = 3*lr",), r"\$\.network\.formula\[0\]: character 7: lr has a meaning"),
    ({}, ("q = loss + 1", "f = q^2"), r"\$\.network\.formula\[0\]: character 5: loss has a meaning"),
    ({}, ("q = x", "layers = q"), r"\$\.network\.formula\[1\]: character 1: layers has a meaning"),
    ({}, ("f = x.next",), r"\$\.network\.formula\[0\]: x\.next is what an optimizer writes"),
    ({"loss": {"name": "MSELoss"}}, ("f = x",), r"\$\.loss: a formula is trained on its own output"),
    ({"penalties": [{"name": "L2", "factor": 0.1}]}, ("f = x",), r"\$\.penalties: a formula has no penalties"),
    ({"data": {"inputs": [[1]], "targets": [[1]]}}, ("f = x",), r"\$\.data: a formula has no data"),
    ({"parameters": {"y": 1}}, ("f = x",), r"\$\.parameters\.y: no such parameter; this network has x"),
    ({"parameters": {"x": [1]}}, ("f = x",), r"\$\.parameters\.x: expected a number, got a list"),
    ({"frozen": ["y"]}, ("f = x",), r'\$\.frozen: no parameter "y"; this network has x'),
    ({"initialization": {"scheme": "orthogonal"}}, ("f = x",), r"\$\.initialization\.scheme: expected torch_default"),
]


@pytest.mark.parametrize(("members", "lines", "message"), REFUSED)
def test_what_cannot_be_computed_is_refused(members: dict[str, object], lines: tuple[str, ...], message: str) -> None:
    with pytest.raises(SpecError, match=message):
        formula_experiment(*lines, **members)


def test_the_output_may_be_called_the_loss() -> None:
    assert Executor(formula_experiment("loss = x^2")).program.loss == "loss"
