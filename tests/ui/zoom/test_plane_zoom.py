"""A part of axes in numbers: always within them, around what it is zoomed around, and forgotten on others."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainrule.ui.plots.chart.zoom import LEAST_PART, PlaneZoom

shares = st.floats(0, 1)


@given(st.lists(st.tuples(st.booleans(), st.floats(-40, 40), shares, shares), max_size=20))
def test_a_part_is_always_within_the_axes(acts: list[tuple[bool, float, float, float]]) -> None:
    zoom, whole = PlaneZoom(), ((-1.0, 3.0), (10.0, 11.0))
    zoom.take("axes", whole)
    for is_step, number, x, y in acts:
        if is_step:
            zoom.step(number, (x, y))
        else:
            zoom.move((number * x, number * y))
        for (low, high), (first, last) in zip(zoom.seen, whole, strict=True):
            assert first <= low < high <= last + 1e-12
            assert high - low >= LEAST_PART * (last - first) * (1 - 1e-6)


@given(st.floats(0, 20), shares, shares)
def test_what_is_zoomed_around_stays_in_its_place(steps: float, x: float, y: float) -> None:
    zoom, whole = PlaneZoom(), ((-1.0, 3.0), (10.0, 11.0))
    zoom.take("axes", whole)
    before = [low + share * (high - low) for (low, high), share in zip(zoom.seen, (x, y), strict=True)]
    zoom.step(steps, (x, y))
    after = [low + share * (high - low) for (low, high), share in zip(zoom.seen, (x, y), strict=True)]
    assert after == pytest.approx(before, abs=1e-9)
    # As many steps back from there are all again.
    zoom.step(-steps - 1e-6, (x, y))
    assert zoom.part is None


def test_a_part_stays_while_training_widens_the_axes_and_not_on_others() -> None:
    zoom = PlaneZoom()
    zoom.take("weights", ((0.0, 1.0), (0.0, 1.0)))
    zoom.step(3, (0.5, 0.5))
    part = zoom.seen
    assert zoom.take("weights", ((-4.0, 1.0), (0.0, 9.0))) == part
    assert zoom.take("others", ((-4.0, 1.0), (0.0, 9.0))) == ((-4.0, 1.0), (0.0, 9.0))
    zoom.step(3, (0.5, 0.5))
    endless = ((-1e308, 1e308), (0.0, 9.0))
    assert zoom.take("others", endless) == endless
    zoom.step(3, (0.5, 0.5))
    assert zoom.part is None
