"""The rows of each iteration: a pure function, and each row once an epoch."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from chainrule.engine.data import Batches, batch_indices, batches_per_epoch
from chainrule.engine.spec import MAX_SEED, DataSpec
from tests.experiments import dense


def data(rows: int, batch_size: int | None, *, shuffle: bool = False, seed: int = 0) -> DataSpec:
    """That many rows of one number."""
    numbers = tuple((float(row),) for row in range(rows))
    return DataSpec(inputs=numbers, targets=numbers, batch_size=batch_size, shuffle=shuffle, seed=seed)


@st.composite
def any_data(draw: st.DrawFn) -> DataSpec:
    rows = draw(st.integers(1, 12))
    size = draw(st.none() | st.integers(1, rows))
    return data(rows, size, shuffle=draw(st.booleans()), seed=draw(st.integers(0, MAX_SEED)))


@given(any_data(), st.integers(0, 10_000))
def test_each_epoch_takes_each_row_once(spec: DataSpec, epoch: int) -> None:
    count = batches_per_epoch(spec)
    batches = [batch_indices(spec, epoch * count + batch) for batch in range(count)]
    assert sorted(sum(batches, ())) == list(range(len(spec.inputs)))
    size = spec.batch_size or len(spec.inputs)
    assert [len(batch) for batch in batches[:-1]] == [size] * (count - 1)
    assert len(batches[-1]) == (len(spec.inputs) - 1) % size + 1


@given(any_data(), st.lists(st.integers(0, 100), min_size=1, max_size=5))
def test_rows_depend_on_nothing_but_seed_and_iteration(spec: DataSpec, iterations: list[int]) -> None:
    torch.manual_seed(1)
    expected = {iteration: batch_indices(spec, iteration) for iteration in sorted(iterations)}
    torch.manual_seed(2)
    before = torch.random.get_rng_state()
    for iteration in iterations:
        assert batch_indices(spec, iteration) == expected[iteration]
    assert torch.equal(torch.random.get_rng_state(), before)


def test_without_shuffling_rows_come_in_order() -> None:
    spec = data(5, 2)
    assert batches_per_epoch(spec) == 3
    assert [batch_indices(spec, i) for i in range(4)] == [(0, 1), (2, 3), (4,), (0, 1)]


def test_shuffling_differs_between_epochs_and_seeds() -> None:
    specs = [data(20, None, shuffle=True, seed=seed) for seed in (0, 1)]
    orders = {batch_indices(spec, epoch) for spec in specs for epoch in (0, 1)}
    assert len(orders) == 4


@pytest.mark.parametrize("seed", [0, 2**32, MAX_SEED])
def test_any_seed_shuffles(seed: int) -> None:
    assert sorted(batch_indices(data(6, None, shuffle=True, seed=seed), 10**6)) == list(range(6))


@given(any_data(), st.integers(0, 50))
def test_tensors_are_the_rows_that_are_named(spec: DataSpec, iteration: int) -> None:
    batches = Batches(dense((1, 1), rows=1, data=spec))
    inputs, targets = batches.batch(iteration)
    rows = [[float(row)] for row in batches.rows(iteration)]
    assert inputs.tolist() == targets.tolist() == rows
