r"""The formulas of the optimizer's steps: one element with its numbers, and a whole tensor in symbols."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import product

import torch

from chainrule.catalog.arguments import argument_values
from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.optimizers import OPTIMIZERS, Update
from chainrule.catalog.schedules.schedule import optimizer_of
from chainrule.catalog.tables import lookup
from chainrule.catalog.values.parameters import parameters_of
from chainrule.catalog.values.refs import ValueRef
from chainrule.catalog.values.value import Axis
from chainrule.engine.initializers import torch_dtype
from chainrule.engine.program.steps import MicroStep
from chainrule.explain.context import Context, Index, names_read, update_of
from chainrule.explain.formulas.activation_names import decided_in_numbers, is_braced
from chainrule.explain.names.notation import Notation
from chainrule.explain.writing.formula_latex import (
    DOTTED,
    NameTexts,
    braced,
    in_fragments,
    in_latex,
    of_numbers,
    of_symbols,
)
from chainrule.explain.writing.fragments import Formula, Fragments, flat, left_out, sum_of_numbers
from chainrule.explain.writing.symbols import argument_symbols
from chainrule.formula.cases import branches, resolved
from chainrule.formula.evaluate import ElementReader, evaluate
from chainrule.formula.parse import read
from chainrule.formula.tree import Expr, Rational, Symbol, symbols_of
from chainrule.formula.writing.printing import Leaf, Level, Printed

# The letter of an index that is summed over.
_RUNNING = {Axis.UNIT: "i", Axis.SOURCE: "k"}


def update_formula(c: Context) -> Formula:
    """Return the equation of one element that the optimizer writes, in symbols and in numbers in the form of its case.

    A formula that shows its cases, with the condition of each, does so in symbols.
    """
    update, named = c.update(), names_read(c.step)
    tree = read(update.formula)
    value = values_read(c)
    case = decided_in_numbers(tree, value) if update.shows_cases else resolved(tree, value)
    # Of what is summed no single element stands in the formula.
    single = dict(list(named.items())[1:]) if update.term else named
    symbols = _argument_symbols(c.experiment, c.notation)
    symbols |= {name: c.notation.latex(ref, c.index) for name, ref in single.items()}
    numbers = _argument_numbers(c) | {name: c.latex(ref, c.index) for name, ref in single.items()}
    note = ""
    if update.term:
        sums, terms, count = _sum(c, update, c.step.reads[0])
        symbols |= {"total": sums, "count": str(count)}
        numbers |= {"total": " ".join(terms), "count": str(count)}
        note = left_out(count)
    if not symbols_of(tree if update.shows_cases else case):
        # A number that nothing is put into: it is the result.
        return Formula((), ())
    filled = in_fragments(case, _with_sums(of_numbers(numbers)), DOTTED)
    if update.shows_cases:
        # A number that its condition has chosen needs no repetition.
        return Formula(_with_cases(tree, symbols, value), () if isinstance(case, Rational) else filled, note)
    return Formula(in_fragments(case, _with_sums(of_symbols(symbols)), DOTTED), filled, note)


def _with_cases(tree: Expr, symbols: NameTexts, value: ElementReader) -> Fragments:
    """Return a formula in symbols with all of its cases: each by its condition, or as they are written."""
    if is_braced(tree, value):
        return (braced(branches(tree), of_symbols(symbols), DOTTED),)
    return in_fragments(tree, of_symbols(symbols), DOTTED)


def _with_sums(leaf: Leaf) -> Leaf:
    """Return the names of a formula as the leaf writes them; a sum is one, in brackets in a product."""

    def written(found: Symbol) -> Printed:
        text = leaf(found)
        return Printed(text.text, Level.SUM) if found.name == "total" else text

    return written


def values_read(c: Context) -> Callable[[str, Index], float]:
    """Return the numbers that an update's formula is made of, but for sums.

    Arguments that are several by their places.
    """
    named = names_read(c.step)
    arguments = argument_values(optimizer_of(c.experiment, c.writes.owner.ref))

    def value(name: str, places: Index) -> float:
        if name in named:
            return c.number(named[name], c.index)
        # An epsilon of None is the dtype's own.
        return arguments[name] if name in arguments else torch.finfo(torch_dtype(c.experiment)).eps

    return value


def _argument_symbols(experiment: Experiment, notation: Notation) -> dict[str, str]:
    """Return LaTeX of the arguments' symbols.

    One that is the letter of what an activation learns, too, says whose it is.
    """
    found = notation.apart(argument_symbols(lookup(OPTIMIZERS, experiment.optimizer.name).arguments))
    learned = [value for value in parameters_of(experiment.network).values() if value.is_learned]
    letters = {notation.base_letter(value) for value in learned}
    own = rf"_{{\text{{{experiment.optimizer.name}}}}}"
    return {name: symbol + own if symbol in letters else symbol for name, symbol in found.items()}


def _argument_numbers(c: Context) -> dict[str, str]:
    """Return LaTeX of the arguments, as a scheduler leaves them; an epsilon of None is the dtype's own."""
    values = optimizer_of(c.experiment, c.writes.owner.ref).arguments
    numbers = c.arguments(values)
    several = values.get("eps")
    if isinstance(several, tuple) and several[0] is None:
        numbers["eps_0"] = c.write(torch.finfo(torch_dtype(c.experiment)).eps, short=True)
    return numbers


def _sum(c: Context, update: Update, ref: ValueRef) -> tuple[str, tuple[str, ...], int]:
    """Return what is summed: in symbols with letters for the indices, its terms as numbers, and how many they are."""
    places, labels = c.once("places", lambda: _places(c, ref))
    letters = [label for label, size in zip(labels, c.notation.sizes(ref), strict=True) if size > 1]
    running = ",".join(letter for letter in letters if not letter[0].isdigit())
    tree = read(update.term)
    symbol = in_latex(tree, of_symbols({"x": c.notation.symbol(ref, labels)}))

    def term(i: int) -> str:
        return in_latex(tree, of_numbers({"x": c.latex(ref, places[i])}))

    def values() -> list[float]:
        found = flat(c.values(ref))
        found = found if len(found) == len(places) else [c.number(ref, place) for place in places]
        # What is summed are the elements or their squares.
        return [_at(tree, x) for x in found]

    numbers = sum_of_numbers(c, len(places), term, c.once("values", values).__getitem__)
    front = rf"\sum_{{{running}}}" if running else ""
    return front + symbol, numbers, len(places)


def _at(tree: Expr, x: float) -> float:
    return evaluate(tree, lambda name, places: x)


def _places(c: Context, ref: ValueRef) -> tuple[list[Index], tuple[str, ...]]:
    """Return the elements that are summed, in reading order, and their indices in symbols: i and k run."""
    value, own = c.notation.value(ref), dict(zip(c.writes.axes, c.index, strict=True))
    shape = zip(value.axes, value.shape_without_batch, strict=True)
    ranges = [(own[axis],) if axis in own and axis in _RUNNING else range(size) for axis, size in shape]
    labels = (str(own[axis] + 1) if axis in own else _RUNNING[axis] for axis in value.axes if axis in _RUNNING)
    return list(product(*ranges)), tuple(labels)


def update_tensor(experiment: Experiment, notation: Notation, step: MicroStep) -> str:
    """Return the right side of a whole tensor's formula."""
    update, reads = update_of(step), step.reads
    names = _argument_symbols(experiment, notation)
    names |= {name: notation.tensor_latex(ref) for name, ref in names_read(step).items()}
    if update.term:
        own, summed = notation.value(step.writes).axes, notation.value(reads[0]).axes
        # Of what is one for all every index runs.
        running = "".join(letter for axis, letter in _RUNNING.items() if own and axis in summed and axis not in own)
        term = in_latex(read(update.term), of_symbols({"x": notation.tensor_latex(reads[0])}))
        names |= {"total": rf"\sum{f'_{running}' if running else ''} {term}", "count": "n"}
    tree = read(update.formula)
    if update.shows_cases:
        # Bounds that are different for each element follow each other in no order.
        return " ".join(_with_cases(tree, names, lambda name, places: math.nan))
    # As a rule the last case holds; the others are of the first steps.
    return in_latex(_usual(tree), _with_sums(of_symbols(names)), DOTTED)


def _usual(tree: Expr) -> Expr:
    """Return the case that holds for most of the time: what is computed, and not what is given."""
    return max((branch.formula for branch in branches(tree)), key=lambda formula: len(symbols_of(formula)))
