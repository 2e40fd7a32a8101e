"""The document: what was set up, and what was changed at which iteration of its training. Frozen; no torch.

A document is a chain of segments. Training runs on inside a segment by itself; an edit in the middle of training
starts a new segment at that iteration and drops what came after. Segments are shared between documents, and what was
computed for one (`Timeline`) is found by its identity, so undoing an edit brings its whole past and future back.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from operator import attrgetter
from typing import TYPE_CHECKING

from chainrule.catalog.experiment.data_names import NO_NAMES
from chainrule.catalog.experiment.spec import Experiment
from chainrule.engine.program.steps import Overrides
from chainrule.model.editing.overrides import NONE

if TYPE_CHECKING:
    from chainrule.engine.state import TrainingState


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Segment:
    """Training from iteration `start` on, under one experiment.

    `state` None is the experiment's initial state; at the first iteration it holds only what was changed of the memory,
    for the parameters are the experiment's. `overrides` are numbers set by hand, in iteration `start` alone.
    """

    start: int
    experiment: Experiment
    state: TrainingState | None = None
    overrides: Overrides = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class PinnedRun:
    """A run that stays beside the document: its segments, of which the first `horizon` iterations had a loss.

    `name` is what a person calls it, if anything. One that is not `shown` is in no plot.
    """

    segments: tuple[Segment, ...]
    horizon: int
    name: str = ""
    shown: bool = True

    @property
    def document(self) -> Document:
        """The run as a document of its own, trained as far as it was."""
        return Document(self.segments, self.horizon)


# More of them nobody tells apart in a plot.
MOST_PINNED = 20


@dataclass(frozen=True, slots=True, eq=False)
class Document:
    """Segments in order of their start; training was run up to the iteration `trained`.

    The first segment starts where the experiment does: at 0, or after the iterations that came before its state.
    `pinned` are runs of before that are kept to be compared.
    """

    segments: tuple[Segment, ...]
    trained: int = 0
    pinned: tuple[PinnedRun, ...] = ()

    @classmethod
    def of(cls, experiment: Experiment) -> Document:
        """Return a document that has not been trained."""
        first = experiment.first_iteration
        return cls((Segment(first, experiment),), first)

    @property
    def first(self) -> int:
        """The iteration that training begins with."""
        return self.segments[0].start

    def segment_at(self, iteration: int) -> Segment:
        """Return the segment that computes an iteration."""
        return self.segments[max(0, bisect_right(self.segments, iteration, key=attrgetter("start")) - 1)]

    def experiment_at(self, iteration: int) -> Experiment:
        """Return the experiment under which an iteration is computed."""
        return self.segment_at(iteration).experiment

    def overrides_at(self, iteration: int) -> Overrides:
        """Return the numbers that are set by hand in an iteration."""
        segment = self.segment_at(iteration)
        return segment.overrides if segment.start == iteration else NONE

    @property
    def edits_in_training(self) -> tuple[object, ...]:
        """What is no experiment's: edits after the first iteration's start, changed memory, numbers set by hand."""
        first = self.segments[0]
        at_start = (first.overrides, first.state) if first.overrides or first.state is not None else ()
        return (*at_start, *self.segments[1:])

    @property
    def training(self) -> tuple[tuple[object, ...], ...]:
        """What it trains by, and the runs beside it, to be compared: it keeps nothing that was computed."""
        pinned = ((run.horizon, run.name, run.shown, *run.document.training) for run in self.pinned)
        parts = ((part.start, part.experiment, part.state, part.overrides) for part in self.segments)
        return (*parts, *pinned)

    def branch(
        self, iteration: int, experiment: Experiment, state: TrainingState | None, overrides: Overrides = NONE
    ) -> Document:
        """Go on from `iteration` with another experiment or state; the past stays, the future is dropped."""
        past = tuple(segment for segment in self.segments if segment.start < iteration)
        segments = *past, Segment(iteration, experiment, state, overrides)
        return Document(segments, min(self.trained, iteration), self.pinned)

    def begun_with(self, experiment: Experiment) -> Document:
        """Return a document of another experiment that has not been trained, with the same runs beside it."""
        return replace(Document.of(experiment), pinned=self.pinned)

    def relabelled(self, change: Callable[[Experiment], Experiment]) -> Document:
        """Return the same document with other labels, as a title, in each of its experiments: its training is what it
        was.
        """
        segments = (replace(part, experiment=change(part.experiment)) for part in self.segments)
        return replace(self, segments=tuple(segments))

    def without_last(self) -> Document:
        """Return the last segment's iterations computed by the one before: for a segment that changes nothing."""
        return replace(self, segments=self.segments[:-1])

    def restarted(self, iteration: int) -> Document:
        """Go back to the first weights, with every setting as it is at `iteration`."""
        latest, first = self.experiment_at(iteration), self.segments[0].experiment
        given = first.parameters
        if latest.network != first.network:
            # An activation that was exchanged on the way has other parameters, or none.
            shapes, before = (each.network.parameter_shapes() for each in (latest, first))
            given = {ref: numbers for ref, numbers in given.items() if shapes.get(ref) == before[ref]}
        return self.begun_with(replace(latest, parameters=given))

    def run_to(self, trained: int) -> Document:
        """Return the same document with this many iterations run."""
        return replace(self, trained=trained)


def without_labels(experiment: Experiment) -> Experiment:
    """Return an experiment without what `Document.relabelled` changes: two that are equal then compute the same."""
    return replace(experiment, title="", board=None, questions=(), data=replace(experiment.data, names=NO_NAMES))
