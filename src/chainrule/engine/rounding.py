"""How far two computations of the same number are apart, and how much of that rounding explains.

A difference is relative to the number itself, however small it is: a floor of 1 would let every small gradient agree
with 0. Below the floor that is here, rounding has eaten the number's digits. It comes from what the number was made of:
a sum keeps the rounding of its largest terms when they cancel, and a parameter's change that of the parameter.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import torch
from torch import Tensor

# The largest relative difference that agrees, by what the number is kept in.
TOLERANCE = {torch.float64: 1e-10, torch.float32: 1e-5}
# How many units in the last place of the largest term two orders of adding, or two formulas, may be apart.
ROUNDING = 4


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
    """The largest difference, the largest relative one, and what of that is allowed.

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
    floor = (terms * precision.eps * ROUNDING + precision.smallest_normal) / tolerance
    largest = torch.maximum(ours.abs(), theirs.abs()).nan_to_num(nan=math.inf)
    relative = difference / torch.maximum(largest, floor.nan_to_num(nan=0.0, posinf=0.0))
    # inf over inf: what is not finite on one side alone is no share of anything.
    relative = relative.nan_to_num(nan=math.inf).masked_fill(difference.isinf(), math.inf)
    relative = relative.masked_fill(difference == 0, 0.0)
    return float(difference.max()), float(relative.max()), tolerance
