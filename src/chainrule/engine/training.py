"""Training from the start, for those who want its losses and what was learned, and no micro-step."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from chainrule.catalog.values import refs
from chainrule.catalog.values.refs import ValueRef
from chainrule.engine.plan import FEWEST_ITERATIONS, Chunk, Plan
from chainrule.engine.trace import Executor, first_non_finite


@dataclass(frozen=True, slots=True)
class TrainedIteration:
    """What a trained iteration had: its loss, learning rate, and the test loss before its update, where one is due."""

    iteration: int
    loss: float
    lr: float
    test_loss: float | None


class Training:
    """One training. Afterwards, `state` is what the last iteration has led to.

    Where an iteration's numbers are not all finite it ends before it, and `stop` is the index of the first micro-step
    that is to blame.
    """

    def __init__(self, executor: Executor) -> None:
        self._executor = executor
        self.state = executor.initial_state()
        self.stop: int | None = None

    def run(self, iterations: int) -> Iterator[TrainedIteration]:
        """Train so many iterations: by plan, but for a chunk in which something is not finite."""
        plan = Plan.proven(self._executor, self.state) if iterations > FEWEST_ITERATIONS else None
        end = self.state.iteration + iterations
        while self.state.iteration < end and self.stop is None:
            left = end - self.state.iteration
            if plan is None:
                yield from self._by_trace(left)
                continue
            plan.load(self.state)
            chunk = plan.run(left)
            if _is_finite(chunk):
                self.state = plan.state()
                yield from _trained(chunk)
            else:
                yield from self._by_trace(len(chunk.losses))

    def _by_trace(self, iterations: int) -> Iterator[TrainedIteration]:
        executor = self._executor
        for _ in range(iterations):
            values, following = executor.advance(self.state)
            self.stop = first_non_finite(executor.program.at(self.state.iteration).steps, values)
            if self.stop is not None:
                return
            loss, lr = values[executor.program.loss].item(), values[refs.LR].item()
            trained = TrainedIteration(self.state.iteration, loss, lr, self._test_loss(values))
            self.state = following
            yield trained

    def _test_loss(self, values: dict[ValueRef, Tensor]) -> float | None:
        evaluator = self._executor.evaluator
        due = evaluator.has_test and evaluator.is_tested(self.state.iteration)
        return evaluator.evaluate(values, "test").loss.item() if due else None


def _trained(chunk: Chunk) -> Iterator[TrainedIteration]:
    losses = chunk.losses.tolist()
    tests = chunk.tested or [None] * len(losses)
    for place, (loss, rates, test) in enumerate(zip(losses, chunk.rates, tests, strict=True)):
        yield TrainedIteration(chunk.first + place, loss, rates[0], test)


def _is_finite(chunk: Chunk) -> bool:
    return all(bool(torch.isfinite(part).all()) for part in (chunk.losses, chunk.gradients, chunk.states))
