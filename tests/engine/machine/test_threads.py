"""Threads: one for what is small, whichever experiment was computed before."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
import torch

from chainrule.catalog.experiment.spec import Experiment
from chainrule.engine.machine import threads
from chainrule.engine.machine.threads import SMALL, threads_for
from chainrule.engine.plan import Plan
from chainrule.engine.trace import Executor
from tests.experiments import article, sgd

SEVERAL = 3


@pytest.fixture(autouse=True)
def several(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine on which torch takes three threads by itself."""
    before = torch.get_num_threads()
    monkeypatch.setattr(threads, "_ALL", SEVERAL)
    torch.set_num_threads(SEVERAL)
    yield
    torch.set_num_threads(before)


def wide() -> Experiment:
    """Its one product of matrices is just too large."""
    small = article(optimizer=sgd(0.1))
    inputs, outputs = small.network.inputs, SMALL // len(small.data.inputs) // small.network.inputs + 1
    network = replace(small.network, layers=(replace(small.network.layers[0], units=outputs), small.network.layers[-1]))
    assert inputs * outputs * len(small.data.inputs) > SMALL
    return replace(small, network=network)


def test_what_computes_an_experiment_sets_its_threads() -> None:
    small, large = Executor(article(optimizer=sgd(0.1))), Executor(wide())
    plan = Plan(small, small.initial_state())
    found = []
    for compute in (
        lambda: small.values(small.initial_state()),
        lambda: large.values(large.initial_state()),
        lambda: plan.run(1),
        lambda: large.evaluator.evaluate(large.initial_state().values, "training"),
        lambda: small.evaluator.evaluate(small.initial_state().values, "training"),
    ):
        compute()
        found.append(torch.get_num_threads())
    assert found == [1, SEVERAL, 1, SEVERAL, 1]


def test_the_rows_of_a_batch_count_and_those_of_the_test() -> None:
    base = article()
    many = SMALL // base.network.inputs
    data = replace(base.data, inputs=((0.5, 0.1),) * many, targets=((0.01, 0.99),) * many)
    assert threads_for(replace(base, data=data)) == SEVERAL
    assert threads_for(replace(base, data=replace(data, batch_size=4))) == 1
    assert threads_for(replace(base, data=replace(data, batch_size=4, test_size=0.9))) == SEVERAL
