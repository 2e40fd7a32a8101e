"""The session: the one place where document, cursor and selection change. Views follow its signals."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoStack

from chainrule.engine import refs
from chainrule.engine.arguments import SpecError
from chainrule.engine.refs import ValueRef
from chainrule.engine.spec import Experiment, Numbers, check_number
from chainrule.model import edits, navigation
from chainrule.model.document import Document
from chainrule.model.elements import MOST_ELEMENTS, Index, element_count, elements, per_sample
from chainrule.model.navigation import Cursor, Stride
from chainrule.session.module_loader import ModuleLoader
from chainrule.session.moment import GivenValues, Moment, Selection, TracedValues, Values
from chainrule.session.undo import ReplaceDocument, View

if TYPE_CHECKING:
    from chainrule.engine.state import TrainingState
    from chainrule.engine.steps import MicroStep
    from chainrule.engine.trace import Trace
    from chainrule.model.timeline import History, Timeline

UNDO_LIMIT = 500
# Decimals that can be chosen; None shows all.
DIGITS: tuple[int | None, ...] = (2, 3, 4, 6, 9, None)
# What is imported behind the window: torch, and the typesetter that shows what it computes.
ENGINE_MODULES = ("chainrule.model.timeline", "chainrule.engine.check", "chainrule.explain.narration", "ziamath")


class Session(QObject):
    """A document, a cursor in it, and a selected number.

    Moving is navigation and is not undone; every edit is one entry of `undo_stack`. The engine (torch) is loaded behind
    the window: until `engine_ready` the document can be looked at, and the first command that computes waits for it.
    `refused` gives an experiment that the engine then refuses, the `SpecError`, and its path.
    """

    document_changed = Signal()
    cursor_moved = Signal()
    selection_changed = Signal()
    training_progressed = Signal()
    engine_ready = Signal()
    noticed = Signal(str)
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
        self._saved = experiment
        self._cursor = Cursor()
        self._selection: Selection | None = None
        self._sample = 0
        self._digits: int | None = 4
        self._by_number = False
        self._furthest = 0
        self._timeline: Timeline | None = None
        self._moment: Moment | None = None
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
        """Let go of the loading thread."""
        self._loader.close()

    def _start_engine(self) -> None:
        from chainrule.engine.check import check_experiment  # noqa: PLC0415 - loads torch
        from chainrule.model.timeline import Timeline  # noqa: PLC0415 - loads torch

        try:
            experiment = check_experiment(self.experiment)
        except SpecError as error:
            if self._fallback is None:
                raise
            experiment = check_experiment(self._fallback)
            self.refused.emit(self.experiment, error, self.path)
            self.path = None
        self._timeline = Timeline()
        self._saved = experiment
        self._show(View(Document.of(experiment), Cursor()))
        self.engine_ready.emit()

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
            self._moment = self._make_moment()
        return self._moment

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
        return Moment(experiment, self._cursor, values, program, rows, sample, selection, self._digits, self.horizon)

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

    def first_overflow(self) -> Cursor | None:
        """The place right after the first micro-step of this iteration whose result is inf or NaN."""
        from chainrule.engine.trace import first_non_finite  # noqa: PLC0415 - loads torch

        history, trace = self.computed()
        index = first_non_finite(history.executor.program.steps, trace.values)
        return None if index is None else Cursor(self._cursor.iteration, index + 1)

    def _invalidate(self) -> None:
        self._moment = None

    # Moving

    def move(self, stride: Stride) -> None:
        """Go on to the next stop of a stride."""
        self.go_to(self._forward(stride), follow=stride is not Stride.ITERATION)

    def move_back(self, stride: Stride) -> None:
        """Go back to the last stop of a stride."""
        self.go_to(self._back(stride), follow=stride is not Stride.ITERATION)

    def step_forward(self) -> None:
        """One micro-step on, or one number where numbers are shown one at a time."""
        if self._by_number and self._cursor.element is not None:
            following = self._cursor.element + 1
            if following < self._element_count(self._cursor):
                self.go_to(replace(self._cursor, element=following))
                return
        self.go_to(self._with_element(self._forward(Stride.MICRO_STEP), first=True))

    def step_back(self) -> None:
        """One micro-step back, or one number."""
        if self._by_number and self._cursor.element:
            self.go_to(replace(self._cursor, element=self._cursor.element - 1))
            return
        self.go_to(self._with_element(self._back(Stride.MICRO_STEP), first=False))

    def _forward(self, stride: Stride) -> Cursor:
        return navigation.forward(self._cursor, self._steps(0), stride, self._steps(1))

    def _back(self, stride: Stride) -> Cursor:
        return navigation.back(self._cursor, self._steps(0), stride, self._steps(-1))

    def _steps(self, offset: int) -> tuple[MicroStep, ...]:
        """The micro-steps of an iteration near this one: an edit in between may have changed them."""
        return self._history(max(0, self._cursor.iteration + offset)).executor.program.steps

    def can_step_back(self) -> bool:
        """Whether there is anything before the cursor."""
        return self._cursor != Cursor()

    def go_to(self, cursor: Cursor, *, follow: bool = True) -> None:
        """Move the cursor; `follow` selects the first number of what was written there."""
        if cursor == self._cursor:
            return
        self._place(cursor)
        if follow:
            self._select_written()
        self.cursor_moved.emit()

    def show_iteration(self, iteration: int) -> None:
        """Stand at the end of an iteration while a run goes on; views follow `training_progressed`."""
        self._place(Cursor(iteration, len(self._history(iteration).executor.program.steps)))

    def _place(self, cursor: Cursor) -> None:
        self._cursor = cursor
        program = self._history().executor.program
        passed_loss = cursor.position > program.index[refs.LOSS]
        self._furthest = max(self._furthest, cursor.iteration + passed_loss)
        self._invalidate()

    def _select_written(self) -> None:
        moment = self.moment
        if moment.written is None:
            return
        order = elements(moment.written, moment.experiment, len(moment.rows), moment.sample)
        self._selection = Selection(moment.written, order[self._cursor.element or 0])
        self._invalidate()

    def _with_element(self, cursor: Cursor, *, first: bool) -> Cursor:
        count = self._element_count(cursor)
        if not self._by_number or cursor.position == 0 or count > MOST_ELEMENTS:
            return cursor
        return replace(cursor, element=0 if first else count - 1)

    def _element_count(self, cursor: Cursor) -> int:
        if cursor.position == 0:
            return 0
        step = self._history(cursor.iteration).executor.program.steps[cursor.position - 1]
        return element_count(step.writes, self._document.experiment_at(cursor.iteration))

    # Looking

    def select(self, ref: ValueRef, index: Index) -> None:
        """Select one number; a number of another sample brings that sample to the screen."""
        selection = Selection(ref, index)
        if selection == self.selection:
            return
        self._selection = selection
        if per_sample(ref):
            self._sample = index[0]
        self._invalidate()
        self.selection_changed.emit()

    def select_next(self, offset: int = 1) -> None:
        """Select the next number of the selected value, or the one before; around at the ends."""
        moment = self.moment
        if moment.selection is None:
            return
        order = elements(moment.selection.ref, moment.experiment, len(moment.rows), moment.sample)
        place = order.index(moment.selection.index) if moment.selection.index in order else -1
        self.select(moment.selection.ref, order[(place + offset) % len(order)])

    def select_previous(self) -> None:
        """Select the number before."""
        self.select_next(-1)

    def show_sample(self, sample: int) -> None:
        """Choose the sample whose numbers the neurons show."""
        moment = self.moment
        sample = max(0, min(sample, len(moment.rows) - 1))
        if sample == moment.sample:
            return
        self._sample = sample
        self._invalidate()
        self.selection_changed.emit()

    def show_next_sample(self) -> None:
        """The next sample of the batch."""
        self.show_sample(self.moment.sample + 1)

    def show_previous_sample(self) -> None:
        """The sample before."""
        self.show_sample(self.moment.sample - 1)

    def set_digits(self, digits: int | None) -> None:
        """How many decimals to show; None for all."""
        if digits == self._digits:
            return
        self._digits = digits
        self._invalidate()
        self.selection_changed.emit()

    def change_digits(self, offset: int) -> None:
        """More decimals, or fewer."""
        place = DIGITS.index(self._digits) + offset
        self.set_digits(DIGITS[max(0, min(place, len(DIGITS) - 1))])

    def set_by_number(self, by_number: bool) -> None:
        """Step by single numbers, or by whole micro-steps."""
        if by_number == self._by_number:
            return
        self._by_number = by_number
        if not by_number and self._cursor.element is not None:
            self.go_to(replace(self._cursor, element=None))

    # Saving

    @property
    def to_save(self) -> Experiment:
        """What a file of this document holds: what a restart goes back to, with every setting as it is now."""
        return self._document.restarted(self._cursor.iteration).experiment_at(0)

    @property
    def is_modified(self) -> bool:
        """Whether a file would differ from the one that was opened or saved; training alone changes nothing."""
        return self.to_save != self._saved

    def mark_saved(self, path: Path | None) -> None:
        """The document is in that file now."""
        self.path, self._saved = path, self.to_save
        self.document_changed.emit()

    def parameters_now(self) -> dict[ValueRef, Numbers]:
        """Every parameter's newest value on the screen, as nested tuples."""
        from chainrule.model.states import state_numbers  # noqa: PLC0415 - loads torch

        iteration = self._cursor.iteration + self.at_end
        return state_numbers(self._history().state(iteration), self.experiment)

    # Editing

    def open(self, experiment: Experiment, path: Path | None) -> None:
        """Put another experiment on the screen, with nothing to undo. Raises `SpecError` and keeps the old one."""
        if self._timeline is not None or self._loader.is_loaded:
            experiment = self._checked(experiment)
        self.undo_stack.clear()
        self.path = path
        self._selection, self._sample = None, 0
        self._saved = experiment
        self._show(View(Document.of(experiment), Cursor()))

    def edit(self, text: str, change: edits.Edit, *, restart: bool = False, merge_key: str | None = None) -> None:
        """Change the experiment from the iteration on the screen on, or from the start with `restart`.

        Raises `SpecError`, and changes nothing, where the result is not allowed. What is the same already stays.
        """
        self._wait_for_engine()
        iteration, before = self._cursor.iteration, self._document
        if restart and iteration > 0:
            start = before.restarted(iteration).experiment_at(0)
            experiment = self._checked(change(start))
            if experiment != start:
                self._push(text, Document.of(experiment), Cursor(), merge_key)
            return
        experiment = self._checked(change(self.experiment))
        if experiment == self.experiment:
            return
        document = before.branch(iteration, experiment, self._state(iteration) if iteration > 0 else None)
        self._push(text, document, replace(self._cursor, element=None), merge_key)

    def edit_number(self, ref: ValueRef, index: Index, value: float, merge_key: str | None = None) -> None:
        """Replace one number that is given: an input, a target, a parameter, or a parameter's new value."""
        parts = refs.parse(ref)
        iteration = self._cursor.iteration
        if self.moment.number(ref, index) == value:
            return
        if ref in (refs.INPUT, refs.TARGET):
            row = self.moment.rows[index[0]]
            self.edit("Edit data", edits.set_data(ref, (row, *index[1:]), value), merge_key=merge_key)
        elif parts.suffixes == ("next",):
            self._edit_state(iteration + 1, parts.base, index, value, merge_key)
        elif iteration > 0:
            self._edit_state(iteration, ref, index, value, merge_key)
        else:
            change = edits.set_parameter(ref, index, value, self.initial_values)
            self.edit(f"Edit {parts.name}", change, merge_key=merge_key)

    def _edit_state(self, iteration: int, ref: ValueRef, index: Index, value: float, merge_key: str | None) -> None:
        from chainrule.model.states import replace_element  # noqa: PLC0415 - loads torch

        self._wait_for_engine()
        experiment = self._document.experiment_at(iteration)
        place = "".join(f"[{number}]" for number in index)
        check_number(value, f"$.parameters.{ref}{place}", experiment.dtype)
        state = replace_element(self._state(iteration), ref, index, value)
        document = self._document.branch(iteration, experiment, state)
        cursor = replace(self._cursor, element=None) if iteration == self._cursor.iteration else Cursor(iteration)
        self._push(f"Edit {refs.parse(ref).name}", document, cursor, merge_key)

    def restart(self) -> None:
        """Back to iteration 0 and the same first weights, with the settings as they are now."""
        document, iteration = self._document, self._cursor.iteration
        untouched = len(document.segments) == 1 and document.trained == 0
        if not untouched:
            self._push("Restart", document.restarted(iteration), Cursor())
        elif self.horizon or self._cursor != Cursor():
            self._show(View(document, Cursor()))

    def record_run(self, before: View) -> None:
        """Make the run that ended at the cursor one undo entry."""
        trained = max(before.document.trained, self._cursor.iteration + 1)
        after = View(before.document.run_to(trained), self._cursor, self.horizon)
        self.undo_stack.push(ReplaceDocument(self._show, before, after, "Run"))

    def initial_values(self, experiment: Experiment) -> dict[ValueRef, Numbers]:
        """Every parameter's first value, as nested tuples."""
        from chainrule.model.states import initial_numbers  # noqa: PLC0415 - loads torch

        return initial_numbers(experiment)

    def _state(self, iteration: int) -> TrainingState:
        return self._history(iteration).state(iteration)

    def _checked(self, experiment: Experiment) -> Experiment:
        from chainrule.engine.check import check_experiment  # noqa: PLC0415 - loads torch

        return check_experiment(experiment)

    def _push(self, text: str, document: Document, cursor: Cursor, merge_key: str | None = None) -> None:
        self.undo_stack.push(ReplaceDocument(self._show, self.view, View(document, cursor), text, merge_key))

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
            if not isinstance(value, list | tuple) or place >= len(value):
                self._selection = None
                break
            value = value[place]
        self._invalidate()
