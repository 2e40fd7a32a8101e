"""States of training as flat arrays, and back: how a history keeps them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from chainrule.catalog.values import refs
from chainrule.catalog.values.refs import ValueRef
from chainrule.engine.state import TrainingState, flattened
from chainrule.model.timeline.checkpoints import States


@dataclass(frozen=True, slots=True)
class StateFormat:
    """All of a tensor but its numbers. A tensor on "meta" would be that too, but asking it for another loads sympy."""

    shape: torch.Size
    stride: tuple[int, ...]
    dtype: torch.dtype
    device: torch.device

    @classmethod
    def of(cls, value: Tensor) -> StateFormat:
        """Return the format of a tensor."""
        return cls(value.shape, value.stride(), value.dtype, value.device)

    def empty(self, device: str | None) -> Tensor:
        """Return a tensor of this format, where it was or on another device."""
        return torch.empty_strided(self.shape, self.stride, dtype=self.dtype, device=device or self.device)


class FlatStates:
    """Knows what the values of a program's states are: their order, shapes and dtypes."""

    def __init__(self, state: TrainingState) -> None:
        self.values = {ref: StateFormat.of(value) for ref, value in state.values.items()}
        self.nbytes = sum(value.nbytes for value in state.values.values())
        self._sizes = [value.numel() for value in state.values.values()]
        self._bounded = self._places_to_check()

    def flat(self, state: TrainingState) -> States:
        """Return all numbers of a state one after the other."""
        return flattened(state).numpy()

    def restored(self, iteration: int, flat: States, device: str | None = None) -> TrainingState:
        """Return the state that a flat array holds, each value on its device or on one that is given."""
        values = {}
        parts = torch.split(torch.from_numpy(flat), self._sizes)
        for (ref, format), part in zip(self.values.items(), parts, strict=True):
            # Copied to memory of its own: some processors add up in another order where rows are not aligned.
            values[ref] = format.empty(device).copy_(part.reshape(format.shape))
        return TrainingState(iteration, values)

    def fitted(self, state: TrainingState) -> TrainingState:
        """Return a state with each value as it is kept here. Raises `ValueError` where its values are others."""
        if {ref: value.shape for ref, value in state.values.items()} != {
            ref: format.shape for ref, format in self.values.items()
        }:
            raise ValueError("other values")
        values = {ref: format.empty(None).copy_(state.values[ref]) for ref, format in self.values.items()}
        return TrainingState(state.iteration, values)

    @property
    def count(self) -> int:
        """How many numbers a state has."""
        return sum(self._sizes)

    def places(self, ref: ValueRef) -> range:
        """Return where the numbers of a value are in a flat array."""
        place = list(self.values).index(ref)
        first = sum(self._sizes[:place])
        return range(first, first + self._sizes[place])

    def are_finite(self, flats: States) -> NDArray[np.bool_]:
        """Return whether all numbers of flat states, (n, carried), are finite that are to be, (n,)."""
        return np.asarray(np.isfinite(flats[:, self._bounded]).all(axis=1))

    def is_finite(self, state: TrainingState) -> bool:
        """Return whether all numbers of a state are finite that are to be, without another copy of them."""
        return all(
            bool(torch.isfinite(value).all()) for ref, value in state.values.items() if ref not in refs.MAY_BE_INFINITE
        )

    def _places_to_check(self) -> slice | np.ndarray:
        """Return where a flat state may not be infinite: everywhere, as a rule, and that costs no copy."""
        if refs.MAY_BE_INFINITE.isdisjoint(self.values):
            return slice(None)
        return np.repeat([ref not in refs.MAY_BE_INFINITE for ref in self.values], self._sizes)
