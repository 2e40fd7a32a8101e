"""Scales, ranges, ticks, and long curves in few points."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from chainrule.ui.plots.axes import power_text, tick_texts
from chainrule.ui.plots.peaks import MOST, Peaks
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
        ([0.0, 5e-8, 1e-7], 5e-8, ["0", "0.5·10⁻⁷", "1.0·10⁻⁷"]),
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


# Long curves


def test_short_curves_are_drawn_as_they_are() -> None:
    rows = np.random.default_rng(0).normal(size=(MOST, 2))
    at, values = Peaks().thin_out("key", rows)

    assert values is rows
    assert at.tolist() == list(range(MOST))


@pytest.mark.parametrize("length", [MOST + 1, 2 * MOST + 1, 5003, 100_000])
def test_long_curves_keep_every_extreme(length: int) -> None:
    rows = np.random.default_rng(length).normal(size=(length, 3))
    at, values = Peaks().thin_out("key", rows)

    assert len(at) == len(values) <= 2 * MOST + 3
    assert all(before < after for before, after in pairwise(at))
    assert at[0] >= 0
    assert at[-1] <= length - 1
    assert values.max(axis=0).tolist() == rows.max(axis=0).tolist()
    assert values.min(axis=0).tolist() == rows.min(axis=0).tolist()


def test_a_curve_that_grows_is_the_same_as_one_that_is_given_at_once() -> None:
    rows = np.random.default_rng(1).normal(size=(7000, 2))
    growing = Peaks()
    for length in (*range(1, 7000, 97), 7000):
        at, values = growing.thin_out("key", rows[:length])
    whole_at, whole = Peaks().thin_out("key", rows)

    assert at.tolist() == whole_at.tolist()
    assert values.tolist() == whole.tolist()


def test_another_series_and_a_shorter_one_begin_anew() -> None:
    rng = np.random.default_rng(2)
    peaks, first, second = Peaks(), rng.normal(size=(3000, 1)), rng.normal(size=(4000, 1))
    peaks.thin_out("first", first)

    assert peaks.thin_out("second", second)[1].max() == second.max()
    assert peaks.thin_out("second", second[:2000])[1].max() == second[:2000].max()


def test_a_smooth_curve_stays_smooth() -> None:
    rows = np.exp(-np.arange(20_000) / 4000)[:, None]
    _, values = Peaks().thin_out("key", rows)

    assert (np.diff(values[:, 0]) <= 0).all()


def test_what_is_not_finite_hides_nothing_else() -> None:
    rows = np.zeros((5000, 1))
    rows[100], rows[101], rows[4000:] = np.nan, 7.0, np.inf
    _, values = Peaks().thin_out("key", rows)

    assert values[np.isfinite(values)].max() == 7.0
    assert np.isinf(values).any()
