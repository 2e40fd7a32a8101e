"""The pen: strokes, and when they go."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtTest import QSignalSpy

from chainrule.session.hall.pen import COLORS, MOST_POINTS, Pen
from chainrule.session.hall.show import Show
from chainrule.session.hall.spotlight import BLACK, LEAST_RADIUS, MOST_RADIUS, WHITE, Curtain, Spotlight

SHARES = st.floats(0, 1)
SPOTS = st.tuples(SHARES, SHARES)


@given(st.lists(st.lists(SPOTS, min_size=1, max_size=20), max_size=6))
def test_strokes_begin_and_end_where_they_are_drawn_and_go_one_by_one(drawn: list[list[tuple[float, float]]]) -> None:
    pen = Pen()
    for points in drawn:
        pen.press(points[0])
        for point in points[1:]:
            pen.move(point)
        pen.release()
    assert len(pen.strokes) == len(drawn)
    for stroke, points in zip(pen.strokes, drawn, strict=True):
        assert stroke.points[0] == points[0]
        assert max(abs(a - b) for a, b in zip(stroke.points[-1], points[-1], strict=True)) < 0.0011
        # Nothing is drawn where nobody was.
        assert set(stroke.points) <= set(points)
    for left in range(len(drawn), 0, -1):
        assert len(pen.strokes) == left
        pen.undo()
    assert pen.strokes == ()


def test_a_move_without_a_press_draws_nothing() -> None:
    pen = Pen()
    pen.move((0.5, 0.5))
    assert pen.strokes == ()
    pen.press((0.1, 0.1))
    pen.release()
    pen.move((0.9, 0.9))
    assert [len(stroke.points) for stroke in pen.strokes] == [1]


def test_strokes_go_at_the_next_step_unless_they_are_kept() -> None:
    pen = Pen()
    pen.press((0.1, 0.1))
    pen.set_keeps(True)
    pen.turn_page()
    assert len(pen.strokes) == 1
    pen.set_keeps(False)
    changed = QSignalSpy(pen.changed)
    pen.turn_page()
    assert pen.strokes == ()
    assert changed.count() == 1
    pen.turn_page()
    # There was nothing to be wiped away, and nothing to be painted.
    assert changed.count() == 1


def test_a_stroke_that_does_not_end_is_led_on_as_another() -> None:
    pen = Pen()
    pen.press((0.0, 0.0))
    for place in range(MOST_POINTS + 10):
        pen.move(((place % 2) * 0.5 + 0.1, place / MOST_POINTS / 2))
    assert len(pen.strokes[0].points) == MOST_POINTS
    assert pen.strokes[1].points[0] == pen.strokes[0].points[-1]


def test_colours_go_round_and_take_the_pen_up() -> None:
    pen = Pen()
    pen.choose(COLORS + 1)
    pen.press((0.0, 0.0))
    assert (pen.is_on, pen.strokes[0].color) == (True, 1)


def test_pen_and_spotlight_are_never_on_together() -> None:
    show = Show()
    show.toggle_spotlight()
    show.move((0.25, 0.75))
    assert show.spotlight.place == (0.25, 0.75)
    show.choose_color(2)
    assert (show.pen.is_on, show.spotlight.is_on, show.follows_mouse) == (True, False, True)
    show.press((0.5, 0.5))
    assert len(show.pen.strokes) == 1
    show.toggle_spotlight()
    show.press((0.5, 0.5))
    assert (len(show.pen.strokes), show.pen.is_on) == (1, False)
    show.toggle_spotlight()
    assert not show.follows_mouse


def test_the_spotlights_disc_stays_between_its_bounds() -> None:
    spotlight = Spotlight()
    spotlight.grow(100)
    assert spotlight.radius == MOST_RADIUS
    spotlight.grow(-100)
    assert spotlight.radius == LEAST_RADIUS


def test_the_curtain_is_lifted_by_the_key_that_drew_it_and_changes_its_colour_by_the_other() -> None:
    curtain = Curtain()
    assert not curtain.lift()
    curtain.toggle(BLACK)
    curtain.toggle(WHITE)
    assert curtain.color == WHITE
    curtain.toggle(WHITE)
    assert curtain.color == ""
    curtain.toggle(BLACK)
    assert curtain.lift()
    assert curtain.color == ""
