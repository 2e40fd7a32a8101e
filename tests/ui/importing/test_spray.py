"""Where a stroke leaves points: evenly, however the mouse reports its way, and the same each time."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainrule.ui.importing.spray import Spray


def test_points_are_as_far_from_each_other_as_asked() -> None:
    assert Spray(10, 20, 5, 0, 0).go_to(28, 20) == [(15, 20), (20, 20), (25, 20)]


@given(st.lists(st.integers(1, 40), min_size=1, max_size=10), st.integers(1, 30))
def test_the_way_can_be_reported_in_any_pieces(pieces: list[int], spacing: int) -> None:
    spray, found, x = Spray(0, 0, spacing, 0, 0), [], 0
    for piece in pieces:
        x += piece
        found += spray.go_to(x, 0)
    assert [place[0] for place in found] == pytest.approx([spacing * n for n in range(1, x // spacing + 1)])


def test_scatter_stays_within_its_circle_and_is_drawn_from_a_seed() -> None:
    places = Spray(0, 0, 4, 9, 3).go_to(400, 0)
    ways = [math.hypot(x - 4 * (n + 1), y) for n, (x, y) in enumerate(places)]
    assert len(ways) == 100
    assert max(ways) <= 9
    assert sum(ways) / 100 == pytest.approx(6, abs=1)
    assert Spray(0, 0, 4, 9, 3).go_to(400, 0) == places
    assert Spray(0, 0, 4, 9, 4).go_to(400, 0) != places
