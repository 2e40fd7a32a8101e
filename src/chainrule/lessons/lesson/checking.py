"""Checking a lesson as its author does: every name, place and number of it against the experiment and its training."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import lru_cache

from chainrule.catalog.arguments import SpecError, describe
from chainrule.catalog.experiment.spec import Experiment
from chainrule.engine.machine.check import check_experiment
from chainrule.engine.machine.memory import free_memory
from chainrule.explain.writing.latex_cost import cost
from chainrule.lessons.lesson.claims import check_claim, undeclared
from chainrule.lessons.lesson.edited import check_edited
from chainrule.lessons.lesson.folder import lesson_error
from chainrule.lessons.lesson.naming import whole_name
from chainrule.lessons.lesson.numbers import LessonNumbers
from chainrule.lessons.lesson.places import near, position_of
from chainrule.lessons.lesson.spec import (
    LESSON_FILE,
    CheckTask,
    EditTask,
    Index,
    Lesson,
    LessonPlace,
    LessonStep,
    NamedValue,
    PredictTask,
    ReachTask,
    Task,
)
from chainrule.lessons.lesson.text import Maths, pieces_of, text_numbers
from chainrule.model.elements import is_inside

# As `cost` counts: more is no line of a text.
MOST_MATHS = 800


def lesson_faults(lesson: Lesson) -> tuple[SpecError, ...]:
    """Return all that is wrong in a lesson that was read, each at its step and key."""
    numbers = dict[str, LessonNumbers]()
    faults = list[SpecError]()
    for name, experiment in lesson.experiments.items():
        try:
            numbers[name] = LessonNumbers(_checked(experiment))
        except SpecError as error:
            faults.append(SpecError("$.experiment", f"{name}: {error}"))
    for place in range(len(lesson.steps)):
        if lesson.file_of(place) in numbers:
            faults += _StepCheck(lesson, place, numbers[lesson.file_of(place)]).faults()
    return tuple(lesson_error(lesson.folder, LESSON_FILE, fault) for fault in faults)


def _checked(experiment: Experiment) -> Experiment:
    return check_experiment(experiment, free=free_memory)


def iteration_of(lesson: Lesson, step: int, first: int = 0) -> int:
    """Return the iteration that a step begins in: where it leads to, or a step before it with the same experiment."""
    for place in range(step, -1, -1):
        if lesson.file_of(place) != lesson.file_of(step):
            break
        at = lesson.steps[place].at
        if at is not None and at.iteration is not None:
            return max(first, at.iteration)
        if lesson.steps[place].experiment:
            break
    return first


class _StepCheck:
    """One step beside the numbers of its experiment."""

    def __init__(self, lesson: Lesson, place: int, numbers: LessonNumbers) -> None:
        self._step: LessonStep = lesson.steps[place]
        self._numbers, self._path = numbers, f"$.step[{place}]"
        self._iteration = iteration_of(lesson, place, numbers.first)

    def faults(self) -> Iterator[SpecError]:
        """Yield what is wrong in the step, key by key."""
        step, path = self._step, self._path
        checks = [
            *((self._place, step.at, f"{path}.at") for _ in range(step.at is not None)),
            *((self._one, step.select, f"{path}.select") for _ in range(step.select is not None)),
            *((self._value, value, f"{path}.lit[{at}]") for at, value in enumerate(step.lit)),
            *((self._task, task, f"{path}.do[{at}]") for at, task in enumerate(step.do)),
            *((self._claim, claim, f"{path}.claims[{at}]") for at, claim in enumerate(step.claims)),
            (self._text, step.text, f"{path}.text"),
            *((self._text, hint, f"{path}.hints[{at}]") for at, hint in enumerate(step.hints)),
            *((self._text, step.notes, f"{path}.notes") for _ in range(bool(step.notes))),
        ]
        for check, what, where in checks:
            try:
                check(what, where)  # type: ignore[operator]
            except SpecError as error:
                yield error
        for key, stated in undeclared(step, self._numbers.experiment):
            wanted = "write a {{number}}, or say in claims what it is"
            yield SpecError(f"{path}.{key}", f"the text states {stated}, and nothing says what that is: {wanted}")

    def _place(self, place: LessonPlace, path: str) -> None:
        iteration = self._iteration if place.iteration is None else place.iteration
        if self._numbers.trace(iteration) is None:
            raise SpecError(f"{path}.iteration", f"training begins with iteration {self._numbers.first}")
        position_of(place, self._numbers.program(iteration), path)

    def _value(self, value: NamedValue, path: str) -> Index:
        """Return the shape of a value, or say that there is none, or no such number in it."""
        iteration = self._iteration if value.iteration is None else value.iteration
        shape = self._numbers.shape(value.ref, iteration)
        if shape is None:
            trace = self._numbers.trace(iteration)
            if trace is None:
                raise SpecError(path, f"training begins with iteration {self._numbers.first}")
            raise SpecError(path, f"there is no value {describe(value.ref)}{near(value.ref, list(trace.values))}")
        if value.index is not None and not is_inside(value.index, shape):
            counted = f"of {' by '.join(map(str, shape))} numbers, from [{','.join('0' * len(shape))}] on"
            raise SpecError(path, f"{describe(value.text)}: {value.ref} is {counted if shape else 'one number'}")
        return shape

    def _one(self, value: NamedValue, path: str) -> float:
        """Return one number, or say that it is several, or none."""
        shape = self._value(value, path)
        if value.index is None and shape:
            raise SpecError(path, f"say which number of {value.ref}: {whole_name(value, shape)}")
        found = self._numbers.number(value, self._iteration)
        if found is None or not math.isfinite(found):
            raise SpecError(path, f"{describe(value.text)} is {found}, which is no number to speak of")
        return found

    def _task(self, task: Task, path: str) -> None:
        match task:
            case ReachTask(place):
                self._place(place, f"{path}.reach")
                self._not_there(place, f"{path}.reach")
            case EditTask():
                check_edited(task, self._numbers, self._iteration, path)
            case CheckTask(number):
                self._one(number, f"{path}.check")
            case PredictTask(number):
                self._one(number, f"{path}.predict")

    def _not_there(self, place: LessonPlace, path: str) -> None:
        """Refuse a place to be reached that the step itself leads to, or past."""
        at = self._step.at
        if at is None or (place.iteration is not None and place.iteration > self._iteration):
            return
        program = self._numbers.program(self._iteration)
        if place.iteration is None and position_of(place, program) == 0:
            raise SpecError(path, "every iteration begins there: say which one")
        if position_of(place, program) <= position_of(at, program):
            raise SpecError(path, "the step begins there, or behind it: nothing is left to be done")

    def _claim(self, claim: object, path: str) -> None:
        check_claim(claim, self._numbers, self._iteration, path)  # type: ignore[arg-type]

    def _text(self, text: str, path: str) -> None:
        pieces = pieces_of(text, path)
        for number in text_numbers(pieces):
            self._one(number.value, path)
        for piece in pieces:
            if isinstance(piece, Maths):
                _check_maths("".join(part if isinstance(part, str) else "{1.5}" for part in piece.parts), path)


def _check_maths(latex: str, path: str) -> None:
    """Refuse a formula that cannot be typeset, or not in a moment."""
    if cost(latex) > MOST_MATHS:
        raise SpecError(path, f"the formula {describe(latex)} is too large, or nested too deeply, to be typeset")
    if (fault := _typesetting_fault(latex)) is not None:
        raise SpecError(path, f"the formula {describe(latex)} cannot be typeset: {fault}")


# Lessons say the same formulas again and again.
@lru_cache(maxsize=4096)
def _typesetting_fault(latex: str) -> str | None:
    """Return why a formula cannot be typeset; None where it can."""
    import ziamath  # noqa: PLC0415 - half a second, which few commands need

    try:
        ziamath.Latex(latex, size=16)
    except Exception as error:
        # It raises whatever its parsers come to.
        return str(error)
    return None
