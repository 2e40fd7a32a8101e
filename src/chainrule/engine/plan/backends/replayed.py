"""The recorded calls, made again one by one by Python: where there is nothing quicker."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import torch

from chainrule.engine.plan.backends.backend import Backend, Iteration, IterationCalls, IterationRange, Runner
from chainrule.engine.plan.calls import BoundCall
from chainrule.engine.plan.torch_private import can_record


class Replayed(Backend):
    """Each recorded call by itself."""

    name = "replayed"

    def is_available(self, device: torch.device) -> bool:
        """Return whether torch lets its operations be recorded."""
        return can_record()

    def runner(self, iteration: Iteration) -> Runner:
        """Return what makes the calls."""
        return ReplayedRunner(iteration.recorded)


class ReplayedRunner:
    """Makes the calls of an iteration, and of its test, as often as is wanted."""

    def __init__(
        self, iteration: IterationCalls, joined: Callable[[Sequence[BoundCall]], Iterable[BoundCall]] = tuple
    ) -> None:
        """Make them; `joined` makes fewer calls of several, where a backend can make several at once."""
        self._iteration, test = iteration, iteration.test
        self._calls = tuple(joined(iteration.calls))
        self._test_calls = tuple(joined(test.calls)) if test else ()

    @property
    def calls(self) -> tuple[BoundCall, ...]:
        """The calls of one iteration."""
        return self._calls

    def run(self, iterations: IterationRange) -> None:
        """Compute the iterations of a range, one by one."""
        numbers, kept, rows = self._iteration.numbers, self._iteration.kept, self._iteration.rows
        feeds = [(feed.tensor.copy_, feed.rows, feed.by_batch) for feed in self._iteration.feeds]
        calls, test_calls = self._calls, self._test_calls
        test = self._iteration.test if iterations.tested else None
        for place in range(iterations.count):
            row = iterations.row + place
            if test is not None:
                for call in test_calls:
                    call()
                test.rows[row].copy_(test.loss)
            for put, values, by_batch in feeds:
                put(values[iterations.batch + place if by_batch else place])
            for number in numbers:
                number.value = number.column[place]
            for call in calls:
                call()
            rows[row].copy_(kept)
