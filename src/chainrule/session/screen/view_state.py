"""What the user looks at: the selected number, the sample and the digits, adapted to each moment that is shown."""

from __future__ import annotations

from dataclasses import dataclass, replace

from chainrule.catalog.values.value import Role
from chainrule.session.screen.moment import Moment, Selection


@dataclass(frozen=True, slots=True)
class ViewState:
    """The selected number, the sample of the batch, and how many digits are shown, None for all."""

    selection: Selection | None = None
    sample: int = 0
    digits: int | None = 4

    def at(self, moment: Moment) -> tuple[ViewState, Moment]:
        """Return the view state and the moment, the number that is selected being one of the moment's.

        A batch may be smaller than the one before: the sample is then the last one, as long as the batch is small, and
        a selected number of a sample stays with the one that is shown. A number that the program has no more, or not
        in this shape, is selected no longer, and does not come back by itself.
        """
        sample, selection = max(0, min(self.sample, len(moment.rows) - 1)), self.selection
        if selection is not None and moment.sample_of(selection.ref) is not None:
            selection = Selection(selection.ref, (sample, *selection.index[1:]))
        newest = None if selection is None else _newest(moment, selection)
        if newest is not None and not moment.has(newest.ref, newest.index):
            newest = None
        view_state = self if newest is not None or selection is None else replace(self, selection=None)
        return view_state, replace(moment, sample=sample, selection=newest, digits=self.digits)


def _newest(moment: Moment, selection: Selection) -> Selection:
    """Take for a selected parameter the newest of its values that is known: that is the one on the screen."""
    value = moment.value(selection.ref)
    if value is not None and value.role is Role.PARAMETER:
        return Selection(moment.latest(value.owner.ref), selection.index)
    return selection
