"""What is done of a lesson's tasks: each is looked at with every moment, and once it is done it stays so."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chainrule.catalog.experiment.spec_error import SpecError
from chainrule.catalog.values.value import Role
from chainrule.lessons.lesson.edited import at_path, edited_number
from chainrule.lessons.lesson.places import position_of
from chainrule.lessons.lesson.spec import EditTask, LessonPlace, LossTask, ReachTask, Task
from chainrule.session.screen.moment import Moment

if TYPE_CHECKING:
    from chainrule.lessons.answer import NumberAnswer
    from chainrule.model.document import Document

# An answer of a sign is about these.
SIGNS = {"positive": 1, "negative": -1, "zero": 0}
_SAME = 1e-9


@dataclass(slots=True, eq=False)
class TaskState:
    """How far a task is. `answer` is the last one to a number that was asked for, `sign` the one to a sign."""

    task: Task
    is_done: bool = False
    answer: NumberAnswer | None = None
    sign: str = ""
    is_right: bool = False
    right: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class StepStart:
    """What was on the screen when a step began: what an edit is told by."""

    moment: Moment
    document: Document

    @property
    def training(self) -> object:
        """What the document trains by."""
        return self.document.training


def is_met(task: Task, moment: Moment, document: Document, start: StepStart) -> bool:
    """Return whether a task is done at a moment; answers are none of that."""
    match task:
        case ReachTask(place):
            return _is_reached(place, moment)
        case EditTask():
            return _is_edited(task, moment, document, start)
        case LossTask(below, within):
            loss = moment.number(moment.experiment.network.loss_ref, ())
            is_soon = within is None or moment.cursor.iteration - document.first < within
            return loss is not None and loss < below and is_soon
    return False


def _is_reached(place: LessonPlace, moment: Moment) -> bool:
    if moment.program is None:
        return False
    try:
        position = position_of(place, moment.program)
    except SpecError:
        # The network has no such value any more.
        return False
    cursor = moment.cursor
    if place.iteration is None:
        return cursor.position >= position > 0
    return (cursor.iteration, cursor.position) >= (place.iteration, position)


def _is_edited(task: EditTask, moment: Moment, document: Document, start: StepStart) -> bool:
    number = edited_number(task.what, lambda ref: moment.value(ref) is not None)
    if number is None:
        found, before = at_path(moment.experiment, task.what), at_path(start.moment.experiment, task.what)
        return found != before if task.to is None else _are_same(found, task.to)
    if not moment.has(number.ref, number.place):
        return False
    found = moment.number(number.ref, number.place)
    if task.to is not None:
        return found is not None and _are_same(found, task.to)
    value = moment.value(number.ref)
    is_setting = value is not None and value.role is Role.SETTING
    if document is start.document or not (is_setting or moment.cursor.iteration == start.moment.cursor.iteration):
        return False
    before = start.moment.number(number.ref, number.place)
    return found is not None and before is not None and found != before


def _are_same(found: Any, wanted: float | str | bool) -> bool:
    if isinstance(wanted, bool | str) or not isinstance(found, int | float):
        return bool(found == wanted)
    return math.isclose(found, wanted, rel_tol=_SAME, abs_tol=1e-12)
