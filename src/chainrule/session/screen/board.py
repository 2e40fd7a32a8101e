"""Which views stand on the board at the right, in which order, which share the card with tabs, and where others are.

The board knows views by their ids alone. Each is in one place: on a card of its own, among the tabs, over the stage,
in a window of its own, or put away. From over the stage, a window or nowhere it comes back to where it stood.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum

from chainrule.catalog.experiment.board_spec import TAB_VIEWS, TABS, BoardSpec

# Stands among the places for the card with tabs, which all views share that have no card of their own.
TABS_PLACE = TABS


class Elsewhere(Enum):
    """Where a view is that does not stand on the board."""

    AWAY = "away"
    STAGE = "stage"
    WINDOW = "window"


@dataclass(frozen=True, slots=True)
class Board:
    """`places` are the cards from top to bottom. `others` are the views that do not stand on the board now."""

    places: tuple[str, ...]
    others: Mapping[str, Elsewhere] = field(default_factory=dict)

    def place_of(self, view: str) -> str:
        """Return the place that a view has on the board, also where it is elsewhere now."""
        return view if view in self.places else TABS_PLACE

    def put(self, view: str, where: Elsewhere | None) -> Board:
        """Put a view elsewhere, or back on the board (None). Over the stage there is room for one."""
        others = {one: at for one, at in self.others.items() if one != view}
        if where is Elsewhere.STAGE:
            others = {one: at for one, at in others.items() if at is not where}
        return replace(self, others=others if where is None else others | {view: where})

    def give_card(self, view: str) -> Board:
        """Give a view of the tabs a card of its own, above theirs."""
        if view in self.places:
            return self.put(view, None)
        at = self.places.index(TABS_PLACE)
        return replace(self, places=(*self.places[:at], view, *self.places[at:])).put(view, None)

    def take_card(self, view: str) -> Board:
        """Let a view with a card of its own stand among the tabs."""
        return replace(self, places=tuple(place for place in self.places if place != view)).put(view, None)

    def move(self, place: str, to: int, seen: Collection[str]) -> Board:
        """Move a place, such that so many others of those that are `seen` stand above it."""
        rest = [other for other in self.places if other != place]
        others = [other for other in rest if other in seen]
        if not 0 <= to <= len(others):
            return self
        at = rest.index(others[to]) if to < len(others) else len(rest)
        return replace(self, places=(*rest[:at], place, *rest[at:]))

    def step(self, place: str, way: int, seen: Collection[str]) -> Board:
        """Move a place past the next one that is `seen`: up (-1) or down (1)."""
        order = [other for other in self.places if other in seen or other == place]
        return self.move(place, order.index(place) + way, seen)


def board_of(spec: BoardSpec, usual: Board, known: Collection[str]) -> Board:
    """Return the board that an experiment brings. What it does not name is put away, and has its usual place."""
    places = [view for view in spec.cards if view in known or view == TABS_PLACE]
    places += [place for place in usual.places if place not in places]
    standing = {*spec.cards, *spec.in_tabs}
    others = {view: Elsewhere.AWAY for view in known if view not in standing}
    return Board(tuple(places), others | ({spec.enlarged: Elsewhere.STAGE} if spec.enlarged in known else {}))


def spec_of(board: Board, front: str) -> BoardSpec:
    """Return a board as an experiment can bring it: of a view in a window, on a screen of one's own, the place."""
    away = {view for view, at in board.others.items() if at is Elsewhere.AWAY}
    among = [view for view in TAB_VIEWS if view not in board.places]
    standing = tuple(view for view in among if view not in away)
    cards = tuple(place for place in board.places if place not in away and (place != TABS_PLACE or standing))
    tabs = standing if standing and len(standing) < len(among) else None
    enlarged = next((view for view, at in board.others.items() if at is Elsewhere.STAGE), "")
    return BoardSpec(cards, tabs, front if front in standing else "", enlarged)


def sensible_board(
    places: Collection[str], away: Collection[str], windows: Collection[str], usual: Board, known: Collection[str]
) -> Board:
    """Return the board that was written down, as far as this version knows what it speaks of.

    What it does not say is as in the `usual` board: a view that is new since then stands where that has it.
    """
    order = [place for place in dict.fromkeys(places) if place in known or place == TABS_PLACE]
    # The cards of the usual board cannot be among the tabs.
    missing = [place for place in usual.places if place not in order]
    others = {view: Elsewhere.WINDOW for view in windows if view in known}
    others |= {view: Elsewhere.AWAY for view in away if view in known}
    return Board((*missing, *order) if order else usual.places, others)
