"""Checkpoints: the right state for every iteration, within the budget, however long the training."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainrule.model.timeline.checkpoints import BUDGET, RECENT, Checkpoints

LEAST_ROWS = 4


def state(iteration: int, size: int = 3, dtype: type[np.floating] = np.float64) -> np.ndarray:
    """The state of an iteration, from which the iteration can be told."""
    return np.arange(size, dtype=dtype) / 8 + iteration


def filled(count: int, budget: int, size: int = 3, dtype: type[np.floating] = np.float64) -> Checkpoints:
    """Checkpoints of the iterations before `count`."""
    checkpoints = Checkpoints(state(0, size, dtype), budget)
    for iteration in range(1, count):
        checkpoints.append(state(iteration, size, dtype))
    return checkpoints


def gaps(checkpoints: Checkpoints, count: int, size: int = 3, dtype: type[np.floating] = np.float64) -> list[int]:
    """How many iterations are replayed for each; every state that is found is held against what was added."""
    found_gaps = []
    for iteration in range(count):
        found, flat = checkpoints.nearest(iteration)
        assert 0 <= found <= iteration
        np.testing.assert_array_equal(flat, state(found, size, dtype))
        assert flat.dtype == dtype
        found_gaps.append(iteration - found)
    return found_gaps


@given(
    count=st.integers(1, 700),
    rows=st.integers(0, 60),
    size=st.integers(1, 5),
    dtype=st.sampled_from([np.float32, np.float64]),
)
def test_nearest_is_right_and_the_budget_kept(count: int, rows: int, size: int, dtype: type[np.floating]) -> None:
    row_bytes = state(0, size, dtype).nbytes
    budget = 2 * rows * row_bytes + row_bytes // 2
    checkpoints = filled(count, budget, size, dtype)
    assert checkpoints.latest == count - 1
    assert checkpoints.nbytes <= max(budget, 2 * LEAST_ROWS * row_bytes)
    found = gaps(checkpoints, count, size, dtype)
    # Near the present nothing is replayed, elsewhere no more than the budget makes necessary.
    recent = min(RECENT, max(LEAST_ROWS, rows))
    assert not any(found[max(0, count - recent) :])
    assert max(found) <= max(0, 2 * (count - 1) // max(LEAST_ROWS, rows))


@given(lengths=st.lists(st.integers(1, 90), max_size=12), rows=st.integers(0, 60))
def test_many_at_once_are_kept_as_one_by_one(lengths: list[int], rows: int) -> None:
    budget = 2 * rows * state(0).nbytes
    together, count = Checkpoints(state(0), budget), 1
    for length in lengths:
        together.extend(count, np.stack([state(count + place) for place in range(length)]))
        count += length
    assert gaps(together, count) == gaps(filled(count, budget), count)
    assert (together.latest, together.nbytes) == (count - 1, filled(count, budget).nbytes)


@pytest.mark.parametrize("rows", range(LEAST_ROWS, 10))
def test_nearest_is_right_after_every_iteration(rows: int) -> None:
    """Thinning leaves no hole, whether the number of rows is even or odd."""
    checkpoints = Checkpoints(state(0), 2 * rows * state(0).nbytes)
    for latest in range(1, 70):
        checkpoints.append(state(latest))
        gaps(checkpoints, latest + 1)


def test_an_iteration_that_is_still_to_come_gets_the_latest() -> None:
    checkpoints = filled(50, budget=0)
    for iteration in (49, 50, 10**9):
        found, flat = checkpoints.nearest(iteration)
        assert found == 49
        np.testing.assert_array_equal(flat, state(49))


@pytest.mark.parametrize("iteration", [0, 3, 49])
def test_what_is_found_is_a_copy(iteration: int) -> None:
    checkpoints = filled(50, budget=0)
    _, flat = checkpoints.nearest(iteration)
    flat[:] = np.nan
    gaps(checkpoints, 50)


def test_what_is_added_is_copied() -> None:
    flat = state(0)
    checkpoints = Checkpoints(flat)
    flat += 1
    checkpoints.append(flat)
    flat += 1
    gaps(checkpoints, 2)


def test_a_state_larger_than_the_budget_is_kept_all_the_same() -> None:
    checkpoints = filled(9, budget=1, size=1000)
    assert checkpoints.nbytes <= 2 * LEAST_ROWS * state(0, 1000).nbytes
    gaps(checkpoints, 9, 1000)


def test_a_state_without_numbers() -> None:
    checkpoints = filled(20, budget=0, size=0)
    assert gaps(checkpoints, 20, 0)[-1] == 0


def test_small_states_are_all_kept_for_long() -> None:
    """100,000 states of a 2-2-1 network: none is replayed, and the budget is far away."""
    checkpoints = Checkpoints(np.zeros(9))
    for iteration in range(1, 100_000):
        checkpoints.append(np.full(9, float(iteration)))
    assert checkpoints.nbytes < 12 * 2**20 < BUDGET
    for iteration in range(0, 100_000, 997):
        found, flat = checkpoints.nearest(iteration)
        assert found == iteration
        assert flat[0] == iteration


@given(count=st.integers(1, 900), most=st.integers(1, 20), more=st.integers(0, 600))
def test_what_is_condensed_keeps_some_states_and_takes_more(count: int, most: int, more: int) -> None:
    checkpoints = filled(count, BUDGET)
    checkpoints.condense(most)
    assert checkpoints.nbytes <= most * state(0).nbytes
    gaps(checkpoints, count)
    assert checkpoints.nearest(0)[0] == 0
    for iteration in range(count, count + more):
        checkpoints.append(state(iteration))
    found = gaps(checkpoints, count + more)
    assert not any(found[count:][-RECENT:])
