"""The views of the window: each moment goes to those of them that have something new to show."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from time import perf_counter
from typing import Protocol

from PySide6.QtWidgets import QWidget

from chainrule.session.screen.change import Change, change
from chainrule.session.screen.moment import Moment
from chainrule.ui.predicting.view_cover import set_covered
from chainrule.ui.widgets.moment_card import MomentCard
from chainrule.ui.window.showing import do_each

# So long may those that take turns be at it in a frame: what they paint then takes about as long once more.
TURN_S = 0.006


class MomentView(Protocol):
    """A widget that shows moments, and of them the facts that it `shows`."""

    shows: Change

    def show_moment(self, moment: Moment, change: Change) -> None:
        """Show a moment, of which so much is new since the last one that it was shown."""


class Views:
    """Passes moments on. A view out of sight is shown none; once it is in sight it is told all that is new since then.

    Views are shown a moment in the order in which they were added: those that bring others into sight come before them.
    """

    def __init__(self, current: Callable[[], Moment]) -> None:
        """Begin with no view; `current` gives the moment on the screen."""
        self._current = current
        self._moment: Moment | None = None
        # What of the moment a view has not been shown yet, and what it shows at all: as bits, for there are many views.
        self._unseen: dict[MomentView, int] = {}
        self._shows: dict[MomentView, int] = {}
        self._slow: set[MomentView] = set()
        # What those that take turns took when they were shown last; the one that waits longest comes first.
        self._turns: dict[MomentView, float] = {}

    def add(self, view: MomentView, *, is_live: bool = True, takes_turns: bool = False) -> None:
        """Show moments in a view too; one that is not live is read rather than watched, and misses frames of a run.

        Those that take turns miss frames where they are too many for all of them.
        """
        self._shows[view] = view.shows.value
        self.renew(view)
        if not is_live:
            self._slow.add(view)
        elif takes_turns:
            self._turns[view] = 0.0

    def renew(self, view: MomentView) -> None:
        """Have a view show everything anew with the next moment."""
        self._unseen[view] = Change.everything().value

    def refresh(self, *, only_live: bool = False, in_turn: bool = False, folded: Sequence[QWidget] = ()) -> None:
        """Show the moment of now where it is new and in sight, also where one of the views fails.

        With `in_turn` some of those that take turns wait for the next frames. In what is `folded` it is shown as if
        that were in sight: somebody asks for what is in there.
        """
        before, moment = self._moment, self._current()
        self._moment, new = moment, change(before, moment).value
        for view in self._unseen:
            self._unseen[view] |= new
            if isinstance(view, MomentCard):
                set_covered(view, moment.covers and view.looks_ahead)
        missed = self._slow if only_live else set[MomentView]()
        wanted = [view for view, shows in self._shows.items() if shows & self._unseen[view] and view not in missed]
        if in_turn:
            waiting = self._waiting(wanted, folded)
            wanted = [view for view in wanted if view not in waiting]
        do_each(*(partial(self._show, view, moment, folded) for view in wanted))

    def _waiting(self, wanted: Sequence[MomentView], folded: Sequence[QWidget]) -> set[MomentView]:
        """Return those of the wanted that wait for another frame: all but the first in turn, as far as time goes."""
        left, waiting = TURN_S, set[MomentView]()
        for place, view in enumerate([each for each in self._turns if each in wanted and _is_in_sight(each, folded)]):
            left -= self._turns[view]
            if place and left < 0:
                waiting.add(view)
            else:
                # To the end of the row.
                self._turns[view] = self._turns.pop(view)
        return waiting

    def _show(self, view: MomentView, moment: Moment, folded: Sequence[QWidget]) -> None:
        unseen = self._unseen[view]
        is_covered = isinstance(view, MomentCard) and view.cover is not None
        if not unseen & self._shows[view] or is_covered or not _is_in_sight(view, folded):
            return
        # A view may bring another one into sight, which is then shown the moment at once.
        self._unseen[view], began = 0, perf_counter()
        try:
            view.show_moment(moment, Change(unseen))
            if view in self._turns:
                self._turns[view] = perf_counter() - began
        except BaseException:
            # What failed is shown with the next moment.
            self._unseen[view] |= unseen
            raise


def _is_in_sight(view: MomentView, folded: Sequence[QWidget]) -> bool:
    """Return whether it is seen in its window, shown yet or not, or would be with what is folded."""
    assert isinstance(view, QWidget)
    around = (view.window(), *(part for part in folded if part is view or part.isAncestorOf(view)))
    return any(part is view or view.isVisibleTo(part) for part in around)
