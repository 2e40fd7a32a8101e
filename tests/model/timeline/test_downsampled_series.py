"""Numbers in bounded memory: what is kept, what a plot draws of it, and that nothing extreme is lost."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainrule.model.timeline.downsampled_series import MOST_BLOCKS, WHOLE, DownsampledSeries, Floats, Outline

MOST = 800


def normal(count: int, width: int) -> np.ndarray:
    return np.random.default_rng(count).normal(size=(count, width))


def filled(rows: np.ndarray, portions: list[int], whole: int = WHOLE, most: int = MOST_BLOCKS) -> DownsampledSeries:
    """A series to which the rows were added in portions, again and again."""
    series, at = DownsampledSeries(rows.shape[1], whole, most), 0
    while at < len(rows):
        for portion in portions:
            series.extend(rows[at : at + portion])
            at += portion
    return series


# What is kept


@given(
    count=st.integers(0, 400),
    width=st.integers(0, 3),
    portions=st.lists(st.integers(1, 40), min_size=1, max_size=5),
    whole=st.integers(1, 9),
    most=st.integers(1, 9),
    asked=st.integers(0, 450),
)
def test_every_piece_has_the_extremes_of_its_rows(
    count: int, width: int, portions: list[int], whole: int, most: int, asked: int
) -> None:
    rows = normal(count, width)
    series = filled(rows, portions, whole, most)
    outline = series.outline(asked)
    assert len(series) == count
    assert len(outline) == min(asked, count)
    ends = [*outline.begins.tolist(), len(outline)]
    assert ends[0] == 0
    for place, (begin, end) in enumerate(pairwise(ends)):
        assert begin < end
        found = outline.low[place].tolist(), outline.high[place].tolist()
        # Rows that end within a block belong to the last piece, whose extremes are not theirs.
        known = [end] if place + 2 < len(ends) or asked >= count else range(begin + 1, end + 1)
        assert found in [(rows[begin:at].min(0).tolist(), rows[begin:at].max(0).tolist()) for at in known]
    for index in range(len(outline)):
        row = outline.row(index)
        assert row is None or row.tolist() == rows[index].tolist()
    assert len(outline.begins) <= 3 * whole + most


@pytest.mark.parametrize("count", [1, 255, WHOLE, WHOLE + 1, 3 * WHOLE])
def test_some_thousand_rows_are_all_kept(count: int) -> None:
    rows = normal(count, 2)
    series = filled(rows, [7])
    assert series.outline(count).rows().tolist() == rows.tolist()
    assert series.last.tolist() == rows[-1].tolist()


def test_the_first_and_the_newest_rows_stay_and_those_between_are_not_guessed() -> None:
    rows = normal(50_000, 2)
    series = filled(rows, [1000])
    outline = series.outline(50_000)
    known = [index for index in range(0, 50_000, 13) if outline.row(index) is not None]
    assert all(outline.row(index).tolist() == rows[index].tolist() for index in known)
    assert {index for index in range(0, 50_000, 13) if index < WHOLE or index >= 50_000 - WHOLE} <= set(known)
    assert outline.row(20_000) is None
    assert series.last.tolist() == rows[-1].tolist()


def test_memory_is_bounded() -> None:
    series, rows, seen = DownsampledSeries(24), normal(10_000, 24), set()
    for _ in range(60):
        series.extend(rows)
        seen.add(series.nbytes > 3 * 2**20)
    assert len(series) == 600_000
    assert seen == {False}


def test_an_outline_keeps_its_numbers_when_more_are_added() -> None:
    rows = normal(3 * WHOLE + 500, 1)
    series = filled(rows[: 2 * WHOLE], [100])
    outline = series.outline(2 * WHOLE)
    series.extend(rows[2 * WHOLE :])
    assert outline.rows().tolist() == rows[: 2 * WHOLE].tolist()


def test_numbers_that_are_not_numbers_hide_no_other() -> None:
    rows = np.zeros((20_000, 1))
    rows[9000], rows[9001], rows[15_000:15_500] = np.nan, 7.0, np.inf
    outline = filled(rows, [500]).outline(20_000)
    assert outline.high[np.isfinite(outline.high)].max() == 7.0
    assert np.isinf(outline.high).any()


def test_parts_are_joined_and_put_beside_each_other() -> None:
    rows = normal(300, 2)
    # Of the first part more is known: training was changed after 150 rows, in the middle of a block.
    parts = [filled(rows, [20], 4, 4).outline(150), filled(rows[150:], [20], 4, 4).outline(150)]
    joined = Outline.joined(parts)
    assert len(joined) == 300
    assert joined.high.max(0).tolist() == rows.max(0).tolist()
    assert joined.row(299).tolist() == rows[299].tolist()
    twice = Outline.beside(joined, joined.columns([1]))
    assert twice.curves == 3
    assert twice.row(299).tolist() == [*rows[299], rows[299, 1]]


# What is drawn


def test_short_curves_are_drawn_as_they_are() -> None:
    rows = normal(MOST, 2)
    at, values = Outline.of(rows).thin_out(MOST)
    assert values is rows
    assert at.tolist() == list(range(MOST))


@pytest.mark.parametrize("length", [MOST + 1, 2 * MOST + 1, 5003, 100_000])
def test_long_curves_keep_every_extreme(length: int) -> None:
    rows = normal(length, 3)
    for outline in (Outline.of(rows), filled(rows, [500]).outline(length)):
        at, values = outline.thin_out(MOST)
        assert len(at) == len(values) <= 2 * MOST + 3
        assert all(before < after for before, after in pairwise(at))
        assert at[0] >= 0
        assert at[-1] == length - 1
        assert values[-1].tolist() == rows[-1].tolist()
        assert values.max(axis=0).tolist() == rows.max(axis=0).tolist()
        assert values.min(axis=0).tolist() == rows.min(axis=0).tolist()


def test_a_smooth_curve_stays_smooth() -> None:
    rows = np.exp(-np.arange(20_000) / 4000)[:, None]
    _, values = filled(rows, [500]).outline(20_000).thin_out(MOST)
    assert (np.diff(values[:, 0]) <= 0).all()


@pytest.mark.parametrize("count", [0, 1, WHOLE, WHOLE + 1, 3 * WHOLE, 3 * WHOLE + 1, 50_000])
def test_parts_without_rows_need_no_width(count: int) -> None:
    rows = normal(count, 2)
    parts = filled(rows, [500]).parts()
    lists = {name: getattr(parts, name) for name in ("first", "low", "high", "newest")}
    restored = DownsampledSeries(2)
    restored.restore(replace(parts, **{name: np.array(part.tolist()) for name, part in lists.items()}))
    assert len(restored) == count
    assert restored.outline(count).rows().tolist() == filled(rows, [500]).outline(count).rows().tolist()
    restored.extend(normal(9000, 2))
    assert len(restored) == count + 9000


@pytest.mark.parametrize("name", ["first", "low", "high", "newest"])
@pytest.mark.parametrize("wrong", [np.array(1.0), np.zeros(3), np.zeros((4, 3)), np.zeros((1, 2, 2))])
def test_parts_of_another_width_are_refused(name: str, wrong: Floats) -> None:
    parts, restored = filled(normal(9000, 2), [500]).parts(), DownsampledSeries(2)
    with pytest.raises(ValueError, match="width"):
        restored.restore(replace(parts, **{name: wrong}))
    assert len(restored) == 0
