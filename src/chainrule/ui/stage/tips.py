"""What a number of the stage says while the mouse rests on it."""

from __future__ import annotations

from collections.abc import Iterator

from chainrule.engine import refs
from chainrule.engine.refs import ValueRef
from chainrule.explain.meanings import meaning
from chainrule.explain.notation import Notation
from chainrule.explain.numbers import format_count, format_number
from chainrule.model.elements import Index, per_sample
from chainrule.session.moment import Moment


def tip_of(moment: Moment, ref: ValueRef, index: Index) -> str:
    """What a number means, all its digits, what it belongs to, and what can be done with it; "" of an unknown one."""
    number = moment.number(ref, index)
    if number is None:
        return ""
    name = Notation.of(moment.experiment).text(ref, index)
    lines = [meaning(moment.experiment, ref, index), f"{name} = {format_number(number, None)}"]
    lines += [*_change(moment, ref, index), *_owner(moment, ref, index)]
    if moment.is_overridden(ref, index):
        computed = format_number(moment.computed_number(ref, index), None)
        lines.append(f"Set by hand; computed, it would be {computed}. Delete computes it again")
    if moment.is_editable(ref):
        lines.append("Double-click to change it")
    return "\n".join(lines)


def _change(moment: Moment, ref: ValueRef, index: Index) -> Iterator[str]:
    """Of a parameter that is updated: its old value and its new one."""
    parts = refs.parse(ref)
    if parts.name not in refs.PARAMETER_NAMES or parts.suffixes not in ((), ("next",)):
        return
    old, new = (moment.number(each, index) for each in (parts.base, refs.next_value(parts.base)))
    if old is not None and new is not None:
        yield f"This update: {format_number(old, moment.digits)} → {format_number(new, moment.digits)}"


def _owner(moment: Moment, ref: ValueRef, index: Index) -> Iterator[str]:
    """Whether it is one sample's number or that of all, where there are several."""
    count = len(moment.rows)
    if count < 2:
        return
    if not per_sample(ref):
        yield f"Of the whole batch of {format_count(count)} samples"
    elif index[0] < count:
        yield f"Of sample {format_count(moment.rows[index[0]] + 1)}"
