"""What the card of a lesson says of its tasks, in whole sentences."""

from __future__ import annotations

from chainrule.catalog.values.refs import ValueRef
from chainrule.catalog.values.step_kinds import Phase
from chainrule.explain.names.notation import Notation
from chainrule.explain.writing.numbers import format_number, format_short
from chainrule.lessons.lesson.edited import edited_number
from chainrule.lessons.lesson.spec import EditTask, LessonPlace, LossTask, NamedValue, ReachTask
from chainrule.session.lessons.tasks import TaskState
from chainrule.session.screen.moment import Moment
from chainrule.translation import gettext, gettext_noop

# By its own sign, never by colour alone: done, and to be done.
DONE, OPEN = "✓", "○"
PHASES = {
    Phase.FORWARD: gettext_noop("the forward pass"),
    Phase.LOSS: gettext_noop("the loss"),
    Phase.BACKWARD: gettext_noop("the backward pass"),
    Phase.UPDATE: gettext_noop("the update"),
}
# What a path in a file is called.
_PATHS = {
    "optimizer.name": gettext_noop("the optimizer"),
    "loss.name": gettext_noop("the loss"),
    "optimizer.lr": gettext_noop("the learning rate"),
    "optimizer.momentum": gettext_noop("the momentum"),
    "scheduler.name": gettext_noop("the scheduler"),
    "scheduler.gamma": gettext_noop("the scheduler's factor"),
    "data.batch_size": gettext_noop("the batch size"),
    "dtype": gettext_noop("the floating-point type"),
}


def number_name(named: NamedValue, moment: Moment, iteration: int | None = None) -> str:
    """Return a number as it is called on the screen, with what it is of where that is not seen there."""
    notation = Notation.of(moment.experiment)
    text, value = notation.text(named.ref, named.place), moment.value(named.ref)
    several = value is not None and value.per_sample and len(moment.rows) > 1 and named.place
    sample = gettext(" of sample {number}", number=named.place[0] + 1) if several else ""
    at = named.iteration if iteration is None else iteration
    return f"{text}{sample}{f' in iteration {at}' if at not in (None, moment.cursor.iteration) else ''}"


def task_sentence(state: TaskState, moment: Moment) -> str:
    """Return what a task asks for that is no number: `Step until ŷ is computed.`"""
    match state.task:
        case ReachTask(place):
            return _reach(place, moment)
        case EditTask():
            return _edit(state.task, moment)
        case LossTask(below, within):
            soon = "" if within is None else gettext(" within {within} iterations", within=within)
            return gettext("Bring the loss below {below}{soon}.", below=format_short(below, None), soon=soon)
    return ""


def _reach(place: LessonPlace, moment: Moment) -> str:
    notation = Notation.of(moment.experiment)
    there = "" if place.iteration is None else gettext(" of iteration {iteration}", iteration=place.iteration)
    if place.phase is not None:
        return gettext("Go to the end of {what}{there}.", what=gettext(PHASES[place.phase]), there=there)
    if place.after is not None:
        return gettext(
            "Step until {words}{there} is computed.",
            words=notation.text(place.after, _first(place.after, moment)),
            there=there,
        )
    if place.before is not None:
        return gettext(
            "Step until {words}{there} comes next.",
            words=notation.text(place.before, _first(place.before, moment)),
            there=there,
        )
    return gettext("Go to iteration {iteration}.", iteration=place.iteration)


def _first(ref: ValueRef, moment: Moment) -> tuple[int, ...]:
    value = moment.value(ref)
    return () if value is None else (0,) * len(value.sizes)


def _edit(task: EditTask, moment: Moment) -> str:
    number = edited_number(task.what, lambda ref: moment.value(ref) is not None)
    what = gettext(_PATHS.get(task.what, task.what)) if number is None else number_name(number, moment)
    if number is None and task.what.endswith("activation.name"):
        what = gettext("the activation")
    if task.to is None:
        return gettext("Change {what}.", what=what)
    to = task.to if isinstance(task.to, str) else str(task.to).lower()
    return gettext(
        "Set {what} to {to}.", what=what, to=format_number(task.to, None) if isinstance(task.to, float) else to
    )
