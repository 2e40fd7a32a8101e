"""Numbers that are rounded on the way: what a calculation gives whose intermediate values are written down shorter."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from chainrule.catalog.values.refs import ValueRef
from chainrule.catalog.values.value import Role
from chainrule.lessons.calculation import Calculation, Index

# What is copied from the screen has so many digits.
_COPIED = 4
_COUNTS = range(2, 7)
_COPIED_ROLES = (Role.PARAMETER, Role.BUFFER, Role.INPUT)
Shorter = Callable[[Tensor], Tensor]
_Copies = dict[ValueRef, Tensor]
# A larger calculation is not done by hand.
MOST_PRODUCTS = 1_000_000


@dataclass(frozen=True, slots=True)
class Rounded:
    """What comes out where each intermediate value is rounded: to so many decimals, or significant digits."""

    number: float
    count: int
    is_decimals: bool

    @property
    def words(self) -> str:
        """How it was rounded."""
        return f"{self.count} {'decimals' if self.is_decimals else 'digits'}"


def rounded_on_the_way(calculation: Calculation, ref: ValueRef, index: Index) -> Iterator[Rounded]:
    """Yield the number as it is with intermediate values rounded, from the most digits to the fewest."""
    steps = calculation.ancestors(ref)
    if not steps or sum(map(calculation.cost, steps)) > MOST_PRODUCTS:
        return
    # What is copied to as many digits is the same for several: large weights take their time.
    copies: dict[int, _Copies] = {}
    for count in reversed(_COUNTS):
        digits = max(_COPIED, count)
        copied = copies.setdefault(digits, {})
        for is_decimals, of in ((True, _decimals), (False, _significant)):
            number = _carried(calculation, ref, index, of(count), _significant(digits), copied)
            yield Rounded(number, count, is_decimals)


def _carried(
    calculation: Calculation, ref: ValueRef, index: Index, shorter: Shorter, shortly: Shorter, copied: _Copies
) -> float:
    """Return the number with each intermediate value made shorter, and what is given copied shortly."""
    values = dict[ValueRef, Tensor]()

    def read(each: ValueRef) -> Tensor:
        if each in values:
            return values[each]
        if each not in copied:
            value = calculation.described.get(each)
            is_copied = value is not None and value.role in _COPIED_ROLES
            copied[each] = shortly(calculation.values[each]) if is_copied else calculation.values[each]
        return copied[each]

    with torch.inference_mode():
        for step in calculation.ancestors(ref):
            found = calculation.as_set(step.writes, step.compute(*map(read, step.reads)))
            values[step.writes] = found if step.writes == ref else shorter(found)
    return float(values[ref][index])


def _decimals(count: int) -> Callable[[Tensor], Tensor]:
    return lambda value: torch.round(value, decimals=count) if value.is_floating_point() else value


def _significant(count: int) -> Callable[[Tensor], Tensor]:
    def shorter(value: Tensor) -> Tensor:
        if not value.is_floating_point():
            return value
        power = torch.pow(10.0, count - 1 - torch.floor(torch.log10(torch.where(value == 0, 1.0, value.abs()))))
        found = torch.round(value * power) / power
        return torch.where(torch.isfinite(found), found, value)

    return shorter
