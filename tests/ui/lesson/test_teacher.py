"""Each lesson that comes with the program, in the window of a teacher who pages through: each number is true."""

from __future__ import annotations

from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from chainrule.lessons.lesson.checking import iteration_of
from chainrule.lessons.lesson.numbers import LessonNumbers
from chainrule.lessons.lesson.shipped import shipped_lessons
from chainrule.lessons.lesson.text import pieces_of, text_numbers
from chainrule.ui.window.main_window import MainWindow
from tests.ui.lesson.student import Student

FOLDERS = shipped_lessons()


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_teacher_pages_through_it_and_each_number_is_true(folder: Path, window: MainWindow, qtbot: QtBot) -> None:
    student = Student(window, qtbot, folder)
    guide, lesson = student.guide, student.guide.lesson
    assert lesson is not None
    references: dict[str, LessonNumbers] = {}
    for place, step in enumerate(lesson.steps):
        guide.go_to(place)
        assert guide.trouble == ""
        experiment = window.session.state.document.segments[0].experiment
        numbers = references.setdefault(lesson.file_of(place), LessonNumbers(experiment))
        for text in (step.text, *step.hints):
            for number in text_numbers(pieces_of(text, "$")):
                shown = guide.live.number(number.value)
                wanted = numbers.number(number.value, window.session.state.cursor.iteration)
                assert shown in (None, wanted), number.value.text
        if step.at is not None and step.at.iteration is not None:
            assert window.session.state.cursor.iteration == iteration_of(lesson, place, numbers.first)
        if step.select is not None:
            selection = window.session.selection
            assert selection is not None
            assert selection.index == step.select.place
    for place in reversed(range(len(lesson.steps))):
        guide.go_to(place)
        assert guide.trouble == ""
        assert student.panel.prose.text
