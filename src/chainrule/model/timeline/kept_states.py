"""The states that a history keeps: small ones as rows of one array, large ones as they are."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from operator import attrgetter

import numpy as np
from torch import Tensor

from chainrule.catalog.values.refs import ValueRef
from chainrule.engine.state import TrainingState
from chainrule.model.timeline.checkpoints import Checkpoints, States
from chainrule.model.timeline.downsampled_series import Positions
from chainrule.model.timeline.flat_states import FlatStates

# States of more bytes are large: their tensors are those of the traces, and are not copied beside them.
LARGE = 4 * 2**20
# How many large ones are kept of those that came last, at most, and how many bytes of all others.
RECENT = 8
OTHERS = 64 * 2**20
# How many states are left where most are let go.
CONDENSED = 16


class SmallStates:
    """Keeps states of some iterations, from `start` on, as checkpoints."""

    def __init__(self, form: FlatStates, first: TrainingState) -> None:
        self._form, self._start = form, first.iteration
        self._checkpoints = Checkpoints(form.flat(first))

    @property
    def nbytes(self) -> int:
        """Bytes held, tensors aside."""
        return self._checkpoints.nbytes

    def tensors(self) -> Iterator[Tensor]:
        """Return the tensors that are held."""
        return iter(())

    def add(self, state: TrainingState) -> bool:
        """Keep what follows an iteration, if it is new; whether its numbers are finite."""
        flat = self._form.flat(state)[None]
        self._checkpoints.extend(state.iteration - self._start, flat)
        return bool(self._form.are_finite(flat)[0])

    def add_chunk(self, states: States, last: TrainingState) -> None:
        """Keep the states that a chunk has, (n, carried), the last of which is given as it is too."""
        self._checkpoints.extend(last.iteration - self._start - len(states) + 1, states)

    def nearest(self, iteration: int, device: str | None = None) -> TrainingState | None:
        """Return the last state kept that is not after an iteration, where it was or on a device; None without any."""
        found = self._checkpoints.nearest(iteration - self._start)
        return found and self._form.restored(self._start + found[0], found[1], device)

    def path(self, wanted: Sequence[ValueRef], last: int, most: int) -> tuple[Positions, States]:
        """Return all numbers of some values of the states up to an iteration, (n, numbers), and the iterations that
        start from them.
        """
        at, states = self._checkpoints.between(last - self._start, most)
        return at + self._start, states[:, [place for ref in wanted for place in self._form.places(ref)]]

    def some(self, most: int) -> list[TrainingState]:
        """Return so many of them, evenly, with the last one."""
        at, states = self._checkpoints.between(self._checkpoints.latest, most)
        # The last one is always there, beside as many as are asked for.
        return [self._form.restored(self._start + int(i), flat.copy()) for i, flat in zip(at, states, strict=True)]

    def condense(self) -> None:
        """Let go of most."""
        self._checkpoints.condense(CONDENSED)

    def clear(self) -> None:
        """Let go of all."""
        self._checkpoints.clear()

    def drop_oldest(self, least: int) -> bool:
        """Let go of one of the last, if there are more than so many large ones; these are small."""
        return False


class LargeStates:
    """Keeps the states that came last, and of the others the first and some more, as far as there is room."""

    def __init__(self, form: FlatStates, first: TrainingState) -> None:
        self._form = form
        self._most = OTHERS // max(1, form.nbytes)
        self._kept: list[TrainingState] = []
        self._stride = 1
        self._recent: deque[TrainingState] = deque(maxlen=RECENT)
        self._keep(first)

    @property
    def nbytes(self) -> int:
        """Bytes held, tensors aside."""
        return 0

    def tensors(self) -> Iterator[Tensor]:
        """Return the tensors that are held."""
        return (value for state in (*self._kept, *self._recent) for value in state.values.values())

    def add(self, state: TrainingState) -> bool:
        """Keep what follows an iteration, if it is new; whether its numbers are finite."""
        # What was let go and is computed again, too: somebody steps back through it.
        if all(state.iteration != other.iteration for other in self._recent):
            self._recent.append(state)
        if self._most and (not self._kept or state.iteration >= self._kept[-1].iteration + self._stride):
            self._keep(state)
        return self._form.is_finite(state)

    def add_chunk(self, states: States, last: TrainingState) -> None:
        """Keep the last state of a chunk."""
        self.add(last)

    def nearest(self, iteration: int, device: str | None = None) -> TrainingState | None:
        """Return the last state kept that is not after an iteration, where it is or on a device; None without any."""
        kept = [state for state in (*self._kept, *self._recent) if state.iteration <= iteration]
        if not kept:
            return None
        found = max(kept, key=lambda state: state.iteration)
        if device is None:
            return found
        return TrainingState(found.iteration, {ref: value.to(device) for ref, value in found.values.items()})

    def path(self, wanted: Sequence[ValueRef], last: int, most: int) -> tuple[Positions, States]:
        """Return the same; of large states there is no path to be drawn."""
        return np.empty(0, np.int64), np.empty((0, sum(len(self._form.places(ref)) for ref in wanted)))

    def some(self, most: int) -> list[TrainingState]:
        """Return the last one."""
        return [max((*self._kept, *self._recent), key=attrgetter("iteration"))] if self._kept or self._recent else []

    def condense(self) -> None:
        """Let go of those that came last."""
        self._recent.clear()

    def clear(self) -> None:
        """Let go of all."""
        self._recent.clear()
        self._kept, self._stride = [], 1

    def drop_oldest(self, least: int) -> bool:
        """Let go of one of the last, if there are more than so many, or of one of the others where none is needed.

        Whether there was one.
        """
        if len(self._recent) > least:
            self._recent.popleft()
        elif not least and self._kept:
            self._kept.pop()
        else:
            return False
        return True

    def _keep(self, state: TrainingState) -> None:
        if len(self._kept) == self._most:
            self._kept = self._kept[::2]
            self._stride *= 2
            # The state may not be due any more.
            if self._kept and state.iteration < self._kept[-1].iteration + self._stride:
                return
        if len(self._kept) < self._most:
            self._kept.append(state)


def kept_states(form: FlatStates, first: TrainingState) -> SmallStates | LargeStates:
    """Return what keeps states like the first, and the first itself where it has room."""
    return (LargeStates if form.nbytes > LARGE else SmallStates)(form, first)
