"""Restored numbers: states and curves of a history that was read, as torch and NumPy have them."""

from __future__ import annotations

from weakref import ref

import numpy as np
import torch
from torch import Tensor

from chainrule.catalog.arguments import SpecError
from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.values.carried import initial_values
from chainrule.catalog.values.refs import ValueRef
from chainrule.engine.initializers import torch_dtype
from chainrule.engine.state import TrainingState
from chainrule.model.document import Document, without_labels
from chainrule.model.reopening.restoring import restored_documents
from chainrule.model.reopening.saved_history import (
    NEAR,
    SavedHistory,
    SavedRun,
    SavedSegment,
    SavedSeries,
    SavedState,
)
from chainrule.model.timeline.downsampled_series import Floats, SeriesParts
from chainrule.model.timeline.kept_training import KeptTraining
from chainrule.model.timeline.states import fitting_overrides
from chainrule.model.timeline.timeline import Timeline


def restored(history: SavedHistory, timeline: Timeline) -> tuple[Document, ...]:
    """Return the documents of a history that was checked, and let the timeline have what was computed of them.

    `SpecError` where numbers that are set by hand have no place in their experiment, and where there is no state near
    to a place that is shown, now or after an undo: a file could have the window compute for hours before it says
    anything.
    """
    numbers = _Restoring(history)
    documents = restored_documents(history, numbers.state_of)
    by_index = {
        index: segment
        for saved, document in zip(history.documents, documents, strict=True)
        for index, segment in zip(saved.segments, document.segments, strict=True)
    }
    for index, segment in by_index.items():
        if segment.overrides and fitting_overrides(segment, timeline.tensors) != segment.overrides:
            raise SpecError(f"$.history.segments[{index}].overrides", "there are no such numbers in this iteration")
    for run in history.runs:
        alike = [index for index in run.segments if index in by_index and _are_alike(history, run.segments[0], index)]
        if alike:
            segments = tuple(ref(by_index[index]) for index in alike)
            timeline.remember(numbers.remembered(run, history.segments[alike[0]]), segments)
    for view in history.views:
        _check_near(documents[view.document], view.cursor.iteration, timeline)
    return documents


def _check_near(document: Document, iteration: int, timeline: Timeline) -> None:
    """Refuse a place that is far from any state that fits. Near to the start of a segment nothing is looked at."""
    if iteration - document.segment_at(iteration).start <= NEAR:
        return
    if iteration - timeline.history(document, iteration).kept(iteration).iteration > NEAR:
        raise SpecError("$.history.runs", f"there is no state that fits near to iteration {iteration}, where it stands")


def _are_alike(history: SavedHistory, one: int, other: int) -> bool:
    """Return whether two segments compute the same: what they are called, and what is asked of them, may differ."""
    this, that = history.segments[one], history.segments[other]
    same = (this.start, this.state, this.overrides) == (that.start, that.state, that.overrides)
    first, second = (without_labels(history.experiments[each.experiment]) for each in (this, that))
    return same and first == second


class _Restoring:
    """Makes a tensor of each of the numbers once, however many states have it."""

    def __init__(self, history: SavedHistory) -> None:
        self._history = history
        self._tensors: dict[tuple[int, torch.dtype], Tensor] = {}
        self._scalars: dict[int, frozenset[ValueRef]] = {}

    def state_of(self, segment: SavedSegment, experiment: Experiment) -> TrainingState | None:
        """Return what a segment starts from; None where that is its experiment's own start."""
        return None if segment.state is None else self._state(segment.start, segment.state, experiment)

    def remembered(self, run: SavedRun, segment: SavedSegment) -> KeptTraining:
        """Return what was computed of a segment, and of others like it."""
        experiment = self._history.experiments[segment.experiment]
        states = tuple(self._state(iteration, state, experiment) for iteration, state in run.states)
        return KeptTraining(states, {name: self._series(series) for name, series in run.curves.items()})

    def _state(self, iteration: int, state: SavedState, experiment: Experiment) -> TrainingState:
        scalars = self._scalars.get(id(experiment))
        if scalars is None:
            scalars = frozenset(name for name, value in initial_values(experiment).items() if value.is_number)
            self._scalars[id(experiment)] = scalars
        dtype = torch_dtype(experiment)
        return TrainingState(
            iteration,
            {name: self._tensor(index, torch.float64 if name in scalars else dtype) for name, index in state.items()},
        )

    def _tensor(self, index: int, dtype: torch.dtype) -> Tensor:
        key = index, dtype
        if key not in self._tensors:
            saved = self._history.numbers[index]
            # Into memory of its own: some processors add up in another order where rows are not aligned.
            flat = torch.frombuffer(saved.memory, dtype=torch.float64) if len(saved.memory) else torch.empty(0)
            self._tensors[key] = torch.empty(saved.shape, dtype=dtype).copy_(flat.reshape(saved.shape))
        return self._tensors[key]

    def _series(self, series: SavedSeries) -> SeriesParts:
        first = self._floats(series.first)
        # A part without rows has no width in a file either.
        rest = [
            np.empty(0) if index is None else self._floats(index) for index in (series.low, series.high, series.newest)
        ]
        return SeriesParts(series.length, first, series.block, *rest)

    def _floats(self, index: int) -> Floats:
        saved = self._history.numbers[index]
        return np.frombuffer(saved.memory, np.float64).reshape(saved.shape)
