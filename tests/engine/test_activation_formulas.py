"""The formula of each activation, and of its slope, against the code that the engine runs, and against each other."""

from __future__ import annotations

import math

import pytest
import torch

from chainrule.catalog.arguments import Choice
from chainrule.engine.activation import Pointwise
from chainrule.engine.activations import ACTIVATIONS, Learned
from chainrule.formula.differentiate import derivative
from chainrule.formula.evaluate import evaluate
from chainrule.formula.parse import read
from chainrule.formula.tree import Expr, Symbol, symbols_of, walk
from tests.engine.test_activations import PLACES, choices_of

# Numbers at which a formula, as it is written, has no digits left or is too large, but the code is right.
LOST = {
    "Mish": 700.0,
    "GELU": 1e100,
    "LogSigmoid": 700.0,
    "Softplus": 700.0,
    "SiLU": 1e300,
}
CHOICES = [choice for name, entry in ACTIVATIONS.items() if isinstance(entry, Pointwise) for choice in choices_of(name)]


def numbers_at(entry: Pointwise, choice: Choice, z: float) -> dict[str, float]:
    """What the names of an activation's formulas stand for."""
    found = {name: float(value) for name, value in choice.arguments.items() if isinstance(value, int | float)}
    found |= {name: constant.value for name, constant in entry.constants.items()}
    if isinstance(entry, Learned):
        found["w"] = 0.25
    found["z"] = z
    found["a"] = run(entry.function, entry, choice, found, "z")
    helper = entry.helper(**choice.arguments)
    if helper is not None:
        found[helper.name] = helper.value(torch.tensor(z, dtype=torch.float64)).item()
    return found


def run(function: object, entry: Pointwise, choice: Choice, numbers: dict[str, float], *names: str) -> float:
    given = [torch.tensor(numbers[name], dtype=torch.float64) for name in names]
    if isinstance(entry, Learned):
        return float(function(*given, torch.tensor([0.25], dtype=torch.float64)))  # type: ignore[operator]
    return float(function(*given, **choice.arguments))  # type: ignore[operator]


def value(expr: Expr, numbers: dict[str, float]) -> float:
    return evaluate(expr, lambda name, places: numbers[name])


def same(entry: Pointwise, found: float, expected: float, z: float) -> bool:
    if abs(z) > LOST.get(entry.name, math.inf) and not math.isfinite(found):
        return True
    return math.isclose(found, expected, rel_tol=1e-6, abs_tol=1e-12 * max(1.0, min(abs(z), 1e3)))


@pytest.mark.parametrize("choice", CHOICES, ids=str)
def test_the_code_computes_the_formula_and_its_slope(choice: Choice) -> None:
    entry = ACTIVATIONS[choice.name]
    assert isinstance(entry, Pointwise)
    tree, slope = entry.tree(choice), entry.slope_tree(choice)
    for z in PLACES:
        numbers = numbers_at(entry, choice, z)
        assert same(entry, value(tree, numbers), numbers["a"], z), z
        by_code = run(getattr(entry, "derivative"), entry, choice, numbers, "z", "a")  # noqa: B009 - of both kinds
        assert same(entry, value(slope, numbers), by_code, z), z
        helper = entry.helper_tree(choice)
        assert helper is None or math.isclose(value(helper, numbers), numbers["t"], rel_tol=1e-9, abs_tol=1e-12)


@pytest.mark.parametrize("choice", CHOICES, ids=str)
def test_the_slope_is_the_derivative_of_the_formula(choice: Choice) -> None:
    """At a kink the derivative of the formula is that of the case that holds there, which need not be PyTorch's."""
    entry = ACTIVATIONS[choice.name]
    assert isinstance(entry, Pointwise)
    derived, slope = derivative(entry.tree(choice), Symbol("z")), entry.slope_tree(choice)
    kinks = {0.0, -3.0, 3.0, 6.0, *(value for value in choice.arguments.values() if isinstance(value, float))}
    if choice.name == "Softplus":
        kinks.add(choice.number("threshold") / choice.number("beta"))
    for z in PLACES:
        numbers = numbers_at(entry, choice, z)
        found = value(derived, numbers)
        if z not in kinks and math.isfinite(found):
            assert same(entry, found, value(slope, numbers), z), z


def test_the_slope_of_what_is_learned_is_its_derivative() -> None:
    entry = ACTIVATIONS["PReLU"]
    assert isinstance(entry, Learned)
    choice = choices_of("PReLU")[0]
    derived = derivative(entry.tree(choice), Symbol("w"))
    for z in PLACES:
        found = value(read(entry.weight_slope), {"z": z})
        assert found == value(derived, {"z": z, "w": 0.25})
        assert found == float(entry.weight_derivative(torch.tensor(z, dtype=torch.float64)))


@pytest.mark.parametrize("choice", CHOICES, ids=str)
def test_formulas_name_only_what_there_is(choice: Choice) -> None:
    entry = ACTIVATIONS[choice.name]
    assert isinstance(entry, Pointwise)
    known = {"z", *choice.arguments, *entry.constants, *({"w"} if isinstance(entry, Learned) else ())}
    assert set(symbols_of(entry.tree(choice))) <= known
    helper = entry.helper(**choice.arguments)
    assert set(symbols_of(entry.slope_tree(choice))) <= known | {"a"} | ({helper.name} if helper else set())


def test_an_argument_of_1_is_no_factor() -> None:
    elu = ACTIVATIONS["ELU"]
    assert isinstance(elu, Pointwise)
    assert not any(part == Symbol("alpha") for part in walk(elu.tree(Choice("ELU", {"alpha": 1.0}))))
    assert any(part == Symbol("alpha") for part in walk(elu.tree(Choice("ELU", {"alpha": 0.5}))))
