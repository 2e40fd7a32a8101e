"""Which screen the hall sees."""

from __future__ import annotations

import pytest

from chainrule.session.hall.screens import next_screen, projector


@pytest.mark.parametrize(
    ("names", "own", "wanted", "expected"),
    [
        (["laptop"], 0, "", 0),
        (["laptop"], 0, "projector", 0),
        (["laptop", "projector"], 0, "", 1),
        (["projector", "laptop"], 1, "", 0),
        (["laptop", "left", "right"], 0, "right", 2),
        (["laptop", "left", "right"], 0, "gone", 1),
        # The window has gone to the screen that was the hall's.
        (["laptop", "projector"], 1, "projector", 0),
    ],
)
def test_the_hall_sees_the_screen_that_the_lecturer_does_not(
    names: list[str], own: int, wanted: str, expected: int
) -> None:
    assert projector(names, own, wanted) == expected


def test_screens_are_gone_round() -> None:
    assert [next_screen(3, now) for now in range(3)] == [1, 2, 0]
    assert next_screen(1, 0) == 0
