"""A card that shows moments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal

from chainrule.session.screen.change import Change
from chainrule.session.screen.moment import Moment
from chainrule.ui.numbers.numbers_table import NumbersTable
from chainrule.ui.widgets.card import Card

if TYPE_CHECKING:
    from chainrule.ui.predicting.view_cover import ViewCover


class MomentCard(Card):
    """A card that is a view: it says what of a moment it `shows`.

    One that `looks_ahead` shows more than the cursor has come to, and is covered while numbers are predicted: so is
    each that does not say otherwise.
    """

    shows = Change.everything()
    looks_ahead = True
    # What lies over it, so that it shows nothing.
    cover: ViewCover | None = None
    # Something else is drawn now: who shows the numbers of it asks for them anew.
    redrawn = Signal()

    def show_moment(self, moment: Moment, change: Change) -> None:
        """Show a moment, of which so much is new since the last one that it was shown."""
        raise NotImplementedError

    def numbers(self) -> NumbersTable | None:
        """Return the numbers of what is drawn, with every digit; None where there are none, or nothing is drawn."""
        return None
