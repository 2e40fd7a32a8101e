r"""The formulas of activations whose units depend on each other, and of what flows back through their matrix."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import chain

import torch

from chainrule.catalog.values import refs
from chainrule.catalog.values.refs import ValueRef
from chainrule.engine.initializers import torch_dtype
from chainrule.engine.program import activations as activation_functions
from chainrule.explain.context import Context
from chainrule.explain.formulas.activation_names import settings
from chainrule.explain.names.notation import partial_latex
from chainrule.explain.writing.formula_latex import in_fragments, in_latex, of_numbers, of_symbols
from chainrule.explain.writing.fragments import (
    FIRST_TERMS,
    MOST_TERMS,
    Formula,
    Matrix,
    largest_power,
    left_out,
    shown_places,
    sum_of_numbers,
    taken_off,
)
from chainrule.explain.writing.symbols import signed_latex
from chainrule.formula.evaluate import evaluate
from chainrule.formula.simplify import simplify
from chainrule.formula.tree import Add, Expr, Rational, Sum, Symbol, number, rebuilt, substituted, symbols_of
from chainrule.formula.writing.printing import Leaf, Printed

# The letters that places have: the sample, the unit itself, and one that its derivative is by.
_SAMPLE, _UNIT = "n", "k"
# What stands for the largest z of the sample, which is taken off from each power of e.
_LARGEST = "m"


def activation(c: Context) -> Formula:
    """Return a_k of all z of the sample."""
    entry, choice, note = c.activation(), c.activation_choice(), ""
    symbols, numbers = settings(entry, choice, c)
    tree, values = entry.tree(choice), entry.numbers(choice)
    largest = largest_power(_row(c, refs.pre_activation(c.layer))) if entry.shifted else None
    if largest is not None:
        tree, note = entry.shifted_tree(choice), taken_off("z")
        symbols[_LARGEST], numbers[_LARGEST], values[_LARGEST] = _LARGEST, c.write(largest), largest
    own: dict[str, Expr] = {_UNIT: number(c.unit)}
    if c.units == 1:
        tree = _of_one_unit(tree)
    terms = _Terms(c, values)
    filled = terms.expanded(substituted(tree, own))
    return Formula(
        in_fragments(tree, _places(c, symbols)), in_fragments(filled, _numbers(c, numbers | terms.between)), note
    )


def is_constant(c: Context) -> bool:
    """Return whether the activation gives the same for every z, as a share of one unit is 1."""
    tree = c.activation().tree(c.activation_choice())
    return c.units == 1 and "z" not in symbols_of(simplify(_of_one_unit(tree)))


def _of_one_unit(tree: Expr) -> Expr:
    """Return the formula where there is one unit to be summed over."""
    if isinstance(tree, Sum):
        return substituted(tree.body, {tree.index: Symbol(_UNIT)})
    return rebuilt(tree, _of_one_unit)


def _places(c: Context, symbols: dict[str, str], own: str = "") -> Leaf:
    """Return what writes elements as symbols; `own` is what stands for the unit's own place, if not its number."""
    named = of_symbols(symbols)

    def leaf(found: Symbol) -> Printed:
        if not found.indices:
            return named(found) if found.name in symbols else Printed(found.name)
        (place,) = found.indices[1:]
        assert isinstance(place, Symbol)
        label = str(c.unit + 1) if place.name == _UNIT and not own else place.name
        ref = refs.pre_activation(c.layer) if found.name == "z" else refs.activation(c.layer)
        return of_symbols({found.name: c.notation.symbol(ref, (label,))})(Symbol(found.name))

    return leaf


def _numbers(c: Context, numbers: dict[str, str]) -> Leaf:
    """Return what writes elements as numbers, and what is left out of a sum as it is."""

    def leaf(found: Symbol) -> Printed:
        if not found.indices:
            is_left_out = found.name.startswith(_Terms.LEFT_OUT)
            return Printed(numbers[found.name]) if is_left_out else of_numbers(numbers)(found)
        (place,) = found.indices[1:]
        assert isinstance(place, Rational)
        ref = refs.pre_activation(c.layer) if found.name == "z" else refs.activation(c.layer)
        return of_numbers({"": c.latex(ref, (c.index[0], int(place.value)))})(Symbol(""))

    return leaf


@dataclass(frozen=True, slots=True)
class _Terms:
    """Writes sums over the units out, and keeps what stands for the middle of a long one, by its name."""

    LEFT_OUT = "left out "

    c: Context
    values: dict[str, float]
    between: dict[str, str] = field(default_factory=dict)

    def expanded(self, tree: Expr) -> Expr:
        """Return the formula without sums over an index."""
        if isinstance(tree, Add):
            # What is added up within a sum needs no brackets.
            parts = [(part, self.expanded(part)) for part in tree.terms]
            flat = [
                found.terms if isinstance(part, Sum) and isinstance(found, Add) else (found,) for part, found in parts
            ]
            return Add(tuple(chain.from_iterable(flat)))
        if not isinstance(tree, Sum):
            return rebuilt(tree, self.expanded)
        count, terms = self.c.units, self._term(tree)
        if count <= MOST_TERMS:
            return Add(tuple(map(terms, range(count)))) if count > 1 else terms(0)
        middle = range(FIRST_TERMS, count - 1)
        name = f"{self.LEFT_OUT}{len(self.between)}"
        sum_of_them = self.c.left_out(name, lambda: (self._value(terms(place)) for place in middle))
        self.between[name] = rf"(\text{{{len(middle)} more: }}{signed_latex(sum_of_them)})"
        return Add((*map(terms, range(FIRST_TERMS)), Symbol(name), terms(count - 1)))

    def _term(self, found: Sum) -> Callable[[int], Expr]:
        return lambda place: self.expanded(substituted(found.body, {found.index: number(place)}))

    def _value(self, term: Expr) -> float:
        row = self.c.index[0]

        def value(name: str, places: tuple[int, ...]) -> float:
            if not places:
                return float(row) if name == _SAMPLE else self.values[name]
            ref = refs.pre_activation(self.c.layer) if name == "z" else refs.activation(self.c.layer)
            return self.c.number(ref, (row, places[1]))

        return evaluate(term, value)


# --------------------------------------------------------------------------------------------------- the matrix


def jacobian_entries(c: Context) -> list[list[float]]:
    """Return all da_k / dz_i of the element's sample, a list for each k, as the engine would compute them."""
    dtype, layer = torch_dtype(c.experiment), c.layer
    z, a = (torch.tensor([_row(c, ref)], dtype=dtype) for ref in (refs.pre_activation(layer), refs.activation(layer)))
    matrix: list[list[float]] = activation_functions.jacobian(c.activation_choice())(z, a)[0].tolist()
    return matrix


def _row(c: Context, ref: ValueRef) -> list[float]:
    return [c.number(ref, (c.index[0], unit)) for unit in range(c.units)]


def pre_activation_gradient(c: Context) -> Formula:
    """Return delta: the sum of what came back to each unit, times how far that moves."""
    upstream, z, a = c.step.reads
    row, unit = c.index
    matrix = jacobian_entries(c)
    letter = "k" if len(matrix) > 1 else ""
    by = partial_latex(c.notation.symbol(a, (letter,)), c.notation.latex(z, c.index))
    symbols = rf"\sum_{{k}}{c.notation.symbol(upstream, ('k',))}\cdot {by}" if letter else ""
    single = rf"{c.notation.latex(upstream, c.index)}\cdot {by}"

    def term(k: int) -> str:
        return f"({signed_latex(c.latex(upstream, (row, k)))})({signed_latex(c.write(matrix[k][unit]))})"

    return Formula(
        (symbols or single,),
        sum_of_numbers(c, len(matrix), term, lambda k: c.number(upstream, (row, k)) * matrix[k][unit]),
        left_out(len(matrix)),
        matrix=_matrix(c, matrix),
    )


def _matrix(c: Context, numbers: list[list[float]]) -> Matrix:
    """Return the Jacobian matrix with its name, and the formula of an entry."""
    z, a, symbol = refs.pre_activation(c.layer), refs.activation(c.layer), c.notation.symbol
    entry, choice = c.activation(), c.activation_choice()
    formula = in_latex(entry.slope_tree(choice), _places(c, settings(entry, choice, c)[0], own=_UNIT))
    equation = f"{partial_latex(symbol(a, (_UNIT,)), symbol(z, ('i',)))} = {formula}"
    # Of a wide layer only what is shown is written out: there can be a million numbers.
    shown = shown_places(len(numbers), c.unit)

    def cell(k: int | None, i: int | None) -> str:
        if k is None or i is None:
            return r"\ddots" if k == i else r"\vdots" if k is None else r"\cdots"
        return c.write(numbers[k][i])

    rows = tuple(tuple(cell(k, i) for i in shown) for k in shown)
    return Matrix(equation, "J", rows, c.unit)
