"""Where in an iteration the places of a lesson are."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from chainrule.catalog.experiment.spec_error import SpecError, describe
from chainrule.catalog.values.refs import ValueRef
from chainrule.lessons.lesson.spec import LessonPlace

if TYPE_CHECKING:
    from chainrule.engine.program.program import Program


def position_of(place: LessonPlace, program: Program, path: str = "$") -> int:
    """Return how many micro-steps of the iteration are done at a place, or raise `SpecError`."""
    if place.phase is not None:
        ends = [at + 1 for at, step in enumerate(program.steps) if step.phase is place.phase]
        if not ends:
            raise SpecError(f"{path}.phase", f'the iteration has no phase "{place.phase.value}"')
        return ends[-1]
    if place.after is not None:
        return _written(place.after, program, f"{path}.after") + 1
    if place.before is not None:
        return _written(place.before, program, f"{path}.before")
    return 0


def _written(ref: ValueRef, program: Program, path: str) -> int:
    if ref not in program.index:
        raise SpecError(path, f"no micro-step writes {describe(ref)}{near(ref, program.index)}")
    return program.index[ref]


def near(name: str, names: object) -> str:
    """Return what may have been meant by a name, behind what is said of it."""
    known = [str(each) for each in names] if isinstance(names, list | tuple | dict | frozenset) else []
    found = get_close_matches(name, known, n=1, cutoff=0.6)
    if found:
        return f"; did you mean {found[0]}?"
    return f"; there are {', '.join(known[:12])}{', ...' if len(known) > 12 else ''}" if known else ""  # noqa: PLR2004
