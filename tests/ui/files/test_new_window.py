"""Another window, and going back to what was saved."""

from __future__ import annotations

import os
import select
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtWidgets import QMessageBox, QPushButton
from pytestqt.qtbot import QtBot

from chainrule import __version__
from chainrule.model.editing.edits import set_title
from chainrule.model.files.storage import read_experiment
from chainrule.ui.files import new_window
from chainrule.ui.widgets.notice import NoticeBar
from chainrule.ui.window.main_window import MainWindow


def test_the_command_of_a_new_window_is_this_program() -> None:
    program, arguments = new_window.command()
    said = subprocess.run([program, *arguments, "--version"], capture_output=True, text=True, check=True)
    assert __version__ in said.stdout


def test_the_standalone_program_starts_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert new_window.command() == (sys.executable, [])


def test_a_new_window_is_started_beside_this_one(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, window: MainWindow, tmp_path: Path
) -> None:
    made = tmp_path / "made"
    monkeypatch.setattr(new_window, "command", lambda: (sys.executable, ["-c", f"open({str(made)!r}, 'w')"]))
    window.actions_by_id["file.new_window"].trigger()
    qtbot.waitUntil(made.exists)
    monkeypatch.setattr(new_window, "command", lambda: (str(tmp_path / "none"), []))
    window.actions_by_id["file.new_window"].trigger()
    (notice,) = window.findChildren(NoticeBar)
    assert "No other window was opened" in notice.text


@pytest.mark.skipif(sys.platform == "win32", reason="there are no named pipes in folders")
def test_whoever_reads_what_a_window_prints_does_not_wait_for_the_other_one(tmp_path: Path) -> None:
    held = tmp_path / "held"
    os.mkfifo(held)
    script = f"""
from chainrule.ui.files import new_window
new_window.command = lambda: ({sys.executable!r}, ["-c", {f"open({str(held)!r}).read()"!r}])
print(new_window.open_new_window())
"""
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "True\n"
        # The other one ends when this is closed.
        with held.open("w"):
            waits, _, _ = select.select([process.stdout], [], [], 60)
            assert waits
            assert process.stdout.read() == ""


def ask_to_revert(window: MainWindow) -> QMessageBox:
    window.actions_by_id["file.revert"].trigger()
    box = window.findChild(QMessageBox, "file.revert")
    assert box is not None
    return box


def test_reverting_gives_up_what_was_changed(qtbot: QtBot, opened: MainWindow, path: Path) -> None:
    session, action = opened.session, opened.actions_by_id["file.revert"]
    saved = read_experiment(path)
    assert not action.isEnabled()
    session.editor.edit("Edit the title", set_title("changed"))
    assert action.isEnabled()
    box = ask_to_revert(opened)
    assert path.name in box.text()
    box.button(QMessageBox.StandardButton.Cancel).click()
    assert session.is_modified
    box = ask_to_revert(opened)
    (revert,) = (button for button in box.findChildren(QPushButton) if "Revert" in button.text().replace("&", ""))
    revert.click()
    qtbot.waitUntil(lambda: not session.is_modified)
    assert session.experiment == saved
    assert session.path == path
    assert not action.isEnabled()
