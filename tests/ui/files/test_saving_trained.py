"""Trained parameters in a file: beside the document, and in the place of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtWidgets import QFileDialog, QLabel
from pytestqt.qtbot import QtBot

from chainrule.catalog.values import refs
from chainrule.model.editing import edits
from chainrule.model.files.storage import read_experiment
from chainrule.ui.window.main_window import MainWindow
from tests.experiments import article, sgd
from tests.ui.files.saving import answer, box_of, edit, save, weight


def test_trained_parameters_that_no_file_can_hold_are_told_before_a_file_is_asked_for(
    opened: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chainrule.model.files.file_size.MAX_BYTES", 20)
    opened.actions_by_id["file.save_trained"].trigger()
    assert opened.notice.text.startswith("The trained parameters cannot be saved. This would make 9 numbers")
    assert opened.findChild(QFileDialog, "file.dialog") is None


def test_trained_parameters_are_saved_and_the_document_stays_what_it_was(
    qtbot: QtBot, opened: MainWindow, path: Path
) -> None:
    opened.actions_by_id["iteration.next"].trigger()
    opened.actions_by_id["file.save_trained"].trigger()
    dialog = opened.findChild(QFileDialog, "file.dialog")
    assert dialog is not None
    other = path.with_name("trained.chainrule")
    dialog.fileSelected.emit(str(other))
    dialog.close()
    qtbot.waitUntil(lambda: not opened.files.saving.is_active)
    assert weight(read_experiment(other)) != weight(read_experiment(path))
    assert opened.session.path == path
    assert not opened.session.is_modified


def test_with_trained_parameters_what_the_optimizer_keeps_is_saved(
    qtbot: QtBot, opened: MainWindow, path: Path
) -> None:
    """Seen: training went on from the file without its momentum."""
    opened.session.editor.edit("", edits.set_optimizer(sgd(0.5, 0.9)))
    other = path.with_name("trained.chainrule")
    save_trained(qtbot, opened, other)
    state = read_experiment(other).state
    assert state is not None
    assert state.iteration == 1
    assert f"{refs.weight(0)}.momentum_buffer" in state.values


def save_trained(qtbot: QtBot, window: MainWindow, path: Path) -> None:
    """Train an iteration, and choose a file for what came of it."""
    window.actions_by_id["iteration.next"].trigger()
    window.actions_by_id["file.save_trained"].trigger()
    choose(qtbot, window, path)


def choose(qtbot: QtBot, window: MainWindow, path: Path) -> None:
    dialog = next(dialog for dialog in window.findChildren(QFileDialog) if dialog.isVisible())
    dialog.fileSelected.emit(str(path))
    dialog.close()
    qtbot.waitUntil(lambda: not window.files.saving.is_active)


def title(window: MainWindow) -> str:
    label = window.findChild(QLabel, "document_title")
    assert label is not None
    return label.text()


def link_to(path: Path) -> Path:
    link = path.with_name("link.chainrule")
    link.symlink_to(path)
    return link


@pytest.mark.parametrize("written", [Path, link_to])
def test_the_documents_own_file_gets_trained_parameters_only_after_a_question(
    qtbot: QtBot, opened: MainWindow, path: Path, written: Callable[[Path], Path]
) -> None:
    before = path.read_bytes()
    save_trained(qtbot, opened, written(path))
    box = box_of(opened, "file.own")
    assert box is not None
    assert "It holds the first weights" in box.informativeText()
    assert path.read_bytes() == before
    box.reject()
    assert path.read_bytes() == before
    assert not opened.session.is_modified


def test_a_file_with_trained_parameters_is_not_what_is_on_the_screen(
    qtbot: QtBot, opened: MainWindow, path: Path
) -> None:
    first = weight(read_experiment(path))
    save_trained(qtbot, opened, path)
    answer(qtbot, opened, "file.own", "Replace")
    trained = weight(read_experiment(path))
    assert trained != first
    assert title(opened).endswith("edited")
    assert "keeps its first weights" in opened.notice.text
    assert not opened.close()
    box = box_of(opened, "file.unsaved")
    assert box is not None
    box.reject()

    # Its stamp is known: nobody else has changed it. What saving would take away is said before.
    save(qtbot, opened)
    assert weight(read_experiment(path)) == trained
    box = box_of(opened, "file.trained")
    assert box is not None
    box.reject()
    assert weight(read_experiment(path)) == trained
    save(qtbot, opened)
    answer(qtbot, opened, "file.trained", "Save")
    assert weight(read_experiment(path)) == first
    assert title(opened).endswith("saved")
    edit(opened, 0.5)
    save(qtbot, opened)
    assert weight(read_experiment(path)) == 0.5


def test_both_the_first_and_the_trained_parameters_can_be_kept(qtbot: QtBot, opened: MainWindow, path: Path) -> None:
    first, other, third = weight(read_experiment(path)), path.with_name("b.chainrule"), path.with_name("c.chainrule")
    save_trained(qtbot, opened, path)
    answer(qtbot, opened, "file.own", "Save as…")
    choose(qtbot, opened, other)
    assert weight(read_experiment(other)) != first
    assert not opened.session.is_modified

    save_trained(qtbot, opened, path)
    answer(qtbot, opened, "file.own", "Replace")
    save(qtbot, opened)
    answer(qtbot, opened, "file.trained", "Save as…")
    choose(qtbot, opened, third)
    assert weight(read_experiment(third)) == first
    assert weight(read_experiment(path)) != first
    assert not opened.session.is_modified


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("", "experiment"),
        ("XOR by hand", "XOR by hand"),
        ("a/b\\c: <1|2>?\n*", "a b c 1 2"),
        (" ..hidden. ", "hidden"),
        ("Übung 3 – σ", "Übung 3 – σ"),
        ("con", "experiment"),
        ("LPT1.old", "experiment"),
        ("mine.chainrule", "mine"),
        ("x" * 300, "x" * 60),
    ],
)
def test_a_title_names_the_file_that_is_suggested(window: MainWindow, title: str, name: str) -> None:
    window.session.file.open(replace(article(), title=title), None)
    window.actions_by_id["file.save"].trigger()
    dialog = window.findChild(QFileDialog, "file.dialog")
    assert dialog is not None
    assert [Path(each).name for each in dialog.selectedFiles()] == [f"{name}.chainrule"]
    dialog.reject()
