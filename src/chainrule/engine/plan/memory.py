"""The tensors that a plan works in and tells from: made once, and written over by every iteration."""

from __future__ import annotations

from torch import Tensor

from chainrule.engine.plan.layout import Layout, Span

# Iterations of a stretch, at most: some milliseconds of a small network's.
LONGEST = 128
# A memory of more numbers is not kept for each iteration: gradients are then reduced to their norms, and the state is
# handed out once, at the end of a stretch.
SMALL = 4096


class Memory:
    """Where values are computed, and a row for what is kept of each iteration of a stretch."""

    def __init__(self, layout: Layout, gradients: int, like: Tensor) -> None:
        """For so many gradients, with the dtype and on the device of a tensor."""
        self._layout = layout
        self.values = like.new_zeros(layout.state.end)
        self.gives_norms = len(self.values) > SMALL
        # The loss, and the norm of each gradient: what is kept of an iteration where all would be too much.
        self.told = like.new_zeros(1 + gradients)
        self.kept = self.told if self.gives_norms else self.values
        self.rows = like.new_zeros(LONGEST, len(self.kept))
        self.row_views = self.rows.unbind(0)
        self.test_losses = like.new_zeros(LONGEST)

    def tensors(self) -> tuple[Tensor, ...]:
        """Return all of it."""
        return self.values, self.told, self.rows, self.test_losses

    def view(self, span: Span) -> Tensor:
        """Return the values of a span."""
        return view(self.values, span)


def view(memory: Tensor, span: Span) -> Tensor:
    """Return the values of a span of some memory that is laid out alike."""
    return memory[span.start : span.end].view(span.shape)
