"""A plan is quick without TorchScript too, should torch drop it: held against plain torch in the same process."""

from __future__ import annotations

from functools import partial

from chainrule.engine.plan.backends import Replayed
from tests.benchmarks.bench_plan import LEAST_REPLAYED, SMALL, TOGETHER, case, looped, planned
from tests.benchmarks.parts.timing import race


def test_replayed_calls_train_a_small_network_four_times_as_fast_as_plain_torch() -> None:
    spec = case(SMALL, 10, "float64", "SGD")
    found = race(partial(planned, spec, Replayed()), partial(looped, spec), LEAST_REPLAYED, each=TOGETHER)
    assert found.speed.median >= LEAST_REPLAYED, found
