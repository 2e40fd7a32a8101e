"""How far somebody has come in each lesson, remembered from one time to the next."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from chainrule.lessons.lesson.shipped import lessons_directory

if TYPE_CHECKING:
    from chainrule.session.files.settings import SettingsStore

# Of so many lessons it is remembered, the last ones.
MOST_REMEMBERED = 200


class LessonProgress:
    """The step that each lesson was left at, counted from 0, and which lessons were gone through to their end."""

    def __init__(self, settings: SettingsStore) -> None:
        self._settings = settings

    def step(self, folder: Path) -> int:
        """Return the step that a lesson was left at; 0 where that is the first, or it was not opened yet."""
        return max(0, self._settings.settings.lesson_steps.get(_name(folder), 0))

    def is_done(self, folder: Path) -> bool:
        """Return whether a lesson was gone through to its end."""
        return _name(folder) in self._settings.settings.lessons_done

    def note(self, folder: Path, step: int) -> None:
        """Remember that a lesson is at a step; at the first one there is nothing to go on with."""
        steps = dict(self._settings.settings.lesson_steps)
        steps.pop(_name(folder), None)
        if step > 0:
            steps[_name(folder)] = step
        self._settings.change(lesson_steps=dict(list(steps.items())[-MOST_REMEMBERED:]))

    def finish(self, folder: Path) -> None:
        """Remember that a lesson was gone through to its end."""
        self.note(folder, 0)
        done = [name for name in self._settings.settings.lessons_done if name != _name(folder)]
        self._settings.change(lessons_done=(*done, _name(folder))[-MOST_REMEMBERED:])


def _name(folder: Path) -> str:
    """Return what a lesson is remembered by: the name of one that comes with the program, wherever that is, or where
    it lies.
    """
    path = os.path.realpath(folder)
    own = os.path.realpath(lessons_directory())
    return os.path.basename(path) if os.path.dirname(path) == own else path
