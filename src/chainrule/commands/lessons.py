"""`chainrule lessons`: the lessons that come with the program, and what is wrong in one that somebody writes."""

from __future__ import annotations

import sys
from pathlib import Path

from chainrule.catalog.experiment.spec_error import SpecError, one_line, plural
from chainrule.commands.console import FAILED, CommandError
from chainrule.lessons.lesson.folder import load_lesson
from chainrule.lessons.lesson.shipped import shipped_lessons
from chainrule.lessons.lesson.spec import LESSON_FILE


def list_lessons() -> int:
    """Print each lesson that comes with the program: its folder, how long it takes, and what it is about."""
    for folder in shipped_lessons():
        lesson = load_lesson(folder)
        print(f"{folder.name}  {lesson.title} ({plural(len(lesson.steps), 'step')}, {lesson.minutes} min)")
        if lesson.summary:
            print(f"    {lesson.summary}")
    return 0


def check_lessons(path: Path | None) -> int:
    """Check a lesson, or a folder of lessons, or those that come with the program; one line for each fault."""
    folders = shipped_lessons() if path is None else _folders(path)
    faults = 0
    for folder in folders:
        found = _faults(folder)
        faults += len(found)
        for fault in found:
            print(f"chainrule: {one_line(str(fault))}", file=sys.stderr)
        if not found:
            print(f"{folder.name}: no faults")
    return FAILED if faults else 0


def _folders(path: Path) -> tuple[Path, ...]:
    if path.name == LESSON_FILE and path.is_file():
        return (path.parent,)
    if not path.is_dir():
        raise CommandError(f"{path}: no such folder of a lesson")
    if (path / LESSON_FILE).exists():
        return (path,)
    found = tuple(sorted(each.parent for each in path.glob(f"*/{LESSON_FILE}")))
    if not found:
        raise CommandError(f"{path}: there is no {LESSON_FILE} in this folder, or in one in it")
    return found


def _faults(folder: Path) -> tuple[SpecError, ...]:
    try:
        lesson = load_lesson(folder)
    except SpecError as error:
        return (error,)
    from chainrule.lessons.lesson.checking import lesson_faults  # noqa: PLC0415 - torch, once there is a lesson

    return lesson_faults(lesson)
