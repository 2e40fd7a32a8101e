"""Collecting: what a file is to keep of a document's training, within bounds, as it is at this instant."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from chainrule.catalog.arguments import SpecError
from chainrule.catalog.experiment.spec import Experiment
from chainrule.model.document import Document, PinnedRun, Segment
from chainrule.model.navigation import Cursor
from chainrule.model.reopening.differences import difference, numbers_in
from chainrule.model.reopening.saved_history import (
    MOST_ALL_DOCUMENTS,
    MOST_BY_HAND,
    MOST_EDITS,
    MOST_EXPERIMENTS,
    MOST_HELD,
    MOST_NAMED,
    MOST_PARTS,
    MOST_PINS,
    MOST_TEXT,
    NEAR,
    SavedDocument,
    SavedEdit,
    SavedHistory,
    SavedPin,
    SavedRun,
    SavedSegment,
    SavedSeries,
    SavedState,
    SavedView,
    check_gaps,
)
from chainrule.model.reopening.saved_numbers import SavedNumbers
from chainrule.session.screen.screen import View
from chainrule.session.undo import UndoEntries

if TYPE_CHECKING:
    from torch import Tensor

    from chainrule.engine.state import TrainingState
    from chainrule.model.timeline.downsampled_series import Floats, SeriesParts
    from chainrule.model.timeline.kept_training import KeptTraining
    from chainrule.model.timeline.timeline import Timeline

# Numbers of data and parameters that edits have changed, as text; more are not kept for an undo.
MOST_CHANGED = 200_000


T = TypeVar("T")


class _TooMuchError(Exception):
    """Raised where there is no room for something."""


class HistoryCollector:
    """Collects histories of one session. What an edit has changed is worked out once."""

    def __init__(self) -> None:
        self._differences: Differences = {}

    def collect(
        self, experiment: Experiment, view: View, entries: UndoEntries, timeline: Timeline
    ) -> SavedHistory | None:
        """Return what a file of that experiment keeps of what is on the screen, and of what can be undone.

        The newest entries come first; None where not even the document itself has room.
        """
        collected = _Collected(experiment, self._differences)
        try:
            shown = collected.view(view)
            collected.state_at(timeline, view)
            check_gaps(collected.history(shown, (), 0))
        except _TooMuchError:
            return None
        except SpecError:
            # Far from any state that is remembered.
            return None
        documents = [view.document]
        edits, done = _edits(collected, entries, documents)
        for document in documents:
            collected.runs(timeline, document)
            for run in document.pinned:
                collected.runs(timeline, run.document)
        if not collected.is_near(view, timeline):
            return None
        edits, done = _near(collected, entries, edits, done, timeline)
        self._differences = collected.differences()
        history = collected.history(shown, edits, done)
        try:
            check_gaps(history)
        except SpecError:
            return collected.history(shown, (), 0)
        return history


Differences = dict[tuple[int, int], tuple[Experiment, Experiment, Mapping[str, object]]]


def _edits(collected: _Collected, entries: UndoEntries, documents: list[Document]) -> tuple[tuple[SavedEdit, ...], int]:
    """Return the entries that there is room for, those that are undone soonest first, and how many of them are done."""
    before: list[SavedEdit] = []
    after: list[SavedEdit] = []
    for found, given in ((before, reversed(entries.done)), (after, iter(entries.undone))):
        for entry in given:
            edit = (
                None
                if len(before) + len(after) == MOST_EDITS
                else collected.edit(entry.text, entry.before, entry.after)
            )
            if edit is None:
                break
            found.append(edit)
            documents += [each.document for each in (entry.before, entry.after) if each.document not in documents]
    return (*reversed(before), *after), len(before)


def _near(
    collected: _Collected, entries: UndoEntries, edits: tuple[SavedEdit, ...], done: int, timeline: Timeline
) -> tuple[tuple[SavedEdit, ...], int]:
    """Return those of the entries whose places are near to a state that is kept, or then is, and how many are done.

    One that is far from all of them would have an undo compute for long: it is left out, with those behind it.
    """
    pairs = zip((*entries.done[len(entries.done) - done :], *entries.undone), edits, strict=False)
    is_near = [
        collected.is_near(entry.before, timeline) and collected.is_near(entry.after, timeline) for entry, _ in pairs
    ]
    first = next((place + 1 for place in reversed(range(done)) if not is_near[place]), 0)
    end = next((place for place in range(done, len(edits)) if not is_near[place]), len(edits))
    return edits[first:end], done - first


class _Collected:
    """Pools, in which each thing is once. What turns out to have no room is taken out again."""

    def __init__(self, experiment: Experiment, known: Differences) -> None:
        self._experiments, self._known, self._changes = [experiment], known, list[Mapping[str, object]]()
        self._segments: list[tuple[Segment, SavedSegment]] = []
        self._documents: list[tuple[Document, SavedDocument]] = []
        self._numbers: list[tuple[Any, SavedNumbers]] = []
        self._runs: list[SavedRun] = []
        self._pinned: list[tuple[PinnedRun, SavedPin]] = []
        self._at: dict[object, int] = {}
        self._held = self._named = self._changed = self._by_hand = 0
        self._seen: set[int] = set()
        # Segments with curves: without them no state is taken again.
        self._curved: set[int] = set()

    def history(self, view: SavedView, edits: tuple[SavedEdit, ...], done: int) -> SavedHistory:
        """Return all that was collected."""
        return SavedHistory(
            view,
            tuple(self._experiments),
            tuple(saved for _, saved in self._segments),
            tuple(saved for _, saved in self._documents),
            edits,
            done,
            tuple(self._runs),
            tuple(saved for _, saved in self._numbers),
            tuple(self._changes),
            tuple(saved for _, saved in self._pinned),
        )

    def differences(self) -> Differences:
        """Return what the experiments say otherwise than the ones before them, to be taken once more."""
        pairs = zip(self._experiments[1:], self._experiments, self._changes, strict=False)
        return {(id(one), id(other)): (one, other, change) for one, other, change in pairs}

    def edit(self, text: str, before: View, after: View) -> SavedEdit | None:
        """Return an entry to undo; None where there is no room for it."""
        return self._if_there_is_room(lambda: SavedEdit(_line(text), self.view(before), self.view(after)))

    def _if_there_is_room(self, collect: Callable[[], T]) -> T | None:
        """Return what is collected; None, and nothing of it stays, where there is too much of it."""
        pools: list[list[Any]] = [
            self._experiments,
            self._changes,
            self._segments,
            self._documents,
            self._numbers,
            self._pinned,
        ]
        sizes, at = list(map(len, pools)), dict(self._at)
        counts = self._held, self._named, self._changed, self._by_hand
        try:
            return collect()
        except _TooMuchError:
            for pool, size in zip(pools, sizes, strict=True):
                del pool[size:]
            (self._held, self._named, self._changed, self._by_hand), self._at = counts, at
            return None

    def view(self, view: View) -> SavedView:
        """Return a place in a document."""
        return SavedView(self._document(view.document), Cursor(*_place(view.cursor)), view.horizon)

    def _document(self, document: Document) -> int:
        key = "document", id(document)
        if key not in self._at:
            segments = tuple(map(self._segment, document.segments))
            place = self._add(
                key, self._documents, (document, SavedDocument(segments, document.trained)), MOST_ALL_DOCUMENTS
            )
            # After it, for the first document of all is the one on the screen; what has no room is left out.
            found = [self._if_there_is_room(partial(self._pin, run)) for run in document.pinned]
            pinned = tuple(pin for pin in found if pin is not None)
            self._documents[place] = document, SavedDocument(segments, document.trained, pinned)
        return self._at[key]

    def _pin(self, run: PinnedRun) -> int:
        key = "pinned", id(run)
        if key not in self._at:
            of_run = "document", id(run.segments), run.horizon
            if of_run not in self._at:
                document = run.document
                saved = SavedDocument(tuple(map(self._segment, document.segments)), document.trained)
                self._add(of_run, self._documents, (document, saved), MOST_ALL_DOCUMENTS)
            pin = SavedPin(self._at[of_run], run.horizon, _line(run.name), run.shown)
            self._add(key, self._pinned, (run, pin), MOST_PINS)
        return self._at[key]

    def _segment(self, segment: Segment) -> int:
        key = "segment", id(segment)
        if key not in self._at:
            experiment = self._experiment(segment.experiment)
            state = None if segment.state is None else self._state(segment.state)
            saved = SavedSegment(segment.start, experiment, state, segment.overrides)
            self._name(sum(map(len, segment.overrides.values())))
            self._by_hand += bool(segment.overrides)
            if self._by_hand > MOST_BY_HAND:
                raise _TooMuchError
            self._add(key, self._segments, (segment, saved), MOST_PARTS)
        return self._at[key]

    def _experiment(self, experiment: Experiment) -> int:
        key = "experiment", id(experiment)
        if key in self._at:
            return self._at[key]
        last = self._experiments[-1]
        for index in (0, len(self._experiments) - 1):
            if experiment == self._experiments[index]:
                self._at[key] = index
                return index
        if bool(experiment.network.formula) != bool(last.network.formula):
            raise _TooMuchError
        known = self._known.get((id(experiment), id(last)))
        change = difference(experiment, last) if known is None else known[2]
        self._changed += numbers_in(change)
        if self._changed > MOST_CHANGED:
            raise _TooMuchError
        self._add(key, self._experiments, experiment, MOST_EXPERIMENTS)
        self._changes.append(change)
        return self._at[key]

    def _state(self, state: TrainingState) -> SavedState:
        self._name(len(state.values))
        return {ref: self._tensor(value) for ref, value in state.values.items()}

    def _name(self, count: int) -> None:
        self._named += count
        if self._named > MOST_NAMED:
            raise _TooMuchError

    def _tensor(self, value: Tensor) -> int:
        key = "numbers", value.data_ptr(), tuple(value.shape), value.stride(), value.dtype
        if key not in self._at:
            flat = value.detach().cpu().double().contiguous().reshape(-1).numpy()
            self._number(key, value, SavedNumbers(tuple(value.shape), flat.data))
        return self._at[key]

    def _number(self, key: object, held: object, numbers: SavedNumbers) -> int:
        # With what it was made of, whose place in memory is then no other's.
        self._held += len(numbers.memory)
        if self._held > MOST_HELD:
            raise _TooMuchError
        return self._add(key, self._numbers, (held, numbers), MOST_NAMED)

    def _add(self, key: object, pool: list[Any], item: object, most: int) -> int:
        if len(pool) >= most:
            raise _TooMuchError
        pool.append(item)
        self._at[key] = len(pool) - 1
        return self._at[key]

    # What was computed

    def state_at(self, timeline: Timeline, view: View) -> None:
        """Keep the state that the iteration on the screen starts from."""
        document, iteration = view.document, view.cursor.iteration
        segment = document.segment_at(iteration)
        if iteration > segment.start:
            values = self._state(timeline.history(document, iteration).state(iteration))
            self._runs.append(SavedRun((self._segment(segment),), ((iteration, values),), {}))

    def is_near(self, view: View, timeline: Timeline) -> bool:
        """Return whether a state is kept near to a place; one that is remembered is kept where none is yet."""
        document, iteration = view.document, view.cursor.iteration
        segment = document.segment_at(iteration)
        if iteration - segment.start <= NEAR:
            return True
        index = self._at["segment", id(segment)]
        if index not in self._curved:
            return False
        if any(0 <= iteration - at <= NEAR for run in self._runs if index in run.segments for at, _ in run.states):
            return True
        state = timeline.history(document, iteration).kept(iteration)
        counts = len(self._numbers), self._held, self._named, dict(self._at)
        try:
            values = self._state(state)
        except _TooMuchError:
            del self._numbers[counts[0] :]
            _, self._held, self._named, self._at = counts
            return False
        self._runs.append(SavedRun((index,), ((state.iteration, values),), {}))
        return iteration - state.iteration <= NEAR

    def runs(self, timeline: Timeline, document: Document) -> None:
        """Keep what was computed of a document, as far as there is room."""
        for segment in document.segments:
            index = self._at.get(("segment", id(segment)))
            is_wanted = index is not None and index not in self._seen
            remembered = timeline.remembered(segment) if is_wanted else None
            if index is not None and remembered is not None:
                self._run(index, remembered)

    def _run(self, index: int, remembered: KeptTraining) -> None:
        at = {id(segment): place for place, (segment, _) in enumerate(self._segments)}
        alike = {at[id(other)] for each in remembered.segments if (other := each()) is not None and id(other) in at}
        segments = tuple(sorted({index, *alike}))
        self._seen.update(segments)
        start = self._segments[index][1].start
        if len(self._runs) >= MOST_PARTS:
            return
        numbers, counts, known = len(self._numbers), (self._held, self._named), dict(self._at)
        try:
            curves = {name: self._series(parts) for name, parts in remembered.curves.items()}
        except _TooMuchError:
            del self._numbers[numbers:]
            (self._held, self._named), self._at = counts, known
            return
        numbers, counts, known = len(self._numbers), (self._held, self._named), dict(self._at)
        try:
            states = tuple((each.iteration, self._state(each)) for each in remembered.states if each.iteration > start)
        except _TooMuchError:
            # They can be computed again, and the curves are drawn without them.
            del self._numbers[numbers:]
            (self._held, self._named), self._at, states = counts, known, ()
        self._curved.update(segments)
        self._runs.append(SavedRun(segments, states, curves))

    def _series(self, parts: SeriesParts) -> SavedSeries:
        first = self._floats(parts.first)
        if parts.length <= len(parts.first):
            return SavedSeries(parts.length, first)
        low, high, newest = map(self._floats, (parts.low, parts.high, parts.newest))
        return SavedSeries(parts.length, first, parts.block, low, high, newest)

    def _floats(self, floats: Floats) -> int:
        flat = floats.reshape(-1)
        return self._number(("floats", id(floats)), floats, SavedNumbers(floats.shape, flat.data))


def _place(cursor: Cursor) -> tuple[int, int]:
    # Which of a value's numbers are shown, where they come one at a time, is not kept.
    return cursor.iteration, cursor.position


def _line(text: str) -> str:
    return "".join(sign for sign in text if sign.isprintable())[:MOST_TEXT]
