"""Scales, ranges and ticks."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from chainrule.ui.plots.axes import power_text, tick_texts
from chainrule.ui.plots.scales import Scale, visible_range

ANY = st.floats(allow_nan=True, allow_infinity=True)
COLUMN = arrays.arrays(np.float64, st.tuples(st.integers(1, 20), st.integers(1, 3)), elements=ANY)


@given(COLUMN, st.booleans(), st.booleans())
def test_any_numbers_get_a_finite_range_that_holds_them(values: np.ndarray, log: bool, from_zero: bool) -> None:
    scale = Scale.of(values, log=log)
    places = scale.places(values)
    room = visible_range(places, from_zero=from_zero)

    drawable = values[np.isfinite(values) & ((values > 0) if log else True)]
    assert np.isfinite(places).sum() == len(drawable)
    if room is None:
        assert not len(drawable)
        return
    low, high = room
    assert math.isfinite(low)
    assert math.isfinite(high)
    assert low < high
    assert all(low <= scale.place(value) <= high for value in drawable)


def test_ordinary_numbers_are_their_own_places() -> None:
    values = np.array([[0.5], [-3.0], [1e6]])

    assert Scale.of(values, log=False).places(values) is values


def test_a_loss_that_comes_near_zero_is_drawn_down_to_it() -> None:
    low, _ = visible_range(np.array([5.0, 0.1]), from_zero=True) or (1.0, 1.0)
    assert -0.5 < low <= 0

    low, _ = visible_range(np.array([5.0, 4.9]), from_zero=True) or (0.0, 0.0)
    assert low > 4


@pytest.mark.parametrize(
    ("values", "spacing", "texts"),
    [
        ([0.0, 0.5, 1.0], 0.5, ["0", "0.5", "1.0"]),
        ([-2.0, 0.0, 2.0], 2.0, ["−2", "0", "2"]),
        ([0.0, 0.05], 0.05, ["0", "0.05"]),
        ([0.0, 5e-8, 1e-7], 5e-8, ["0", "5·10⁻⁸", "1.0·10⁻⁷"]),
        ([0.0, 2e232], 1e232, ["0", "2·10²³²"]),
        ([], 1.0, []),
    ],
)
def test_ticks_are_short(values: list[float], spacing: float, texts: list[str]) -> None:
    assert tick_texts(values, spacing) == texts


def test_powers_of_ten_are_written_as_such_where_they_are_long() -> None:
    assert [power_text(e) for e in (0, 1, -2, -10, 12, math.log10(2) - 8)] == [
        "1", "10", "0.01", "10⁻¹⁰", "10¹²", "2·10⁻⁸",
    ]  # fmt: skip
