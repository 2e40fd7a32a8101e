"""Saving a large experiment does not hold up the window, and nothing that somebody else wrote is lost in silence."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QDialog, QFileDialog, QLabel
from pytestqt.qtbot import QtBot

from chainrule.catalog.experiment.spec import DataSpec
from chainrule.model.editing import edits
from chainrule.model.files.storage import read_experiment, write_experiment
from chainrule.session.background import slicer
from chainrule.ui.app import open_window
from chainrule.ui.window.main_window import MainWindow
from tests.experiments import mazur
from tests.ui.files.saving import answer, box_of, edit, save, weight

LARGE = 30_000


@pytest.fixture
def slices(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make slices short, so that the work takes many of them on any machine."""
    monkeypatch.setattr(slicer, "SLICE_S", 0.001)
    monkeypatch.setattr(slicer, "FIRST_SLICE_S", 0.001)


def grow(window: MainWindow) -> None:
    """Many rows of data: some slices' work to write."""
    rows = tuple((float(row), 0.1 + row) for row in range(LARGE))
    window.session.editor.edit("Paste rows", edits.set_rows(rows, ((1 / 3,),) * LARGE))


# ------------------------------------------------------------------------------------------- somebody else's file


def test_what_was_changed_by_nobody_else_is_saved_without_a_question(
    qtbot: QtBot, opened: MainWindow, path: Path
) -> None:
    for value in (0.5, 0.75):
        edit(opened, value)
        os.utime(path)
        save(qtbot, opened)
        assert box_of(opened, "file.changed") is None
        assert weight(read_experiment(path)) == value
    assert not opened.session.is_modified


def test_a_file_that_another_program_changed_is_asked_for_and_mine_can_be_kept(
    qtbot: QtBot, opened: MainWindow, path: Path
) -> None:
    edit(opened, 0.5)
    write_experiment(mazur(), path)
    save(qtbot, opened)
    assert read_experiment(path) == mazur()
    box = box_of(opened, "file.changed")
    assert box is not None
    assert {label.textFormat() for label in box.findChildren(QLabel) if label.text()} == {Qt.TextFormat.PlainText}
    answer(qtbot, opened, "file.changed", "Keep mine")
    assert weight(read_experiment(path)) == 0.5
    assert not opened.session.is_modified


def test_theirs_can_be_taken(qtbot: QtBot, opened: MainWindow, path: Path) -> None:
    edit(opened, 0.5)
    write_experiment(mazur(), path)
    save(qtbot, opened)
    answer(qtbot, opened, "file.changed", "Take theirs")
    assert opened.session.experiment.title == mazur().title
    assert opened.session.path == path
    assert not opened.session.is_modified
    edit(opened, 0.25)
    save(qtbot, opened)
    assert weight(read_experiment(path)) == 0.25


def test_both_can_be_kept(qtbot: QtBot, opened: MainWindow, path: Path) -> None:
    edit(opened, 0.5)
    write_experiment(mazur(), path)
    save(qtbot, opened)
    answer(qtbot, opened, "file.changed", "Save as…")
    dialog = opened.findChild(QFileDialog, "file.dialog")
    assert dialog is not None
    other = path.with_name("other.chainrule")
    dialog.fileSelected.emit(str(other))
    dialog.close()
    qtbot.waitUntil(lambda: not opened.files.saving.is_active)
    assert read_experiment(path) == mazur()
    assert weight(read_experiment(other)) == 0.5
    assert opened.session.path == other


def test_a_question_that_is_not_answered_leaves_both(qtbot: QtBot, opened: MainWindow, path: Path) -> None:
    edit(opened, 0.5)
    write_experiment(mazur(), path)
    save(qtbot, opened)
    box = box_of(opened, "file.changed")
    assert box is not None
    qtbot.keyClick(box, Qt.Key.Key_Escape)
    assert box_of(opened, "file.changed") is None
    assert read_experiment(path) == mazur()
    assert opened.session.is_modified


def test_two_windows_on_one_file_do_not_write_over_each_other(qtbot: QtBot, opened: MainWindow, path: Path) -> None:
    other = open_window(path)
    qtbot.addWidget(other)
    assert other.session.timeline is not None
    edit(other, 0.25)
    save(qtbot, other)
    edit(opened, 0.5)
    save(qtbot, opened)
    assert box_of(opened, "file.changed") is not None
    assert weight(read_experiment(path)) == 0.25
    answer(qtbot, opened, "file.changed", "Keep mine")
    other.close()


def test_a_file_that_was_deleted_is_written_anew_and_that_is_told(qtbot: QtBot, opened: MainWindow, path: Path) -> None:
    edit(opened, 0.5)
    path.unlink()
    save(qtbot, opened)
    assert opened.notice.text == "mine.chainrule was gone, and was written anew."
    assert weight(read_experiment(path)) == 0.5


def test_other_names_of_a_file_are_told_before_it_becomes_one_of_its_own(
    qtbot: QtBot, opened: MainWindow, path: Path
) -> None:
    try:
        os.link(path, path.with_name("twin.chainrule"))
    except OSError:
        pytest.skip("this disk has no hard links")
    edit(opened, 0.5)
    before = path.read_bytes()
    save(qtbot, opened)
    assert path.read_bytes() == before
    answer(qtbot, opened, "file.linked", "Save")
    assert weight(read_experiment(path)) == 0.5
    assert path.with_name("twin.chainrule").read_bytes() == before
    edit(opened, 0.75)
    save(qtbot, opened)
    assert box_of(opened, "file.linked") is None


# ------------------------------------------------------------------------------------------------- in slices


@pytest.mark.usefixtures("slices")
def test_a_large_save_lets_the_window_live_and_what_is_edited_meanwhile_is_not_what_is_saved(
    qtbot: QtBot, opened: MainWindow, path: Path
) -> None:
    grow(opened)
    beats = []
    heart = QTimer(opened)
    heart.timeout.connect(lambda: beats.append(opened.files.saving.is_active))
    opened.actions_by_id["file.save"].trigger()
    assert opened.files.saving.is_active
    assert "saving" in opened.findChild(QLabel, "document_title").text()  # type: ignore[union-attr]
    edit(opened, 0.5)
    heart.start(0)
    qtbot.waitUntil(lambda: not opened.files.saving.is_active)
    heart.stop()
    # 90,000 numbers are far more than 20 milliseconds' work, and a slice is one.
    assert sum(beats) >= 20
    found = read_experiment(path)
    assert len(found.data.inputs) == LARGE
    assert weight(found) != 0.5
    assert opened.session.is_modified
    opened.session.undo_stack.undo()
    assert not opened.session.is_modified


@pytest.mark.usefixtures("slices")
def test_saving_again_meanwhile_leaves_the_newer_one(qtbot: QtBot, opened: MainWindow, path: Path) -> None:
    grow(opened)
    opened.actions_by_id["file.save"].trigger()
    edit(opened, 0.5)
    save(qtbot, opened)
    assert weight(read_experiment(path)) == 0.5
    assert not opened.session.is_modified
    assert box_of(opened, "file.changed") is None
    assert not list(path.parent.glob(".chainrule-*"))


@pytest.mark.usefixtures("slices")
def test_closing_meanwhile_waits_until_all_is_saved(qtbot: QtBot, path: Path) -> None:
    window = open_window(path)
    qtbot.addWidget(window)
    assert window.session.timeline is not None
    grow(window)
    save(qtbot, window)
    # Nothing is modified, but another file is being written.
    window.actions_by_id["file.save"].trigger()
    assert window.files.saving.is_active
    assert not window.session.is_modified
    assert not window.close()
    assert not window.close()
    with qtbot.waitSignal(window.closed):
        pass
    assert len(read_experiment(path).data.inputs) == LARGE


@pytest.mark.usefixtures("slices")
def test_another_file_is_opened_once_all_is_saved(qtbot: QtBot, opened: MainWindow, path: Path) -> None:
    other = path.with_name("other.chainrule")
    write_experiment(mazur(), other)
    grow(opened)
    opened.actions_by_id["file.save"].trigger()
    opened.files.open_recent(other)
    assert opened.session.path == path
    qtbot.waitUntil(lambda: opened.session.path == other)
    assert len(read_experiment(path).data.inputs) == LARGE
    assert box_of(opened, "file.unsaved") is None


def test_a_save_that_fails_on_the_way_leaves_the_old_file(
    qtbot: QtBot, opened: MainWindow, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    grow(opened)
    before = path.read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "")

    monkeypatch.setattr("chainrule.model.files.disk.os.fsync", full)
    save(qtbot, opened)
    assert path.read_bytes() == before
    assert "mine.chainrule was not saved" in opened.notice.text
    assert "the disk is full" in opened.notice.text
    assert opened.session.is_modified
    assert list(path.parent.iterdir()) == [path]


def test_what_was_not_the_document_any_more_is_not_marked(opened: MainWindow, path: Path) -> None:
    point = opened.session.file.save_point
    opened.session.file.open(replace(mazur(), data=DataSpec(((0.5, 0.5),), ((0.0, 1.0),))), None)
    opened.session.file.mark_saved(path, point)
    assert opened.session.path is None


def test_there_is_one_dialog_at_a_time(qtbot: QtBot, opened: MainWindow) -> None:
    """One that follows on another is the one that the next takes the place of."""
    opened.session.file.path = None
    edit(opened, 0.5)
    opened.actions_by_id["file.open"].trigger()
    answer(qtbot, opened, "file.unsaved", "Save")
    assert [dialog.objectName() for dialog in visible_dialogs(opened)] == ["file.dialog"]
    opened.actions_by_id["file.open"].trigger()
    assert [dialog.objectName() for dialog in visible_dialogs(opened)] == ["file.unsaved"]
    visible_dialogs(opened)[0].close()


def visible_dialogs(window: MainWindow) -> list[QDialog]:
    return [dialog for dialog in window.findChildren(QDialog) if dialog.isVisible()]
