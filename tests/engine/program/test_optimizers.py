"""Each optimizer against torch's own, step by step on given gradients: buffers, parameter, and what lies between.

What lies between are the local variables of torch's functions, read from their frames.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Iterator, Mapping

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from chainrule.catalog.arguments import ArgumentValue, Choice, Number, Numbers, SpecError
from chainrule.catalog.optimizers import OPTIMIZERS, PARAMETER, Extent, complete_optimizer
from chainrule.catalog.values.step_kinds import StepKind
from chainrule.engine.program.program import _update_kind
from chainrule.engine.program.updates import computation
from tests.catalog.test_tables import DTYPES
from tests.engine import oracles
from tests.engine.optimizer_walks import Near, Walk
from tests.engine.oracles import float64_scalars
from tests.experiments import OPTIMIZER_CHOICES

# What torch's implementations are told, and nothing that they compute.
IMPLEMENTATION = {"params", "foreach", "fused", "capturable", "differentiable"}
DECAY = {"weight_decay": 0.1}
BETAS = {"betas": (0.5, 0.75)}
ADAM: list[dict[str, ArgumentValue]] = [
    {},
    {"lr": 0.0},
    {"lr": 1e3},
    BETAS,
    {"betas": (0.0, 0.0)},
    {"betas": (0.999, 0.999999)},
    {"eps": 0.0, **BETAS},
    {"eps": 1.0},
    DECAY,
    {"maximize": True},
    {"maximize": True, **DECAY, **BETAS},
]
DECOUPLED: list[dict[str, ArgumentValue]] = [
    {"decoupled_weight_decay": True},
    {"decoupled_weight_decay": True, "maximize": True, **DECAY},
]
AMSGRAD: list[dict[str, ArgumentValue]] = [{"amsgrad": True}, {"amsgrad": True, **DECAY, **BETAS, "maximize": True}]
UNCORRECTED: list[dict[str, ArgumentValue]] = [
    {"bias_correction": False},
    {"bias_correction": False, "amsgrad": True, **DECAY, **BETAS, "maximize": True},
]
CASES: dict[str, list[dict[str, ArgumentValue]]] = {
    "SGD": [
        {},
        {"lr": 0.0},
        {"lr": 1e3},
        DECAY,
        {"maximize": True},
        {"maximize": True, **DECAY},
        {"momentum": 0.5},
        {"momentum": 1.5, **DECAY},
        {"momentum": 0.9, "maximize": True},
        {"momentum": 0.9, "dampening": 0.25},
        {"momentum": 0.9, "dampening": -1.0, "maximize": True, **DECAY},
        {"momentum": 0.5, "dampening": 1.0},
        {"dampening": 0.5},
        {"momentum": 0.9, "nesterov": True},
        {"momentum": 0.5, "nesterov": True, "maximize": True, **DECAY},
    ],
    "Adagrad": [
        {},
        {"lr": 1e3},
        {"lr_decay": 0.5},
        {"initial_accumulator_value": 2.0},
        {"eps": 0.0, "initial_accumulator_value": 1e-3},
        {"eps": 0.5},
        DECAY,
        {"maximize": True, "lr_decay": 1.0, **DECAY},
    ],
    "Adadelta": [
        {},
        {"lr": 0.1},
        {"rho": 0.0},
        {"rho": 1.0},
        {"rho": 0.5, "eps": 1e-2},
        {"eps": 0.0},
        DECAY,
        {"maximize": True, **DECAY},
    ],
    "RMSprop": [
        {},
        {"lr": 1e3},
        {"alpha": 0.0},
        {"alpha": 0.5, "eps": 1e-2},
        {"alpha": 1.5, "eps": 0.0},
        DECAY,
        {"maximize": True},
        {"momentum": 0.9},
        {"centered": True},
        {"centered": True, "momentum": 0.5, "maximize": True, **DECAY},
    ],
    "Adam": ADAM + AMSGRAD + DECOUPLED + UNCORRECTED,
    "AdamW": [*ADAM, *AMSGRAD, {"weight_decay": 0.0}, *UNCORRECTED],
    "Adamax": ADAM,
    "NAdam": [*ADAM, *DECOUPLED, {"momentum_decay": 0.0}, {"momentum_decay": 0.5, **BETAS}],
    "RAdam": [*ADAM, *DECOUPLED, {"betas": (0.9, 0.9)}, {"betas": (0.9, 0.75), "eps": 0.0}],
    "Rprop": [
        {},
        {"lr": 0.0},
        {"lr": 100.0},
        {"etas": (0.25, 3.0)},
        {"step_sizes": (1e-3, 1e-2)},
        {"step_sizes": (0.5, 0.25)},
        {"maximize": True},
    ],
    "ASGD": [
        {},
        {"lr": 1e3},
        {"lambd": 0.5, "alpha": 1.0},
        {"lambd": 0.0},
        {"lambd": -0.5, "alpha": -1.0},
        {"t0": 3.0},
        {"t0": -2.5, "lambd": 0.1},
        DECAY,
        {"maximize": True, "t0": 0.0, **DECAY},
    ],
    "Adafactor": [
        {},
        {"lr": 0.0},
        {"lr": 1e3},
        {"beta2_decay": 0.0},
        {"beta2_decay": -2.0},
        {"eps": (1e-3, 0.5)},
        {"eps": (0.0, 0.0)},
        {"d": 4.0},
        DECAY,
        {"maximize": True, **DECAY},
    ],
}
CHOICES = [Choice(name, arguments) for name, cases in CASES.items() for arguments in cases]
SHAPES = [(6,), (2, 3)]
EDGES = [(6, 1), (1, 6), (1, 1), (1,)]
# A jump, none at all, enormous ones of both signs, tiny ones, and the turn of a sign.
GRADIENTS = [
    [0.5, -0.25, 0.0, 1e-30, 3.0, 1.0],
    [0.0, 0.0, 0.0, 0.0, 0.0, 1.0],
    [-1.0, 2.0, -0.0, 1e30, 3.0, -1.0],
    [1e-8, -2.0, 7.0, -1e30, 3.0, -0.5],
    [1.0, 1.0, 1.0, 1.0, 3.0, 0.5],
    [1.0, -1.0, 1e-20, 2.0, 3.0, 0.25],
    *([math.sin(7 * k + i) for i in range(6)] for k in range(14)),
]
# What has another name among torch's variables.
LOCALS = {
    "nesterov_grad": ("grad",),
    "scaled_grad": ("update",),
    "clip_denom": ("denom",),
    "bias_correction1": ("bias_correction1", "bias_correction"),
}


# ------------------------------------------------------------------------------------------------ against torch


@pytest.fixture(autouse=True)
def _float64_scalars() -> Iterator[None]:
    with float64_scalars():
        yield


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("choice", CHOICES, ids=str)
def test_steps(choice: Choice, dtype: torch.dtype) -> None:
    for shape in SHAPES:
        walk = Walk(choice, shape, dtype)
        near = Near(walk)
        for gradient in GRADIENTS:
            values = walk.step(gradient)
            check_carried(walk, near)
            check_between(walk, values, near)


def check_carried(walk: Walk, near: Near) -> None:
    """The parameter and each buffer."""
    near.check("parameter", walk.carried[PARAMETER], walk.parameter.detach())
    state = walk.optimizer.state[walk.parameter]
    for buffer in walk.buffers:
        if buffer.name in state:
            near.check(buffer.name, walk.carried[buffer.name], state[buffer.name])
    assert set(state) - {"momentum_buffer"} <= {buffer.name for buffer in walk.buffers}


def check_between(walk: Walk, values: Mapping[str, Tensor], near: Near) -> None:
    """What is computed on the way, against the variables that torch has it in, or against what it must be."""
    for update in walk.updates:
        name = update.writes
        # `update` is what parameter and next differ by: it has a test of its own.
        if _update_kind(update) is not StepKind.UPDATE_TERM or name == "update":
            continue
        if name in EXACTLY:
            expected = EXACTLY[name](walk, values)
        else:
            found = walk.local(*LOCALS.get(name, (name,)))
            expected = found if isinstance(found, Tensor) else torch.tensor(found, dtype=torch.float64)
        near.check(name, values[name], torch.as_tensor(expected, dtype=values[name].dtype))


def _adjusted_grad(walk: Walk, values: Mapping[str, Tensor]) -> Tensor:
    sign = -1 if walk.choice["maximize"] else 1
    decoupled = walk.choice.name in ("AdamW", "Adafactor") or walk.choice.arguments.get("decoupled_weight_decay")
    decay = 0.0 if decoupled else walk.choice.arguments.get("weight_decay", 0.0)
    return sign * values["grad"] + decay * values[PARAMETER] if decay else sign * values["grad"]


def _decayed(walk: Walk, values: Mapping[str, Tensor]) -> Tensor:
    if walk.choice.name == "ASGD":
        return values[PARAMETER] * (1 - walk.choice.number("lambd") * values["eta"])
    return values[PARAMETER] * (1 - walk.choice.number("lr") * walk.choice.number("weight_decay"))


def _rect(walk: Walk) -> float:
    rho, most = walk.locals["rho_t"], walk.locals["rho_inf"]
    return math.sqrt((rho - 4) * (rho - 2) * most / ((most - 4) * (most - 2) * rho))


def _adaptive_lr(walk: Walk) -> Tensor:
    squares: Tensor = walk.locals["exp_avg_sq"]
    return math.sqrt(walk.locals["bias_correction2"]) / (squares.sqrt() + walk.choice.number("eps"))


def _eps1(walk: Walk) -> float:
    first = walk.choice["eps"]
    assert isinstance(first, tuple)
    return torch.finfo(walk.dtype).eps if first[0] is None else float(str(first[0]))


# What torch has no variable for, or has overwritten at the end.
EXACTLY: dict[str, Callable[[Walk, Mapping[str, Tensor]], Tensor | float]] = {
    "adjusted_grad": _adjusted_grad,
    "decayed": _decayed,
    "rect": lambda w, v: _rect(w) if w.locals["rho_t"] > 5 else 1.0,
    "adaptive_lr": lambda w, v: _adaptive_lr(w) if w.locals["rho_t"] > 5 else torch.ones(w.shape),
    "rms": lambda w, v: v[PARAMETER].square().mean().sqrt(),
    "row_var_mean": lambda w, v: v["row_var.next"].mean(),
    # torch turns its estimate into the update in place.
    "var_estimate": lambda w, v: v["row_var.next"] @ v["col_var.next"] / max(v["row_var.next"].mean(), _eps1(w)),
}


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("choice", CHOICES, ids=str)
def test_the_update_is_what_is_subtracted(choice: Choice, dtype: torch.dtype) -> None:
    walk = Walk(choice, (6,), dtype)
    if not any(update.writes == "update" for update in walk.updates):
        pytest.skip("the parameter moves along a buffer or the gradient itself")
    for gradient in GRADIENTS:
        values = walk.step(gradient)
        expected = values.get("decayed", values[PARAMETER]) - values["update"]
        torch.testing.assert_close(values["next"], expected, rtol=0, atol=0, equal_nan=True)


def test_a_term_that_the_oracle_has_no_local_for_says_what_to_do() -> None:
    walk = Walk(Choice("Adam"), (2,), torch.float64)
    values = walk.step([1.0, 2.0])
    del walk.locals["denom"]
    with pytest.raises(LookupError, match=r"oracle of Adam has no local `denom`: .*`_single_tensor_...`.* EXACTLY"):
        check_between(walk, values, Near(walk))


@settings(max_examples=150)
@given(OPTIMIZER_CHOICES, st.data())
def test_any_arguments_on_any_gradients(choice: Choice, data: st.DataObject) -> None:
    walk = Walk(choice, data.draw(st.sampled_from(SHAPES + EDGES)), torch.float64)
    near = Near(walk)
    numbers = st.lists(st.floats(-10, 10, allow_subnormal=False), min_size=6, max_size=6)
    for gradient in data.draw(st.lists(numbers, min_size=1, max_size=6)):
        values = walk.step(gradient)
        check_carried(walk, near)
        check_between(walk, values, near)


# ------------------------------------------------------------------------------------------------- completeness


def test_every_optimizer_has_cases_for_every_argument() -> None:
    # What the lines of the optimizer by formula do is held against torch's in a file of its own.
    assert set(CASES) == set(OPTIMIZERS) - {"Formula"}
    for name, cases in CASES.items():
        varied = {argument for case in cases for argument in case}
        assert {argument.name for argument in OPTIMIZERS[name].arguments} - {"lr"} <= varied, name


@pytest.mark.parametrize("name", CASES)
def test_arguments_and_defaults_are_torchs(name: str) -> None:
    known = inspect.signature(oracles.optimizer_class(name)).parameters
    # torch has no argument for it: Adam corrects, always.
    arguments = [argument for argument in OPTIMIZERS[name].arguments if argument.name != "bias_correction"]
    assert {a.name for a in arguments} == set(known) - IMPLEMENTATION
    for argument in arguments:
        assert argument.default == known[argument.name].default, argument.name


@pytest.mark.parametrize("choice", CHOICES, ids=str)
def test_each_step_reads_what_is_there(choice: Choice) -> None:
    completed, entry = complete_optimizer(choice, "$"), OPTIMIZERS[choice.name]
    for shape in SHAPES + EDGES:
        known = {PARAMETER, "grad", "lr", "momentum", "beta1"} | {b.name for b in entry.state(completed, shape)}
        updates = entry.updates(completed, shape)
        for update in updates:
            assert known.issuperset(update.reads)
            known.add(update.writes)
        assert {f"{b.name}.next" for b in entry.state(completed, shape)} <= known
        read = {name for update in updates for name in update.reads}
        in_vain = {u.writes for u in updates if _update_kind(u) is StepKind.UPDATE_TERM} - read
        assert not in_vain


def tried(name: str) -> Iterator[Choice]:
    """The defaults with one argument changed, inside and outside of what could be its range."""
    numbers = [-1e9, -2.0, -1.0, -1e-9, -0.0, 0.0, 1e-9, 0.5, 0.999999, 1.0, 1.0000001, 1.5, 2.0, 1e9]
    start = complete_optimizer(Choice(name), "$").arguments
    for argument in OPTIMIZERS[name].arguments:
        if isinstance(argument, Number):
            yield from (Choice(name, {argument.name: number}) for number in numbers)
        elif isinstance(argument, Numbers):
            several = start[argument.name]
            assert isinstance(several, tuple)
            for at, number in [(at, number) for at in range(len(several)) for number in numbers]:
                yield Choice(name, {argument.name: (*several[:at], number, *several[at + 1 :])})
        else:
            yield from (Choice(name, {argument.name: flag}) for flag in (False, True))


# ------------------------------------------------------------------------------------------------------- ranges


@pytest.mark.parametrize("name", CASES)
def test_what_is_refused_is_what_torch_refuses(name: str) -> None:
    refused = 0
    for choice in tried(name):
        try:
            oracles.optimizer(choice, [nn.Parameter(torch.zeros(1))])
            allowed = True
        except ValueError:
            allowed, refused = False, refused + 1
        if allowed:
            assert complete_optimizer(choice, "$.optimizer").name == name
        else:
            (argument,) = choice.arguments
            with pytest.raises(SpecError) as error:
                complete_optimizer(choice, "$.optimizer")
            assert error.value.path.startswith(f"$.optimizer.{argument}")
    assert refused


@pytest.mark.parametrize("momentum", [0.0, 0.9])
@pytest.mark.parametrize("dampening", [0.0, 0.5, -0.5])
def test_nesterov_needs_a_momentum_and_no_dampening(momentum: float, dampening: float) -> None:
    choice = Choice("SGD", {"momentum": momentum, "dampening": dampening, "nesterov": True})
    try:
        oracles.optimizer(choice, [nn.Parameter(torch.zeros(1))])
    except ValueError:
        with pytest.raises(SpecError, match=r"^\$\.optimizer\.nesterov: expected false, or a momentum above 0"):
            complete_optimizer(choice, "$.optimizer")
    else:
        assert complete_optimizer(choice, "$.optimizer")["nesterov"]


# --------------------------------------------------------------------------------------------- values set by hand


@pytest.mark.parametrize("number", [0.0, -1.0, 1e300, -1e300, math.inf, -math.inf, math.nan, 0.5])
@pytest.mark.parametrize("choice", CHOICES, ids=str)
def test_no_number_set_by_hand_stops_a_step(choice: Choice, number: float) -> None:
    """A scalar can be edited or overridden with anything: a step then writes inf or NaN, and goes on."""
    walk = Walk(choice, (2, 3), torch.float64)
    scalars = [b.name for b in walk.buffers if b.extent is Extent.SCALAR]
    scalars += [u.writes for u in walk.updates if u.extent is Extent.SCALAR]
    for name in scalars:
        values = {**walk.carried, "grad": walk.tensor(GRADIENTS[0]), **walk.settings}
        values[name] = torch.tensor(number, dtype=torch.float64)
        for update in walk.updates:
            if update.writes != name:
                values[update.writes] = computation(update, walk.choice)(*(values[read] for read in update.reads))
                assert values[update.writes].dtype is torch.float64


def test_steps_share_their_scalars() -> None:
    """Two parameters at the same step write the same tensor: a new one for each would cost more than the step."""
    first, second = (Walk(Choice("Adam"), (2, 3), torch.float64).step(GRADIENTS[0]) for _ in range(2))
    scalars = list(OPTIMIZERS["Adam"].updates(complete_optimizer(Choice("Adam"), "$"), (2, 3)))
    shared = [u.writes for u in scalars if u.extent is Extent.SCALAR]
    assert len(shared) == 3
    assert all(first[name] is second[name] for name in shared)
