"""The document: what was set up, and what was changed at which iteration of its training. Frozen; no torch.

A document is a chain of segments. Training runs on inside a segment by itself; an edit in the middle of training
starts a new segment at that iteration and drops what came after. Segments are shared between documents, and what was
computed for one (`Timeline`) is found by its identity, so undoing an edit brings its whole past and future back.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from chainrule.engine.spec import Experiment

if TYPE_CHECKING:
    from chainrule.engine.state import TrainingState


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Segment:
    """Training from iteration `start` on, under one experiment; `state` None is the experiment's initial state."""

    start: int
    experiment: Experiment
    state: TrainingState | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Document:
    """Segments in order of their start, the first at 0; `trained` is how many iterations were run."""

    segments: tuple[Segment, ...]
    trained: int = 0

    @classmethod
    def of(cls, experiment: Experiment) -> Document:
        """A document that has not been trained."""
        return cls((Segment(0, experiment),))

    def segment_at(self, iteration: int) -> Segment:
        """The segment that computes an iteration."""
        return next(segment for segment in reversed(self.segments) if segment.start <= iteration)

    def experiment_at(self, iteration: int) -> Experiment:
        """The experiment under which an iteration is computed."""
        return self.segment_at(iteration).experiment

    def branch(self, iteration: int, experiment: Experiment, state: TrainingState | None) -> Document:
        """Go on from `iteration` with another experiment or state; the past stays, the future is dropped."""
        past = tuple(segment for segment in self.segments if segment.start < iteration)
        return Document((*past, Segment(iteration, experiment, state)), min(self.trained, iteration))

    def restarted(self, iteration: int) -> Document:
        """Back to the first weights, with every setting as it is at `iteration`."""
        latest = self.experiment_at(iteration)
        return Document.of(replace(latest, parameters=self.segments[0].experiment.parameters))

    def run_to(self, trained: int) -> Document:
        """The same document with this many iterations run."""
        return replace(self, trained=trained)
