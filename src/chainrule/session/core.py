"""The core of a session: what is on the screen, and the engine behind it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoStack

from chainrule.engine import refs
from chainrule.engine.arguments import SpecError
from chainrule.engine.refs import ValueRef
from chainrule.engine.spec import Experiment
from chainrule.model.document import Document
from chainrule.model.elements import Index, per_sample
from chainrule.model.navigation import Cursor
from chainrule.session.module_loader import ModuleLoader
from chainrule.session.moment import GivenValues, Moment, Selection, TracedValues, Values
from chainrule.session.undo import View

if TYPE_CHECKING:
    from chainrule.engine.trace import Trace
    from chainrule.model.history import History
    from chainrule.model.slope import LossSlice
    from chainrule.model.timeline import Timeline

UNDO_LIMIT = 500
# What is imported behind the window: torch, and the typesetter that shows what it computes.
ENGINE_MODULES = (
    "chainrule.model.timeline",
    "chainrule.model.slope",
    "chainrule.engine.check",
    "chainrule.explain.narration",
    "chainrule.explain.equations",
    "ziamath",
)


class SessionCore(QObject):
    """A document, a cursor in it and a selected number, and the signals that they changed.

    The engine (torch) is loaded behind the window: until `engine_ready` the document can be looked at, and the first
    command that computes waits for it. `refused` gives an experiment that the engine then refuses, the `SpecError`,
    and its path. `device_failed` gives the reason when a device has no memory left, or is gone: what was computed last
    then stays on the screen.
    """

    document_changed = Signal()
    cursor_moved = Signal()
    selection_changed = Signal()
    by_number_changed = Signal(bool)
    training_progressed = Signal()
    engine_ready = Signal()
    noticed = Signal(str)
    device_failed = Signal(str)
    refused = Signal(object, object, object)

    def __init__(
        self, experiment: Experiment, parent: QObject | None = None, *, fallback: Experiment | None = None
    ) -> None:
        """Show an experiment; `fallback` is shown in its place if the engine refuses it."""
        super().__init__(parent)
        self._fallback = fallback
        self.undo_stack = QUndoStack(self)
        self.undo_stack.setUndoLimit(UNDO_LIMIT)
        # A stack that is destroyed with commands in it signals a change to whoever still listens.
        self.destroyed.connect(self.undo_stack.clear)
        self.path: Path | None = None
        self._document = Document.of(experiment)
        self._saved: tuple[Experiment | None, tuple[object, ...]] = experiment, ()
        self._cursor = Cursor()
        self._selection: Selection | None = None
        self._sample = 0
        self._digits: int | None = 4
        self._by_number = False
        self._furthest = 0
        self._timeline: Timeline | None = None
        self._moment: Moment | None = None
        self._computed: Moment | None = None
        # Where a device has failed, until the cursor is moved: what was computed before is on the screen.
        self._wanted: Cursor | None = None
        self._values: TracedValues | None = None
        self._loader = ModuleLoader(*ENGINE_MODULES, parent=self)
        self._loader.loaded.connect(self._start_engine)

    # The engine

    def load_engine(self) -> None:
        """Begin to load torch, if it is not loaded."""
        self._loader.start()

    @property
    def is_ready(self) -> bool:
        """Whether numbers can be computed."""
        return self._timeline is not None

    @property
    def timeline(self) -> Timeline:
        """The computed past; waits for the engine if it is not loaded."""
        self._wait_for_engine()
        assert self._timeline is not None
        return self._timeline

    def _wait_for_engine(self) -> None:
        if self._timeline is None:
            self._loader.wait()

    def close(self) -> None:
        """Wait for the engine no longer."""
        self._loader.close()

    def _start_engine(self) -> None:
        from chainrule.engine.check import check_experiment  # noqa: PLC0415 - loads torch
        from chainrule.engine.machine import free_memory  # noqa: PLC0415 - for what is large alone
        from chainrule.model.timeline import Timeline  # noqa: PLC0415 - loads torch

        refusal = None
        try:
            experiment = check_experiment(self.experiment, free=free_memory)
        except SpecError as error:
            if self._fallback is None:
                raise
            experiment = check_experiment(self._fallback)
            refusal = self.experiment, error, self.path
            self.path = None
        self._timeline = Timeline()
        self._saved = experiment, ()
        self._show(View(Document.of(experiment), Cursor()))
        self.engine_ready.emit()
        if refusal is not None:
            self.refused.emit(*refusal)

    # What is on the screen

    @property
    def document(self) -> Document:
        """The document."""
        return self._document

    @property
    def cursor(self) -> Cursor:
        """Where in the document's training we are."""
        return self._cursor

    @property
    def experiment(self) -> Experiment:
        """The experiment of the iteration on the screen."""
        return self._document.experiment_at(self._cursor.iteration)

    @property
    def selection(self) -> Selection | None:
        """The selected number."""
        return self.moment.selection

    @property
    def digits(self) -> int | None:
        """Decimals to show; None for all."""
        return self._digits

    @property
    def by_number(self) -> bool:
        """Whether a step shows one number, rather than all that one micro-step computes."""
        return self._by_number

    @property
    def horizon(self) -> int:
        """How many iterations have a loss: run, or stepped through."""
        return max(self._document.trained, self._furthest)

    @property
    def view(self) -> View:
        """What an undo comes back to."""
        return View(self._document, self._cursor, self.horizon)

    @property
    def moment(self) -> Moment:
        """All that views draw."""
        if self._moment is None:
            try:
                self._moment = self._computed = self._make_moment()
            except (RuntimeError, MemoryError) as error:
                self._moment = self._moment_before(error)
        return self._moment

    def _moment_before(self, error: Exception) -> Moment:
        """The moment that was computed last, where a device has failed in this one."""
        from chainrule.engine.devices import failure_of  # noqa: PLC0415 - loads torch

        reason, before = failure_of(error), self._computed
        if reason is None or before is None:
            raise error
        self._wanted, self._cursor = self._cursor, before.cursor
        self.device_failed.emit(reason)
        return before

    def _make_moment(self) -> Moment:
        experiment, program = self.experiment, None
        values: Values = GivenValues(experiment)
        rows = tuple(range(len(experiment.data.inputs)))
        if self._timeline is not None:
            history = self._history()
            trace = history.trace(self._cursor.iteration)
            if self._values is None or self._values.trace is not trace:
                self._values = TracedValues(trace)
            values, program, rows = self._values, history.executor.program, trace.rows
        sample, selection = min(self._sample, len(rows) - 1), self._selection
        if selection is not None and per_sample(selection.ref):
            # A batch may be smaller than the one before: the selected number stays with the sample that is shown.
            selection = Selection(selection.ref, (sample, selection.index[1]))
        moment = Moment(
            experiment,
            self._cursor,
            values,
            program,
            rows,
            sample,
            selection,
            self._digits,
            self.horizon,
            self._document.overrides_at(self._cursor.iteration),
            tuple(segment.start for segment in self._document.segments if segment.overrides),
        )
        newest = None if selection is None else moment.newest(selection)
        return moment if newest == selection else replace(moment, selection=newest)

    def _history(self, iteration: int | None = None) -> History:
        at = self._cursor.iteration if iteration is None else iteration
        return self.timeline.history(self._document, at)

    @property
    def at_end(self) -> bool:
        """Whether every micro-step of the iteration is done."""
        return self._cursor.position == len(self._history().executor.program.steps)

    def computed(self) -> tuple[History, Trace]:
        """The trace on the screen, and the history that it belongs to."""
        history = self._history()
        return history, history.trace(self._cursor.iteration)

    def loss_slice(self, ref: ValueRef, index: Index) -> LossSlice:
        """The loss of this iteration's batch along one element of a parameter."""
        from chainrule.model.slope import loss_slice  # noqa: PLC0415 - loads torch

        history, trace = self.computed()
        overrides = self._document.overrides_at(self._cursor.iteration)
        return loss_slice(history.executor.program, trace, ref, index, overrides)

    def first_overflow(self) -> Cursor | None:
        """The place right after the first micro-step of this iteration whose result is inf or NaN."""
        from chainrule.engine.trace import first_non_finite  # noqa: PLC0415 - loads torch

        history, trace = self.computed()
        index = first_non_finite(history.executor.program.steps, trace.values)
        return None if index is None else Cursor(self._cursor.iteration, index + 1)

    def _invalidate(self) -> None:
        self._moment = None

    # Changing what is on the screen

    def _show(self, view: View) -> None:
        """Put a document on the screen, with the cursor and selection made to fit it."""
        self._document, self._furthest = view.document, view.horizon
        self._values = None
        self._cursor = view.cursor
        if self._timeline is not None:
            steps = self._history().executor.program.steps
            self._place(replace(view.cursor, position=min(view.cursor.position, len(steps))))
        self._invalidate()
        self._drop_lost_selection()
        self.document_changed.emit()

    def _drop_lost_selection(self) -> None:
        moment = self.moment
        selection = moment.selection
        if selection is None:
            return
        value = moment.values.lists(selection.ref)
        for place in selection.index:
            if not isinstance(value, Sequence) or place >= len(value):
                self._selection = None
                break
            value = value[place]
        self._invalidate()

    def _place(self, cursor: Cursor) -> None:
        self._cursor, self._wanted = cursor, None
        program = self._history().executor.program
        passed_loss = cursor.position > program.index[refs.LOSS]
        self._furthest = max(self._furthest, cursor.iteration + passed_loss)
        self._invalidate()
