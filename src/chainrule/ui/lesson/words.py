"""What the card of a lesson says of its tasks, in whole sentences."""

from __future__ import annotations

import re

from chainrule.catalog.values.refs import ValueRef
from chainrule.catalog.values.step_kinds import Phase
from chainrule.explain.names.notation import Notation
from chainrule.explain.writing.numbers import format_number, format_short
from chainrule.explain.writing.plain_text import latex_to_text
from chainrule.lessons.lesson.edited import edited_number
from chainrule.lessons.lesson.spec import EditTask, LessonPlace, LossTask, NamedValue, ReachTask
from chainrule.lessons.lesson.text import FilledFormula
from chainrule.session.lessons.tasks import TaskState
from chainrule.session.screen.moment import Moment
from chainrule.translation import gettext, gettext_noop

# Around a symbol in a sentence: of Unicode's private use, which no text has.
_OPEN, _CLOSE = "\ue000", "\ue001"
_MARKED = re.compile(f"{_OPEN}(.*?){_CLOSE}", re.DOTALL)
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
    """Return a number as it is called on the screen, with what it is of where that is not seen there.

    Its symbol is marked, for `in_pieces` to be set as a formula, or for `in_plain`.
    """
    name, value = _symbol(named.ref, named.place, moment), moment.value(named.ref)
    several = value is not None and value.per_sample and len(moment.rows) > 1 and named.place
    at = named.iteration if iteration is None else iteration
    elsewhere = at not in (None, moment.cursor.iteration)
    if several and elsewhere:
        return gettext(
            "{name} of sample {number} in iteration {iteration}", name=name, number=named.place[0] + 1, iteration=at
        )
    if several:
        return gettext("{name} of sample {number}", name=name, number=named.place[0] + 1)
    return gettext("{name} in iteration {iteration}", name=name, iteration=at) if elsewhere else name


def in_pieces(text: str) -> tuple[str | FilledFormula, ...]:
    """Return a text with its marked symbols as formulas."""
    parts = _MARKED.split(text)
    return tuple(FilledFormula(part) if place % 2 else part for place, part in enumerate(parts) if part)


def in_plain(text: str) -> str:
    """Return a text with its marked symbols in plain letters."""
    return _MARKED.sub(lambda found: latex_to_text(found[1]), text)


def _symbol(ref: ValueRef, place: tuple[int, ...], moment: Moment) -> str:
    return f"{_OPEN}{Notation.of(moment.experiment).latex(ref, place)}{_CLOSE}"


def task_sentence(state: TaskState, moment: Moment) -> str:
    """Return what a task asks for that is no number, its symbols marked: `Step until ŷ is computed.`"""
    match state.task:
        case ReachTask(place):
            return _reach(place, moment)
        case EditTask():
            return _edit(state.task, moment)
        case LossTask(below, within):
            loss = format_short(below, None)
            if within is None:
                return gettext("Bring the loss below {below}.", below=loss)
            return gettext("Bring the loss below {below} within {within} iterations.", below=loss, within=within)
    return ""


def _reach(place: LessonPlace, moment: Moment) -> str:
    at = place.iteration
    if place.phase is not None:
        what = gettext(PHASES[place.phase])
        if at is None:
            return gettext("Go to the end of {what}.", what=what)
        return gettext("Go to the end of {what} of iteration {iteration}.", what=what, iteration=at)
    if place.after is not None:
        name = _symbol(place.after, _first(place.after, moment), moment)
        if at is None:
            return gettext("Step until {name} is computed.", name=name)
        return gettext("Step until {name} of iteration {iteration} is computed.", name=name, iteration=at)
    if place.before is not None:
        name = _symbol(place.before, _first(place.before, moment), moment)
        if at is None:
            return gettext("Step until {name} comes next.", name=name)
        return gettext("Step until {name} of iteration {iteration} comes next.", name=name, iteration=at)
    return gettext("Go to iteration {iteration}.", iteration=at)


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
