"""A student in a lesson: does what a step asks for, rightly or with a mistake that people make."""

from __future__ import annotations

import json
import math
import re
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.optimizers import OPTIMIZERS
from chainrule.catalog.schedules.schedulers import SCHEDULERS
from chainrule.engine.machine.check import check_experiment
from chainrule.engine.trace import Executor
from chainrule.explain.writing.numbers import as_typed
from chainrule.lessons.calculation import Calculation
from chainrule.lessons.lesson.edited import at_path, edited_number
from chainrule.lessons.lesson.places import position_of
from chainrule.lessons.lesson.spec import CheckTask, EditTask, LossTask, PredictTask, ReachTask
from chainrule.lessons.mistakes import Search
from chainrule.model.files.decoding import decode_experiment
from chainrule.model.files.encoding import encode_experiment
from chainrule.model.navigation import Cursor
from chainrule.session.lessons.guide import LessonGuide
from chainrule.session.lessons.tasks import SIGNS, TaskState
from chainrule.ui.checking.given_field import GivenField
from chainrule.ui.lesson.panel import LessonPanel
from chainrule.ui.lesson.task_parts import NumberPart, SignPart
from chainrule.ui.window.main_window import MainWindow

# Training that a task asks for ends within so many iterations.
MOST_ITERATIONS = 5_000


class Student:
    """Sits at a window with a lesson in it."""

    def __init__(self, window: MainWindow, qtbot: QtBot, folder: Path) -> None:
        self.window, self.qtbot = window, qtbot
        window.lessons.open(folder)
        assert window.lessons.is_running, window.notice.text
        assert window.lessons.guide is not None
        assert window.lessons.panel is not None
        self.guide: LessonGuide = window.lessons.guide
        self.panel: LessonPanel = window.lessons.panel

    def press(self, name: str) -> None:
        """Click a button of the card."""
        button = self.panel.findChild(QPushButton, name)
        assert button is not None
        assert button.isVisible(), name
        assert button.isEnabled(), name
        self.qtbot.mouseClick(button, Qt.MouseButton.LeftButton)

    def calculation(self, state: TaskState) -> Calculation:
        """The iteration that a task asks for a number of, worked out by the program."""
        return self.guide.live.calculation(self.guide.iteration_of(state))

    def right(self, state: TaskState) -> float:
        """The number that a task asks for."""
        named = self.guide.asked(state)
        return self.calculation(state).number(named.ref, named.place)

    def mistaken(self, state: TaskState) -> float | None:
        """What a usual mistake makes of it; None where none gives another number."""
        named = self.guide.asked(state)
        right = self.right(state)
        for found in Search(self.calculation(state), named.ref, named.place).singles():
            if found is None or not math.isfinite(found.number):
                continue
            if abs(found.number - right) > 0.05 * abs(right) and abs(found.number) > 1e-6:
                return found.number
        return None

    def type_answer(self, part: NumberPart, text: str) -> None:
        """Type a number into the field of a task, and wait for the answer."""
        field = part.findChild(GivenField)
        assert field is not None
        field.setFocus()
        field.selectAll()
        self.qtbot.keyClicks(field, text)
        self.qtbot.keyClick(field, Qt.Key.Key_Return)
        state = part.state
        # Of a number that no usual mistake gives, pairs of mistakes are looked through.
        self.qtbot.waitUntil(
            lambda: state.answer is not None and state.answer.given == text and not self.guide.is_busy, timeout=60_000
        )

    def do(self, state: TaskState) -> None:
        """Do what a task asks for."""
        part = self.panel.tasks[self.guide.tasks.index(state)]
        session = self.window.session
        match state.task:
            case ReachTask(place):
                at = session.state.cursor.iteration if place.iteration is None else place.iteration
                program = session.state.program(at)
                wanted = Cursor(at, position_of(place, program))
                if place.iteration is None and wanted.position <= session.state.cursor.position:
                    wanted = Cursor(at + 1, wanted.position)
                if wanted.iteration == session.state.cursor.iteration:
                    while session.state.cursor.position < wanted.position:
                        session.navigator.step_forward()
                else:
                    session.navigator.go_to(wanted)
            case EditTask():
                self.edit(state.task)
            case LossTask(_, within):
                self.choose_a_rate(state.task)
                self.window.trainer.train(within or MOST_ITERATIONS)
                self.qtbot.waitUntil(lambda: state.is_done or not self.window.trainer.is_running, timeout=60_000)
                self.window.trainer.pause()
            case PredictTask() | CheckTask():
                if isinstance(part, SignPart):
                    right = self.right(state)
                    sign = next(name for name, way in SIGNS.items() if way == (right > 0) - (right < 0))
                    self.press(f"lesson.sign.{sign}")
                else:
                    assert isinstance(part, NumberPart)
                    self.type_answer(part, repr(self.right(state)))
        assert state.is_done, f"{state.task} is not done"

    def choose_a_rate(self, wanted: LossTask) -> None:
        """Find a learning rate where the one that is set does not do within so many iterations."""
        session = self.window.session
        lr = at_path(session.experiment, "optimizer.lr")
        if wanted.within is None or self.falls("optimizer.lr", lr, wanted):
            return
        rates = (lr * factor for factor in (0.5, 2, 0.2, 5, 0.1, 10, 0.05, 20, 0.02, 50))
        rate = next(rate for rate in rates if self.falls("optimizer.lr", rate, wanted))
        changed = with_value(session.experiment, "optimizer.lr", rate)
        session.editor.edit("Edit", lambda _: changed, restart=True)

    def edit(self, task: EditTask) -> None:
        """Set what is to be edited, as its control in the window would."""
        session = self.window.session
        number = edited_number(task.what, lambda ref: session.moment.value(ref) is not None)
        if number is not None:
            before = session.moment.number(number.ref, number.place)
            assert before is not None, f"{number.text} is not known here, and cannot be edited"
            to = before + 1 if task.to is None else task.to
            assert isinstance(to, float | int)
            session.number_editor.edit_number(number.ref, number.place, float(to))
            return
        changed = with_value(session.experiment, task.what, self.found_out(task) if task.to is None else task.to)
        session.editor.edit("Edit", lambda _: changed)

    def found_out(self, task: EditTask) -> float:
        """Try numbers in the place of one, until the loss does what the step asks for beside."""
        before = at_path(self.window.session.experiment, task.what)
        assert isinstance(before, float | int), f"a test does not know what to change {task.what} to"
        wanted = [state.task for state in self.guide.tasks if isinstance(state.task, LossTask)]
        for number in (before / 2, before * 0.9, 0.3, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, before * 2):
            if number != before and all(self.falls(task.what, number, each) for each in wanted):
                return float(number)
        raise AssertionError(f"no number in the place of {task.what} does what the step asks for")

    def falls(self, path: str, number: float, wanted: LossTask) -> bool:
        """Whether the loss falls as far as is wanted with another number."""
        experiment = check_experiment(with_value(self.window.session.experiment, path, number))
        executor = Executor(experiment)
        traces = islice(executor.iterations(), wanted.within or MOST_ITERATIONS)
        return any(float(trace.values[executor.program.loss]) < wanted.below for trace in traces)


def with_value(experiment: Experiment, path: str, value: Any) -> Experiment:
    """An experiment whose file has something else at a path."""
    table: dict[str, Any] = json.loads(encode_experiment(experiment))
    put(table, path, value)
    return decode_experiment(json.dumps(table).encode())


def put(table: dict[str, Any], path: str, value: Any) -> None:
    """Put a value at a path of a file."""
    parts = [name if name else int(place) for name, place in re.findall(r"(\w+)|\[(\d+)\]", path)]
    found: Any = table
    for before, part in pairwise(parts):
        if isinstance(found, dict) and found.get(before) is None:
            found[before] = {}
        found = found[before]
        assert not isinstance(part, int) or part < len(found)
    if parts[-1] == "name":
        # Another entry has arguments of its own.
        kept = {key: each for key, each in found.items() if key == "lr"}
        entry = next((table[value] for table in (SCHEDULERS, OPTIMIZERS) if value in table), None)
        kept |= {each.name: each.default for each in entry.arguments if each.required} if entry is not None else {}
        found.clear()
        found |= kept
    found[parts[-1]] = value


def typed(number: float) -> str:
    """A number as it is typed."""
    return as_typed(repr(number))
