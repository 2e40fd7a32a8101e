"""The folder of a lesson: its texts and experiments, read within bounds, and none of what lies outside of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from chainrule.catalog.arguments import SpecError
from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.experiment.spec_error import shortened
from chainrule.lessons.lesson.reading import LONGEST_TEXT, checked_text, in_words, parse_toml, read_lesson
from chainrule.lessons.lesson.spec import LESSON_FILE, Lesson, LessonStep
from chainrule.lessons.lesson.translating import in_language
from chainrule.model.files.json_text import short_line
from chainrule.model.files.storage import read_stamped
from chainrule.model.files.text_file import read_text

T = TypeVar("T")
# Of texts in files of their own, in bytes.
MOST_BYTES = 400_000
_MOST_NAME = 60


def load_lesson(folder: Path) -> Lesson:
    """Return the lesson of a folder with its texts and experiments, or raise `SpecError`.

    Its path is for people: the file, the step counted from 1, and the key.
    """
    lesson = _said(LESSON_FILE, folder, lambda: read_lesson(parse_toml(_text(folder, LESSON_FILE)), folder))
    steps = tuple(_with_text(folder, step, place) for place, step in enumerate(lesson.steps))
    names = dict.fromkeys((lesson.experiment, *(step.experiment for step in steps if step.experiment)))
    experiments = {name: _experiment(folder, name, lesson) for name in names}
    return in_language(replace(lesson, steps=steps, experiments=experiments))


def lesson_error(folder: Path, file: str, error: SpecError) -> SpecError:
    """Return what is wrong in a file of a lesson, with the place as its author counts."""
    inside = in_words(error.path) if error.path.startswith("$") else error.path
    name = f"{shortened(folder.name, _MOST_NAME)}/{shortened(file, _MOST_NAME)}"
    return SpecError(f"{name}: {inside}" if inside else name, error.message)


def inner_file(folder: Path, name: str) -> Path:
    """Return a file of the folder, or raise `SpecError`: a link may lead out of it."""
    path = folder / name
    try:
        is_inside = path.resolve().is_relative_to(folder.resolve())
    except (OSError, RuntimeError, ValueError):
        is_inside = False
    if not is_inside:
        raise SpecError("$", "this leads out of the folder of the lesson")
    return path


def _said(file: str, folder: Path, do: Callable[[], T]) -> T:
    """Do something with a file of the lesson, and say where in it something is wrong."""
    try:
        return do()
    except SpecError as error:
        raise lesson_error(folder, file, error) from None


def _text(folder: Path, name: str) -> str:
    return read_text(inner_file(folder, name), MOST_BYTES)


def _with_text(folder: Path, step: LessonStep, place: int) -> LessonStep:
    if not step.file:
        return step
    try:
        text = checked_text(read_text(inner_file(folder, step.file), 4 * LONGEST_TEXT), "$")
    except SpecError as error:
        said = SpecError(f"$.step[{place}].file", f"{step.file}: {error.message}")
        raise lesson_error(folder, LESSON_FILE, said) from None
    return replace(step, text=text)


def _experiment(folder: Path, name: str, lesson: Lesson) -> Experiment:
    """Return an experiment of the lesson; what is wrong is said where the lesson names it."""
    where = next((f"$.step[{at}].experiment" for at, step in enumerate(lesson.steps) if step.experiment == name), "")
    try:
        contents, _ = read_stamped(inner_file(folder, name))
        return contents.experiment
    except SpecError as error:
        place = "$.experiment" if lesson.experiment == name else where
        inside = f"{error.path}: " if error.path.startswith("$.") else ""
        said = SpecError(place, f"{short_line(name)}: {inside}{error.message}")
        raise lesson_error(folder, LESSON_FILE, said) from None
