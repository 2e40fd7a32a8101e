"""The comparison with the referees is made of short moments, and its sample of finite differences is bounded."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice

import pytest
import torch
from torch import Tensor, nn

from chainrule.catalog.values import refs
from chainrule.catalog.values.refs import ValueRef
from chainrule.engine.referee.differences import BUDGET, FEWEST, LAYERS, POINTS, SAMPLE, STACK, sample_sizes, slopes
from chainrule.engine.referee.reference import Layer
from chainrule.engine.referee.verify import verify_run
from chainrule.engine.trace import Executor
from tests.experiments import article, dense


class Counter:
    """Counts the layers that the referees compute, and the multiplications in them, from one moment to the next."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.layers = self.products = self.total = 0

        def forward(layer: nn.Linear, x: Tensor) -> Tensor:
            self.layers += 1
            self.products += len(x) * layer.weight.numel()
            return nn.functional.linear(x, layer.weight, layer.bias)

        monkeypatch.setattr(Layer, "forward", forward)

    def moments(self, work: Iterable[object]) -> Iterator[tuple[int, int]]:
        """The layers and the multiplications of each moment."""
        for _ in work:
            yield self.layers, self.products
            # A mode that stayed on would be everybody else's.
            assert not torch.is_inference_mode_enabled()
            self.total += self.layers
            self.layers = self.products = 0


def gradients_of(values: Iterable[ValueRef]) -> list[ValueRef]:
    return [ref for ref in values if ref.endswith(".grad")]


@pytest.mark.parametrize(("sizes", "rows"), [((8,) * 101, 8), ((300, 300, 300, 5), 32)])
def test_a_moment_of_differences_is_a_few_layers(
    monkeypatch: pytest.MonkeyPatch, sizes: tuple[int, ...], rows: int
) -> None:
    experiment = dense(sizes, rows=rows)
    values = next(Executor(experiment).iterations()).values
    counter = Counter(monkeypatch)
    most = list(counter.moments(slopes(experiment, values, gradients_of(values), seed=0)))
    assert max(layers for layers, _ in most) <= LAYERS
    # A single sample of the loss, however large, is not divided.
    assert max(products for _, products in most) <= max(STACK, rows * max(sizes) ** 2)


def test_a_deep_network_takes_some_layers_for_each_element_and_some_for_each_layer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each element on its own, five times through all above it, would be 20 * 5 * 60 * 61 / 2 = 183,000 layers."""
    experiment = dense((8,) * 61, rows=8)
    values = next(Executor(experiment).iterations()).values
    counter = Counter(monkeypatch)
    for _ in counter.moments(slopes(experiment, values, gradients_of(values), seed=0)):
        pass
    # The points of the parameters, and a way up for each attempt; ReLU's kinks need a few more.
    assert counter.total < 2 * (12 * POINTS * 60 + 60 * 61 / 2)


def test_a_moment_of_a_verification_is_a_pass_through_the_network(monkeypatch: pytest.MonkeyPatch) -> None:
    experiment = dense((8,) * 51, rows=8)
    executor = Executor(experiment)
    traces = list(islice(executor.iterations(), 2))
    counter = Counter(monkeypatch)
    run = verify_run(experiment, executor.program, traces, untouched=True)
    assert max(layers for layers, _ in counter.moments(run)) <= 50


# -------------------------------------------------------------------------------------------------------- the sample


def layers_of(count: int) -> list[int]:
    """The layers of a weight and a z of each."""
    return [layer for layer in range(count) for _ in range(2)]


def work(sizes: list[int], costs: list[int]) -> int:
    """The multiplications that a sample takes, counted anew."""
    layers = layers_of(len(costs))
    return sum(POINTS * size * sum(costs[layer:]) for size, layer in zip(sizes, layers, strict=True))


def test_the_sample_of_a_costly_network_is_within_the_budget() -> None:
    for cost in (10, 10**6, 4 * 10**6):
        costs = [cost] * 10
        sizes = sample_sizes([12] * 20, layers_of(10), costs)
        assert work(sizes, costs) <= BUDGET
        assert min(sizes) >= FEWEST
        assert (set(sizes) == {12}) == (cost == 10)


def test_each_gradient_keeps_some_however_costly_and_never_more_than_there_are() -> None:
    layers = layers_of(10)
    assert set(sample_sizes([10_000] * 20, layers, [10**12] * 10)) == {FEWEST}
    assert set(sample_sizes([10_000] * 20, layers, [1] * 10)) == {SAMPLE}
    assert set(sample_sizes([1] * 20, layers, [10**12] * 10)) == {1}


# --------------------------------------------------------------------------------------------- reports on the way


def test_rows_are_awaited_until_they_are_compared_and_then_stay() -> None:
    experiment = article()
    executor = Executor(experiment)
    run = verify_run(experiment, executor.program, executor.iterations(), untouched=True)
    before, seen = None, []
    for verification in run:
        report = verification.report()
        if before is not None and report.iterations == 0:
            for row, earlier in zip(report.rows, before.rows, strict=True):
                assert earlier.awaited or row == earlier
                assert row.awaited == (not row.comparisons)
                assert row.awaited or (row.differences is not None) == row.ref.endswith(".grad")
        before = report
        seen.append(report.awaited)
        if report.iterations == 1:
            break
    assert seen == sorted(seen, reverse=True)
    assert (seen[0], seen[-1]) == (len(executor.program.steps), 0)
    assert len(set(seen)) > len(executor.program.steps) / 2


def test_a_report_on_the_way_through_a_later_iteration_is_that_of_the_ones_before() -> None:
    """A falsified number of iteration 1 is in the report when all of that iteration is."""
    experiment = article()
    executor = Executor(experiment)
    first, second = islice(executor.iterations(), 2)
    wrong = {**second.values, refs.LOSS: second.values[refs.LOSS] + 1}
    run = verify_run(experiment, executor.program, [first, replace(second, values=wrong)], untouched=True)
    reports = [verification.report() for verification in run]
    middle = [report for report in reports if report.iterations == 1]
    assert len(middle) > 10
    assert all(report == middle[0] and report.agrees and report.awaited == 0 for report in middle)
    assert reports[-1].first == (1, refs.LOSS)
