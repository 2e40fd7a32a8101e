"""The board that an experiment brings with it: which views stand beside the network, for a file or a lesson."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from chainrule.catalog.arguments import SpecError, describe, one_of

# Stands among the cards for the one that the tabs share.
TABS = "tabs"
# The two plots that have cards of their own always, and what can be a tab or have a card.
OWN_CARDS = ("loss", "gradients")
TAB_VIEWS = (
    "slope",
    "state",
    "schedule",
    "classes",
    "path",
    "code",
    "surface",
    "fit",
    "race",
    "activation",
    "runs",
    "check",
    "rows",
    "flow",
    "rules",
    "warp",
    "questions",
)
VIEWS = (*OWN_CARDS, *TAB_VIEWS)


@dataclass(frozen=True, slots=True)
class BoardSpec:
    """`cards` are views from top to bottom, with "tabs" for the card that all `tabs` share; None is all other views.

    `front` is the tab in front, `enlarged` the view over the network; none is named by default. What is not named at
    all is put away.
    """

    cards: tuple[str, ...]
    tabs: tuple[str, ...] | None = None
    front: str = ""
    enlarged: str = ""

    @property
    def in_tabs(self) -> tuple[str, ...]:
        """The views among the tabs."""
        if TABS not in self.cards:
            return ()
        return tuple(view for view in TAB_VIEWS if view not in self.cards) if self.tabs is None else self.tabs


def check_board(board: BoardSpec, path: str) -> None:
    """Refuse views that there are not, that stand in two places, or in one that they cannot have."""
    _check_views(board.cards, (*VIEWS, TABS), f"{path}.cards")
    if board.tabs is not None:
        _check_views(board.tabs, TAB_VIEWS, f"{path}.tabs")
        if TABS not in board.cards:
            raise SpecError(f"{path}.tabs", f'there is no card for them: "{TABS}" is not among the cards')
        for index, view in enumerate(board.tabs):
            if view in board.cards:
                raise SpecError(f"{path}.tabs[{index}]", f"{describe(view)} has a card of its own")
    if board.front and board.front not in board.in_tabs:
        wanted = f"expected {one_of(board.in_tabs)}" if board.in_tabs else "there are no tabs"
        raise SpecError(f"{path}.front", f"{wanted}, got {describe(board.front)}")
    if board.enlarged:
        _check_view(board.enlarged, VIEWS, f"{path}.enlarged")


def _check_views(views: Sequence[str], allowed: Sequence[str], path: str) -> None:
    for index, view in enumerate(views):
        _check_view(view, allowed, f"{path}[{index}]")
        if view in views[:index]:
            raise SpecError(f"{path}[{index}]", f"{describe(view)} stands there twice")


def _check_view(view: str, allowed: Sequence[str], path: str) -> None:
    if view not in allowed:
        raise SpecError(path, f"no view {describe(view)} here; there are {', '.join(allowed)}")
