"""A history: what a file holds of a document beside its experiment, so that it opens where it was saved. No torch.

It is all indices: documents are made of segments, segments of experiments and numbers, and what several have in common
is there once. The experiment 0 is that of the file, and the document 0 the one that was on the screen.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from chainrule.catalog.arguments import SpecError
from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.values.refs import ValueRef
from chainrule.engine.program.steps import Overrides
from chainrule.model.navigation import Cursor
from chainrule.model.reopening.saved_numbers import SavedNumbers

# Values of a state, by ref: indices of numbers.
SavedState = Mapping[ValueRef, int]
# More entries to undo, the oldest ones, are not kept.
MOST_EDITS = 100
# Of all numbers of a history: in all, 64 MiB.
MOST_HELD = 8_000_000
# Values of states, each with its name.
MOST_NAMED = 40_000
# What else there is many of.
MOST_PARTS = 4000
MOST_EXPERIMENTS = 1000
MOST_DOCUMENTS = 2 * MOST_EDITS + 1
MOST_TEXT = 200
# Runs that were pinned: those of the document, and others that an undo brings back.
MOST_PINS = 100
MOST_ALL_DOCUMENTS = MOST_DOCUMENTS + MOST_PINS
# Segments that have numbers set by hand: to see whether these have a place an iteration of each is computed.
MOST_BY_HAND = 200
# Iterations that may lie between two states that are known: they are computed again, one after the other, where
# somebody steps back to them.
FARTHEST = 4_000_000
# And between a state and a place that is shown where a file is opened, or one of its edits is undone or redone.
NEAR = 512


@dataclass(frozen=True, slots=True, eq=False)
class SavedSegment:
    """Training from an iteration on; `state` None is the experiment's own start."""

    start: int
    experiment: int = 0
    state: SavedState | None = None
    overrides: Overrides = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class SavedDocument:
    """A document: indices of segments, in the order of their start, and of the runs that are pinned beside it."""

    segments: tuple[int, ...]
    trained: int
    pinned: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class SavedPin:
    """A run beside a document: the document that it was, and how many of its iterations had a loss."""

    document: int
    horizon: int
    name: str = ""
    shown: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class SavedView:
    """A document, the place in it that was on the screen, and how many iterations had a loss."""

    document: int
    cursor: Cursor
    horizon: int


@dataclass(frozen=True, slots=True, eq=False)
class SavedEdit:
    """An entry to undo: what it is called, and what was on the screen before and after it."""

    text: str
    before: SavedView
    after: SavedView


@dataclass(frozen=True, slots=True, eq=False)
class SavedSeries:
    """Numbers by iteration, as `DownsampledSeries` holds them: `first`, `low`, `high` and `newest` are indices of
    numbers. Where `length` is small, all of them are `first`.
    """

    length: int
    first: int
    block: int = 1
    low: int | None = None
    high: int | None = None
    newest: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class SavedRun:
    """What was computed of segments that train alike: states by iteration, and the numbers of the plots."""

    segments: tuple[int, ...]
    states: tuple[tuple[int, SavedState], ...]
    curves: Mapping[str, SavedSeries]


@dataclass(frozen=True, slots=True, eq=False)
class SavedHistory:
    """All of it. `done` says how many of the edits are not undone."""

    view: SavedView
    experiments: tuple[Experiment, ...]
    segments: tuple[SavedSegment, ...]
    documents: tuple[SavedDocument, ...]
    edits: tuple[SavedEdit, ...]
    done: int
    runs: tuple[SavedRun, ...]
    numbers: tuple[SavedNumbers, ...]
    # Of each experiment but the first, what is said otherwise than by the one before, where that was worked out.
    differences: tuple[Mapping[str, object], ...] = ()
    # Runs that documents have beside them.
    pinned: tuple[SavedPin, ...] = ()

    @property
    def views(self) -> Iterator[SavedView]:
        """All that was on the screen, and what an undo or a redo goes to."""
        yield self.view
        for edit in self.edits:
            yield edit.before
            yield edit.after

    def known_states(self) -> Iterator[list[int]]:
        """Yield the iterations of which a document's state is known, for each: nothing before them is computed."""
        computed: dict[int, set[int]] = {}
        for run in self.runs:
            for index in run.segments:
                computed.setdefault(index, set()).update(at for at, _ in run.states)
        for document in self.documents:
            starts = [self.segments[index].start for index in document.segments]
            found = set(starts)
            for index, start, end in zip(document.segments, starts, (*starts[1:], math.inf), strict=True):
                found |= {at for at in computed.get(index, ()) if start <= at <= end}
            yield sorted(found)


def check_gaps(history: SavedHistory) -> None:
    """Refuse a history in which somebody who steps back would wait without an end."""
    known = list(history.known_states())
    for view in history.views:
        states = known[view.document]
        last = max(view.cursor.iteration, view.horizon, history.documents[view.document].trained)
        if view.cursor.iteration < states[0]:
            raise SpecError("$.history", f"there is no iteration {view.cursor.iteration}")
        far = next((begin for begin, end in pairwise((*states, last)) if end - begin > FARTHEST), None)
        if far is not None:
            raise SpecError("$.history", f"expected a state at most {FARTHEST} iterations after iteration {far}")
