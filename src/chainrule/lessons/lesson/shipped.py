"""The lessons that come with the program."""

from __future__ import annotations

from pathlib import Path

from chainrule.lessons.lesson.spec import LESSON_FILE
from chainrule.resource_files import resources_directory


def lessons_directory() -> Path:
    """Return the folder with a folder for each lesson."""
    return resources_directory() / "lessons"


def is_lesson(path: Path) -> bool:
    """Return whether a path is the folder of a lesson, or the file in there."""
    return path.is_file() if path.name == LESSON_FILE else (path / LESSON_FILE).is_file()


def shipped_lessons() -> tuple[Path, ...]:
    """Return the folders of the lessons that come with the program, in the order that they are taught in.

    That is the order of their names, which begin with a number.
    """
    folder = lessons_directory()
    return tuple(sorted(each.parent for each in folder.glob(f"*/{LESSON_FILE}"))) if folder.is_dir() else ()
