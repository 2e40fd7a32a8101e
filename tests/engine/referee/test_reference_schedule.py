"""The referee's scheduler where torch's own would refuse to go on."""

from __future__ import annotations

from itertools import islice

import pytest

from chainrule.catalog.arguments import Choice
from chainrule.engine.referee.verify import verify_run
from chainrule.engine.trace import Executor
from tests.experiments import article

ONE_CYCLE = Choice("OneCycleLR", {"max_lr": 0.05, "total_steps": 6})
EXPONENTIAL = Choice("ExponentialLR", {"gamma": 0.9})


def in_sequence(*milestones: int) -> Choice:
    """The cycle between two others."""
    parts = (EXPONENTIAL, ONE_CYCLE, EXPONENTIAL)
    return Choice("SequentialLR", {"schedulers": parts, "milestones": milestones, "interval": "iteration"})


@pytest.mark.parametrize(
    ("scheduler", "ends"),
    [(ONE_CYCLE.replace(interval="iteration"), 6), (in_sequence(3, 13), 9), (in_sequence(3, 10), None)],
    ids=["alone", "in a sequence", "until another takes over"],
)
def test_a_cycle_ends_where_torch_refuses_to_go_on(scheduler: Choice, ends: int | None) -> None:
    """A rate more than it has steps, which another may take over from; then there is none."""
    executor = Executor(article(scheduler=scheduler))
    traces = islice(executor.iterations(), 20)
    *_, last = verify_run(executor.experiment, executor.program, traces, untouched=True)
    assert [row.ref for row in last.report().rows if not row.agrees] == []
    assert last.overflow == (None if ends is None else (ends, "lr.next"))
