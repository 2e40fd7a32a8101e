"""Scales, ranges and ticks."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from pytestqt.qtbot import QtBot

from chainrule.ui.plots.chart.axes import ValueAxis
from chainrule.ui.plots.chart.scales import Scale, decades, visible_range
from chainrule.ui.plots.chart.ticks import decade_ticks, linear_ticks, power_texts, tick_texts

ANY = st.floats(allow_nan=True, allow_infinity=True)
COLUMN = arrays.arrays(np.float64, st.tuples(st.integers(1, 20), st.integers(1, 3)), elements=ANY)


@given(COLUMN, st.booleans(), st.booleans())
def test_any_numbers_get_a_finite_range_that_holds_them(values: np.ndarray, log: bool, from_zero: bool) -> None:
    scale = Scale.of(values, log=log)
    places = scale.places(values)
    room = visible_range(places, from_zero=from_zero)

    # A zero has its place on a logarithmic axis beside the logarithms of others.
    drawable = values[
        np.isfinite(values) & ((values >= 0) if log and ((values > 0) & np.isfinite(values)).any() else not log)
    ]
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


def test_powers_of_ten_are_written_as_such_where_one_is_long() -> None:
    """All of them: an axis has one notation."""
    assert power_texts([-2, -1, 0, 1]) == ["0.01", "0.1", "1", "10"]
    assert power_texts([math.log10(2), math.log10(5)]) == ["2", "5"]
    assert power_texts([-10, -5, 0, 12]) == ["10⁻¹⁰", "10⁻⁵", "10⁰", "10¹²"]
    assert power_texts([math.log10(2) - 8, math.log10(1.05) - 8]) == ["2·10⁻⁸", "1.05·10⁻⁸"]
    assert power_texts([math.log10(1.25), math.log10(1.3)]) == ["1.25", "1.3"]
    assert power_texts([-320, 300]) == ["10⁻³²⁰", "10³⁰⁰"]


@pytest.mark.parametrize(
    ("low", "high"), [(1.1, 1.9), (0.9, 2.2), (3e-9, 4e-9), (2.0, 25.0), (1e-7, 5.0), (1.0, 1.001)]
)
def test_a_logarithmic_axis_has_several_numbers_and_each_is_another(qtbot: QtBot, low: float, high: float) -> None:
    """Of 1.26, 1.58 and 2 only the first digits were written: 1, 2 and 2."""
    axis = ValueAxis("left")
    axis.setLogMode(False, True)
    least, most = math.log10(low), math.log10(high)
    ((spacing, values), *_) = axis.tickValues(least, most, 110.0)
    inside = [value for value in values if least <= value <= most]
    assert len(inside) > 1
    texts = axis.tickStrings(inside, 1.0, spacing)
    assert len(set(texts)) == len(texts)


def test_zeros_stand_below_all_others_on_a_logarithmic_axis() -> None:
    scale = Scale.of(np.array([[0.0, 1e-8], [1.0, 2e-3]]), log=True)
    assert scale.floor == -8
    assert scale.zero is not None
    assert scale.place(0.0) == scale.zero < -8.5
    assert Scale.of(np.array([[0.0, 0.0]]), log=True).zero is None


def test_a_logarithmic_axis_may_have_magnitudes() -> None:
    scale = Scale.of(np.array([[-0.01], [100.0]]), log=True, magnitudes=True)
    assert scale.places(np.array([-0.01, 100.0])).tolist() == [-2.0, 2.0]


def test_how_many_decades_lie_between_curves() -> None:
    values = np.array([[1.0, -1e-3], [1e-9, 1e-5], [0.0, np.inf]])
    assert decades(values, over_time=False) == pytest.approx(3)
    assert decades(values, over_time=True) == pytest.approx(9)
    assert decades(np.zeros((3, 2)), over_time=True) == 0


@given(ANY, ANY, st.integers(1, 12))
def test_ticks_of_any_range_are_few_and_in_it(low: float, high: float, most: int) -> None:
    ticks, spacing = linear_ticks(low, high, most)
    assert len(ticks) <= most + 1
    assert all(low - spacing * 1e-6 <= tick <= high + spacing * 1e-6 for tick in ticks)
    assert len(tick_texts(ticks, spacing or 1.0)) == len(ticks)


@given(st.floats(-320, 300), st.floats(0, 600), st.integers(1, 12))
def test_decades_of_any_range_are_few_and_in_it(low: float, span: float, most: int) -> None:
    ticks = decade_ticks(low, low + span, most)
    assert len(ticks) <= most + 1
    assert all(low - 1e-6 <= tick <= low + span + 1e-6 for tick in ticks)
    assert ticks or span < 600
