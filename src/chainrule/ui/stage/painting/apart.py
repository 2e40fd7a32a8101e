"""Old and new values of a parameter: written with as many digits as tell them apart."""

from __future__ import annotations

from chainrule.catalog.values import refs
from chainrule.catalog.values.refs import ValueRef
from chainrule.catalog.values.value import Role
from chainrule.explain.writing.enough_digits import digits_apart
from chainrule.model.elements import Index
from chainrule.session.screen.moment import Moment


def old_and_new(moment: Moment, ref: ValueRef, index: Index) -> tuple[float, float] | None:
    """Return, of a parameter that is updated, its old value and its new one; `ref` is either.

    None of any other value.
    """
    value = moment.value(ref)
    if value is None or value.role is not Role.PARAMETER:
        return None
    before, following = value.owner.ref, refs.next_value(value.owner.ref)
    if not moment.is_known(following):
        return None
    old, new = moment.number(before, index), moment.number(following, index)
    return None if old is None or new is None else (old, new)


def digits_of(moment: Moment, ref: ValueRef, index: Index) -> int | None:
    """Return how many digits a number is written with: more than usual where its update is smaller than the last of
    them.
    """
    pair = None if moment.digits is None else old_and_new(moment, ref, index)
    if pair is None or moment.digits is None:
        return moment.digits
    old, new = pair
    return digits_apart(new, old, moment.digits)
