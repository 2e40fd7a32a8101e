"""How a lesson names a number: `layers.0.weight.grad[0,1]`, and with the iteration that it is of, `loss@3`."""

from __future__ import annotations

import re

from chainrule.catalog.experiment.spec_error import describe, expected
from chainrule.catalog.values.refs import ValueRef
from chainrule.lessons.lesson.spec import NamedValue

# Lessons go no further: what they say has to be computed before it is shown.
MOST_ITERATION = 5_000
LONGEST_NAME = 120
_NAME = re.compile(r"([A-Za-z_][\w.]*)\s*(?:\[([\d\s,]+)\])?\s*(?:@\s*(\d{1,9}))?")
_WANTED = "a number such as layers.0.weight[0,1], or loss@3 for that of iteration 3"


def named_value(text: str, path: str) -> NamedValue:
    """Return what a text names, or raise `SpecError`; whether there is such a number an experiment says."""
    found = _NAME.fullmatch(text.strip()) if len(text) <= LONGEST_NAME else None
    if found is None:
        raise expected(path, _WANTED, describe(text))
    places = None
    if found[2] is not None:
        parts = [part.strip() for part in found[2].split(",")]
        if not all(part.isdecimal() and len(part) < 10 for part in parts):  # noqa: PLR2004 - none has so many places
            raise expected(path, _WANTED, describe(text))
        places = tuple(map(int, parts))
    iteration = None if found[3] is None else checked_iteration(int(found[3]), path)
    return NamedValue(text.strip(), ValueRef(found[1]), places, iteration)


def checked_iteration(iteration: int, path: str) -> int:
    """Return the number of an iteration that a lesson can speak of, or raise `SpecError`."""
    if not 0 <= iteration <= MOST_ITERATION:
        raise expected(path, f"an iteration from 0 to {MOST_ITERATION}", iteration)
    return iteration


def whole_name(value: NamedValue, shape: tuple[int, ...]) -> str:
    """Return a name with the index that it lacks, as an example of what is to be written."""
    return f"{value.ref}[{','.join('0' * len(shape))}]" if shape else str(value.ref)
