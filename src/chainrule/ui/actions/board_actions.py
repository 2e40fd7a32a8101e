"""The menu View > Views: which views stand on the board, and where the one is to be that is looked at."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from chainrule.catalog.experiment.board_spec import BoardSpec
from chainrule.model.editing.edits import set_board
from chainrule.session.screen.board import Elsewhere, spec_of
from chainrule.ui.actions.action import Action, Run
from chainrule.ui.actions.commands import Commands
from chainrule.ui.actions.numbers_windows import has_numbers, show_numbers
from chainrule.ui.board.kinds import USUAL_BOARD, VIEW_KINDS, ViewKind
from chainrule.ui.plots.chart.axes_chart import AxesCard
from chainrule.ui.plots.chart.plot_card import PlotCard

BOARD_MENU = "View > Views"
# Views of which a part can be zoomed to by keys.
_ZOOMABLE = (PlotCard, AxesCard)


def _title(commands: Commands) -> str:
    return commands.board.title_of(commands.board.current) if commands.board.current else ""


def _view_action(kind: ViewKind) -> Action:
    return Action(
        f"board.{kind.id}",
        kind.title,
        (),
        lambda c: c.board.toggle(kind.id),
        f"Show it, or put it away: {kind.tip[0].lower()}{kind.tip[1:]}",
        BOARD_MENU,
        enabled=lambda c: c.board.is_about(kind.id),
        pauses=False,
        checked=lambda c: c.board.is_there(kind.id),
    )


def _move_action(identifier: str, text: str, key: str, run: Run, tip: str) -> Action:
    """Return an action on the view that is looked at, which is named behind its text."""
    return Action(
        f"board.{identifier}",
        text,
        (key,),
        run,
        tip,
        BOARD_MENU,
        enabled=lambda c: bool(c.board.current),
        pauses=False,
        subject=_title,
    )


def _shown(commands: Commands) -> BoardSpec:
    board = commands.board
    tabs = board.places.tabs
    return spec_of(board.board, tabs.chosen.id if tabs.standing else "")


def _can_zoom(commands: Commands) -> bool:
    view = commands.board.current
    made = bool(view) and commands.board.places.has_made(view)
    return made and isinstance(commands.board.places.view(view), _ZOOMABLE)


def _zoom(commands: Commands, steps: int) -> None:
    view = commands.board.places.view(commands.board.current)
    if isinstance(view, _ZOOMABLE):
        view.zoom(steps)


def _set_board(commands: Commands, board: BoardSpec | None) -> None:
    commands.session.state.wait_for_engine()
    commands.session.editor.relabel("Change the board of the experiment", set_board(board))


BOARD_ACTIONS = (
    *map(_view_action, VIEW_KINDS),
    replace(
        _move_action(
            "enlarge",
            "Enlarge",
            "F7",
            lambda c: c.board.toggle_at(Elsewhere.STAGE),
            "Lay the view that was chosen last over the network, or take it back to its place; so does a double click "
            "on its title",
        ),
        checked=lambda c: c.board.is_at(Elsewhere.STAGE),
        begins_group=True,
    ),
    replace(
        _move_action(
            "window",
            "Own window for",
            "Shift+F7",
            lambda c: c.board.toggle_at(Elsewhere.WINDOW),
            "Give the view that was chosen last a window of its own, for a second screen, or take it back",
        ),
        checked=lambda c: c.board.is_at(Elsewhere.WINDOW),
    ),
    replace(
        _move_action(
            "card",
            "Own card for",
            "Ctrl+F7",
            lambda c: c.board.toggle_card(),
            "Let the view that was chosen last stand on a card of its own, or among the tabs",
        ),
        enabled=lambda c: bool(c.board.current) and c.board.current not in USUAL_BOARD.places,
        checked=lambda c: c.board.current in c.board.board.places,
    ),
    replace(
        _move_action(
            "numbers",
            "Numbers of",
            "Ctrl+Shift+F7",
            show_numbers,
            "Show the numbers of the view that was chosen last as a table, which follows it: with every digit, to be "
            "copied or saved as CSV",
        ),
        enabled=has_numbers,
    ),
    replace(
        _move_action(
            "zoom_in",
            "Zoom in:",
            "Alt++",
            partial(_zoom, steps=2),
            "Show fewer iterations, or less of a surface or a curve, around what is on the screen; so does Ctrl with "
            "the wheel, around the mouse, and a drag moves what is in sight",
        ),
        enabled=_can_zoom,
    ),
    replace(
        _move_action("zoom_out", "Zoom out:", "Alt+-", partial(_zoom, steps=-2), "Show more again, up to all"),
        enabled=_can_zoom,
    ),
    _move_action(
        "up",
        "Move up:",
        "Alt+F7",
        lambda c: c.board.move(-1),
        "Move the card of the view that was chosen last up; or drag it by its title",
    ),
    _move_action(
        "down",
        "Move down:",
        "Alt+Shift+F7",
        lambda c: c.board.move(1),
        "Move the card of the view that was chosen last down",
    ),
    Action(
        "board.reset",
        "All as at first",
        (),
        lambda c: c.board.reset(),
        "Let every view stand where it stands at first",
        BOARD_MENU,
        pauses=False,
        begins_group=True,
    ),
    Action(
        "board.keep",
        "Keep this board with the experiment",
        (),
        lambda c: _set_board(c, _shown(c)),
        "Have the file say which views stand here, in which order, and which is in front, for whoever opens it",
        BOARD_MENU,
        enabled=lambda c: c.session.experiment.board != _shown(c),
        pauses=False,
        begins_group=True,
    ),
    Action(
        "board.leave_out",
        "Keep no board with the experiment",
        (),
        lambda c: _set_board(c, None),
        "Have the file say nothing of views: whoever opens it sees a board of their own",
        BOARD_MENU,
        enabled=lambda c: c.session.experiment.board is not None,
        pauses=False,
    ),
    Action(
        "board.of_experiment",
        "Board of the experiment",
        (),
        lambda c: c.board.lend(c.session.experiment.board if c.board.own is None else None),
        "Show the views that the experiment brings, or your own board, which is as you left it",
        BOARD_MENU,
        enabled=lambda c: c.session.experiment.board is not None or c.board.own is not None,
        pauses=False,
        checked=lambda c: c.board.own is not None,
    ),
)
