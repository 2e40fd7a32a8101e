r"""The formulas of activations and of what flows back through them: the branch that applies, or the matrix."""

from __future__ import annotations

import math
import re
from dataclasses import replace

import torch

from chainrule.engine import refs
from chainrule.engine.activations import Form, Helper, Learned, Vectorwise
from chainrule.engine.initializers import torch_dtype
from chainrule.engine.refs import ValueRef
from chainrule.explain.context import Context
from chainrule.explain.enough_digits import more_digits, rounded_off, rounding_note
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
    as_factor,
    cut_terms,
    fill_numbers,
    fill_symbols,
    operand,
    signed,
)

Names = dict[str, str]


def forms_of(c: Context) -> tuple[Form, ...]:
    """The branches of the layer's activation."""
    return c.activation().forms(**c.activation_choice().arguments)


def chosen_form(c: Context, row: int, unit: int) -> Form:
    """The branch that applies to one neuron's z in one row."""
    z = c.number(refs.pre_activation(c.layer), (row, unit))
    return forms_of(c)[c.activation().choose(z, **c.activation_choice().arguments)]


def condition(c: Context, row: int, unit: int) -> str:
    """LaTeX of the condition under which that branch is taken, with numbers for arguments; empty for the only one."""
    names = c.arguments(c.activation_choice().arguments) | {"z": "z"}
    return "".join(fill_symbols(chosen_form(c, row, unit).where, names))


def activation(c: Context) -> Formula:
    """a = f(z)."""
    form, (symbols, numbers) = chosen_form(c, *c.index), _names(c)
    if not form.where:
        template, note = form.latex, ""
        if isinstance(c.activation(), Vectorwise):
            largest = largest_power([c.number(c.step.reads[0], (c.index[0], unit)) for unit in range(c.units)])
            symbols["sum"], numbers["sum"] = _sum_of_powers(c, largest)
            if largest is not None:
                template, note = form.shifted_latex, taken_off("z")
                symbols["m"], numbers["m"] = "m", c.write(largest)
        template = cut_terms(template)
        return Formula(fill_symbols(template, symbols), fill_numbers(template, numbers), note)
    general = fill_symbols(_cases([(each.latex, each.where) for each in forms_of(c)]), symbols)
    return Formula(general, _unless_bare(form.latex, fill_numbers(cut_terms(form.latex), numbers)))


def pre_activation_gradient(c: Context) -> Formula:
    """delta = dL/da f'(z), or a sum over a row of the matrix."""
    entry = c.activation()
    if isinstance(entry, Vectorwise):
        return _through_matrix(c, entry)
    form, upstream, (symbols, numbers) = chosen_form(c, *c.index), c.step.reads[0], _names(c)
    symbols["upstream"], numbers["upstream"] = c.notation.latex(upstream, c.index), c.latex(upstream, c.index)
    # A slope that is the same everywhere is in the formula already.
    varies = form.where or "<" in form.derivative_latex
    note = f"{entry.name}′(z) = {format_short(c.slope(c.index[0]), c.digits)}" if varies else ""
    template, aside = rf"<upstream>\cdot {as_factor(form.derivative_latex)}", ""
    if form.helper is not None:
        symbols["t"], numbers["t"], aside, rounded = _helper(c, form.helper, symbols)
        note = joined(rounded, note)
    filled = fill_numbers(template, numbers)
    if not form.where:
        return Formula(fill_symbols(template, symbols), filled, note, aside=aside)
    general = _cases([(each.derivative_latex, each.where) for each in forms_of(c)])
    if math.isnan(c.number(refs.pre_activation(c.layer), c.index)):
        filled, note = (), no_case("z")
    return Formula(fill_symbols(rf"<upstream>\cdot {general}", symbols), filled, note)


def _helper(c: Context, helper: Helper, symbols: Names) -> tuple[str, str, str, str]:
    """The helper's letter, its number, the equation that makes it, and what to say where it does not come out."""
    z = torch.tensor(c.number(refs.pre_activation(c.layer), c.index), dtype=torch_dtype(c.experiment))
    value, dtype = float(helper.value(z)), c.experiment.dtype
    number, digits = c.write(value), c.operand_digits

    def written(more: int) -> str:
        return "".join(fill_numbers(helper.latex, _names(replace(c, more=c.more + more))[1]))

    if digits is None:
        more, exact = 0, rounded_off(value, dtype, written(0))
    else:
        more, exact = more_digits(value, digits, written, FULL_PRECISION - digits)
    sides = (*fill_symbols(helper.latex, symbols), written(more), number)
    note = rounding_note(dtype, exact, digits, helper.symbol)
    return helper.symbol, number, " = ".join((helper.symbol, *sides)), note


def activation_weight_gradient(c: Context) -> Formula:
    """dL/dw: the sum of dL/da da/dw over the batch, and over the units that share it."""
    entry, (upstream, z) = c.activation(), c.step.reads
    assert isinstance(entry, Learned)
    (place,), batch = c.index, range(c.batch)
    units = range(c.units) if shares_slope(c) else (place,)
    template = rf"<upstream>\cdot {as_factor(entry.weight_derivative_latex)}"
    label, sample = ("k" if shares_slope(c) else str(place + 1),), sample_letter(c)
    symbols = {"upstream": c.notation.symbol(upstream, label, sample), "z": c.notation.symbol(z, label, sample)}
    sums = over_batch(c) + (r"\sum_{k}" if len(units) > 1 else "")
    places = [(row, unit) for row in batch for unit in units]

    def term(i: int) -> str:
        names = {"upstream": c.latex(upstream, places[i]), "z": c.latex(z, places[i])}
        (filled,) = fill_numbers(template, names)
        return f"({filled})" if i and filled.startswith("-") else filled

    def value(i: int) -> float:
        at = torch.tensor(c.number(z, places[i]), dtype=torch_dtype(c.experiment))
        return c.number(upstream, places[i]) * float(entry.weight_derivative(at))

    shares = _shares(c, entry, units)
    chain = () if len(units) > 1 else _weight_chain(c, entry, place)
    return Formula(
        fill_symbols(sums + template, symbols),
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
        matrix=_matrix(c, matrix),
    )


def _matrix(c: Context, numbers: list[list[float]]) -> Matrix:
    """The Jacobian matrix with its name, and the formula of an entry."""
    z, a, symbol = refs.pre_activation(c.layer), refs.activation(c.layer), c.notation.symbol
    (form,) = forms_of(c)
    names = {"ak": symbol(a, ("k",)), "ai": symbol(a, ("i",)), "d": r"\mathbf{1}_{k=i}"}
    entry = partial(names["ak"], symbol(z, ("i",))) + " = " + "".join(fill_symbols(form.derivative_latex, names))
    # Of a wide layer only what is shown is written out: there can be a million numbers.
    shown = shown_places(len(numbers), c.unit)

    def cell(k: int | None, i: int | None) -> str:
        if k is None or i is None:
            return r"\ddots" if k == i else r"\vdots" if k is None else r"\cdots"
        return c.write(numbers[k][i])

    rows = tuple(tuple(cell(k, i) for i in shown) for k in shown)
    return Matrix(entry, "J", rows, c.unit)


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


def _cases(branches: list[tuple[str, str]]) -> str:
    rows = r" \\ ".join(f"{latex} & {where}" for latex, where in branches)
    return rf"\begin{{cases}}{rows}\end{{cases}}"


def _unless_bare(template: str, filled: Pieces) -> Pieces:
    """Nothing where the numbers would only repeat the result: a branch that is z itself, or a number."""
    return () if re.fullmatch(r"<\w+>|[^<]*", template) else filled


def _names(c: Context) -> tuple[Names, Names]:
    """What `<z>`, `<a>`, `<w>`, the arguments and the constants stand for, as symbols and as numbers."""
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
