r"""The formulas of losses: one term an output, each in the form that holds there, or probabilities of classes."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch

from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.experiment.targets import has_classes
from chainrule.catalog.loss import UNIT, Limit, LossTerm
from chainrule.catalog.losses import TARGET_PROBABILITIES
from chainrule.engine.program.losses import Setting, named_in, term_function
from chainrule.explain.context import Context
from chainrule.explain.formulas.loss_divisor import divisor_of, ignored_note, ignored_rows, over_samples, unless_ignored
from chainrule.explain.formulas.loss_names import LARGEST, LossNumbers, printed_number
from chainrule.explain.writing.formula_latex import as_factor, braced, general, has_brace, in_fragments, in_latex
from chainrule.explain.writing.fragments import (
    Formula,
    Fragments,
    joined_latex,
    largest_power,
    left_out,
    no_case,
    sample_letter,
    sum_of_numbers,
    taken_off,
)
from chainrule.formula.cases import branches
from chainrule.formula.simplify import simplify
from chainrule.formula.tree import ZERO, Expr, Negative, Sum, Symbol, number, rebuilt, substituted
from chainrule.formula.writing.printing import Leaf, Level, Printed

# Where a term of the loss is: its sample, and its output where it is of one.
TermPlace = tuple[int, int | None]


@dataclass(frozen=True, slots=True)
class Terms:
    """What is added up, in order: where each term is and its value, and what each sample adds to the loss."""

    places: Sequence[TermPlace]
    value: Callable[[int], float]
    shares: tuple[float, ...]


def loss(c: Context) -> Formula:
    """Return L: the terms of all outputs and samples, reduced."""
    names, divisor = LossNumbers.of(c), divisor_of(c)
    tree = names.naming.indexed(c.loss().tree(c.experiment.loss))
    leaf = names.naming.symbols({}, sample_letter(c))
    sign, body = _turned(c, tree)
    terms = c.once("terms of the loss", lambda: _terms(c, names, sign, body))
    sums = over_samples(c) + (r"\sum_{k}" if _adds_outputs(c) else "")
    if sums or divisor.symbols or sign or len(branches(tree)) > 1:
        symbols: Fragments = (sign + divisor.before_sum + sums + _factor(body, leaf),)
    else:
        symbols = in_fragments(tree, leaf)
    count = len(terms.places)
    if not count or not divisor.value:
        return Formula(symbols, (), ignored_note(c), terms.shares)
    if count == 1 and not (sign or divisor.symbols):
        formula, note = formula_that_holds(c, body, terms.places[0])
        return Formula(symbols, in_fragments(formula, names.leaf), note, terms.shares)

    def term(i: int) -> str:
        formula, _ = formula_that_holds(c, body, terms.places[i])
        formula, spelled = _spelled(c, names, formula)
        # A first term may begin with a minus.
        return as_factor(formula, spelled.leaf, Level.PRODUCT if i or count == 1 else Level.NEGATIVE)

    numbers = _bracketed(c, sign + divisor.numbers_before_sum, count, term, terms.value)
    note = joined_latex(left_out(count) or _zeros(c), ignored_note(c))
    return Formula(symbols, numbers, note, terms.shares)


def output_gradient(c: Context) -> Formula:
    """Return dL/do of one output of one sample."""
    names, divisor = LossNumbers.of(c), divisor_of(c)
    (row, unit), entry, choice = c.index, c.loss(), c.experiment.loss
    tree = entry.slope_tree(choice)
    limit = None if row in ignored_rows(c) else limit_at(c, entry.slope_limits, row, unit)
    if limit is not None and limit.is_shown:
        tree = entry.said(limit.formula, choice)
    tree, leaf = names.naming.indexed(tree), names.naming.symbols({UNIT.name: str(unit + 1)})
    note = joined_latex("" if limit is None else limit.note, ignored_note(c))
    if not ignored_rows(c):
        symbols = _divided(tree, leaf, divisor.before_factor)
    else:
        symbols = (divisor.before_factor + braced(branches(unless_ignored(tree)), leaf),)
        if row in ignored_rows(c):
            return Formula(symbols, (), note)
    if len(branches(tree)) > 1 and any(math.isnan(c.number(ref, c.index)) for ref in c.step.reads):
        return Formula(symbols, (), no_case("a number in it"))
    held_here = tree if limit is None else names.naming.indexed(entry.said(limit.formula, choice))
    formula, known = _with_values(names, names.decided(names.at(held_here, row, unit)))
    return Formula(symbols, _divided(formula, known.leaf, divisor.number_before_factor), note)


def loss_term(c: Context) -> Formula:
    """Return p, its logarithm, or the target's probability q of one class."""
    term = c.step.entry
    assert isinstance(term, LossTerm)
    return _target(c) if term is TARGET_PROBABILITIES else _of_powers(c, term)


def is_one_hot(experiment: Experiment) -> bool:
    """Return whether all probability of a target is at one class: then the other classes' terms are left out."""
    return has_classes(experiment) and not experiment.loss.arguments.get("label_smoothing")


def loss_slope_that_holds(c: Context) -> Expr:
    """Return the slope's formula in the case that applies to the element; its indices are places."""
    names = LossNumbers.of(c)
    tree = names.naming.indexed(c.loss().slope_tree(c.experiment.loss))
    return names.decided(names.at(tree, *c.index))


# ----------------------------------------------------------------------------------------------------------- the terms


def _turned(c: Context, tree: Expr) -> tuple[str, Expr]:
    """Return the minus of all terms, which stands before their sum, and what is behind it."""
    turns = isinstance(tree, Negative) and not c.loss().limits
    return ("-", tree.body) if turns and isinstance(tree, Negative) else ("", tree)


def _adds_outputs(c: Context) -> bool:
    return not c.loss().of_classes and c.experiment.network.outputs > 1


def _terms(c: Context, names: LossNumbers, sign: str, body: Expr) -> Terms:
    """Return what is added up, by the engine's own code: of thousands of samples it is the quickest."""
    factor, classes = -1.0 if sign else 1.0, has_classes(c.experiment)
    tensors = [torch.tensor(c.values(ref), dtype=torch.float64) for ref in c.step.reads]
    if classes and ignored_rows(c):
        tensors[-1] = tensors[-1].clone()
        tensors[-1][list(ignored_rows(c))] = 0.0
    setting = Setting(c.experiment.network.outputs, classes)
    values = factor * term_function(c.experiment.loss, setting)(*tensors[: len(named_in(c.experiment.loss))])
    for row in ignored_rows(c):
        values[row] = 0.0
    # Of no minus at a 0.
    shares = tuple(float(share) + 0.0 for share in factor * values.sum(1) / divisor_of(c).value)
    spread = not c.loss().of_classes or isinstance(body, Sum)
    units: list[int | None] = list(range(c.experiment.network.outputs)) if spread else [None]
    places = [(row, unit) for row in range(c.batch) if row not in ignored_rows(c) for unit in units]
    if is_one_hot(c.experiment) and c.loss().terms:
        # The other classes of a target that is one have no share, not even where the logarithm is infinite.
        q = names.naming.places[TARGET_PROBABILITIES.symbol]
        places = [(row, unit) for row, unit in places if c.number(q, (row, unit or 0))]
    numbers: list[list[float]] = values.tolist()

    def value(i: int) -> float:
        row, unit = places[i]
        if len(numbers[row]) == len(units):
            return numbers[row][unit or 0]
        return names.result(formula_that_holds(c, body, places[i])[0])

    return Terms(places, value, shares)


def formula_that_holds(c: Context, body: Expr, place: TermPlace) -> tuple[Expr, str]:
    """Return the formula that holds for a term, without cases, and its note; its indices are places."""
    names, (row, unit) = LossNumbers.of(c), place
    if c.loss().of_classes:
        inner = body
        if isinstance(body, Sum) and unit is not None:
            inner = substituted(body.body, {body.index: number(unit)})
        return names.decided(names.at(inner, row)), ""
    assert unit is not None
    limit = limit_at(c, c.loss().limits, row, unit)
    if limit is not None:
        body = names.naming.indexed(c.loss().said(limit.formula, c.experiment.loss))
    return names.decided(names.at(body, row, unit)), "" if limit is None else limit.note


def limit_at(c: Context, limits: tuple[Limit, ...], row: int, unit: int) -> Limit | None:
    """Return the limit that applies to an output of a sample."""
    names, entry, choice = LossNumbers.of(c), c.loss(), c.experiment.loss
    for limit in limits:
        if names.result(names.at(names.naming.indexed(entry.said(limit.when, choice)), row, unit)):
            return limit
    return None


def _zeros(c: Context) -> str:
    leaves_out = is_one_hot(c.experiment) and c.experiment.network.outputs > 1 and c.loss().terms
    return "where q is 0, the term is 0 and left out here" if leaves_out else ""


# -------------------------------------------------------------------------------------------------- what is shown first


def _of_powers(c: Context, term: LossTerm) -> Formula:
    """Return softmax of one output or its logarithm: with the largest output taken off, where a power would be too
    large.
    """
    names, (row, unit) = LossNumbers.of(c), c.index
    outputs = c.experiment.network.outputs
    largest = largest_power([c.number(c.step.reads[0], (row, place)) for place in range(outputs)])
    tree, note = term.formula, left_out(outputs)
    if largest is not None:
        names = names.with_known(**{LARGEST: (printed_number(c.write(largest)), largest)})
        tree, note = term.shifted, joined_latex(taken_off("output"), note)
    formula = names.naming.indexed(names.naming.entry.said(tree, c.experiment.loss))
    symbols = in_fragments(formula, names.naming.symbols({UNIT.name: str(unit + 1)}))
    placed, spelled = _spelled(c, names, names.at(formula, row, unit))
    return Formula(symbols, in_fragments(placed, spelled.leaf), note)


def _target(c: Context) -> Formula:
    """Return q of one class: 1 for the target's class or what the target gives it, smoothed."""
    names, (row, unit) = LossNumbers.of(c), c.index
    classes, smoothing = has_classes(c.experiment), c.experiment.loss.number("label_smoothing")
    term = TARGET_PROBABILITIES
    tree = c.loss().said(term.formula if classes else term.of_shares, c.experiment.loss)
    tree = tree if smoothing else simplify(substituted(tree, {"label_smoothing": ZERO}))
    leaf = names.naming.symbols({UNIT.name: str(unit + 1)})
    if not ignored_rows(c):
        return Formula(in_fragments(tree, leaf), in_fragments(names.at(tree, row, unit), names.leaf))
    symbols = (braced(branches(unless_ignored(tree)), leaf),)
    numbers = () if row in ignored_rows(c) else in_fragments(names.at(tree, row, unit), names.leaf)
    return Formula(symbols, numbers, ignored_note(c))


def _spelled(c: Context, names: LossNumbers, tree: Expr) -> tuple[Expr, LossNumbers]:
    """Return a formula whose sums over the outputs are written out."""

    def spell(found: Sum) -> Printed:
        units = range(c.experiment.network.outputs)
        bodies = [names.decided(substituted(found.body, {found.index: number(unit)})) for unit in units]

        def term(i: int) -> str:
            return as_factor(bodies[i], names.leaf)

        fragments = sum_of_numbers(c, len(bodies), term, lambda i: names.result(bodies[i]))
        return Printed("".join(fragments), Level.SUM)

    return _sums_replaced(names, tree, spell)


def _with_values(names: LossNumbers, tree: Expr) -> tuple[Expr, LossNumbers]:
    """Return a formula with the number of each sum over the outputs in its place."""
    return _sums_replaced(names, tree, lambda found: printed_number(names.c.write(names.result(found))))


def _sums_replaced(names: LossNumbers, tree: Expr, write: Callable[[Sum], Printed]) -> tuple[Expr, LossNumbers]:
    known: dict[str, tuple[Printed, float]] = {}

    def replaced(found: Expr) -> Expr:
        if not isinstance(found, Sum):
            return rebuilt(found, replaced)
        name = f"sum {len(known)}"
        known[name] = write(found), names.result(found)
        return Symbol(name)

    return replaced(tree), names.with_known(**known)


# ------------------------------------------------------------------------------------------------------------- shared


def _factor(body: Expr, leaf: Leaf) -> str:
    """Return what stands behind the sum signs."""
    return in_latex(body, leaf) if isinstance(body, Sum) else general(body, leaf)


def _divided(tree: Expr, leaf: Leaf, front: str) -> Fragments:
    """Return a slope over what the loss divides by; its minus stands before the fraction."""
    if not front:
        return (general(tree, leaf),) if has_brace(tree) else in_fragments(tree, leaf)
    if isinstance(tree, Negative):
        return (f"-{front}{general(tree.body, leaf)}",)
    return (front + general(tree, leaf),)


def _bracketed(
    c: Context, front: str, count: int, term: Callable[[int], str], value: Callable[[int], float]
) -> Fragments:
    """Return the terms of a sum behind a factor, with brackets around more than one of them."""
    if count == 1:
        return (front + term(0),)
    fragments = sum_of_numbers(c, count, term, value)
    if not front:
        return fragments
    return (f"{front}[{fragments[0]}", *fragments[1:-1], f"{fragments[-1]}]")
