"""The referee's scheduler where torch's own would refuse to go on."""

from __future__ import annotations

from itertools import islice

import pytest

from chainrule.engine.arguments import Choice
from chainrule.engine.trace import Executor
from chainrule.engine.verify import verify_run
from tests.experiments import article

ONE_CYCLE = Choice("OneCycleLR", {"max_lr": 0.05, "total_steps": 6})
EXPONENTIAL = Choice("ExponentialLR", {"gamma": 0.9})


@pytest.mark.parametrize(
    "scheduler",
    [
        ONE_CYCLE.replace(interval="iteration"),
        Choice(
            "SequentialLR",
            {"schedulers": (EXPONENTIAL, ONE_CYCLE, EXPONENTIAL), "milestones": (3, 13), "interval": "iteration"},
        ),
    ],
    ids=["alone", "in a sequence"],
)
def test_a_cycle_that_is_over_stays_at_its_last_rates(scheduler: Choice) -> None:
    executor = Executor(article(scheduler=scheduler))
    traces = islice(executor.iterations(), 20)
    *_, last = verify_run(executor.experiment, executor.program, traces, untouched=True)
    assert [row.ref for row in last.report().rows if not row.agrees] == []
