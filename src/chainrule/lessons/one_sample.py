"""The part of a calculation that a forward value of one sample takes: the other samples have no share in it."""

from __future__ import annotations

from dataclasses import replace

from chainrule.catalog.values.refs import ValueRef
from chainrule.catalog.values.step_kinds import Phase
from chainrule.lessons.calculation import Calculation, Index


def of_one_sample(calculation: Calculation, ref: ValueRef, index: Index) -> tuple[Calculation, Index]:
    """Return a calculation with the sample of an element alone, and where the element is in that.

    What is computed from more than one sample, as all that comes behind the loss, is left as it is.
    """
    value, steps = calculation.described.get(ref), calculation.ancestors(ref)
    if value is None or not value.per_sample or any(step.phase is not Phase.FORWARD for step in steps):
        return calculation, index
    row, size = index[0], len(calculation.values[ref])
    of_samples = {each for each, found in calculation.described.items() if found.per_sample}
    values = {
        each: tensor[row : row + 1] if each in of_samples and len(tensor) == size else tensor
        for each, tensor in calculation.values.items()
    }
    overrides = {
        each: {(0, *at[1:]): number for at, number in numbers.items() if at[0] == row}
        if each in of_samples
        else numbers
        for each, numbers in calculation.overrides.items()
    }
    return replace(calculation, values=values, overrides=overrides, formulas={}), (0, *index[1:])
