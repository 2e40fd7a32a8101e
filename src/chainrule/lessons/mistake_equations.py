"""The wrong rule beside the right one: each in symbols and with the numbers of the calculation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

import torch

from chainrule.catalog.loss import OUTPUTS
from chainrule.catalog.losses import LOSSES
from chainrule.catalog.values.refs import ValueRef
from chainrule.catalog.values.step_kinds import StepKind
from chainrule.catalog.values.value import Axis
from chainrule.explain.names.notation import Notation
from chainrule.explain.writing.numbers import latex_number
from chainrule.explain.writing.symbols import signed_latex
from chainrule.formula.rule import UPSTREAM
from chainrule.formula.tree import Divide, Expr, Multiply, Negative, Symbol, number, substituted
from chainrule.lessons.alterations import Alteration, MistakeKind
from chainrule.lessons.calculation import Calculation, Index
from chainrule.lessons.mistakes import Mistake
from chainrule.lessons.writing import WrittenElement


@dataclass(frozen=True, slots=True)
class RulesBeside:
    """LaTeX of the right rule and of the wrong one of a step, at the element `index` of `ref`.

    `right_numbers` and `right_result` give the right number away, where that is not to be seen yet.
    """

    ref: ValueRef
    index: Index
    left: str
    right: str
    wrong: str
    right_numbers: str
    right_result: str
    wrong_numbers: str
    wrong_result: str


def rules_beside(
    calculation: Calculation, notation: Notation, mistake: Mistake, ref: ValueRef, index: Index, digits: int | None = 4
) -> RulesBeside | None:
    """Return the rule in which a mistake was made, as it is and as it was taken; None where it is no formula."""
    first = mistake.first
    formula = calculation.formula(first.step)
    if formula is None:
        return None
    at = index if first.step.writes == ref else _most_changed(calculation, first, ref, index)
    tree, swapped = _told(first, formula.tree)
    place = WrittenElement(calculation, notation, first.step, at, {}, digits)
    other = WrittenElement(calculation, notation, first.step, at, swapped, digits)
    whole, wrong = _reduced(calculation, first, formula.tree), _reduced(calculation, first, tree, first)
    values = calculation.run({first.step.writes: first.compute}, (first.step,))
    given, right = float(values[first.step.writes][at]), calculation.number(first.step.writes, at)
    sums = first.step.kind is StepKind.LOSS
    return RulesBeside(
        first.step.writes,
        at,
        notation.latex(first.step.writes, at),
        _summed(place.symbols(whole), sums),
        _summed(other.symbols(wrong), sums),
        "" if sums else place.numbers(whole),
        signed_latex(latex_number(right, digits)),
        "" if sums or first.kind in _NO_NUMBERS else other.numbers(wrong),
        signed_latex(latex_number(given, digits)),
    )


# What is told in symbols: the number that is read instead is none of the calculation's.
_NO_NUMBERS = (MistakeKind.SLOPE_AT_A, MistakeKind.TRANSPOSED, MistakeKind.STATE_LOST)


def _summed(symbols: str, sums: bool) -> str:
    return rf"\sum {symbols}" if sums else symbols


def _told(made: Alteration, tree: Expr) -> tuple[Expr, Mapping[ValueRef, ValueRef]]:
    """Return the formula that was taken, and what was read in the place of what."""
    upstream = Symbol(UPSTREAM)
    match made.kind:
        case MistakeKind.FORMULA:
            assert made.changed is not None
            return made.changed.tree, {}
        case MistakeKind.NO_SLOPE:
            return upstream, {}
        case MistakeKind.VALUE_FOR_SLOPE:
            return Multiply((upstream, Symbol(made.step.reads[2]))), {}
        case MistakeKind.OPPOSITE:
            return Negative(tree), {}
        case MistakeKind.LEFT_AS_IT_WAS | MistakeKind.NO_ACTIVATION | MistakeKind.UNCLIPPED if made.swap is None:
            return Symbol(made.step.reads[0]), {}
    if made.swap is not None and made.swap[0] != made.swap[1]:
        return tree, {made.swap[0]: made.swap[1]}
    return tree, {}


def _reduced(calculation: Calculation, step_of: Alteration, tree: Expr, made: Alteration | None = None) -> Expr:
    """Return a formula of the loss with what the reduction divides by, which stands beside the terms; the wrong one of
    a mistake that was made with that.
    """
    experiment, step = calculation.experiment, step_of.step
    if step.node is not None or step.kind not in (StepKind.LOSS, StepKind.OUTPUT_GRADIENT):
        return tree
    found, batch = (
        substituted(tree, {OUTPUTS: number(experiment.network.outputs)}),
        len(calculation.values[step.reads[0]]),
    )
    divisor = LOSSES[experiment.loss.name].divisor(experiment.loss, batch, experiment.network.outputs)
    kind, count = (made.kind, made.count) if made is not None else (MistakeKind.FORMULA, 1)
    if kind is MistakeKind.NOT_AVERAGED and divisor % count == 0:
        divisor //= count
    elif kind is MistakeKind.AVERAGED:
        divisor *= count
    elif kind in (MistakeKind.DOUBLED, MistakeKind.NOT_AVERAGED):
        found = Multiply((number(count), found))
    elif kind is MistakeKind.HALVED:
        found = Multiply((number(Fraction(1, 2)), found))
    return found if divisor == 1 else Divide(found, number(divisor))


def _most_changed(calculation: Calculation, made: Alteration, ref: ValueRef, index: Index) -> Index:
    """Return the element of a step's result that a mistake changes most: of those that the number is made of."""
    values = calculation.run({made.step.writes: made.compute}, (made.step,))
    found, right = values[made.step.writes], calculation.values[made.step.writes]
    if not right.dim():
        return ()
    away = torch.nan_to_num((found - right).abs())
    asked, own = calculation.described.get(ref), calculation.described.get(made.step.writes)
    if asked is not None and own is not None and asked.layer == own.layer and Axis.UNIT in asked.axes:
        # Of the same layer it is the same unit.
        unit = index[asked.axes.index(Axis.UNIT)]
        if Axis.UNIT in own.axes and away.select(own.axes.index(Axis.UNIT), unit).any():
            away = away.clone()
            axis = own.axes.index(Axis.UNIT)
            others = [place for place in range(away.shape[axis]) if place != unit]
            away.index_fill_(axis, torch.tensor(others, dtype=torch.long, device=away.device), -1.0)
    place, at = int(away.flatten().argmax()), []
    for size in reversed(right.shape):
        place, one = divmod(place, size)
        at.append(one)
    return tuple(reversed(at))
