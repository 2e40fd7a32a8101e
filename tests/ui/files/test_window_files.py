"""Files in the window: opened, saved, and refused where they are wrong."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QFileDialog,
    QLabel,
    QMenu,
    QMessageBox,
)
from pytestqt.qtbot import QtBot

from chainrule.catalog.values import refs
from chainrule.model.files.storage import read_experiment, write_experiment
from chainrule.resource_files import OPENING_EXAMPLE, example_paths
from chainrule.ui.app import open_window
from chainrule.ui.window.main_window import MainWindow
from tests.ui.pressing import press


@pytest.mark.parametrize("path", example_paths(), ids=lambda path: path.stem)
def test_each_example_opens_from_the_start_menu_and_is_walked_through(
    qtbot: QtBot, window: MainWindow, path: Path
) -> None:
    menu = window.findChild(QMenu, "start_menu")
    assert menu is not None
    action = next(action for action in menu.actions() if action.objectName() == f"start_menu.{path.stem}")
    action.trigger()

    session = window.session
    assert session.file.to_save.title == read_experiment(path).title
    assert not session.is_modified
    for _ in range(len(session.moment.steps)):
        press(qtbot, window, Qt.Key.Key_Right)
        assert window.equation_view.accessibleDescription()
    window.referee.check()
    assert window.referee.verdict is not None
    assert window.referee.verdict.agrees
    window.grab()


def test_a_bad_file_is_refused_and_the_document_stays(window: MainWindow, tmp_path: Path) -> None:
    before = window.session.document
    bad = tmp_path / "bad.chainrule"
    bad.write_text(example_paths()[0].read_text(encoding="utf-8").replace("[3, 4]", "[3]"), encoding="utf-8")
    window.files.open_path(bad)

    assert "$.data.inputs[1]: expected 2 numbers, got 1" in window.notice.text
    assert window.session.document is before


@pytest.mark.parametrize("text", ["", "{", '{"format": "chainrule-experiment"'])
def test_a_file_that_cannot_be_read_at_start_is_told_beside_the_example(
    qtbot: QtBot, tmp_path: Path, text: str
) -> None:
    path = tmp_path / "broken.chainrule"
    path.write_text(text, encoding="utf-8")
    window = open_window(path)
    qtbot.addWidget(window)

    assert "broken.chainrule was not opened" in window.notice.text
    assert window.session.experiment.title == "SimpleNN 2-2-1"
    # Torch, which comes a moment later, does not take the message away; what the user does next does.
    assert window.session.timeline is not None
    assert "broken.chainrule was not opened" in window.notice.text
    window.session.number_editor.edit_number(refs.weight(0), (0, 0), 0.75)
    assert window.notice.text == ""
    window.session.file.mark_saved(None)
    window.close()


def test_an_unknown_name_at_start_is_told_once_the_tables_are_there(qtbot: QtBot, tmp_path: Path) -> None:
    path = tmp_path / "unknown.chainrule"
    path.write_text(example_paths()[0].read_text(encoding="utf-8").replace("ReLU", "ReLUU"), encoding="utf-8")
    window = open_window(path)
    qtbot.addWidget(window)
    assert window.session.timeline is not None

    assert "$.network.layers[0].activation.name: expected Identity" in window.notice.text
    assert window.session.experiment.title == "SimpleNN 2-2-1"
    window.close()


def test_saving_writes_what_restart_goes_back_to(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    session = window.session
    session.file.path = tmp_path / "mine.chainrule"
    session.number_editor.edit_number(refs.weight(0), (0, 0), 0.75)
    press(qtbot, window, Qt.Key.Key_Return, times=4)
    window.actions_by_id["file.save"].trigger()
    qtbot.waitUntil(lambda: not window.files.saving.is_active)

    assert not session.is_modified
    saved = read_experiment(session.path)
    assert saved.parameters[refs.weight(0)] == ((0.75, 0.2), (0.3, 0.4))


def test_a_folder_that_cannot_be_written_is_told(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    window.session.file.path = tmp_path / "no" / "such" / "folder.chainrule"
    window.actions_by_id["file.save"].trigger()
    qtbot.waitUntil(lambda: not window.files.saving.is_active)

    assert "folder.chainrule was not saved" in window.notice.text


def test_closing_with_changes_asks_without_blocking(qtbot: QtBot, window: MainWindow) -> None:
    window.session.number_editor.edit_number(refs.weight(0), (0, 0), 0.75)
    assert not window.close()
    box = window.findChild(QMessageBox, "file.unsaved")
    assert box is not None

    qtbot.mouseClick(box.button(QMessageBox.StandardButton.Cancel), Qt.MouseButton.LeftButton)
    assert window.isVisible()


def test_a_saved_file_opens_again_from_the_command_line_path(qtbot: QtBot, tmp_path: Path) -> None:
    path = tmp_path / "mazur.chainrule"
    write_experiment(read_experiment(example_paths()[4]), path)
    window = open_window(path)
    qtbot.addWidget(window)

    assert window.session.path == path
    assert window.windowTitle().startswith("mazur.chainrule")
    window.close()


def test_what_python_gave_is_in_no_file_until_it_is_saved(qtbot: QtBot, tmp_path: Path) -> None:
    given = replace(read_experiment(OPENING_EXAMPLE), title="mine")
    window = open_window(given=given)
    qtbot.addWidget(window)
    assert window.session.timeline is not None
    title = window.findChild(QLabel, "document_title")
    assert title is not None
    assert title.text() == "mine · from Python"
    assert window.session.path is None
    window.files.save()
    dialog = window.findChild(QFileDialog)
    assert dialog is not None
    assert dialog.acceptMode() is QFileDialog.AcceptMode.AcceptSave
    dialog.reject()
    window.close()
