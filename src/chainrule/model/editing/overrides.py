"""Numbers set by hand in one iteration, by ref and index: pure functions on a mapping that nobody changes in place."""

from __future__ import annotations

from collections.abc import Iterator

from chainrule.catalog.values.refs import ValueRef
from chainrule.engine.program.steps import Overrides
from chainrule.model.elements import Index

NONE: Overrides = {}


def with_number(overrides: Overrides, ref: ValueRef, index: Index, number: float) -> Overrides:
    """Return one more number set by hand, or another one in its place."""
    return {**overrides, ref: {**overrides.get(ref, {}), index: number}}


def without_number(overrides: Overrides, ref: ValueRef, index: Index) -> Overrides:
    """Return one number as it is computed again."""
    kept = {place: number for place, number in overrides.get(ref, {}).items() if place != index}
    others = {other: numbers for other, numbers in overrides.items() if other != ref}
    return {**others, ref: kept} if kept else others


def places(overrides: Overrides) -> Iterator[tuple[ValueRef, Index, float]]:
    """Yield each number that is set by hand, and where."""
    for ref, numbers in overrides.items():
        for index, number in numbers.items():
            yield ref, index, number


def count(overrides: Overrides) -> int:
    """Return how many numbers are set by hand."""
    return sum(map(len, overrides.values()))
