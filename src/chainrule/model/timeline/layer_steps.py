"""How each layer's weights are moved: the norm of their gradient, and how large an update is beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor

from chainrule.catalog.values import refs
from chainrule.catalog.values.refs import ValueRef
from chainrule.catalog.values.value import Role
from chainrule.engine.plan import FEWEST_ITERATIONS, Chunk
from chainrule.engine.program.program import Program
from chainrule.engine.state import TrainingState, flattened
from chainrule.model.timeline.downsampled_series import DownsampledSeries, Floats, Outline, Positions

# An update is measured in each of the first iterations, and then in one of so many: to measure them all would take
# longer than is worth while. What reads and writes all weights takes most of an iteration of a large network.
EVERY, EVERY_LARGE = 8, 64
# Weights in all from which on a network is large.
LARGE = 1024
# Norms between these are worked out from the squares as they are.
SMALLEST, LARGEST = 1e-150, 1e150
# As far back as there is a ratio, unless gradients of many batches are added up.
LOOK_BACK = 2 * EVERY_LARGE


class LayerSteps:
    """The ratios ‖update‖ / ‖weight‖ of the trained weights, and the norms of their gradients, by iteration.

    A ratio is NaN in an iteration in which it was not measured, in one without an update, and where the weights are all
    0. `columns` are the places of the weights' norms among the gradient curves; None where these are single elements,
    so that the norms are kept here.
    """

    def __init__(self, program: Program, start: int, curves: Sequence[tuple[ValueRef, tuple[int, ...] | None]]) -> None:
        self._program, self._start = program, start
        owners = {gradient: program.values[gradient].owner for gradient in program.gradients}
        found = [
            (value.layer, value.ref, gradient)
            for gradient, value in owners.items()
            if value.role is Role.PARAMETER and value.ref == refs.weight(value.layer if value.layer is not None else -1)
        ]
        found.sort(key=lambda each: each[0] or 0)
        self.layers = tuple(layer for layer, _, _ in found if layer is not None)
        self.weights = tuple(ref for _, ref, _ in found)
        self._gradients = tuple(gradient for _, _, gradient in found)
        are_norms = all(index is None for _, index in curves)
        places = [ref for ref, _ in curves]
        self.columns = [places.index(gradient) for gradient in self._gradients] if are_norms else None
        # Where the elements of each gradient begin among the curves, and which of these are those of the weights.
        shown = list(dict.fromkeys(places))
        self._begins = np.array([places.index(ref) for ref in shown], dtype=np.int64)
        self._own = [shown.index(gradient) for gradient in self._gradients]
        # Where each parameter begins in a flat state, where the last ends, and which of them are the weights.
        self._starts: Positions | None = None
        self._end, self._places = 0, list[int]()
        count = len(self.weights)
        self._numbers = sum(int(np.prod(program.values[ref].shape_without_batch)) for ref in self.weights)
        self.series = DownsampledSeries(count if self.columns is not None else 2 * count)

    @property
    def every(self) -> int:
        """An update is measured in one of so many iterations, after the first ones."""
        often, accumulate = EVERY if self._numbers < LARGE else EVERY_LARGE, self._program.accumulate
        return accumulate * max(1, often // accumulate)

    def is_measured(self, iteration: int) -> bool:
        """Return whether the update of an iteration is measured: one that there is."""
        is_first = iteration < self._start + FEWEST_ITERATIONS and self._program.at(iteration) is self._program
        return is_first or (iteration + 1) % self.every == 0

    def span(self, iteration: int, most: int) -> int:
        """Return how many iterations a plan may compute that hands out no states but the last: one that is measured,
        or those up to the next that is.
        """
        if not self.weights or self.is_measured(iteration):
            return min(most, 1) if self.weights else most
        return min(most, self.every - 1 - iteration % self.every)

    # What is remembered

    def add(self, iteration: int, values: Mapping[ValueRef, Tensor], gradients: Floats) -> None:
        """Remember an iteration by its values and its gradient curves, if it is new."""
        if iteration - self._start == len(self.series):
            ratios = self.ratios(values) if self.is_measured(iteration) else np.full(len(self.weights), np.nan)
            self.series.append(self._row(ratios[None], gradients[None])[0])

    def add_chunk(self, chunk: Chunk, before: TrainingState, gradients: Floats) -> None:
        """Remember those iterations of a chunk that are new; `before` is what the first one starts from."""
        count = len(chunk.losses)
        fresh = max(0, len(self.series) - (chunk.first - self._start))
        if fresh < count and self.weights:
            rows = self._row(self._ratios_of(chunk, before), gradients)
            self.series.extend(rows[fresh:])
        elif fresh < count:
            self.series.extend(np.empty((count - fresh, 0)))

    def fill(self, length: int) -> None:
        """Make up for iterations of which nothing was remembered."""
        missing = length - len(self.series)
        if missing > 0:
            self.series.extend(np.full((missing, self.series.width), np.nan))

    def _row(self, ratios: Floats, gradients: Floats) -> Floats:
        if self.columns is not None:
            return ratios
        # The elements of each gradient stand side by side, and its weight's come with it.
        with np.errstate(over="ignore", under="ignore", invalid="ignore"):
            sums = np.add.reduceat(np.square(gradients, dtype=np.float64), self._begins, axis=1)
            norms = np.sqrt(sums[:, self._own])
            # The squares of such numbers overflow, or vanish, where the norm itself does not.
            odd = ~((norms > SMALLEST) & (norms < LARGEST)).all(axis=1)
            if odd.any():
                norms[odd] = self._scaled_norms(gradients[odd])
        return np.hstack([ratios, norms])

    def _scaled_norms(self, gradients: Floats) -> Floats:
        """Return the norms of the weights' gradients, each worked out relative to its largest element."""
        ends = np.append(self._begins[1:], gradients.shape[1])
        found = []
        for place in self._own:
            part = np.abs(gradients[:, self._begins[place] : ends[place]])
            largest = part.max(axis=1)
            is_scaled = np.isfinite(largest) & (largest > 0)
            scale = np.where(is_scaled, largest, 1.0)
            norm = scale * np.sqrt(np.square(part / scale[:, None]).sum(axis=1))
            found.append(np.where(is_scaled, norm, largest))
        return np.stack(found, axis=1)

    def ratios(self, values: Mapping[ValueRef, Tensor]) -> Floats:
        """Return ‖update‖ / ‖weight‖ of each layer in an iteration of which all values are known, (weights,)."""
        if not self.weights or refs.next_value(self.weights[0]) not in values:
            return np.full(len(self.weights), np.nan)
        return self._between(values, {ref: values[refs.next_value(ref)] for ref in self.weights})

    def _between(self, before: Mapping[ValueRef, Tensor], after: Mapping[ValueRef, Tensor]) -> Floats:
        norm = torch.linalg.vector_norm
        with torch.inference_mode():
            norms = [
                norm(part, dtype=torch.float64)
                for ref in self.weights
                for part in (after[ref] - before[ref], before[ref])
            ]
            pairs: Floats = torch.stack(norms).cpu().numpy().reshape(-1, 2)
        return _ratio(pairs[:, 0], pairs[:, 1])

    def _ratios_of(self, chunk: Chunk, before: TrainingState) -> Floats:
        """Return the ratios of a chunk's iterations, (n, weights)."""
        count = len(chunk.losses)
        found = np.full((count, len(self.weights)), np.nan)
        if len(chunk.states) < count:
            return found
        # As many calls as for one iteration: of all parameters together, in steps of the iterations between.
        measured = slice(-(chunk.first + 1) % self.every, None, self.every)
        if measured.start < count:
            self._measure(found, measured, chunk, before)
        return found

    def _measure(self, found: Floats, rows: slice, chunk: Chunk, before: TrainingState) -> None:
        """Put the ratios of some rows of a chunk into what is found."""
        if self._starts is None:
            sizes = [before.values[ref].numel() for ref in self._program.parameters]
            self._starts, self._end = np.cumsum([0, *sizes[:-1]]), sum(sizes)
            places = {ref: place for place, ref in enumerate(self._program.parameters)}
            self._places = [places[ref] for ref in self.weights]
        after = chunk.states.numpy()[:, : self._end]
        if rows.start:
            start = after[rows.start - 1 : -1 : rows.step]
        else:
            first = flattened(TrainingState(0, {ref: before.values[ref] for ref in self._program.parameters}))
            start = np.concatenate([first.numpy()[None], after[rows.step - 1 : -1 : rows.step]])
        moved = np.subtract(after[rows], start, dtype=np.float64)
        sums = [np.add.reduceat(part * part, self._starts, axis=1)[:, self._places] for part in (moved, start)]
        found[rows] = _ratio(*map(np.sqrt, sums))

    # What is drawn of it

    def outlines(self, gradients: DownsampledSeries, length: int) -> tuple[Outline, Outline]:
        """Return the norms of the gradients and the ratios of the first `length` iterations, a curve for each layer."""
        own, count = self.series.outline(length), len(self.weights)
        if self.columns is not None:
            return gradients.outline(length).columns(self.columns), own
        return own.columns(range(count, 2 * count)), own.columns(range(count))


def known_last(values: Outline, index: int) -> tuple[int, Floats] | None:
    """Return the last row up to an index in which a curve has a number, and its numbers, (curves,); None without one.

    A ratio that is not measured in each iteration stands for those that come after it.
    """
    last = values.piece(index)
    for piece in range(last, max(-1, last - LOOK_BACK), -1):
        if np.isfinite(values.high[piece]).any():
            return int(values.begins[piece]), values.high[piece]
    return None


def known_rows(values: Outline) -> Outline:
    """Return a curve without the pieces in which nothing was measured."""
    known = np.isfinite(values.high).any(axis=1)
    return (
        values if known.all() else Outline(values.begins[known], values.low[known], values.high[known], values.length)
    )


def norm_of(tensor: Tensor) -> float:
    """Return the Euclidean norm of all numbers of a tensor."""
    return float(torch.linalg.vector_norm(tensor, dtype=torch.float64))


def _ratio(moved: Floats, of: Floats) -> Floats:
    with np.errstate(all="ignore"):
        return np.where(of > 0, moved / of, np.nan)
