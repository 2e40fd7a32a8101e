"""The one state of a session: what is on the screen, the undo stack, and the computed past behind both."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from chainrule.catalog.experiment.spec import Experiment
from chainrule.model.document import Document
from chainrule.model.navigation import Cursor, cursor_within
from chainrule.session.background.engine_loader import EngineLoader
from chainrule.session.background.lazy_engine import engine
from chainrule.session.screen.computing import traced
from chainrule.session.screen.course import Course
from chainrule.session.screen.moment import Moment, MomentNumbers
from chainrule.session.screen.screen import Screen, View
from chainrule.session.screen.view_state import ViewState
from chainrule.session.signals import Signals
from chainrule.session.undo import UndoStack

if TYPE_CHECKING:
    from chainrule.engine.program.program import Program
    from chainrule.engine.trace import Computed, Trace
    from chainrule.model.timeline.history import History
    from chainrule.model.timeline.timeline import Timeline


class SessionState:
    """A document on the screen, a cursor in it, and what somebody looks at there. All parts of a session share it.

    What is shown changes as a whole or not at all: a screen is prepared, which may fail, and then installed.
    """

    def __init__(self, experiment: Experiment, loader: EngineLoader, signals: Signals) -> None:
        """Show an experiment that was checked."""
        self._loader, self._signals = loader, signals
        self.undo_stack = UndoStack(self.prepare, self.install, signals.document_changed.emit, signals)
        # A stack that is destroyed with commands in it signals a change to whoever still listens.
        signals.destroyed.connect(self.undo_stack.clear)
        # What could not be computed again after it was let go, to make room for what then failed.
        self._stuck: Screen | None = None
        # Where a device has failed, until the cursor is moved: what was computed before is on the screen.
        self.wanted: Cursor | None = None
        self.install(self.prepare(View.of(experiment), ViewState()))

    # The engine

    @property
    def is_ready(self) -> bool:
        """Whether numbers can be computed."""
        return self._loader.timeline is not None

    def wait_for_engine(self) -> None:
        """Return once numbers can be computed."""
        self._loader.wait()

    @property
    def timeline(self) -> Timeline:
        """The computed past; waits for the engine if it is not loaded."""
        return self._loader.wait()

    def history(self, iteration: int | None = None) -> History:
        """Return what is computed of the document around an iteration, or around that on the screen."""
        at = self.cursor.iteration if iteration is None else iteration
        return self.timeline.history(self.document, at)

    def program(self, iteration: int) -> Program:
        """Return the micro-steps of an iteration."""
        return self.history(iteration).executor.program.at(iteration)

    @property
    def at_end(self) -> bool:
        """Whether every micro-step of the iteration is done."""
        return self.cursor.position == len(self.program(self.cursor.iteration).steps)

    def computed(self) -> tuple[History, Trace]:
        """Return the trace on the screen, and the history that it belongs to."""
        self.wait_for_engine()
        return traced(self.moment)

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
    def view_state(self) -> ViewState:
        """What somebody looks at."""
        return self._screen.view_state

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
        # Numbers that were let go to make room for others, where these then could not be computed, are computed again.
        # Where a failure is told, a run may end and be recorded: then once more.
        while (shown := self._screen.moment) is None or (shown.numbers.is_let_go and self._screen is not self._stuck):
            self._catch_up()
        return shown

    def _catch_up(self) -> None:
        """Compute what is shown where a run has come to; where that fails, stand where it was computed last."""
        reached, computed = self._screen.view, self._computed
        assert computed.moment is not None
        try:
            self.install(self.prepare(reached))
        except Exception as error:
            view = View(reached.document, computed.view.cursor, reached.horizon)
            course = Course(view.document, view.horizon, self._loader.timeline)
            self.install(Screen(view, computed.view_state, replace(computed.moment, course=course)))
            # Not tried again and again: whoever is told looks, too.
            self._stuck = self._screen
            if not self.tell_failure(error, reached.cursor):
                raise

    def tell_failure(self, error: Exception, wanted: Cursor) -> bool:
        """Say that a device has failed on the way to a place; False where the error is another one."""
        reason = engine().failure_of(error)
        if reason is None:
            return False
        self.wanted = wanted
        self._signals.device_failed.emit(reason)
        return True

    # Changing what is on the screen: all of it is computed first, so that it changes as a whole or not at all

    def prepare(self, view: View, view_state: ViewState | None = None, timeline: Timeline | None = None) -> Screen:
        """Compute all that is shown of a view, with cursor and selection made to fit it; nothing changes yet.

        Raises what computing it raises.
        """
        document, cursor, timeline = view.document, view.cursor, timeline or self._loader.timeline
        if cursor.iteration < document.first:
            # Nothing is known of what came before the state that training starts from.
            cursor = Cursor(document.first)
        experiment, program, horizon = document.experiment_at(cursor.iteration), None, view.horizon
        if timeline is None:
            # What training has made of the first parameters is not known yet.
            stated = experiment if cursor.iteration == document.first else replace(experiment, parameters={})
            numbers, rows = MomentNumbers(stated), tuple(range(len(experiment.data.inputs)))
        else:
            history = timeline.history(document, cursor.iteration)
            trace = history.trace(cursor.iteration, self._known())
            program = history.executor.program.at(cursor.iteration)
            cursor = cursor_within(cursor, program)
            horizon = max(horizon, cursor.iteration + (cursor.position > program.index[program.loss]))
            numbers, rows = self._numbers_of(experiment, trace), trace.rows
        view = View(document, cursor, max(document.trained, horizon))
        course = Course(document, view.horizon, timeline)
        by_hand = tuple(segment.start for segment in document.segments if segment.overrides)
        overrides, segment = document.overrides_at(cursor.iteration), document.segment_at(cursor.iteration)
        changed = segment.start == cursor.iteration and (cursor.iteration > document.first or segment.state is not None)
        moment = Moment(experiment, cursor, numbers, program, rows, 0, None, None, course, overrides, by_hand, changed)
        return Screen(view, *(view_state or self._screen.view_state).at(moment))

    def _known(self) -> Computed | None:
        """Return the numbers on the screen, but where some of them are set by hand."""
        shown = self._computed.moment if self.is_ready else None
        if shown is None or shown.program is None or shown.overrides or shown.numbers.trace is None:
            return None
        return engine().known(shown.program, shown.numbers.trace)

    def _numbers_of(self, experiment: Experiment, trace: Trace) -> MomentNumbers:
        """Return a trace's numbers, those that are on the screen as they are.

        Each is turned into a Python number once.
        """
        shown = self._computed.moment.numbers if self._computed.moment else None
        return shown if shown is not None and shown.trace is trace else MomentNumbers(experiment, trace)

    def install(self, screen: Screen) -> None:
        """Put on the screen what is computed."""
        # That a run is recorded changes neither where somebody stands nor what was computed.
        if self.wanted is not None and not _is_same_place(screen.view, self._screen.view):
            self.wanted = None
        self._keep(screen)

    def _keep(self, screen: Screen) -> None:
        self._screen = screen
        if screen.moment is not None:
            self._computed = screen

    def show(self, view: View) -> None:
        """Put a document on the screen."""
        self.install(self.prepare(view))
        self._signals.document_changed.emit()

    def show_view_state(self, view_state: ViewState) -> None:
        """Show something else of the same moment."""
        moment, view = self.moment, self._screen.view
        if moment.covers and not view_state.covers:
            moment = replace(moment, course=Course(view.document, view.horizon, self._loader.timeline))
        self._keep(Screen(view, *view_state.at(moment)))


def _is_same_place(one: View, other: View) -> bool:
    """Return whether two views are of the same cursor in the same training, however far that was run."""
    return one.cursor == other.cursor and one.document.segments is other.document.segments
