"""Kinks of the formulas that a loss is computed by: at a kink a finite difference cannot tell which slope is chosen.

A kink of the loss is seen in the loss itself; of several that make up for each other, it shows nothing: the function
relu(z) - relu(-z) is z, and yet PyTorch's slope of it at 0 is 0. So each part of a formula is looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache

import torch
from torch import Tensor

from chainrule.engine.program.lowering import lowered
from chainrule.formula.differentiate import derivative
from chainrule.formula.kinks import is_kinked
from chainrule.formula.tree import Expr, Symbol, symbols_of, walk

# A kink so near is on both sides of it for all steps of a finite difference; and what is more than a curve's bend.
NEAR, BENT = 1e-9, 1e-7


@torch.no_grad()
def beside_kink(tree: Expr, by: str, values: Mapping[str, Tensor]) -> Tensor:
    """Return for which numbers of the name `by` any part of a formula has a kink or a jump there, or next to it."""
    x = values[by]
    found, looked_at = torch.zeros_like(x, dtype=torch.bool), _looked_at(tree, by)
    if not looked_at:
        return found
    apart = NEAR * x.abs().clamp(min=1.0)
    sides = [dict(values) | {by: x + side * apart} for side in (-1, 1)]
    for of in looked_at:
        below, above = (of(side) for side in sides)
        # What is not finite on either side is no matter of kinks.
        found = found | ((above - below).abs() > BENT * below.abs().clamp(min=1.0))
    return found


def has_kinks(tree: Expr, by: str) -> bool:
    """Return whether any part of a formula can have a kink or a jump by a name."""
    return bool(_looked_at(tree, by))


# The same formulas are looked at in every iteration.
@lru_cache(maxsize=256)
def _looked_at(tree: Expr, by: str) -> tuple[Callable[[Mapping[str, Tensor]], Tensor], ...]:
    """Return the slope and the value of each part that can have a kink, and changes with a name."""
    kinked = [part for part in dict.fromkeys(walk(tree)) if is_kinked(part) and by in symbols_of(part)]
    return tuple(of for part in kinked for of in (lowered(derivative(part, Symbol(by))), lowered(part)))
