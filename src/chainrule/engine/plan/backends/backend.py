"""What a backend is: it runs iterations of a plan, in one of several ways that give the same numbers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from chainrule.engine.plan.calls import BoundCall, VaryingNumber


@dataclass(frozen=True, slots=True)
class IterationRange:
    """Iterations in a row that are the same calls.

    They begin with `iteration`, whose batch is at place `batch` of its epoch; what is kept of them goes to the rows
    from `row` on. `tested` says that before each the loss of the test rows is computed.
    """

    iteration: int
    batch: int
    row: int
    count: int
    tested: bool


@dataclass(frozen=True, slots=True, eq=False)
class Feed:
    """A tensor that the calls read, and what is put there before each iteration.

    That is the row at the place of the iteration's batch, or, unless `by_batch`, of the iteration in its range.
    """

    tensor: Tensor
    rows: Sequence[Tensor]
    by_batch: bool


@dataclass(frozen=True, slots=True, eq=False)
class LossOfTestRows:
    """The calls that compute the loss of the test rows, that loss, and where it goes, by row."""

    calls: Sequence[BoundCall]
    loss: Tensor
    rows: Sequence[Tensor]


@dataclass(frozen=True, slots=True, eq=False)
class IterationCalls:
    """One iteration as calls, and what changes from one to the next.

    What is kept of an iteration is the tensor `kept`; it goes to `rows`. The columns of `numbers` are filled anew for
    each range.
    """

    calls: Sequence[BoundCall]
    feeds: Sequence[Feed]
    numbers: Sequence[VaryingNumber]
    kept: Tensor
    rows: Sequence[Tensor]
    test: LossOfTestRows | None = None


class Iteration(Protocol):
    """One iteration of a plan, for a backend to run: as recorded calls, or step by step."""

    @property
    def recorded(self) -> IterationCalls:
        """Return it as calls."""

    def trace(self, iterations: IterationRange, place: int) -> None:
        """Compute one iteration of a range by the trace, and keep of it what calls would."""


class Runner(Protocol):
    """Runs ranges of one iteration."""

    def run(self, iterations: IterationRange) -> None:
        """Compute the iterations of a range."""


class Backend(ABC):
    """A way to run iterations. All give the trace's numbers: on the CPU bit by bit."""

    name: str
    records = True
    """Whether it needs recorded calls: an iteration is then compiled for it."""

    @abstractmethod
    def is_available(self, device: torch.device) -> bool:
        """Return whether this torch has it, for that device."""

    @abstractmethod
    def runner(self, iteration: Iteration) -> Runner:
        """Return what runs an iteration. Its calls may be made on the way: what they change is put back afterwards."""
