"""What an edit changes beside what was asked for, in words: nobody may look there."""

from __future__ import annotations

from itertools import chain

from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.experiment.spec_error import plural
from chainrule.catalog.values import refs
from chainrule.explain.writing.numbers import format_short
from chainrule.formula.errors import joined
from chainrule.model.editing.shape import is_moved
from chainrule.session.screen.screen import View


def what_goes_with(before: View, after: View) -> str:
    """Say what goes with an edit; nothing where only that changes which was asked for."""
    one, other = (view.document.experiment_at(view.cursor.iteration) for view in (before, after))
    later = _put_aside(later_iterations(before, after))
    notes = _targets_retold(one, other), _gone(one, other), _not_asked(one, other), _drawn_anew(one, other), later
    return " ".join(filter(None, notes))


def later_iterations(before: View, after: View) -> int:
    """Return how many iterations came after the one that an edit goes on from."""
    # A timeline need not begin at 0, and the edited one may begin before it.
    return before.horizon - max(after.cursor.iteration + 1, before.document.first)


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


def _not_asked(before: Experiment, after: Experiment) -> str:
    """Return how many questions went with the values that they were of."""
    count = len(before.questions) - len(after.questions)
    if count < 1:
        return ""
    return f"{plural(count, 'question')} went with what {'it' if count == 1 else 'they'} asked of."


def _drawn_anew(before: Experiment, after: Experiment) -> str:
    """Return which weights begin anew where layers were moved: what did not fit in its new place."""
    if not is_moved(before.network, after.network):
        return ""
    if not after.parameters:
        return "The layers were moved; all first weights are drawn anew."
    kept = list(before.parameters.values())
    weights = {layer: after.parameters.get(refs.weight(layer)) for layer in range(len(after.network.layers))}
    anew = [str(layer + 1) for layer, numbers in weights.items() if numbers not in kept]
    if not anew:
        return ""
    which = f"layer {anew[0]}" if len(anew) == 1 else f"layers {joined(anew)}"
    return f"What does not fit of the weights of {which} in their new place is drawn anew."


def _targets_retold(before: Experiment, after: Experiment) -> str:
    """Return how the targets have changed where another loss takes them in another way."""
    old, new = before.data.targets, after.data.targets
    if before.loss.name == after.loss.name or old == new or not old or not new:
        return ""
    if before.data.inputs != after.data.inputs:
        # They are those of other data.
        return ""
    took = f"The targets changed with the loss: {after.loss.name} takes"
    if len(old[0]) != len(new[0]):
        each, classes = "a number for each output", "one class for each row"
        return f"{took} {f'{classes}, not {each}' if len(new[0]) < len(old[0]) else f'{each}, not {classes}'}."
    numbers = zip(chain.from_iterable(old), chain.from_iterable(new), strict=False)
    changed = next(((was, now) for was, now in numbers if was != now), None)
    if changed is None or len(old) != len(new):
        return ""
    was, now = changed
    return f"{took} {format_short(now)} where they were {format_short(was)}."
