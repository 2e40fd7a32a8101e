"""The trace itself, micro-step by micro-step: what all other backends are held against, and what always works."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from chainrule.engine.plan.backends.backend import Backend, Iteration, IterationRange, Runner


class Traced(Backend):
    """Each iteration by the executor."""

    name = "traced"
    records = False

    def is_available(self, device: torch.device) -> bool:
        """Return True: it needs nothing but torch's operations."""
        return True

    def runner(self, iteration: Iteration) -> Runner:
        """Return what traces one iteration after the other."""
        return _TracedRunner(iteration)


@dataclass(frozen=True, slots=True)
class _TracedRunner:
    iteration: Iteration

    def run(self, iterations: IterationRange) -> None:
        for place in range(iterations.count):
            self.iteration.trace(iterations, place)
