r"""The formulas of activations that treat each number for itself, and of what flows back: the case that applies."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor

from chainrule.catalog.activation import Learned
from chainrule.catalog.values import refs
from chainrule.engine.initializers import torch_dtype
from chainrule.engine.program import activations as activation_functions
from chainrule.explain.context import Context, Index
from chainrule.explain.formulas import matrices as matrix_formulas
from chainrule.explain.formulas.activation_names import (
    ArgumentNames,
    decided_in_numbers,
    has_cases,
    is_braced,
    names_at,
    settings,
    values_at,
)
from chainrule.explain.names.notation import partial_latex
from chainrule.explain.writing.enough_digits import more_digits, rounded_off, rounding_note
from chainrule.explain.writing.formula_latex import braced, in_fragments, in_latex, of_numbers, of_symbols
from chainrule.explain.writing.formula_latex import condition_latex as case_condition
from chainrule.explain.writing.fragments import (
    Factor,
    Formula,
    Fragments,
    joined_latex,
    left_out,
    no_case,
    over_batch,
    sample_letter,
    sum_of_numbers,
)
from chainrule.explain.writing.numbers import FULL_PRECISION, format_short
from chainrule.explain.writing.plain_text import latex_to_text
from chainrule.explain.writing.symbols import operand_latex
from chainrule.formula.cases import along_a_line, branches, place_of_case
from chainrule.formula.evaluate import ElementReader
from chainrule.formula.rule import UPSTREAM
from chainrule.formula.tree import ONE, Cases, Expr, Multiply, Rational, Symbol, symbols_of


def condition(c: Context, index: Index) -> str:
    """Return LaTeX of when the case holds that applies to one neuron, with numbers for arguments.

    Empty for the only one.
    """
    entry, choice, value = c.activation(), c.activation_choice(), values_at(c, index)
    tree = entry.slope_tree(choice)
    if entry.learned or not along_a_line(tree, value):
        return ""
    found = branches(tree)[place_of_case(tree, value)]
    return case_condition(found, of_symbols(settings(entry, choice, c)[1] | {"z": "z"}))


def chosen_slope(c: Context, index: Index) -> Expr:
    """Return the slope's formula in the case that applies to one neuron's z in one row."""
    return decided_in_numbers(c.activation().slope_tree(c.activation_choice()), values_at(c, index))


def activation(c: Context) -> Formula:
    """Return a = f(z)."""
    entry = c.activation()
    if entry.couples_units:
        return matrix_formulas.activation(c)
    tree, value, (symbols, numbers) = entry.tree(c.activation_choice()), values_at(c, c.index), names_at(c, c.index)
    formula = decided_in_numbers(tree, value)
    filled = in_fragments(formula, of_numbers(numbers))
    written = _written(tree, symbols, value)
    return Formula(written, _unless_bare(formula, filled) if isinstance(tree, Cases) else _unless_same(written, filled))


def pre_activation_gradient(c: Context) -> Formula:
    """Return delta = dL/da f'(z), or a sum over a row of the matrix."""
    entry, upstream = c.activation(), c.step.reads[0]
    if entry.couples_units:
        return matrix_formulas.pre_activation_gradient(c)
    tree, value = entry.slope_tree(c.activation_choice()), values_at(c, c.index)
    symbols, numbers = names_at(c, c.index)
    symbols[UPSTREAM], numbers[UPSTREAM] = c.notation.latex(upstream, c.index), c.latex(upstream, c.index)
    slope = decided_in_numbers(tree, value)
    # A slope that is the same everywhere is in the formula already.
    varies = isinstance(tree, Cases) or bool(symbols_of(slope))
    letter = latex_to_text(entry.symbol) or entry.name
    note = f"{letter}′(z) = {format_short(c.slope(c.index[0]), c.digits)}" if varies else ""
    aside, helper = "", entry.helper(**c.activation_choice().arguments)
    if helper is not None:
        symbols[helper.name], numbers[helper.name], aside, rounded = _helper(c, helper.name, symbols)
        note = joined_latex(rounded, note)
    product = _times_upstream(tree, symbols, value)
    if has_cases(tree) and math.isnan(value("z", ())):
        return Formula((product,), (), no_case("z"))
    return Formula((product,), (in_latex(_product(slope), of_numbers(numbers)),), note, aside=aside)


def _written(tree: Expr, symbols: ArgumentNames, value: ElementReader) -> Fragments:
    """Return a formula in symbols: in fragments, or with all of its cases in a brace."""
    if is_braced(tree, value):
        return (braced(branches(tree), of_symbols(symbols)),)
    return in_fragments(tree, of_symbols(symbols))


def _times_upstream(slope: Expr, symbols: ArgumentNames, value: ElementReader) -> str:
    """Return LaTeX of a slope, by what comes back, in symbols."""
    if is_braced(slope, value):
        return rf"{symbols['upstream']}\cdot {braced(branches(slope), of_symbols(symbols))}"
    return in_latex(_product(slope), of_symbols(symbols))


def _product(slope: Expr) -> Expr:
    return Multiply((Symbol(UPSTREAM), slope))


def _unless_bare(formula: Expr, filled: Fragments) -> Fragments:
    """Return nothing where the numbers would only repeat the result: a case that is z itself, or a number."""
    return () if isinstance(formula, Symbol | Rational) else filled


def _unless_same(symbols: Fragments, filled: Fragments) -> Fragments:
    """Return nothing where the formula has no z, so that the numbers are what stands there in symbols."""
    return () if symbols == filled else filled


def _helper(c: Context, name: str, symbols: ArgumentNames) -> tuple[str, str, str, str]:
    """Return the helper's letter, its number, the equation that makes it,
    and what to say where it does not come out.
    """
    choice, dtype = c.activation_choice(), c.experiment.dtype
    z = torch.tensor(c.number(refs.pre_activation(c.layer), c.index), dtype=torch_dtype(c.experiment))
    value, digits = float(activation_functions.helper(choice)(z)), c.operand_digits
    number, tree = c.write(value), c.activation().helper_tree(choice)
    assert tree is not None

    def written(more: int) -> str:
        return in_latex(tree, of_numbers(names_at(replace(c, more=c.more + more), c.index)[1]))

    if digits is None:
        more, exact = 0, rounded_off(value, dtype, written(0))
    else:
        more, exact = more_digits(value, digits, written, FULL_PRECISION - digits)
    sides = (in_latex(tree, of_symbols(symbols)), written(more), number)
    note = rounding_note(dtype, exact, digits, name)
    return name, number, " = ".join((name, *sides)), note


# ------------------------------------------------------------------------------------------------ what is learned


def learned_vector(c: Context) -> Learned:
    """Return what the table says of the vector whose gradient the step writes."""
    assert isinstance(c.step.entry, Learned)
    return c.step.entry


def learning_units(c: Context) -> Sequence[int]:
    """Return the units that an element of a learned vector belongs to: all of the layer, or its own."""
    shared = c.experiment.network.layers[c.layer].learned[learned_vector(c).name] == 1
    return range(c.units) if shared else c.index


def learned_gradient(c: Context) -> Formula:
    """Return dL/dw: the sum of dL/da da/dw over the batch, and over the units that share it."""
    entry, choice, units = c.activation(), c.activation_choice(), learning_units(c)
    tree, upstream = entry.learned_slope(learned_vector(c), choice), c.step.reads[0]
    symbols = _summed_symbols(c, units)
    sums = over_batch(c) + (r"\sum_{k}" if len(units) > 1 else "")
    places = [(row, unit) for row in range(c.batch) for unit in units]
    slopes = learned_slopes(c)

    def term(i: int) -> str:
        numbers = names_at(c, places[i])[1] | {UPSTREAM: c.latex(upstream, places[i])}
        found = decided_in_numbers(tree, values_at(c, places[i]))
        return in_latex(_product(found) if found != ONE else Symbol(UPSTREAM), of_numbers(numbers))

    def share(i: int) -> float:
        row, unit = places[i]
        return c.number(upstream, places[i]) * slopes[row][unit]

    symbol = symbols[UPSTREAM] if tree == ONE else _times_upstream(tree, symbols, values_at(c, places[0]))
    return Formula(
        (sums + symbol,),
        sum_of_numbers(c, len(places), term, share),
        left_out(len(places)),
        tuple(math.fsum(share(row * len(units) + i) for i in range(len(units))) for row in range(c.batch)),
        () if len(units) > 1 else _chain(c, units[0], slopes),
    )


def _summed_symbols(c: Context, units: Sequence[int]) -> ArgumentNames:
    """Return what the names stand for in a sum: of one unit in any sample, or of any unit."""
    entry, sample = c.activation(), sample_letter(c)
    label = ("k",) if len(units) > 1 else (str(units[0] + 1),)
    named = {UPSTREAM: c.step.reads[0], "z": refs.pre_activation(c.layer)}
    symbols = {name: c.notation.symbol(ref, label, sample) for name, ref in named.items()}
    symbols |= {v.name: c.notation.symbol(refs.learned(c.layer, v.name), label) for v in entry.learned}
    return settings(entry, c.activation_choice(), c)[0] | symbols


def learned_slopes(c: Context) -> list[list[float]]:
    """Return da by the vector whose gradient the step writes: of each unit in each sample,
    as the engine computes it.
    """
    return c.once("learned slopes", lambda: _learned_slopes(c))


def _learned_slopes(c: Context) -> list[list[float]]:
    choice, vector, dtype = c.activation_choice(), learned_vector(c), torch_dtype(c.experiment)

    def tensor(name: str) -> Tensor:
        ref = refs.pre_activation(c.layer) if name == "z" else refs.learned(c.layer, name)
        return torch.tensor(c.values(ref), dtype=dtype)

    operands = map(tensor, activation_functions.learned_operands(choice, vector))
    found = activation_functions.learned_slope(choice, vector)(*operands)
    slopes: list[list[float]] = found.expand(c.batch, c.units).tolist()
    return slopes


def _chain(c: Context, unit: int, slopes: list[list[float]]) -> tuple[Factor, ...]:
    """Return dL/da and da/dw of one sample."""
    grad, element = c.step.reads[0], (c.sample, unit)
    upstream, slope = c.number(grad, element), slopes[c.sample][unit]
    parameter = c.writes.owner.ref
    by = partial_latex(c.notation.latex(refs.activation(c.layer), element), c.notation.latex(parameter, c.index))
    return (
        Factor(c.notation.latex(grad, element), operand_latex(c.write(upstream)), upstream),
        Factor(by, operand_latex(c.write(slope)), slope),
    )
