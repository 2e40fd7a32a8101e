"""How the selected gradient came to be, for whoever shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chainrule.catalog.values.refs import ValueRef
from chainrule.explain.derivation.kinds import has_derivation as is_derived_kind
from chainrule.session.background.lazy_engine import engine
from chainrule.session.screen.computing import computed_value as computed_of
from chainrule.session.screen.moment import Moment

if TYPE_CHECKING:
    from chainrule.explain.derivation.derivation import Derivation


def derive_selection(moment: Moment) -> Derivation | None:
    """Return the derivation of a moment's selected number; None where it is no gradient that is known.

    A number that was set by hand is derived as it would be computed, as its equation is.
    """
    selection = moment.selection
    if selection is None or not selection_has_derivation(moment):
        return None
    assert moment.program is not None
    ref, index, lookup = selection.ref, selection.index, moment.numbers.lists
    by_hand = moment.is_overridden(ref, index)
    computed = computed_of(moment, ref) if by_hand else None

    def values(read: ValueRef) -> Any:
        return computed if by_hand and read == ref else lookup(read)

    step = moment.program.steps[moment.program.index[ref]]
    place = engine().place_of(moment.experiment, step, index, moment.sample, values, moment.digits)
    return engine().derive(place, moment.program, moment.rows)


def selection_has_derivation(moment: Moment) -> bool:
    """Return whether the selected number is a gradient that the chain rule makes, and is known."""
    selection = moment.selection
    if selection is None:
        return False
    step = moment.step_of(selection.ref)
    if step is None or moment.number(selection.ref, selection.index) is None:
        return False
    return is_derived_kind(step.kind, moment.experiment)
