"""The author's guide: its example is a lesson without a fault, and it has every key, view, control and task."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from chainrule.catalog.experiment.board_spec import VIEWS
from chainrule.lessons.lesson.checking import lesson_faults
from chainrule.lessons.lesson.controls import HIDABLE
from chainrule.lessons.lesson.folder import load_lesson
from chainrule.lessons.lesson.reading import LONGEST_TEXT, MOST_HINTS, MOST_STEPS, MOST_TASKS
from chainrule.lessons.lesson.spec import Claim, Lesson, LessonPlace, LessonStep
from tests.lessons.lesson.folders import GUIDE, guide_lesson

TEXT = GUIDE.read_text(encoding="utf-8")


def test_the_example_is_a_lesson_without_a_fault(tmp_path: Path) -> None:
    lesson = load_lesson(guide_lesson(tmp_path))
    assert [len(step.do) for step in lesson.steps] == [1, 1, 2]
    assert lesson_faults(lesson) == ()


@pytest.mark.parametrize("kind", [Lesson, LessonStep, LessonPlace, Claim])
def test_each_key_is_explained(kind: type) -> None:
    named = {"folder", "steps", "experiments"}
    missing = [each.name for each in fields(kind) if each.name not in named and f"`{each.name}" not in TEXT]
    # Of a place and a claim they stand in examples.
    assert [name for name in missing if f"{name} =" not in TEXT] == []


def test_each_view_and_control_is_listed() -> None:
    views = TEXT.partition("**`view`**")[2].partition("`[]`")[0].replace("\n", " ")
    hidden = TEXT.partition("**`hide`**")[2].partition("They come back")[0].replace("\n", " ")
    assert [name for name in VIEWS if name not in views.replace(",", " ").replace(".", " ").split()] == []
    listed = hidden.replace(",", " ").replace("(", " ").replace(")", " ").split()
    assert [name for name in HIDABLE if name not in listed] == []


def test_the_limits_are_those_of_the_program() -> None:
    assert f"{LONGEST_TEXT} characters, a step {MOST_HINTS} hints and {MOST_TASKS} tasks" in TEXT
    assert f"up to {MOST_STEPS}" in TEXT
