"""The links of the chain rule through losses: the derivative of a term by an output, over what the loss divides by."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from chainrule.catalog.formula_argument import FORMULA
from chainrule.catalog.loss import OUTPUT, SAMPLE, UNIT
from chainrule.catalog.losses import LOG_SOFTMAX, SOFTMAX, TARGET_PROBABILITIES
from chainrule.catalog.values import refs
from chainrule.catalog.values.refs import ValueRef
from chainrule.explain.context import Context
from chainrule.explain.derivation.paths import GradientPath, GradientPaths, Index, Link, single
from chainrule.explain.derivation.written import AT_A_KINK, different, is_choice, nothing
from chainrule.explain.formulas.loss_divisor import divisor_of, ignored_rows
from chainrule.explain.formulas.loss_names import LossNumbers
from chainrule.explain.formulas.losses import limit_at
from chainrule.explain.writing.formula_latex import as_factor, in_fragments, in_latex
from chainrule.explain.writing.fragments import Fragments
from chainrule.formula.differentiate import derivative
from chainrule.formula.functions import quotient
from chainrule.formula.parse import read
from chainrule.formula.simplify import simplify
from chainrule.formula.tree import ZERO, Divide, Expr, Sum, Symbol, number, parts, substituted, walk
from chainrule.formula.writing.printing import Leaf
from chainrule.translation import gettext

# The logarithm of a class's probability, by an output; and as textbooks write its derivative.
_LOG_P_BY = Symbol(OUTPUT, (SAMPLE, Symbol("i")))
_LOG_P_SLOPE = read(f"if(k == i, 1, 0) - {SOFTMAX.symbol}[n,i]")
_EVERY_CLASS = "The logarithm of every class's probability depends on {name}: one row for each"


def loss_paths(c: Context, loss: Fragments, total: Fragments = ()) -> GradientPaths:
    """Return the paths from one output to the loss, whose right side is `loss`; `c` is of the output's gradient.

    `total` is the right side of the loss with penalties, where the gradient is that of both together.
    """
    above = (_with_penalties(c, total),) if total else ()
    if LOG_SOFTMAX in c.loss().terms:
        return _through_classes(c, loss, above)
    link = _by_output(c, loss)
    return single(GradientPath("", None, (*above, link)), link.value)


def _with_penalties(c: Context, total: Fragments) -> Link:
    """Return the loss by that of the data: the penalties do not depend on the outputs."""
    return Link(
        "loss with the penalties",
        c.notation.latex(refs.LOSS),
        c.notation.latex(refs.DATA_LOSS),
        total,
        (),
        "1",
        nothing,
        1.0,
    )


@lru_cache(maxsize=1024)
def _derived(tree: Expr, by: Symbol) -> Expr:
    return simplify(derivative(tree, by))


def _by_output(c: Context, loss: Fragments) -> Link:
    """Return dL/do of an output that the loss reads itself."""
    names, entry, choice = LossNumbers.of(c), c.loss(), c.experiment.loss
    (row, unit), tree = c.index, names.naming.indexed(entry.tree(choice))
    limit = limit_at(c, entry.slope_limits, row, unit)
    forms = [] if limit else [_derived(tree, Symbol(OUTPUT, (SAMPLE, UNIT)))]
    own = entry.slope_tree(choice) if limit is None else entry.said(limit.formula, choice)
    forms.append(names.naming.indexed(own))
    return _link(c, loss, names.naming.places[OUTPUT], c.index, forms, "" if limit is None else limit.note)


def _link(c: Context, loss: Fragments, by: ValueRef, index: Index, forms: list[Expr], note: str) -> Link:
    """Return the derivative of the loss in the forms that it has, by an element of a value."""
    names, divisor, (row, unit) = LossNumbers.of(c), divisor_of(c), index
    held = [names.decided(names.at(form, row, unit)) for form in forms]
    if is_choice(names.result(held[0]), names.result(held[-1])):
        held, note = held[-1:], note or gettext(AT_A_KINK)
    if row in ignored_rows(c):
        held, note = [ZERO], "this sample is of the class that is ignored"
    leaf, front = names.naming.symbols({}), divisor.before_factor
    sides = [_behind(form, leaf, front) for form in held]
    if divisor.symbols.isdigit():
        whole = simplify(Divide(held[-1], number(int(divisor.symbols))))
        # Where the divisor cancels out.
        if not any(isinstance(part, Divide) for part in (whole, *parts(whole))) and "." not in in_latex(whole, leaf):
            sides.append(in_fragments(whole, leaf))

    def numbers(more: int) -> Fragments:
        known = replace(c, more=c.more + more, kept={})
        return _behind(held[-1], LossNumbers.of(known).leaf, divisor_of(known).number_before_factor)

    all_parts = list(walk(held[-1]))
    has_sums = any(isinstance(part, Sum) for part in all_parts)
    can_be_filled = not has_sums and any(isinstance(part, Symbol) for part in all_parts)
    return Link(
        "loss" if c.loss().name == FORMULA else c.loss().name,
        c.notation.latex(refs.DATA_LOSS if c.experiment.penalties else refs.LOSS),
        c.notation.latex(by, index),
        loss,
        tuple(dict.fromkeys(sides)),
        front + as_factor(held[-1], leaf),
        numbers if can_be_filled else nothing,
        quotient(names.result(held[-1]), divisor.value),
        note,
    )


def _through_classes(c: Context, loss: Fragments, above: tuple[Link, ...]) -> GradientPaths:
    """Return the links through the logarithm of each class's probability; `above` comes first on each path."""
    row = c.index[0]
    places = LossNumbers.of(c).naming.places
    log_p, q = places[LOG_SOFTMAX.symbol], places[TARGET_PROBABILITIES.symbol]

    def at(k: int) -> GradientPath:
        links = (*above, _by_log_p(c, loss, log_p, (row, k)), _by_power(c, log_p, k))
        return GradientPath(f"for class {k}", None, links)

    outputs = c.experiment.network.outputs
    # Followed further is the class of the target, or the likeliest: the others have no share.
    title = _EVERY_CLASS.format(name=c.notation.text(places[OUTPUT], c.index))
    chosen = max(range(outputs), key=lambda k: c.number(q, (row, k)))
    return GradientPaths(outputs, at, lambda k: at(k).slope, title, chosen)


def _by_log_p(c: Context, loss: Fragments, log_p: ValueRef, place: Index) -> Link:
    names = LossNumbers.of(c)
    tree = names.naming.indexed(c.loss().tree(c.experiment.loss))
    form = _derived(tree, Symbol(LOG_SOFTMAX.symbol, (SAMPLE, Symbol("i"))))
    return _link(c, loss, log_p, place, [substituted(form, {"i": UNIT})], "")


def _by_power(c: Context, log_p: ValueRef, k: int) -> Link:
    """Return the derivative of a class's ln p by an output, which is in every class's sum."""
    (row, unit), names = c.index, LossNumbers.of(c)
    tree = read(LOG_SOFTMAX.formula)
    place: dict[str, Expr] = {SAMPLE.name: number(row), UNIT.name: number(k), "i": number(unit)}
    held = [simplify(substituted(form, place)) for form in (_derived(tree, _LOG_P_BY), _LOG_P_SLOPE)]
    leaf = names.naming.symbols({})

    def numbers(more: int) -> Fragments:
        return in_fragments(held[-1], LossNumbers.of(replace(c, more=c.more + more, kept={})).leaf)

    output = names.naming.places[OUTPUT]
    return Link(
        "logarithm of the softmax",
        c.notation.latex(log_p, (row, k)),
        c.notation.latex(output, c.index),
        in_fragments(substituted(tree, place), leaf),
        different(held, leaf),
        as_factor(held[-1], leaf),
        numbers,
        names.result(held[-1]),
    )


def _behind(form: Expr, leaf: Leaf, front: str) -> Fragments:
    """Return a slope over what the loss divides by."""
    return (front + as_factor(form, leaf),) if front else in_fragments(form, leaf)
