"""How far two computations of the same number are apart, and how much of that rounding explains.

A difference is relative to the number itself, however small it is: a floor of 1 would let every small gradient agree
with 0. Below the floor that is here, rounding has eaten the number's digits. It comes from what the number was made of:
a sum keeps the rounding of its largest terms when they cancel, and a parameter's change that of the parameter.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

import torch
from torch import Tensor

from chainrule.engine.program.lowering import lowered
from chainrule.formula.differentiate import derivative
from chainrule.formula.tree import Add, Cases, Expr, Symbol, parts, with_parts

# The largest relative difference that agrees, by what the number is kept in.
TOLERANCE = {torch.float64: 1e-10, torch.float32: 1e-5}
# How many units in the last place of the largest term two orders of adding, or two formulas, may be apart.
ROUNDING = 4

# How many times what an optimizer keeps a change can be: it divides by its eps, which is 1e-8 unless it is set.
ENLARGED = 1e8


class Expected(NamedTuple):
    """What a referee computes for a ref.

    `terms` is how large what was added up is, where that can be more than the sum: the same shape, or a number for all.
    `before` is what the number was before its change: then the changes are compared, not the sums. `dtype` is the one
    it was computed in, if it was kept in another.
    """

    value: Tensor
    terms: Tensor | None = None
    before: Tensor | None = None
    dtype: torch.dtype | None = None


def apart(value: Tensor, expected: Expected) -> tuple[float, float, float]:
    """Return the largest difference, the largest relative one, and what of that is allowed.

    NaN and inf agree with themselves, and are infinitely far from all else.
    """
    dtype = expected.dtype or value.dtype
    tolerance, precision = TOLERANCE[dtype], torch.finfo(dtype)
    if value.dtype == expected.value.dtype and torch.equal(value, expected.value):
        # As most are: then there is nothing to be measured.
        return 0.0, 0.0, tolerance
    ours, theirs = value.double(), expected.value.double()
    difference = (ours - theirs).abs().nan_to_num(nan=math.inf, posinf=math.inf)
    difference = difference.masked_fill((ours == theirs) | (ours.isnan() & theirs.isnan()), 0.0)
    terms = torch.zeros((), dtype=torch.float64) if expected.terms is None else expected.terms.double().abs()
    if expected.before is not None:
        before = expected.before.double()
        terms = torch.maximum(terms, torch.maximum(before.abs(), theirs.abs()))
        ours, theirs = ours - before, theirs - before
    # Below the smallest normal number numbers lose their digits, and some ways to compute them make 0 of them.
    least = precision.smallest_normal * (1.0 if expected.before is None else ENLARGED)
    floor = (terms * precision.eps * ROUNDING + least) / tolerance
    largest = torch.maximum(ours.abs(), theirs.abs()).nan_to_num(nan=math.inf)
    relative = difference / torch.maximum(largest, floor.nan_to_num(nan=0.0, posinf=0.0))
    # inf over inf: what is not finite on one side alone is no share of anything.
    relative = relative.nan_to_num(nan=math.inf).masked_fill(difference.isinf(), math.inf)
    relative = relative.masked_fill(difference == 0, 0.0)
    return float(difference.max()), float(relative.max()), tolerance


def largest_terms(tree: Expr, values: Mapping[str, Tensor]) -> Tensor:
    """Return how large what is rounded is on the way to a formula's value: of each step, by what a change there makes
    of it.

    Two ways to compute the formula are apart by a few roundings of that, however much cancels.
    """
    return _with_terms(tree, values)[1]


def _with_terms(tree: Expr, values: Mapping[str, Tensor]) -> tuple[Tensor, Tensor]:
    """Return the value of a formula, and how large its terms are."""
    if not parts(tree):
        value = lowered(tree)(values)
        return value, torch.zeros_like(value)
    if isinstance(tree, Cases):
        conditions = [(condition, _with_terms(then, values)) for condition, then in tree.cases]
        value, terms = _with_terms(tree.otherwise, values)
        for condition, found in reversed(conditions):
            holds = lowered(condition)(values) != 0
            value, terms = torch.where(holds, found[0], value), torch.where(holds, found[1], terms)
        return value, terms
    inner = {f"part {place}": _with_terms(part, values) for place, part in enumerate(parts(tree))}
    names = {name: value for name, (value, _) in inner.items()}
    whole = with_parts(tree, tuple(map(Symbol, inner)))
    value = lowered(whole)(names)
    terms = sum(map(torch.abs, names.values()), torch.zeros_like(value)) if isinstance(tree, Add) else value.abs()
    for name, (_, below) in inner.items():
        if below.any():
            terms = terms + (lowered(derivative(whole, Symbol(name)))(names).abs() * below).nan_to_num(nan=0.0)
    return value, terms
