"""The board of views as data: each view is in one place, and comes back to where it stood."""

from __future__ import annotations

import subprocess
import sys

import pytest

from chainrule.session.screen.board import TABS_PLACE, Board, Elsewhere, sensible_board

USUAL = Board(("loss", "gradients", TABS_PLACE))
KNOWN = {"loss", "gradients", "slope", "code"}
ALL = ("loss", "gradients", TABS_PLACE)


@pytest.mark.parametrize("where", Elsewhere)
@pytest.mark.parametrize("view", ["loss", "slope"])
def test_a_view_comes_back_to_where_it_stood(view: str, where: Elsewhere) -> None:
    away = USUAL.put(view, where)
    assert away.others == {view: where}
    assert away.places == USUAL.places
    assert away.put(view, None) == USUAL


def test_over_the_stage_there_is_room_for_one_and_a_view_is_in_one_place() -> None:
    board = USUAL.put("loss", Elsewhere.STAGE).put("slope", Elsewhere.STAGE)
    assert board.others == {"slope": Elsewhere.STAGE}
    board = board.put("slope", Elsewhere.WINDOW).put("loss", Elsewhere.WINDOW)
    assert board.others == {"slope": Elsewhere.WINDOW, "loss": Elsewhere.WINDOW}


def test_a_tab_gets_a_card_above_the_others_and_gives_it_up() -> None:
    board = USUAL.put("slope", Elsewhere.WINDOW).give_card("slope")
    assert board == Board(("loss", "gradients", "slope", TABS_PLACE))
    assert board.give_card("slope") == board
    assert (board.place_of("slope"), board.place_of("code")) == ("slope", TABS_PLACE)
    assert board.take_card("slope") == USUAL


def test_places_move_past_those_that_are_seen() -> None:
    board = Board(("loss", "gradients", "slope", TABS_PLACE))
    assert board.step("loss", 1, board.places).places == ("gradients", "loss", "slope", TABS_PLACE)
    assert board.step("loss", -1, board.places) == board
    assert board.step(TABS_PLACE, 1, board.places) == board
    # Nobody sees the gradients: to stand below them alone would look as before.
    seen = ("loss", "slope", TABS_PLACE)
    assert board.step("loss", 1, seen).places == ("gradients", "slope", "loss", TABS_PLACE)
    assert board.move("loss", 2, seen).places == ("gradients", "slope", TABS_PLACE, "loss")
    assert board.move(TABS_PLACE, 0, seen).places == (TABS_PLACE, "loss", "gradients", "slope")


def test_what_was_written_down_is_read_as_far_as_it_makes_sense() -> None:
    def read(places: tuple[str, ...], away: tuple[str, ...] = (), windows: tuple[str, ...] = ()) -> Board:
        return sensible_board(places, away, windows, USUAL, KNOWN)

    assert read(()) == USUAL
    # Of a newer version, twice, and without the card of all the others.
    board = read(("code", "race", "code", "loss"), ("race", "slope"), ("slope", "gradients", "tabs"))
    assert board.places == ("gradients", TABS_PLACE, "code", "loss")
    assert board.others == {"slope": Elsewhere.AWAY, "gradients": Elsewhere.WINDOW}
    assert sensible_board(board.places, ("slope",), ("gradients",), USUAL, KNOWN) == board


def test_it_knows_no_qt() -> None:
    code = "import sys, chainrule.session.screen.board; print('PySide6.QtWidgets' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "False"
