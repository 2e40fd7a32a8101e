"""The windows for a class in a language that nobody speaks: all of them but names, numbers and texts of files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot
from scripts.strings import Text

from chainrule.model.files.storage import write_experiment
from chainrule.ui.app import open_window
from chainrule.ui.teaching.grading_window import GradingWindow
from chainrule.ui.teaching.published_window import PublishedWindow
from chainrule.ui.teaching.text_table import TextTable
from chainrule.ui.window.main_window import MainWindow
from tests.lessons.grading.homework import RIGHT, homework, written
from tests.translation.pseudo import Pseudo, says_something, speaking, texts_of, went_through


@pytest.fixture
def language() -> Iterator[Pseudo]:
    language = Pseudo()
    with speaking(language):
        yield language


@pytest.fixture
def window(qtbot: QtBot, language: Pseudo) -> Iterator[MainWindow]:
    """A window in that language."""
    window = open_window()
    qtbot.addWidget(window)
    assert window.session.timeline is not None
    window.show()
    yield window
    window.session.file.mark_saved(None)
    assert window.close()


def left_out(window: QWidget) -> set[str]:
    """What of a window is still English: its title, its widgets and the heads of its tables."""
    heads = [
        text
        for table in window.findChildren(TextTable)
        for column in table.findChildren(QWidget)
        if (model := getattr(column, "model", lambda: None)()) is not None
        for each in getattr(model, "columns", ())
        for text in (each.name, each.tip)
    ]
    said = {window.windowTitle(), *heads, *(text for _, text in texts_of(window))}
    return {text for text in said if says_something(text) and not went_through(text)}


def test_grading_goes_through(
    qtbot: QtBot, window: MainWindow, tmp_path: Path, found: tuple[Text, ...], language: Pseudo
) -> None:
    assignment = tmp_path / "homework.chainrule"
    write_experiment(homework(), assignment)
    given = "".join(f'"{key}",{value}\n' for key, value in RIGHT.items())
    answers = tmp_path / "answers"
    written(answers / "ada.csv", f"question,answer\n{given}")
    window.files.open_path(assignment)
    window.actions_by_id["file.grade"].trigger()
    made = window.findChild(GradingWindow)
    assert made is not None
    made.grading.add([answers])
    made.grading.start()
    qtbot.waitUntil(lambda: made.grading.results is not None and not made.grading.is_running, timeout=30_000)
    assert went_through(made.said.text())
    assert left_out(made) <= {"answers", str(answers)}
    assert language.asked <= {text.key for text in found}
    made.close()


def test_published_numbers_go_through(
    qtbot: QtBot, window: MainWindow, found: tuple[Text, ...], language: Pseudo
) -> None:
    window.actions_by_id["lesson.published"].trigger()
    made = window.findChild(PublishedWindow)
    assert made is not None
    qtbot.waitUntil(lambda: bool(made.check.found), timeout=60_000)
    assert went_through(made.said.text())
    assert left_out(made) == set()
    assert language.asked <= {text.key for text in found}
    made.close()
