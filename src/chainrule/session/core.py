"""The core of a session: what is on the screen, and the engine behind it."""

from __future__ import annotations

from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from chainrule.catalog.arguments import SpecError
from chainrule.catalog.experiment.check import checked_experiment
from chainrule.catalog.experiment.spec import Experiment
from chainrule.model.document import Document
from chainrule.model.files.file_size import FileSizes
from chainrule.model.files.stamp import Stamp
from chainrule.model.navigation import Cursor, fitting
from chainrule.session.background.door import ENGINE, engine
from chainrule.session.background.module_loader import ModuleLoader
from chainrule.session.computing import traced
from chainrule.session.course import Course
from chainrule.session.screen.look import Look
from chainrule.session.screen.moment import Moment, MomentNumbers, Selection
from chainrule.session.undo import Screen, UndoStack, View

if TYPE_CHECKING:
    from chainrule.engine.program.program import Program
    from chainrule.engine.trace import Known, Trace
    from chainrule.model.timeline.history import History
    from chainrule.model.timeline.timeline import Timeline

# What is imported behind the window: torch, and the typesetter that shows what it computes.
ENGINE_MODULES = (ENGINE, "ziamath")


# With fewer numbers nothing is large: the engine is not asked.
FEW_NUMBERS = 2_000_000


class SessionCore(QObject):
    """A document, a cursor in it and a selected number, and the signals that they changed.

    The engine (torch) is loaded behind the window: until `engine_ready` the document can be looked at, and the first
    command that computes waits for it. `refused` gives the experiment on the screen where this machine turns out not to
    compute it, the `SpecError`, its path and its stamp: whoever opened it opens another one in its place before the
    signal returns, and `engine_ready` follows. `device_failed` gives the reason when a device has no memory left, or is
    gone: what was computed last then stays on the screen.
    """

    document_changed = Signal()
    cursor_moved = Signal()
    selection_changed = Signal()
    by_number_changed = Signal(bool)
    training_progressed = Signal()
    engine_ready = Signal()
    # What one may like to know, what one should look at, and what went wrong or could not be done.
    informed = Signal(str)
    warned = Signal(str)
    noticed = Signal(str)
    device_failed = Signal(str)
    refused = Signal(object, object, object, object)
    # Before `document_changed`, where another document has taken the place of this one.
    replaced = Signal()

    def __init__(self, experiment: Experiment, parent: QObject | None = None) -> None:
        """Show an experiment. Raises `SpecError` where it is not allowed."""
        experiment = checked_experiment(experiment)
        super().__init__(parent)
        self.undo_stack = UndoStack(self._prepared, self._install, self.document_changed.emit, self)
        # A stack that is destroyed with commands in it signals a change to whoever still listens.
        self.destroyed.connect(self.undo_stack.clear)
        self.path: Path | None = None
        # What its file was when it was read or written; none where it is not known.
        self.stamp: Stamp | None = None
        # Whether it holds the trained parameters in the place of the document's first ones.
        self.is_file_trained = False
        self._sizes = FileSizes()
        self._saved: tuple[Experiment | None, tuple[object, ...]] = experiment, ()
        # Another one for each experiment that takes the place of the one before.
        self._opened = object()
        # Numbers what is written of the document, so that of two copies it is known which is the older.
        self._points = count(1)
        self._by_number = False
        self._timeline: Timeline | None = None
        # What could not be computed again after it was let go, to make room for what then failed.
        self._stuck: Screen | None = None
        # Where a device has failed, until the cursor is moved: what was computed before is on the screen.
        self._wanted: Cursor | None = None
        self._install(self._prepared(fresh(experiment), Look()))
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
        if self._timeline is None:
            # What went wrong when it was loaded is tried again, and told to whoever waits.
            self._start_engine()

    def close(self) -> None:
        """Wait for the engine no longer."""
        self._loader.close()

    def _start_engine(self) -> None:
        timeline = engine().timeline()
        try:
            screen, needs = self._first_screen(timeline)
        except (SpecError, RuntimeError, MemoryError) as error:
            if not self._gives_way(error, timeline):
                raise
            self.engine_ready.emit()
            return
        self._timeline = timeline
        self._saved = screen.view.document.experiment_at(0), ()
        self._install(screen)
        self.document_changed.emit()
        self.engine_ready.emit()
        if needs is not None:
            self.tell_large(self.path, needs)

    def _gives_way(self, error: Exception, timeline: Timeline) -> bool:
        """Say why this machine does not compute what is shown; whether another one was opened in its place."""
        refusal = error if isinstance(error, SpecError) else engine().refusal_of(self.experiment, error)
        if refusal is None:
            return False
        shown, self._timeline = self._opened, timeline
        self.refused.emit(self.experiment, refusal, self.path, self.stamp)
        if self._opened is shown:
            self._timeline = None
        return self._opened is not shown

    def _first_screen(self, timeline: Timeline) -> tuple[Screen, str | None]:
        """Return what is shown first, and what it needs where that is much: then little of it is remembered."""
        engine().check_machine(self.experiment, free=engine().free_memory)
        needs = needs_of(self.experiment)
        with timeline.keeping_little(needs is not None):
            return self._prepared(fresh(self.experiment), timeline=timeline), needs

    def tell_large(self, path: Path | None, needs: str) -> None:
        """Say of what was opened, and nobody was asked about, that it is large, what it needs, and what follows."""
        name = path.name if path else "This experiment"
        self.informed.emit(
            f"{name} is large: it needs {needs}; no more is remembered than the iteration on the screen."
        )

    # What is on the screen

    @property
    def document(self) -> Document:
        """The document."""
        return self._screen.view.document

    @property
    def cursor(self) -> Cursor:
        """Where in the document's training we are."""
        return self._screen.view.cursor

    @property
    def experiment(self) -> Experiment:
        """The experiment of the iteration on the screen."""
        return self.document.experiment_at(self.cursor.iteration)

    @property
    def selection(self) -> Selection | None:
        """The selected number."""
        return self.moment.selection

    @property
    def digits(self) -> int | None:
        """Significant digits to show; None for all."""
        return self._screen.look.digits

    @property
    def by_number(self) -> bool:
        """Whether a step shows one number, rather than all that one micro-step computes."""
        return self._by_number

    @property
    def start(self) -> Cursor:
        """The place before the first micro-step of all."""
        return Cursor(self.document.first)

    @property
    def horizon(self) -> int:
        """How many iterations have a loss: run, or stepped through."""
        return self._screen.view.horizon

    @property
    def view(self) -> View:
        """What an undo comes back to."""
        return self._screen.view

    @property
    def moment(self) -> Moment:
        """All that views draw."""
        shown = self._screen.moment
        # Numbers that were let go to make room for others, where these then could not be computed, are computed again.
        if shown is None or (shown.numbers.is_let_go and self._screen is not self._stuck):
            self._catch_up()
        assert self._screen.moment is not None
        return self._screen.moment

    def _catch_up(self) -> None:
        """Compute what is shown where a run has come to; where that fails, stand where it was computed last."""
        reached, computed = self._screen.view, self._computed
        assert computed.moment is not None
        try:
            self._install(self._prepared(reached))
        except Exception as error:
            view = View(reached.document, computed.view.cursor, reached.horizon)
            course = Course(view.document, view.horizon, self._timeline)
            self._install(Screen(view, computed.look, replace(computed.moment, course=course)))
            # Not tried again and again: whoever is told looks, too.
            self._stuck = self._screen
            if not self._tell_failure(error, reached.cursor):
                raise

    def _tell_failure(self, error: Exception, wanted: Cursor) -> bool:
        """Say that a device has failed on the way to a place; False where the error is another one."""
        reason = engine().failure_of(error)
        if reason is None:
            return False
        self._wanted = wanted
        self.device_failed.emit(reason)
        return True

    def _history(self, iteration: int | None = None) -> History:
        at = self.cursor.iteration if iteration is None else iteration
        return self.timeline.history(self.document, at)

    def _program(self, iteration: int) -> Program:
        """Return the micro-steps of an iteration."""
        return self._history(iteration).executor.program.at(iteration)

    @property
    def at_end(self) -> bool:
        """Whether every micro-step of the iteration is done."""
        return self.cursor.position == len(self._program(self.cursor.iteration).steps)

    def computed(self) -> tuple[History, Trace]:
        """Return the trace on the screen, and the history that it belongs to."""
        self._wait_for_engine()
        return traced(self.moment)

    def first_overflow(self) -> Cursor | None:
        """Return the place right after the first micro-step of this iteration whose result is inf or NaN."""
        history, trace = self.computed()
        index = engine().first_non_finite(history.executor.program.at(trace.iteration).steps, trace.values)
        return None if index is None else Cursor(self.cursor.iteration, index + 1)

    # Changing what is on the screen: all of it is computed first, so that it changes as a whole or not at all

    def _prepared(self, view: View, look: Look | None = None, timeline: Timeline | None = None) -> Screen:
        """Return everything that is shown of a view, with cursor and selection made to fit it; nothing changes yet.

        Raises what computing it raises.
        """
        document, cursor, timeline = view.document, view.cursor, timeline or self._timeline
        if cursor.iteration < document.first:
            # Nothing is known of what came before the state that training starts from.
            cursor = Cursor(document.first)
        experiment, program, horizon = document.experiment_at(cursor.iteration), None, view.horizon
        if timeline is None:
            numbers, rows = MomentNumbers(experiment), tuple(range(len(experiment.data.inputs)))
        else:
            history = timeline.history(document, cursor.iteration)
            trace = history.trace(cursor.iteration, self._known())
            program = history.executor.program.at(cursor.iteration)
            cursor = fitting(cursor, program)
            horizon = max(horizon, cursor.iteration + (cursor.position > program.index[program.loss]))
            numbers, rows = self._numbers_of(experiment, trace), trace.rows
        view = View(document, cursor, max(document.trained, horizon))
        course = Course(document, view.horizon, timeline)
        by_hand = tuple(segment.start for segment in document.segments if segment.overrides)
        overrides, segment = document.overrides_at(cursor.iteration), document.segment_at(cursor.iteration)
        changed = segment.start == cursor.iteration and (cursor.iteration > document.first or segment.state is not None)
        before = Moment(experiment, cursor, numbers, program, rows, 0, None, None, course, overrides, by_hand)
        moment = replace(before, changed_here=changed)
        return Screen(view, *(look or self._screen.look).at(moment))

    def _known(self) -> Known | None:
        """Return the numbers on the screen, but where some of them are set by hand."""
        shown = self._computed.moment if self._timeline is not None else None
        if shown is None or shown.program is None or shown.overrides or shown.numbers.trace is None:
            return None
        return engine().known(shown.program, shown.numbers.trace)

    def _numbers_of(self, experiment: Experiment, trace: Trace) -> MomentNumbers:
        """Return a trace's numbers, those that are on the screen as they are.

        Each is turned into a Python number once.
        """
        shown = self._computed.moment.numbers if self._computed.moment else None
        return shown if shown is not None and shown.trace is trace else MomentNumbers(experiment, trace)

    def _install(self, screen: Screen) -> None:
        """Put on the screen what is computed."""
        self._wanted = None
        self._keep(screen)

    def _keep(self, screen: Screen) -> None:
        self._screen = screen
        if screen.moment is not None:
            self._computed = screen

    def _show(self, view: View) -> None:
        """Put a document on the screen."""
        self._install(self._prepared(view))
        self.document_changed.emit()

    def _look_at(self, look: Look) -> None:
        """Look at something else in the same moment."""
        moment = self.moment
        self._keep(Screen(self._screen.view, *look.at(moment)))


def fresh(experiment: Experiment) -> View:
    """Return a document that has not been trained, from its start."""
    document = Document.of(experiment)
    return View(document, Cursor(document.first))


def has_few_numbers(experiment: Experiment) -> bool:
    """Return whether an experiment is small beyond doubt, as nearly all are.

    It need not be checked, nor torch be there.
    """
    network, rows = experiment.network, len(experiment.data.inputs)
    units = network.inputs + sum(layer.units for layer in network.layers)
    return network.parameter_count + rows * units < FEW_NUMBERS


def needs_of(experiment: Experiment) -> str | None:
    """Return what a checked experiment takes, in words, where it is so much that little is remembered.

    None for others.
    """
    if has_few_numbers(experiment):
        return None
    told = engine().estimate(experiment)
    return told.text if told.is_large else None
