"""The formula of each activation, and of its slope, against the code that the engine runs, and against each other."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch

from chainrule.catalog.activation import Activation
from chainrule.catalog.activations import ACTIVATIONS
from chainrule.catalog.arguments import Choice
from chainrule.engine.program import activations as activation_functions
from chainrule.engine.program.activations import TensorFunction
from chainrule.formula.differentiate import derivative
from chainrule.formula.evaluate import evaluate
from chainrule.formula.tree import Expr, Symbol, symbols_of, walk
from tests.engine.program.test_activations import PLACES, choices_of

# Numbers at which a formula, as it is written, has no digits left or is too large, but the code is right.
LOST = {
    "Mish": 700.0,
    "GELU": 1e100,
    "LogSigmoid": 700.0,
    "Softplus": 700.0,
    "SiLU": 1e300,
}
CHOICES = [choice for name, entry in ACTIVATIONS.items() if not entry.couples_units for choice in choices_of(name)]
LEARNED = 0.25


def numbers_at(entry: Activation, choice: Choice, z: float) -> dict[str, float]:
    """What the names of an activation's formulas stand for."""
    found = entry.numbers(choice) | {vector.name: LEARNED for vector in entry.learned} | {"z": z}
    found["a"] = run(activation_functions.forward, choice, z)
    helper = entry.helper(**choice.arguments)
    if helper is not None:
        found[helper.name] = activation_functions.helper(choice)(torch.tensor(z, dtype=torch.float64)).item()
    return found


def run(function: Callable[[Choice], TensorFunction], choice: Choice, *numbers: float) -> float:
    """What the engine's code makes of z, or of z and a."""
    learned = [LEARNED] * len(ACTIVATIONS[choice.name].learned)
    return float(function(choice)(*(torch.tensor([number], dtype=torch.float64) for number in (*numbers, *learned))))


def value(expr: Expr, numbers: dict[str, float]) -> float:
    return evaluate(expr, lambda name, places: numbers[name])


def same(entry: Activation, found: float, expected: float, z: float) -> bool:
    if abs(z) > LOST.get(entry.name, math.inf) and not math.isfinite(found):
        return True
    return math.isclose(found, expected, rel_tol=1e-6, abs_tol=1e-12 * max(1.0, min(abs(z), 1e3)))


@pytest.mark.parametrize("choice", CHOICES, ids=str)
def test_the_code_computes_the_formula_and_its_slope(choice: Choice) -> None:
    entry = ACTIVATIONS[choice.name]
    tree, slope = entry.tree(choice), entry.slope_tree(choice)
    for z in PLACES:
        numbers = numbers_at(entry, choice, z)
        assert same(entry, value(tree, numbers), numbers["a"], z), z
        by_code = run(activation_functions.slope, choice, z, numbers["a"])
        assert same(entry, value(slope, numbers), by_code, z), z
        helper = entry.helper_tree(choice)
        assert helper is None or math.isclose(value(helper, numbers), numbers["t"], rel_tol=1e-9, abs_tol=1e-12)


@pytest.mark.parametrize("choice", CHOICES, ids=str)
def test_the_slope_is_the_derivative_of_the_formula(choice: Choice) -> None:
    """At a kink the derivative of the formula is that of the case that holds there, which need not be PyTorch's."""
    entry = ACTIVATIONS[choice.name]
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
    choice, (vector,) = choices_of("PReLU")[0], entry.learned
    derived = derivative(entry.tree(choice), Symbol("weight"))
    for z in PLACES:
        found = value(entry.learned_slope(vector, choice), {"z": z})
        assert found == value(derived, {"z": z, "weight": LEARNED})
        by_code = activation_functions.learned_slope(choice, vector)
        assert found == float(by_code(torch.tensor(z, dtype=torch.float64)))


@pytest.mark.parametrize("choice", CHOICES, ids=str)
def test_formulas_name_only_what_there_is(choice: Choice) -> None:
    entry = ACTIVATIONS[choice.name]
    known = {"z", *choice.arguments, *entry.constants, *(vector.name for vector in entry.learned)}
    assert set(symbols_of(entry.tree(choice))) <= known
    helper = entry.helper(**choice.arguments)
    assert set(symbols_of(entry.slope_tree(choice))) <= known | {"a"} | ({helper.name} if helper else set())


def test_an_argument_of_1_is_no_factor() -> None:
    elu = ACTIVATIONS["ELU"]
    assert not any(part == Symbol("alpha") for part in walk(elu.tree(Choice("ELU", {"alpha": 1.0}))))
    assert any(part == Symbol("alpha") for part in walk(elu.tree(Choice("ELU", {"alpha": 0.5}))))
