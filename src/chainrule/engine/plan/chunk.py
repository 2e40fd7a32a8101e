"""What a plan hands out: the numbers of iterations in a row that a history keeps."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from chainrule.catalog.schedules.schedule import rates
from chainrule.catalog.values.refs import ValueRef
from chainrule.engine.plan.compiler import PlanParts
from chainrule.engine.state import flattened


@dataclass(frozen=True, slots=True, eq=False)
class Chunk:
    """What iterations from `first` on, in a row, have given, for n of them.

    `gradients` are (n, elements), each parameter's after the other, or (n, parameters), their norms, as
    `Plan.gives_norms` says. `states` are what follows each iteration, (n, carried), or the last alone, (1, carried):
    every carried value in the program's order. `rates` are the learning rates in the order of `schedule.rates`, and
    `tested` the losses of the test rows before each update, None where none is due.
    """

    first: int
    losses: Tensor
    gradients: Tensor
    states: Tensor
    rates: Sequence[tuple[float, ...]]
    tested: Sequence[float | None]


class ChunkReader:
    """Reads chunks from a plan's rows."""

    def __init__(self, parts: PlanParts) -> None:
        self._parts, self._program, self._layout = parts, parts.program, parts.layout
        self._rates = rates(parts.executor.experiment)

    def read(self, first: int, count: int, tested: list[float | None]) -> Chunk:
        """Read what the last so many iterations have left."""
        arena, scalars = self._parts.arena, self._parts.scalars
        rows, used = arena.rows[:count].cpu(), self._used(count)
        if arena.gives_norms:
            states = flattened(self._parts.state(first + count))[None]
            return Chunk(first, rows[:, 0], rows[:, 1:], states, used, tested)
        losses, gradients, states = rows[:, 0], rows[:, self._gradient_places], rows[:, self._state_places]
        if scalars.refs:
            numbers = torch.tensor([scalars.column(ref, count) for ref in scalars.refs], dtype=torch.float64)
            # Promoted to float64 where the rest is float32: exact, and cast back exactly.
            states = torch.cat([states, numbers.T], 1)[:, self._state_order]
        return Chunk(first, losses, gradients, states, used, tested)

    def _used(self, count: int) -> Sequence[tuple[float, ...]]:
        """Return the learning rates of each iteration."""
        carried = self._parts.scalars.refs
        if not any(ref in carried for ref in self._rates):
            return [tuple(self._rates.values())] * count
        columns = [
            self._parts.scalars.before(ref, count) if ref in carried else [lr] * count
            for ref, lr in self._rates.items()
        ]
        return list(zip(*columns, strict=True))

    def _places(self, wanted: Sequence[ValueRef]) -> Tensor:
        spans = [self._layout.spans[ref] for ref in wanted]
        return torch.cat([torch.arange(span.start, span.end) for span in spans] or [torch.empty(0, dtype=torch.long)])

    @cached_property
    def _gradient_places(self) -> Tensor:
        return self._places(self._program.gradients)

    @cached_property
    def _state_places(self) -> Tensor:
        return self._places([ref for ref in self._program.carried if ref not in self._layout.scalars])

    @cached_property
    def _state_order(self) -> Tensor:
        """Where each carried number is, in the program's order, in a row of all tensors and then the scalars."""
        tensors, place = len(self._state_places), 0
        scalars, parts = self._parts.scalars.refs, []
        for ref in self._program.carried:
            if ref in self._layout.scalars:
                parts.append(torch.tensor([tensors + scalars.index(self._layout.scalars[ref])]))
            else:
                size = math.prod(self._layout.spans[ref].shape)
                parts.append(torch.arange(place, place + size))
                place += size
        return torch.cat(parts)
