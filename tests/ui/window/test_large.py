"""A large experiment in the window: what it takes is told before, and it is opened as one can be."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox
from pytestqt.qtbot import QtBot

from chainrule.catalog.arguments import SpecError
from chainrule.catalog.values import refs
from chainrule.engine.machine import budget
from chainrule.model.editing import shape as shape_edits
from chainrule.model.files.storage import write_experiment
from chainrule.model.navigation import Cursor
from chainrule.session.background import needs
from chainrule.session.background.engine import Engine
from chainrule.ui.app import open_window
from chainrule.ui.window.main_window import MainWindow
from tests.experiments import dense


@pytest.fixture
def large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file of what counts as large in these tests."""
    monkeypatch.setattr(needs, "FEW_NUMBERS", 1000)
    monkeypatch.setattr(budget, "LARGE", 10_000)
    path = tmp_path / "large.chainrule"
    write_experiment(replace(dense((20, 60, 3), 4), title="Large"), path)
    return path


def test_a_large_file_is_opened_after_a_question_with_little_remembered(
    qtbot: QtBot, window: MainWindow, large: Path
) -> None:
    window.files.open_path(large)
    box = window.findChild(QMessageBox, "file.large")
    assert box is not None
    assert box.text().startswith("large.chainrule is large: it needs about 0 MB")
    assert window.session.experiment.title == "SimpleNN 2-2-1"
    button = next(button for button in box.buttons() if button.text().replace("&", "") == "Open it")
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    session = window.session
    assert session.experiment.title == "Large"
    session.navigator.go_to(Cursor(6, 3))
    history, _ = session.state.computed()
    assert history.traces == 1
    session.navigator.go_to(Cursor(2, 3))
    assert session.moment.lists(refs.pre_activation(0)) is not None
    window.grab()
    # What is small again is remembered as ever.
    session.file.open(dense((2, 2, 1), 2), None)
    session.navigator.go_to(Cursor(6, 3))
    session.navigator.go_to(Cursor(5, 3))
    assert session.state.computed()[0].traces > 1


def test_nobody_who_says_no_has_it_opened(qtbot: QtBot, window: MainWindow, large: Path) -> None:
    window.files.open_path(large)
    box = window.findChild(QMessageBox, "file.large")
    assert box is not None
    qtbot.mouseClick(box.button(QMessageBox.StandardButton.Cancel), Qt.MouseButton.LeftButton)
    assert window.session.experiment.title == "SimpleNN 2-2-1"


def remembers_little(window: MainWindow) -> bool:
    """Whether only the iteration on the screen is remembered."""
    session = window.session
    session.navigator.go_to(Cursor(6, 3))
    session.navigator.go_to(Cursor(5, 3))
    return session.state.computed()[0].traces == 1


SAID = "is large: it needs about 0 MB; no more is remembered than the iteration on the screen."


def test_a_large_file_that_is_named_at_the_start_is_opened_and_it_is_said(qtbot: QtBot, large: Path) -> None:
    window = open_window(large)
    qtbot.addWidget(window)
    assert window.session.timeline is not None
    assert window.notice.text == f"large.chainrule {SAID}"
    assert (window.session.path, window.session.experiment.title) == (large, "Large")
    assert remembers_little(window)
    assert window.close()


def test_a_large_file_named_at_the_start_that_is_refused_gives_the_example_all_its_memory(
    qtbot: QtBot, large: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(budget, "SMALL", 1000)
    monkeypatch.setattr(Engine, "free_memory", lambda: 10**4)
    window = open_window(large)
    qtbot.addWidget(window)
    assert window.session.timeline is not None
    assert window.notice.text.startswith("large.chainrule was not opened.")
    assert not remembers_little(window)
    assert window.close()


def test_a_small_file_that_is_named_at_the_start_is_not_spoken_of(qtbot: QtBot, tmp_path: Path) -> None:
    path = tmp_path / "small.chainrule"
    write_experiment(dense((2, 2, 1), 2), path)
    window = open_window(path)
    qtbot.addWidget(window)
    assert window.session.timeline is not None
    assert window.notice.text == ""
    assert not remembers_little(window)
    assert window.close()


def test_a_large_copy_that_is_restored_is_opened_and_it_is_said(qtbot: QtBot, large: Path, tmp_path: Path) -> None:
    (tmp_path / "a.unsaved").write_bytes(b'{"path": null}\n' + large.read_bytes())
    window = open_window(unsaved=tmp_path)
    qtbot.addWidget(window)
    assert window.session.timeline is not None
    box = next(box for box in window.findChildren(QMessageBox, "recovery") if box.isVisible())
    button = next(button for button in box.buttons() if button.text().replace("&", "") == "Restore")
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert window.notice.text == f"This experiment {SAID}"
    assert remembers_little(window)
    window.session.file.mark_saved(None)
    assert window.close()


def test_a_width_for_which_there_is_no_memory_is_refused_and_nothing_changes(
    window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = window.session
    session.file.open(dense((200, 4, 1), 2), None)
    monkeypatch.setattr(Engine, "free_memory", lambda: 10**8)
    before = session.document
    with pytest.raises(SpecError, match=r"needs about .* MB, and this machine has 100 MB free"):
        session.editor.edit("Width", shape_edits.set_units(0, 90_000, session.editor.initial_values))
    assert session.document is before
    assert not session.undo_stack.canUndo()
