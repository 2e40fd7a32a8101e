"""Series: numbers that are only ever added."""

from __future__ import annotations

import numpy as np
import pytest

from chainrule.model.series import Series


@pytest.mark.parametrize("count", [0, 1, 256, 257, 2000])
@pytest.mark.parametrize("width", [0, 1, 3])
def test_every_row_is_kept(count: int, width: int) -> None:
    series, rows = Series(width), np.arange(count * width, dtype=np.float64).reshape(count, width)
    for row in rows:
        series.append(row)
    assert len(series) == count
    np.testing.assert_array_equal(series.view(count), rows)


def test_a_view_is_no_longer_than_asked_nor_than_there_is() -> None:
    series = Series(1)
    for number in (1.0, 2.0, 3.0):
        series.append(number)
    assert series.view(2).tolist() == [[1.0], [2.0]]
    assert series.view(9).tolist() == [[1.0], [2.0], [3.0]]
    assert series.view(0).shape == (0, 1)


def test_a_view_copies_nothing_and_keeps_its_numbers_when_more_are_added() -> None:
    series = Series(1)
    series.append(1.0)
    seen = series.view(1)
    assert np.shares_memory(seen, series.view(1))
    for number in range(1000):
        series.append(float(number))
    assert seen.tolist() == [[1.0]]
