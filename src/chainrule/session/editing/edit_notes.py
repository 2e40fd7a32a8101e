"""What an edit changes beside what was asked for, in words: nobody may look there."""

from __future__ import annotations

from itertools import chain

from chainrule.catalog.experiment.spec import Experiment, plural
from chainrule.explain.writing.numbers import format_short
from chainrule.session.screen.screen import View


def what_goes_with(before: View, after: View) -> str:
    """Say what goes with an edit; nothing where only that changes which was asked for."""
    one, other = (view.document.experiment_at(view.cursor.iteration) for view in (before, after))
    # A timeline need not begin at 0, and the edited one may begin before it.
    later = before.horizon - max(after.cursor.iteration + 1, before.document.first)
    notes = _targets_retold(one, other), _gone(one, other), _put_aside(later)
    return " ".join(filter(None, notes))


def _put_aside(count: int) -> str:
    """Return how many iterations came after the one that was edited: nothing on the screen shows them any more."""
    if count < 1:
        return ""
    if count == 1:
        return "1 later iteration was put aside; Ctrl+Z brings it back."
    return f"{count:,} later iterations were put aside; Ctrl+Z brings them back."


def _gone(before: Experiment, after: Experiment) -> str:
    """Return which penalties and groups went with the parameters that they were of, where the network was edited."""
    if before.network == after.network:
        return ""
    penalties = len(before.penalties) - len(after.penalties)
    groups = len(before.parameter_groups) - len(after.parameter_groups)
    found = ["1 penalty" if penalties == 1 else f"{penalties} penalties"] if penalties > 0 else []
    found += [plural(groups, "parameter group")] if groups > 0 else []
    return f"{' and '.join(found)} went with the last of the parameters there." if found else ""


def _targets_retold(before: Experiment, after: Experiment) -> str:
    """Return how the targets have changed where another loss takes them in another way."""
    old, new = before.data.targets, after.data.targets
    if before.loss.name == after.loss.name or old == new:
        return ""
    took = f"The targets changed with the loss: {after.loss.name} takes"
    if len(old[0]) != len(new[0]):
        numbers, classes = "a number for each output", "one class for each row"
        return f"{took} {f'{classes}, not {numbers}' if len(new[0]) < len(old[0]) else f'{numbers}, not {classes}'}."
    changed = [(was, now) for was, now in zip(chain(*old), chain(*new), strict=False) if was != now]
    if not changed or len(old) != len(new):
        return ""
    was, now = changed[0]
    return f"{took} {format_short(now)} where they were {format_short(was)}."
