"""The guide through a lesson: which step is on the screen, where it leads the cursor, and what of it is done."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from chainrule.catalog.experiment.spec_error import SpecError
from chainrule.formula.errors import FormulaError
from chainrule.lessons.given_number import given_number
from chainrule.lessons.lesson.places import position_of
from chainrule.lessons.lesson.spec import CheckTask, EditTask, Lesson, LessonStep, NamedValue, PredictTask
from chainrule.model.navigation import Cursor
from chainrule.session.background.lazy_engine import engine
from chainrule.session.background.slicer import TimeSlicer
from chainrule.session.lessons.live import LiveNumbers
from chainrule.session.lessons.tasks import SIGNS, StepStart, TaskState, is_met
from chainrule.session.session import Session
from chainrule.session.training import Trainer
from chainrule.translation import gettext, gettext_noop

if TYPE_CHECKING:
    from chainrule.lessons.answer import NumberAnswer

ELSEWHERE = gettext_noop(
    "The network on the screen is another one than this step speaks of. Bring the lesson's network back to follow it."
)
GOOD = ("right", "rounded", "no number")


class LessonGuide(QObject):
    """Leads through one lesson. `stepped` tells of another step, `changed` of anything that is said beside it, and
    `ended` that there is no lesson any more.
    """

    began = Signal()
    stepped = Signal()
    changed = Signal()
    ended = Signal()

    def __init__(self, session: Session, trainer: Trainer, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session, self._trainer = session, trainer
        self.live = LiveNumbers(session)
        self.lesson: Lesson | None = None
        self.place = 0
        self.hints = 0
        # Why the step could not lead to its place.
        self.trouble = ""
        self.tasks: list[TaskState] = []
        # The tasks of steps that were left: what is done stays done.
        self._left: dict[int, list[TaskState]] = {}
        self._file, self._is_opening = "", False
        self._start: StepStart | None = None
        # Whether the network was the lesson's own when it was looked at last, with nothing to be saved.
        self._is_lent = False
        self._slicer = TimeSlicer(self)
        self._slicer.finished.connect(self.changed)
        signals = session.signals
        for signal in (signals.document_changed, signals.cursor_moved, signals.training_progressed):
            signal.connect(self._follow)
        signals.replaced.connect(self._leave_if_replaced)

    @property
    def step(self) -> LessonStep | None:
        """The step on the screen; None where there is no lesson."""
        return None if self.lesson is None else self.lesson.steps[self.place]

    @property
    def is_done(self) -> bool:
        """Whether all that the step asks for is done."""
        return all(task.is_done for task in self.tasks)

    @property
    def is_changed(self) -> bool:
        """Whether the network is another one than when the step began, or than the step speaks of."""
        start = self._start
        return bool(self.trouble) or (start is not None and self._session.state.document.training != start.training)

    @property
    def is_last(self) -> bool:
        """Whether there is no step after this one."""
        return self.lesson is None or self.place == len(self.lesson.steps) - 1

    def begin(self, lesson: Lesson, step: int = 0) -> None:
        """Open a lesson in the place of the document; raises `SpecError` where its experiment is refused."""
        place = min(step, len(lesson.steps) - 1)
        self._trainer.pause()
        self._is_opening = True
        try:
            self._session.file.open_unasked(lesson.experiment_of(place), None)
        finally:
            self._is_opening = False
        self.lesson, self._left = lesson, {}
        self._file = lesson.file_of(place)
        self.began.emit()
        self._enter(place)

    def renew(self, lesson: Lesson) -> None:
        """Go on in the same step of a lesson whose author has changed its folder."""
        if self.lesson is None:
            return
        place = min(self.place, len(lesson.steps) - 1)
        before, self.lesson = self.lesson, lesson
        if lesson.experiment_of(place) != before.experiment_of(min(self.place, len(before.steps) - 1)):
            self._file = ""
        self._left = {}
        self._enter(place, hints=self.hints)

    def leave(self) -> None:
        """End the lesson; the network stays as it is."""
        if self.lesson is None:
            return
        self._slicer.cancel()
        self.lesson, self.tasks, self._start, self.trouble = None, [], None, ""
        self._session.selector.point_at(())
        self.ended.emit()

    def go_to(self, place: int) -> None:
        """Go to a step, where there is one."""
        if self.lesson is not None and 0 <= place < len(self.lesson.steps) and place != self.place:
            self._left[self.place] = self.tasks
            self._enter(place)

    def go_on(self) -> None:
        """Go to the next step."""
        self.go_to(self.place + 1)

    def go_back(self) -> None:
        """Go to the step before."""
        self.go_to(self.place - 1)

    def begin_anew(self) -> None:
        """Bring the lesson's own network back, as an edit that can be undone, and begin the step again."""
        self._file = ""
        self._left.pop(self.place, None)
        self._enter(self.place)

    def give_hint(self) -> None:
        """Show one hint more."""
        step = self.step
        if step is not None and self.hints < len(step.hints):
            self.hints += 1
            self.changed.emit()

    # Entering a step

    def _enter(self, place: int, hints: int = 0) -> None:
        lesson = self.lesson
        assert lesson is not None
        self._slicer.cancel()
        self._trainer.pause()
        self._start, self.place, self.trouble = None, place, ""
        step = lesson.steps[place]
        self.hints = min(hints, len(step.hints))
        self.tasks = self._left.get(place) or [TaskState(task) for task in step.do]
        self._put_network()
        try:
            self._go(step)
        except SpecError:
            self.trouble = gettext(ELSEWHERE)
        self._session.selector.point_at(tuple((value.ref, value.index) for value in step.lit))
        self._session.state.wait_for_engine()
        self._start = StepStart(self._session.moment, self._session.state.document)
        self.stepped.emit()
        self._follow()

    def _put_network(self) -> None:
        """Put the experiment of the step on the screen, where it is another one than before."""
        assert self.lesson is not None
        file = self.lesson.file_of(self.place)
        if file == self._file:
            return
        try:
            experiment = self.lesson.experiment_of(self.place)
            self._session.editor.begin_with(gettext("Open the lesson's network"), experiment, tells=False)
            self._session.file.mark_lent()
            self._file = file
        except SpecError as error:
            self.trouble = str(error)

    def _go(self, step: LessonStep) -> None:
        state, navigator = self._session.state, self._session.navigator
        if step.at is not None:
            iteration = state.cursor.iteration if step.at.iteration is None else step.at.iteration
            iteration = max(iteration, state.document.first)
            state.wait_for_engine()
            navigator.go_to(Cursor(iteration, position_of(step.at, state.program(iteration))))
        if step.select is not None:
            self._session.selector.select(step.select.ref, step.select.place)

    # Following what is done

    def _follow(self) -> None:
        """See what is done now."""
        if self.lesson is None or self._start is None:
            return
        moment, document = self._session.moment, self._session.state.document
        was_lent, self._is_lent = self._is_lent, not self._session.is_modified
        for state in self.tasks:
            if not state.is_done and is_met(state.task, moment, document, self._start):
                state.is_done = True
                if was_lent and isinstance(state.task, EditTask):
                    # The lesson has asked for it.
                    self._is_lent = True
        self.changed.emit()
        if self._is_lent:
            self._session.file.mark_lent()

    def _leave_if_replaced(self) -> None:
        if not self._is_opening:
            self.leave()

    # Answers

    def asked(self, state: TaskState) -> NamedValue:
        """Return the number that a task asks for."""
        assert isinstance(state.task, CheckTask | PredictTask)
        return state.task.number

    def iteration_of(self, state: TaskState) -> int | None:
        """Return the iteration that a number is asked for in; None is that of the screen."""
        named, step = self.asked(state), self.step
        if named.iteration is not None:
            return named.iteration
        return None if step is None or step.at is None else step.at.iteration

    def has_number(self, state: TaskState) -> bool:
        """Return whether there is a number to compare an answer with."""
        named = self.asked(state)
        self._session.state.wait_for_engine()
        return self.live.calculation(self.iteration_of(state)).has(named.ref, named.place)

    def answer(self, state: TaskState, text: str) -> None:
        """Check a number that was typed. A `FormulaError` says what of it cannot be read; `changed` tells the rest."""
        given_number(text)
        if not self.has_number(state):
            raise FormulaError(gettext("the network has no such number any more"), text)
        named, digits = self.asked(state), self._session.moment.digits
        calculation = self.live.calculation(self.iteration_of(state))
        slices = engine().answering(calculation, named.ref, named.place, text, digits)
        self._slicer.cancel()

        def work() -> Iterator[None]:
            state.answer = yield from slices
            self._take(state, state.answer)

        self._slicer.start(work(), at_once=True)

    def _take(self, state: TaskState, answer: NumberAnswer) -> None:
        state.is_right = answer.verdict.value in GOOD
        state.right = answer.right
        state.is_done = state.is_done or state.is_right or isinstance(state.task, PredictTask)

    def answer_sign(self, state: TaskState, sign: str) -> None:
        """Take a sign that was predicted."""
        if not self.has_number(state):
            return
        named = self.asked(state)
        number = self.live.calculation(self.iteration_of(state)).number(named.ref, named.place)
        found = next(name for name, way in SIGNS.items() if way == (number > 0) - (number < 0))
        state.sign, state.right, state.is_right, state.is_done = sign, found, sign == found, True
        self.changed.emit()

    @property
    def is_busy(self) -> bool:
        """Whether a mistake is being looked for."""
        return self._slicer.is_active
