"""What a task wants to have changed: a number by its ref, or what an experiment's file has at a path."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.experiment.spec_error import SpecError, describe
from chainrule.catalog.values.refs import ValueRef
from chainrule.lessons.lesson.naming import named_value
from chainrule.lessons.lesson.places import near
from chainrule.lessons.lesson.spec import EditTask, NamedValue
from chainrule.model.elements import is_inside
from chainrule.model.files.encoding import experiment_object

if TYPE_CHECKING:
    from chainrule.lessons.lesson.numbers import LessonNumbers

_PART = re.compile(r"(\w+)|\[(\d{1,6})\]")
_PATH = re.compile(r"\w+(?:\.\w+|\[\d{1,6}\])*")
# What a file may lack, and an edit may bring.
OPTIONAL = ("clipping", "scheduler", "penalties", "parameter_groups", "state", "frozen")


def edited_number(what: str, is_known: Callable[[ValueRef], bool]) -> NamedValue | None:
    """Return the number that a text names, if there is such a value; None of a path."""
    try:
        found = named_value(what, "$")
    except SpecError:
        return None
    return found if is_known(found.ref) else None


def at_path(experiment: Experiment, path: str) -> Any:
    """Return what the file of an experiment has at a path such as `optimizer.lr`; None where it has nothing there."""
    found: Any = experiment_object(experiment)
    for name, place in _PART.findall(path):
        if isinstance(found, dict):
            found = found.get(name)
        elif isinstance(found, list | tuple) and place and int(place) < len(found):
            found = found[int(place)]
        else:
            return None
    return found


def check_edited(task: EditTask, numbers: LessonNumbers, iteration: int, path: str) -> None:
    """Refuse a task that names nothing that can be changed, or that is done before it begins."""
    number = edited_number(task.what, lambda ref: numbers.value(ref) is not None)
    if number is not None:
        shape = numbers.shape(number.ref, iteration)
        if shape is None or not is_inside(number.place, shape):
            raise SpecError(f"{path}.edit", f"say which number: {number.ref}[{','.join('0' * len(shape or ()))}]")
        found: Any = numbers.number(number, iteration)
    else:
        experiment = numbers.experiment
        keys = list(experiment_object(experiment))
        if not _PATH.fullmatch(task.what) or _PART.findall(task.what)[0][0] not in keys:
            known = near(task.what, [*keys, *map(str, numbers.executor.program.values)])
            raise SpecError(f"{path}.edit", f"nothing can be edited at {describe(task.what)}{known}")
        found = at_path(experiment, task.what)
        if found is None and not task.what.startswith(OPTIONAL):
            raise SpecError(f"{path}.edit", f"the experiment has nothing at {describe(task.what)}")
    if task.to is not None and found == task.to:
        raise SpecError(f"{path}.to", f"it is {describe(task.to)} already")
