"""A card that shows moments."""

from __future__ import annotations

from PySide6.QtCore import Signal

from chainrule.session.screen.change import Change
from chainrule.session.screen.moment import Moment
from chainrule.ui.numbers.numbers_table import NumbersTable
from chainrule.ui.widgets.card import Card


class MomentCard(Card):
    """A card that is a view: it says what of a moment it `shows`."""

    shows = Change.everything()
    # Something else is drawn now: who shows the numbers of it asks for them anew.
    redrawn = Signal()

    def show_moment(self, moment: Moment, change: Change) -> None:
        """Show a moment, of which so much is new since the last one that it was shown."""
        raise NotImplementedError

    def numbers(self) -> NumbersTable | None:
        """Return the numbers of what is drawn, with every digit; None where there are none, or nothing is drawn."""
        return None
