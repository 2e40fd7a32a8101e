"""File > Export: the table's formats, a number where one is needed, a file, and what was written where."""

from __future__ import annotations

import csv
from pathlib import Path

import openpyxl
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFileDialog, QLabel
from pytestqt.qtbot import QtBot
from safetensors.torch import load_file

from chainrule.commands.export import FORMATS
from chainrule.model.editing import edits
from chainrule.ui.files.exporting import ExportPopover
from chainrule.ui.files.sharing import ShareDialog
from chainrule.ui.window.main_window import MainWindow
from tests.experiments import dense, sgd
from tests.session.reopening.reopened import train
from tests.ui.files.saving import answer, box_of


def entry(window: MainWindow, name: str) -> QAction:
    return next(each for each in window.menus.export.actions() if each.objectName() == f"file.export.{name}")


def popover_of(window: MainWindow) -> ExportPopover:
    return next(each for each in window.findChildren(ExportPopover) if each.isVisible())


def dialog_of(window: MainWindow) -> QFileDialog:
    return next(each for each in window.findChildren(QFileDialog, "export.dialog") if each.isVisible())


def choose_file(qtbot: QtBot, window: MainWindow, path: Path) -> None:
    dialog = dialog_of(window)
    dialog.setDirectory(str(path.parent))
    dialog.selectFile(path.name)
    dialog.accept()
    qtbot.waitUntil(lambda: not window.files.exporting.is_active)


def test_each_format_of_the_table_is_in_the_menu(window: MainWindow) -> None:
    entries = window.menus.export.actions()
    assert [each.objectName() for each in entries] == [f"file.export.{name}" for name in FORMATS]
    assert all(each.toolTip() and each.text() for each in entries)
    file_menu = window.menuBar().actions()[0].menu()
    assert window.menus.export.menuAction() in file_menu.actions()


def test_the_trained_history_is_written_and_said(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    for _ in range(3):
        window.actions_by_id["iteration.next"].trigger()
    entry(window, "csv").trigger()
    popover = popover_of(window)
    assert popover.field.text() == "3"
    assert popover.note.text() == "Iterations 0 to 2, as they were trained."
    qtbot.keyClick(popover.field, Qt.Key.Key_Return)
    assert dialog_of(window).selectedFiles()[0].endswith("SimpleNN 2-2-1.csv")
    out = tmp_path / "mine.csv"
    choose_file(qtbot, window, out)
    rows = list(csv.DictReader(out.read_text().splitlines()))
    history = window.session.timeline.history(window.session.document, 0)
    assert [float(row["loss"]) for row in rows] == [history.numbers(iteration)[0] for iteration in range(3)]
    assert window.notice.text == f"Wrote {out}."


def test_what_is_not_trained_yet_is_computed_for_the_file(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    entry(window, "csv").trigger()
    popover = popover_of(window)
    assert popover.field.text() == "100"
    assert "computed for the file" in popover.note.text()
    popover.field.setText("0")
    assert not popover.button.isEnabled()
    popover.field.setText("12")
    popover.button.click()
    choose_file(qtbot, window, tmp_path / "out.csv")
    assert len((tmp_path / "out.csv").read_text().splitlines()) == 13
    assert window.session.horizon == 0


def test_a_file_that_is_there_is_asked_about(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    out = tmp_path / "mine.csv"
    out.write_text("old")
    window.files.exporting.export(FORMATS["csv"], 2)
    choose_file(qtbot, window, out)
    qtbot.waitUntil(lambda: box_of(window, "file.replace") is not None)
    assert out.read_text() == "old"
    answer(qtbot, window, "file.replace", "Replace")
    qtbot.waitUntil(lambda: not window.files.exporting.is_active and out.read_text() != "old")


@pytest.mark.parametrize("name", ["no/such.csv"])
def test_what_cannot_be_written_is_said(qtbot: QtBot, window: MainWindow, tmp_path: Path, name: str) -> None:
    window.files.exporting.export_to(FORMATS["csv"], 2, tmp_path / name)
    qtbot.waitUntil(lambda: not window.files.exporting.is_active)
    assert "no such folder" in window.notice.text


def test_the_file_in_the_window_is_not_written_over(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    path = tmp_path / "mine.chainrule"
    path.write_text("mine")
    window.session.file.path = path
    window.files.exporting.export_to(FORMATS["pytorch"], 0, path)
    qtbot.waitUntil(lambda: not window.files.exporting.is_active)
    assert "would be lost: name another" in window.notice.text
    assert path.read_text() == "mine"


def test_weights_are_those_after_the_iterations_on_the_screen(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    for _ in range(2):
        window.actions_by_id["iteration.next"].trigger()
    entry(window, "safetensors").trigger()
    popover = popover_of(window)
    assert popover.field.text() == "2"
    assert popover.note.text() == "What iteration 1 has led to."
    popover.field.setText("0")
    assert popover.note.text() == "What training starts from."
    qtbot.keyClick(popover.field, Qt.Key.Key_Return)
    choose_file(qtbot, window, tmp_path / "mine.safetensors")
    found = load_file(tmp_path / "mine.safetensors")
    assert found["layers.0.weight"].tolist() == [[0.1, 0.2], [0.3, 0.4]]


def test_a_spreadsheet_is_written_of_no_more_iterations_than_it_can_have(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    entry(window, "xlsx").trigger()
    popover = popover_of(window)
    assert popover.field.text() == "1"
    assert popover.note.text() == "Iteration 0 from the start, with the settings of now."
    popover.field.setText("201")
    assert not popover.button.isEnabled()
    popover.field.setText("2")
    popover.button.click()
    choose_file(qtbot, window, tmp_path / "out.xlsx")
    assert openpyxl.load_workbook(tmp_path / "out.xlsx").sheetnames[1:3] == ["Iteration 0", "Iteration 1"]
    assert window.notice.text == f"Wrote {tmp_path / 'out.xlsx'}."


def test_too_many_cells_are_said_before_a_file_is_chosen(qtbot: QtBot, window: MainWindow) -> None:
    entry(window, "xlsx").trigger()
    popover = popover_of(window)
    popover.field.setText("200")
    assert popover.button.isEnabled()
    session = window.session
    popover.close_it()
    session.file.open(dense((8, 8, 2), 25), None)
    qtbot.waitUntil(lambda: session.is_ready)
    entry(window, "xlsx").trigger()
    popover = popover_of(window)
    popover.field.setText("200")
    assert not popover.button.isEnabled()
    words = "A spreadsheet would have 1,216,800 cells, and may have 200,000: take 32 iterations."
    assert popover.note.text() == words
    popover.field.setText("32")
    assert popover.button.isEnabled()


def test_as_many_iterations_are_offered_as_there_is_room_for(qtbot: QtBot, window: MainWindow) -> None:
    window.session.file.open(dense((8, 8, 2), 25), None)
    qtbot.waitUntil(lambda: window.session.is_ready)
    train(window.session, 40)
    entry(window, "xlsx").trigger()
    popover = popover_of(window)
    assert (popover.field.text(), popover.button.isEnabled()) == ("32", True)


def test_what_begins_again_says_that_a_change_in_the_middle_holds_from_the_start(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    script, table = tmp_path / "out.py", tmp_path / "out.csv"
    train(window.session, 3)
    window.session.editor.edit("Rate", edits.set_optimizer(sgd(0.5)))
    entry(window, "pytorch").trigger()
    choose_file(qtbot, window, script)
    said = "It begins with the settings of now: what was changed at iteration 2 holds there from the start."
    assert window.notice.text == f"Wrote {script}. {said}"
    window.files.sharing.share()
    (dialog,) = (each for each in window.findChildren(ShareDialog) if each.isVisible())
    assert any(said in label.text() for label in dialog.findChildren(QLabel))
    dialog.close()
    entry(window, "csv").trigger()
    popover_of(window).button.click()
    choose_file(qtbot, window, table)
    assert window.notice.text == f"Wrote {table}."
