"""The memory that a plan works in and hands out from: made once, and written over by every iteration."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from chainrule.engine.plan.layout import Layout, Span

# Iterations of a chunk, at most: some milliseconds of a small network's.
LONGEST_CHUNK = 128
# An arena of more numbers is not kept for each iteration: gradients are then reduced to their norms, and the state is
# handed out once, at the end of a chunk.
SMALL = 4096


class Arena:
    """Where values are computed, and a row for what is kept of each iteration of a chunk."""

    def __init__(self, layout: Layout, gradients: int, like: Tensor) -> None:
        """Make it for so many gradients, with the dtype and on the device of a tensor."""
        self._layout = layout
        self.values = like.new_zeros(layout.state.end)
        self.gives_norms = len(self.values) > SMALL
        # The loss, and the norm of each gradient: what is kept of an iteration where all would be too much.
        self.summary = like.new_zeros(1 + gradients)
        self.kept = self.summary if self.gives_norms else self.values
        self.rows = like.new_zeros(LONGEST_CHUNK, len(self.kept))
        self.row_views = self.rows.unbind(0)
        self.test_losses = like.new_zeros(LONGEST_CHUNK)
        self.test_loss_views = self.test_losses.unbind(0)

    def tensors(self) -> tuple[Tensor, ...]:
        """Return all of it."""
        return self.values, self.summary, self.rows, self.test_losses

    def view(self, span: Span) -> Tensor:
        """Return the values of a span."""
        return view(self.values, span)


def view(memory: Tensor, span: Span) -> Tensor:
    """Return the values of a span of some memory that is laid out alike."""
    return memory[span.start : span.end].view(span.shape)


class NumberRows:
    """Numbers that change from iteration to iteration, as tensors (): a row for each iteration, and the present one."""

    def __init__(self, numbers: int, dtype: torch.dtype) -> None:
        """Make it for so many numbers; they lie on the CPU."""
        self.present = torch.zeros(numbers, dtype=dtype)
        self.views = self.present.unbind(0)
        self.rows = torch.zeros(LONGEST_CHUNK, numbers, dtype=dtype)
        self.row_views = self.rows.unbind(0)

    def fill(self, columns: Sequence[Sequence[float]]) -> None:
        """Take each number of the iterations that come next. As in arithmetic, what is too large becomes infinite."""
        self.rows[: len(columns[0])] = torch.tensor(columns, dtype=torch.float64).T
