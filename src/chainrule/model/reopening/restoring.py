"""Restoring: the documents of a history that was read, as they were. What needs torch is handed in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from chainrule.catalog.arguments import SpecError
from chainrule.catalog.experiment.check import checked_experiment
from chainrule.catalog.experiment.spec import Experiment
from chainrule.model.document import Document, PinnedRun, Segment
from chainrule.model.reopening.saved_history import MOST_BY_HAND, SavedHistory, SavedSegment

if TYPE_CHECKING:
    from chainrule.engine.state import TrainingState

StateOf = Callable[[SavedSegment, Experiment], "TrainingState | None"]


def checked_history(history: SavedHistory, experiment: Experiment) -> SavedHistory:
    """Return the history with its experiments checked, of which the first is given. `SpecError` where it does not fit.

    Whether numbers that are set by hand have their places is seen once they are computed.
    """
    checked = [experiment]
    for index, each in enumerate(history.experiments[1:], 1):
        try:
            checked.append(checked_experiment(each, checked[-1]))
        except SpecError as error:
            raise SpecError(f"$.history.experiments[{index - 1}]", f"{error.path}: {error.message}") from None
    for index, segment in enumerate(history.segments):
        first = checked[segment.experiment].first_iteration
        if segment.start < first or (segment.state is None and segment.start > first):
            path = f"$.history.segments[{index}]"
            raise SpecError(path, f"nothing is said of what iteration {segment.start} starts from")
    if sum(bool(segment.overrides) for segment in history.segments) > MOST_BY_HAND:
        raise SpecError("$.history.segments", f"expected numbers set by hand in at most {MOST_BY_HAND} of them")
    return replace(history, experiments=tuple(checked))


def no_state(_segment: SavedSegment, _experiment: Experiment) -> None:
    """Return none: until torch is there, nobody asks what a segment starts from."""
    return


def restored_documents(history: SavedHistory, state_of: StateOf = no_state) -> tuple[Document, ...]:
    """Return the documents of a history that was checked; what several have in common they share."""
    segments = tuple(_segments(history, state_of))
    parts = [tuple(segments[index] for index in document.segments) for document in history.documents]
    pinned = [PinnedRun(parts[pin.document], pin.horizon, pin.name, pin.shown) for pin in history.pinned]
    return tuple(
        Document(part, document.trained, tuple(pinned[index] for index in document.pinned))
        for part, document in zip(parts, history.documents, strict=True)
    )


def _segments(history: SavedHistory, state_of: StateOf) -> Iterator[Segment]:
    for segment in history.segments:
        experiment = history.experiments[segment.experiment]
        yield Segment(segment.start, experiment, state_of(segment, experiment), segment.overrides)
