r"""The formulas of activations and of what flows back through them: the branch that applies, or the matrix."""

from __future__ import annotations

import math
from dataclasses import replace

import torch

from chainrule.catalog import refs
from chainrule.catalog.refs import ValueRef
from chainrule.engine.activations import Helper, Learned, Pointwise, Vectorwise
from chainrule.engine.initializers import torch_dtype
from chainrule.explain.context import Context
from chainrule.explain.enough_digits import more_digits, rounded_off, rounding_note
from chainrule.explain.formula_latex import braced, in_latex, in_pieces, of_numbers, of_symbols
from chainrule.explain.formula_latex import condition as case_condition
from chainrule.explain.notation import partial
from chainrule.explain.numbers import FULL_PRECISION, format_short
from chainrule.explain.pieces import (
    Factor,
    Formula,
    Matrix,
    Pieces,
    joined,
    largest_power,
    left_out,
    no_case,
    over_batch,
    power_of_e,
    sample_letter,
    shown_places,
    sum_of_numbers,
    taken_off,
)
from chainrule.explain.templates import (
    argument_symbols,
    cut_terms,
    fill_numbers,
    fill_symbols,
    operand,
    signed,
)
from chainrule.formula.cases import branches, is_indicator, place_of_case
from chainrule.formula.parse import read
from chainrule.formula.tree import Expr, Multiply, Number, Symbol, symbols_of

Names = dict[str, str]


def condition(c: Context, row: int, unit: int) -> str:
    """LaTeX of when the case holds that applies to one neuron, with numbers for arguments; empty for the only one."""
    choice = c.activation_choice()
    tree = _pointwise(c).slope_tree(choice)
    found = branches(tree)[_case(c, tree, row, unit)]
    return case_condition(found, of_symbols(c.arguments(choice.arguments) | {"z": "z"}))


def chosen_slope(c: Context, row: int, unit: int) -> Expr:
    """The slope's formula in the case that applies to one neuron's z in one row."""
    tree = _pointwise(c).slope_tree(c.activation_choice())
    return branches(tree)[_case(c, tree, row, unit)].formula


def _pointwise(c: Context) -> Pointwise:
    entry = c.activation()
    assert isinstance(entry, Pointwise)
    return entry


def _case(c: Context, tree: Expr, row: int, unit: int) -> int:
    """Which case of a formula applies to one neuron's z."""
    z = c.number(refs.pre_activation(c.layer), (row, unit))
    arguments = c.activation_choice().arguments
    return place_of_case(tree, lambda name, _: z if name == "z" else float(str(arguments[name])))


def activation(c: Context) -> Formula:
    """a = f(z)."""
    if isinstance(c.activation(), Vectorwise):
        return _of_sample(c)
    tree, (symbols, numbers) = _pointwise(c).tree(c.activation_choice()), _names(c)
    cases = branches(tree)
    formula = cases[_case(c, tree, *c.index)].formula
    filled = in_pieces(formula, of_numbers(numbers))
    if len(cases) == 1:
        return Formula(in_pieces(tree, of_symbols(symbols)), filled)
    return Formula((braced(cases, of_symbols(symbols)),), _unless_bare(formula, filled))


def _of_sample(c: Context) -> Formula:
    """a_k of all z of the sample."""
    entry, (symbols, numbers) = c.activation(), _names(c)
    assert isinstance(entry, Vectorwise)
    template, note = entry.form.latex, ""
    largest = largest_power([c.number(c.step.reads[0], (c.index[0], unit)) for unit in range(c.units)])
    symbols["sum"], numbers["sum"] = _sum_of_powers(c, largest)
    if largest is not None:
        template, note = entry.form.shifted_latex, taken_off("z")
        symbols["m"], numbers["m"] = "m", c.write(largest)
    template = cut_terms(template)
    return Formula(fill_symbols(template, symbols), fill_numbers(template, numbers), note)


def pre_activation_gradient(c: Context) -> Formula:
    """delta = dL/da f'(z), or a sum over a row of the matrix."""
    entry = c.activation()
    if isinstance(entry, Vectorwise):
        return _through_matrix(c, entry)
    tree, upstream, (symbols, numbers) = _pointwise(c).slope_tree(c.activation_choice()), c.step.reads[0], _names(c)
    symbols["upstream"], numbers["upstream"] = c.notation.latex(upstream, c.index), c.latex(upstream, c.index)
    cases = branches(tree)
    slope = cases[_case(c, tree, *c.index)].formula
    # A slope that is the same everywhere is in the formula already.
    varies = len(cases) > 1 or bool(symbols_of(slope))
    note = f"{entry.name}′(z) = {format_short(c.slope(c.index[0]), c.digits)}" if varies else ""
    aside, helper = "", _pointwise(c).helper(**c.activation_choice().arguments)
    if helper is not None:
        symbols["t"], numbers["t"], aside, rounded = _helper(c, helper, symbols)
        note = joined(rounded, note)
    if len(cases) == 1 or is_indicator(tree):
        product = _times_upstream(tree)
        filled = (in_latex(product, of_numbers(numbers)),)
        return Formula((in_latex(product, of_symbols(symbols)),), filled, note, aside=aside)
    general = rf"{symbols['upstream']}\cdot {braced(cases, of_symbols(symbols))}"
    if math.isnan(c.number(refs.pre_activation(c.layer), c.index)):
        return Formula((general,), (), no_case("z"))
    return Formula((general,), (in_latex(_times_upstream(slope), of_numbers(numbers)),), note)


def _times_upstream(slope: Expr) -> Expr:
    return Multiply((Symbol("upstream"), slope))


def _helper(c: Context, helper: Helper, symbols: Names) -> tuple[str, str, str, str]:
    """The helper's letter, its number, the equation that makes it, and what to say where it does not come out."""
    z = torch.tensor(c.number(refs.pre_activation(c.layer), c.index), dtype=torch_dtype(c.experiment))
    value, dtype = float(helper.value(z)), c.experiment.dtype
    number, digits = c.write(value), c.operand_digits

    tree = _pointwise(c).helper_tree(c.activation_choice())
    assert tree is not None

    def written(more: int) -> str:
        return in_latex(tree, of_numbers(_names(replace(c, more=c.more + more))[1]))

    if digits is None:
        more, exact = 0, rounded_off(value, dtype, written(0))
    else:
        more, exact = more_digits(value, digits, written, FULL_PRECISION - digits)
    sides = (in_latex(tree, of_symbols(symbols)), written(more), number)
    note = rounding_note(dtype, exact, digits, helper.name)
    return helper.name, number, " = ".join((helper.name, *sides)), note


def activation_weight_gradient(c: Context) -> Formula:
    """dL/dw: the sum of dL/da da/dw over the batch, and over the units that share it."""
    entry, (upstream, z) = c.activation(), c.step.reads
    assert isinstance(entry, Learned)
    (place,), batch = c.index, range(c.batch)
    units = range(c.units) if shares_slope(c) else (place,)
    tree = _times_upstream(read(entry.weight_slope))
    label, sample = ("k" if shares_slope(c) else str(place + 1),), sample_letter(c)
    symbols = {"upstream": c.notation.symbol(upstream, label, sample), "z": c.notation.symbol(z, label, sample)}
    sums = over_batch(c) + (r"\sum_{k}" if len(units) > 1 else "")
    places = [(row, unit) for row in batch for unit in units]

    def term(i: int) -> str:
        names = {"upstream": c.latex(upstream, places[i]), "z": c.latex(z, places[i])}
        return in_latex(tree, of_numbers(names))

    def value(i: int) -> float:
        at = torch.tensor(c.number(z, places[i]), dtype=torch_dtype(c.experiment))
        return c.number(upstream, places[i]) * float(entry.weight_derivative(at))

    shares = _shares(c, entry, units)
    chain = () if len(units) > 1 else _weight_chain(c, entry, place)
    return Formula(
        (sums + in_latex(tree, of_symbols(symbols)),),
        sum_of_numbers(c, len(places), term, value),
        left_out(len(places)),
        shares,
        chain,
    )


def shares_slope(c: Context) -> bool:
    """Whether all units of the layer have one slope."""
    return c.experiment.network.layers[c.layer].slopes == 1


def _shares(c: Context, entry: Learned, units: range | tuple[int, ...]) -> tuple[float, ...]:
    """What each sample adds to the gradient."""
    grad, z = (torch.tensor(c.values(ref), dtype=torch_dtype(c.experiment))[:, list(units)] for ref in c.step.reads)
    return tuple(float(share) for share in (grad * entry.weight_derivative(z)).sum(1))


def _weight_chain(c: Context, entry: Learned, unit: int) -> tuple[Factor, ...]:
    """dL/da and da/dw of one sample."""
    (grad, z), element, dtype = c.step.reads, (c.sample, unit), torch_dtype(c.experiment)
    upstream = c.number(grad, element)
    slope = float(entry.weight_derivative(torch.tensor(c.number(z, element), dtype=dtype)))
    parameter = refs.parse(c.step.writes).base
    by = partial(c.notation.latex(refs.activation(c.layer), element), c.notation.latex(parameter, c.index))
    return (
        Factor(c.notation.latex(grad, element), operand(c.write(upstream)), upstream),
        Factor(by, operand(c.write(slope)), slope),
    )


# --------------------------------------------------------------------------------------------------- the matrix


def jacobian(c: Context, entry: Vectorwise) -> list[list[float]]:
    """All da_k / dz_i of the element's sample, a list for each k, as the engine would compute them."""
    dtype, row = torch_dtype(c.experiment), c.index[0]
    z, a = (
        torch.tensor([_row(c, ref, row)], dtype=dtype)
        for ref in (refs.pre_activation(c.layer), refs.activation(c.layer))
    )
    matrix: list[list[float]] = entry.jacobian(z, a)[0].tolist()
    return matrix


def _row(c: Context, ref: ValueRef, row: int) -> list[float]:
    return [c.number(ref, (row, unit)) for unit in range(c.units)]


def _through_matrix(c: Context, entry: Vectorwise) -> Formula:
    upstream, z, a = c.step.reads
    row, unit = c.index
    matrix = jacobian(c, entry)
    letter = "k" if len(matrix) > 1 else ""
    by = partial(c.notation.symbol(a, (letter,)), c.notation.latex(z, c.index))
    symbols = rf"\sum_{{k}}{c.notation.symbol(upstream, ('k',))}\cdot {by}" if letter else ""
    single = rf"{c.notation.latex(upstream, c.index)}\cdot {by}"

    def term(k: int) -> str:
        return f"({signed(c.latex(upstream, (row, k)))})({signed(c.write(matrix[k][unit]))})"

    return Formula(
        (symbols or single,),
        sum_of_numbers(c, len(matrix), term, lambda k: c.number(upstream, (row, k)) * matrix[k][unit]),
        left_out(len(matrix)),
        matrix=_matrix(c, entry, matrix),
    )


def _matrix(c: Context, entry: Vectorwise, numbers: list[list[float]]) -> Matrix:
    """The Jacobian matrix with its name, and the formula of an entry."""
    z, a, symbol = refs.pre_activation(c.layer), refs.activation(c.layer), c.notation.symbol
    names = {"ak": symbol(a, ("k",)), "ai": symbol(a, ("i",)), "d": r"\mathbf{1}_{k=i}"}
    formula = "".join(fill_symbols(entry.form.derivative_latex, names))
    equation = f"{partial(names['ak'], symbol(z, ('i',)))} = {formula}"
    # Of a wide layer only what is shown is written out: there can be a million numbers.
    shown = shown_places(len(numbers), c.unit)

    def cell(k: int | None, i: int | None) -> str:
        if k is None or i is None:
            return r"\ddots" if k == i else r"\vdots" if k is None else r"\cdots"
        return c.write(numbers[k][i])

    rows = tuple(tuple(cell(k, i) for i in shown) for k in shown)
    return Matrix(equation, "J", rows, c.unit)


def _sum_of_powers(c: Context, largest: float | None) -> tuple[str, str]:
    """The sum of e^z over all units, in symbols and in numbers; with the largest z taken off, where that is given."""
    z, row = refs.pre_activation(c.layer), c.index[0]
    count = c.units
    off = "" if largest is None else f"-{operand(c.write(largest))}"

    def symbol(name: str) -> str:
        return rf"e^{{{name}{'-m' if off else ''}}}"

    def term(k: int) -> str:
        return rf"e^{{{signed(c.latex(z, (row, k)))}{off}}}"

    def value(k: int) -> float:
        return power_of_e(c.number(z, (row, k)) - (largest or 0.0))

    numbers = "".join(sum_of_numbers(c, count, term, value)).replace(r"+\,", "+")
    if count == 1:
        return symbol(c.notation.latex(z, c.index)), numbers
    return rf"\sum_{{k}}{symbol(c.notation.symbol(z, ('k',)))}", numbers


# ------------------------------------------------------------------------------------------------------- pieces


def _unless_bare(formula: Expr, filled: Pieces) -> Pieces:
    """Nothing where the numbers would only repeat the result: a case that is z itself, or a number."""
    return () if isinstance(formula, Symbol | Number) else filled


def _names(c: Context) -> tuple[Names, Names]:
    """What z, a, w, the arguments and the constants stand for, as symbols and as numbers."""
    entry, choice, layer = c.activation(), c.activation_choice(), c.layer
    symbols, numbers = argument_symbols(entry.arguments), c.arguments(choice.arguments)
    for name, constant in entry.constants.items():
        symbols[name], numbers[name] = constant.symbol, c.write(constant.value, short=True)
    named = {"z": (refs.pre_activation(layer), c.index), "a": (refs.activation(layer), c.index)}
    if isinstance(entry, Learned):
        named["w"] = (refs.activation_weight(layer), (0 if shares_slope(c) else c.unit,))
    symbols |= {name: c.notation.latex(ref, index) for name, (ref, index) in named.items()}
    # The step that computes a does not have it yet, and its formula does not need it.
    known = {name: place for name, place in named.items() if place[0] != c.step.writes}
    return symbols, numbers | {name: c.latex(ref, index) for name, (ref, index) in known.items()}
