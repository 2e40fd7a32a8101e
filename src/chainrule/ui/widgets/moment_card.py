"""A card that shows moments."""

from __future__ import annotations

from chainrule.session.screen.change import Change
from chainrule.session.screen.moment import Moment
from chainrule.ui.widgets.card import Card


class MomentCard(Card):
    """A card that is a view: it says what of a moment it `shows`."""

    shows = Change.everything()

    def show_moment(self, moment: Moment, change: Change) -> None:
        """Show a moment, of which so much is new since the last one that it was shown."""
        raise NotImplementedError
