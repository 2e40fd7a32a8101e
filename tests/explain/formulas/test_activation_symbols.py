"""The symbols of every activation's equations, with the numbers put in: they make what is printed behind them."""

from __future__ import annotations

import math
import re

import pytest

from chainrule.catalog.activations import ACTIVATIONS
from chainrule.catalog.arguments import Choice
from chainrule.explain.context import Context
from chainrule.explain.formulas.activation_names import settings
from chainrule.explain.names.notation import Notation
from tests.engine import oracles
from tests.explain.cases import Case
from tests.explain.formulas.test_activations import CHOICES, DELTA, PLACES, A, layer
from tests.explain.latex_arithmetic import TOKEN, evaluate

FORMULAS = [Choice("Formula", {"formula": formula}) for formula in (*oracles.FORMULAS, "2^z*tan(z/9)", "min(z, 1)^3")]
UPSTREAM = r"\frac{{\partial}L}{{\partial}\hat{y}}"
MATRIX = ("Softmax", "LogSoftmax")


def values_of(it: Case, row: int) -> dict[str, float]:
    """What the symbols of a layer of one unit stand for in one sample."""
    choice = it.experiment.network.layers[0].activation
    entry = ACTIVATIONS[choice.name]
    context = Context(it.experiment, Notation.of(it.experiment), it.step(A), (row, 0), row, it.values)
    symbols, numbers = settings(entry, choice, context)[0], entry.numbers(choice)
    found = {symbols[name]: number for name, number in numbers.items()}
    found |= {vector.symbol: entry.first_value(vector, choice) for vector in entry.learned}
    found["z"] = it.value_of(it.step("layers.0.pre_activation").writes, (row, 0))
    found[r"\hat{y}"] = it.value_of(it.step(A).writes, (row, 0))
    found[UPSTREAM] = it.value_of(it.step("layers.0.activation.grad").writes, (row, 0))
    return found


def put_in(symbols: str, values: dict[str, float]) -> str:
    """The symbols with numbers for names: those of several tokens first, and then each token that is a name."""
    for symbol in sorted(values, key=len, reverse=True):
        if len(TOKEN.findall(symbol)) > 1:
            symbols = symbols.replace(symbol, f"({values[symbol]:.25f})")
    symbols = symbols.replace("{-}", "-")
    tokens = re.findall(r"\\begin\{cases\}|\\end\{cases\}|\\mathrm\{\w+\}|" + TOKEN.pattern, symbols)
    return " ".join(f"({values[token]:.25f})" if token in values else token for token in tokens)


@pytest.mark.parametrize("choice", [*(c for c in CHOICES if c.name not in MATRIX), *FORMULAS], ids=str)
def test_symbols_with_numbers_put_in_make_the_result(choice: Choice) -> None:
    it = layer(choice.replace(num_parameters=1) if choice.name == "PReLU" else choice, tuple((z,) for z in PLACES))
    for row in range(len(PLACES)):
        values = values_of(it, row)
        for ref in (A, DELTA):
            equation = it.explain(ref, (row, 0), row, digits=17)
            if equation.aside:
                letter, symbols, *_ = equation.aside.split(" = ")
                values[letter] = evaluate(put_in(symbols, values))
            made, result = evaluate(put_in(" ".join(equation.symbols), values)), evaluate(equation.result)
            assert math.isclose(made, result, rel_tol=1e-6, abs_tol=1e-9), (ref, values["z"], equation)
            numbers = evaluate(" ".join(equation.numbers) or equation.result)
            assert math.isclose(numbers, result, rel_tol=1e-9, abs_tol=1e-9), (ref, values["z"], equation)
