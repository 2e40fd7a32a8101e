"""The rows of each iteration: a pure function, and each row once an epoch."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from chainrule.catalog.experiment.batches import batches_per_epoch, place_in_epoch
from chainrule.catalog.experiment.spec import MAX_SEED, DataSpec
from chainrule.engine.data import Batches, batch_indices, split
from tests.experiments import dense


def data(rows: int, batch_size: int | None = None, **others: Any) -> DataSpec:
    """That many rows of one number."""
    numbers = tuple((float(row),) for row in range(rows))
    return DataSpec(inputs=numbers, targets=numbers, batch_size=batch_size, **others)


@st.composite
def any_data(draw: st.DrawFn) -> DataSpec:
    rows, test_size = draw(st.integers(1, 12)), draw(st.sampled_from([0.0, 0.01, 0.25, 0.5, 0.99]))
    size = draw(st.none() | st.integers(1, data(rows, test_size=test_size).training_rows))
    seed = draw(st.integers(0, MAX_SEED))
    return data(rows, size, shuffle=draw(st.booleans()), seed=seed, test_size=test_size)


@given(any_data(), st.integers(0, 10_000))
def test_each_epoch_takes_each_row_once(spec: DataSpec, epoch: int) -> None:
    count = batches_per_epoch(spec)
    batches = [batch_indices(spec, epoch * count + batch) for batch in range(count)]
    training, _ = split(spec)
    assert sorted(sum(batches, ())) == list(training)
    size = spec.batch_size or len(training)
    assert [len(batch) for batch in batches[:-1]] == [size] * (count - 1)
    assert len(batches[-1]) == (len(training) - 1) % size + 1
    assert [place_in_epoch(spec, epoch * count + batch) for batch in range(count)] == [(epoch, b) for b in range(count)]


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


# ------------------------------------------------------------------------------------------------------ the split


@given(any_data())
def test_each_row_is_trained_on_or_tested(spec: DataSpec) -> None:
    training, test = split(spec)
    assert sorted(training + test) == list(range(len(spec.inputs)))
    assert (list(training), list(test)) == (sorted(training), sorted(test))
    assert (len(training), len(test)) == (spec.training_rows, spec.test_rows)
    assert training
    # The batches have no part in it.
    assert split(replace(spec, batch_size=1)) == (training, test)
    if not spec.shuffle:
        assert training + test == tuple(range(len(spec.inputs)))


@pytest.mark.parametrize(
    ("rows", "fraction", "test_rows"),
    # As scikit-learn's train_test_split counts, but for the products of floats that end beside a whole number.
    [(10, 0.25, 3), (4, 0.25, 1), (100, 0.07, 7), (60, 0.2, 12), (3, 0.99, 2), (1, 0.5, 0), (5, 1e-12, 1), (9, 0.0, 0)],
)
def test_a_fraction_of_the_rows_is_rounded_up_and_leaves_one(rows: int, fraction: float, test_rows: int) -> None:
    assert len(split(data(rows, test_size=fraction))[1]) == test_rows


def test_a_drawn_split_depends_on_the_seed_and_on_nothing_else() -> None:
    specs = [data(20, shuffle=True, seed=seed, test_size=0.25) for seed in range(4)]
    torch.manual_seed(3)
    before = torch.random.get_rng_state()
    assert len({split(spec)[1] for spec in specs}) == 4
    assert torch.equal(torch.random.get_rng_state(), before)
    # The order of the first epoch is drawn apart from the split.
    assert sorted(batch_indices(specs[0], 0)) == list(split(specs[0])[0])
    assert batch_indices(specs[0], 0) != batch_indices(specs[0], 1)


@given(any_data())
def test_training_and_test_tensors_are_the_rows_of_the_split(spec: DataSpec) -> None:
    batches = Batches(dense((1, 1), rows=1, data=spec))
    for tensors, rows in zip((batches.training(), batches.test()), split(spec), strict=True):
        numbers = [[float(row)] for row in rows]
        assert [tensor.tolist() for tensor in tensors] == [numbers, numbers]
    assert batches.test_rows == split(spec)[1]
