"""The lessons that come with the program: none has a fault, and each number that a text states is true."""

from __future__ import annotations

from pathlib import Path

import pytest

from chainrule.cli import main
from chainrule.lessons.lesson.checking import lesson_faults
from chainrule.lessons.lesson.folder import load_lesson
from chainrule.lessons.lesson.shipped import shipped_lessons
from tests.lessons.lesson.folders import SIMPLE, lesson_folder

FOLDERS = shipped_lessons()


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_a_shipped_lesson_has_no_fault(folder: Path) -> None:
    lesson = load_lesson(folder)
    assert [str(fault) for fault in lesson_faults(lesson)] == []
    assert lesson.summary
    assert any(step.do for step in lesson.steps)


def test_the_command_lists_them(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lessons"]) == 0
    out = capsys.readouterr().out
    assert [folder.name for folder in FOLDERS] == [line.split()[0] for line in out.splitlines() if line[0] != " "]
    assert load_lesson(FOLDERS[0]).title in out


def test_the_command_checks_a_folder_of_lessons(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lesson_folder(tmp_path / "good")
    (tmp_path / "good" / "lesson").rename(tmp_path / "first")
    lesson_folder(tmp_path / "bad", SIMPLE + 'select = "los"\nhints = ["{{los}}"]')
    (tmp_path / "bad" / "lesson").rename(tmp_path / "second")
    assert main(["lessons", "check", str(tmp_path)]) == 2
    done = capsys.readouterr()
    assert done.out == "first: no faults\n"
    assert [line.partition(": there")[0] for line in done.err.splitlines()] == [
        "chainrule: second/lesson.toml: step 1, select",
        "chainrule: second/lesson.toml: step 1, hints 1",
    ]
    assert main(["lessons", "check", str(tmp_path / "first")]) == 0


def test_a_folder_without_a_lesson_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lessons", "check", str(tmp_path)]) == 2
    assert "there is no lesson.toml in this folder" in capsys.readouterr().err
