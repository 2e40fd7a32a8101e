"""Histograms against NumPy's own, and what has no place in one."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from chainrule.model.flow.histograms import BINS, MOST_DECADES, MOST_NUMBERS, CountedNumbers, counted, histograms


def test_counts_are_numpys_and_add_up_to_rows_times_units() -> None:
    generator = torch.Generator().manual_seed(3)
    parts = [torch.randn(50, units, generator=generator, dtype=torch.float64) * units for units in (3, 7, 1)]
    found = histograms([CountedNumbers.of(part) for part in parts])
    assert len({(each.low, each.high) for each in found}) == 1
    for part, each in zip(parts, found, strict=True):
        wanted, edges = np.histogram(part.numpy(), bins=BINS, range=(each.low, each.high))
        assert list(each.counts) == wanted.tolist()
        assert sum(each.counts) == part.numel() == each.total
        assert each.bin_range(5) == pytest.approx(tuple(edges[5:7]))
        assert each.low <= part.min()
        assert part.max() <= each.high


def test_sizes_of_gradients_are_counted_by_their_powers_of_ten() -> None:
    part = torch.tensor([0.0, -1e-3, 2e-3, 5.0, 0.0, torch.nan, torch.inf], dtype=torch.float64)
    (found,) = histograms([CountedNumbers.of(part, log=True)], log=True)
    assert (found.low, found.high) == (-3.0, 1.0)
    assert (found.zeros, found.not_finite, sum(found.counts)) == (2, 2, 3)
    assert found.zeros + found.not_finite + sum(found.counts) == part.numel()


@pytest.mark.parametrize("value", [0.0, 5.0, -1e300, 1e-310, 1.7e308])
def test_a_constant_is_one_bar(value: float) -> None:
    (found,) = histograms([CountedNumbers.of(torch.full((4, 5), value, dtype=torch.float64))])
    assert sorted(found.counts)[-2:] == [0, 20]


def test_the_largest_numbers_there_are_have_a_place() -> None:
    (found,) = histograms([CountedNumbers.of(torch.tensor([-1.7e308, 0.0, 1.7e308], dtype=torch.float64))])
    assert (found.counts[0], found.counts[BINS // 2], found.counts[-1]) == (1, 1, 1)


def test_nothing_but_what_is_not_finite_leaves_all_bars_empty() -> None:
    for log in (False, True):
        (found,) = histograms([CountedNumbers.of(torch.full((3,), torch.nan), log=log)], log=log)
        assert (sum(found.counts), found.not_finite) == (0, 3)


def test_no_logarithmic_axis_goes_on_for_ever() -> None:
    (found,) = histograms([CountedNumbers.of(torch.tensor([1e-300, 1.0], dtype=torch.float64), log=True)], log=True)
    assert found.high - found.low == MOST_DECADES
    assert sum(found.counts) == 2


def test_of_very_many_numbers_some_are_counted_and_that_is_said() -> None:
    found = CountedNumbers.of(torch.arange(3 * MOST_NUMBERS, dtype=torch.float32))
    assert (found.looked_at, found.total) == (MOST_NUMBERS, 3 * MOST_NUMBERS)


def test_the_ends_belong_to_the_first_and_the_last_bin() -> None:
    assert counted(np.array([0.0, 1.0]), 0.0, 1.0, 4) == (1, 0, 0, 1)
