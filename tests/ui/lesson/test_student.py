"""Each lesson that comes with the program, walked in the window by a student: right answers, mistakes, hints."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from chainrule.lessons.lesson.shipped import shipped_lessons
from chainrule.lessons.lesson.spec import CheckTask, PredictTask
from chainrule.ui.lesson.task_parts import NumberPart
from chainrule.ui.lesson.words import in_plain, task_sentence
from chainrule.ui.window.main_window import MainWindow
from tests.ui.lesson.student import Student, typed

FOLDERS = shipped_lessons()


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_student_walks_it(folder: Path, window: MainWindow, qtbot: QtBot) -> None:
    student = Student(window, qtbot, folder)
    guide, panel = student.guide, student.panel
    lesson = guide.lesson
    assert lesson is not None
    checked = mistakes = 0
    for place, step in enumerate(lesson.steps):
        assert guide.place == place
        assert panel.count.text() == f"step {place + 1} of {len(lesson.steps)}"
        assert guide.trouble == ""
        assert "{{" not in panel.prose.text
        # All of the text has its place, once that is laid out.
        qtbot.waitUntil(lambda: panel.prose.height() >= panel.prose.heightForWidth(panel.prose.width()) - 1)
        for given in range(len(step.hints)):
            assert len(panel.hints) == given
            student.press("lesson.hint")
            assert panel.hints[given].text
            assert "{{" not in panel.hints[given].text
        assert panel.next.isEnabled() == (not step.do)
        for state, part in zip(guide.tasks, panel.tasks, strict=True):
            # By the names on the screen: paths are for files.
            assert not re.search(r"[a-z]\.[a-z]|\[", in_plain(task_sentence(state, window.session.moment)))
            if isinstance(state.task, CheckTask):
                assert isinstance(part, NumberPart)
                checked += 1
                wrong = student.mistaken(state)
                if wrong is not None:
                    mistakes += 1
                    student.type_answer(part, typed(wrong))
                    assert not state.is_done
                    assert state.answer is not None
                    assert state.answer.mistakes or state.answer.sentences
                    assert part.verdict.text().startswith("✗ Wrong")
                    assert any(not each.sentence.isHidden() for each in part.mistakes) == bool(state.answer.mistakes)
            if not state.is_done:
                student.do(state)
            if isinstance(state.task, CheckTask):
                assert isinstance(part, NumberPart)
                assert part.verdict.text().startswith("✓")
            if isinstance(state.task, PredictTask):
                assert part.text
        assert guide.is_done
        student.press("lesson.next")
    assert not window.lessons.is_running
    assert not panel.isVisible()
    assert mistakes or not checked
