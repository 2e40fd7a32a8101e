"""File > Import PyTorch: a script that is pasted, opened or dropped, what is said of it, and what it becomes."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, Qt, QUrl
from PySide6.QtGui import QColor, QDragEnterEvent, QDropEvent, QGuiApplication
from PySide6.QtWidgets import QApplication, QMessageBox, QPushButton
from pytestqt.qtbot import QtBot

from chainrule.ui.scripts.script_dialog import HINT, NOTHING, ScriptDialog
from chainrule.ui.widgets.controls import Label
from chainrule.ui.window.main_window import MainWindow
from tests.explain.code.running import source_of

BROKEN = "import torch\nprint('hello')\n"


@pytest.fixture
def page(window: MainWindow) -> ScriptDialog:
    window.actions_by_id["file.import_script"].trigger()
    found = window.findChild(ScriptDialog)
    assert found is not None
    return found


def heading(page: ScriptDialog) -> str:
    label = page.findChild(Label, "script_heading")
    assert label is not None
    return label.text()


def texts(page: ScriptDialog) -> list[str]:
    return [label.text() for label in page.findChildren(Label)]


def remarks(page: ScriptDialog) -> list[str]:
    return [page.list.item(row).text() for row in range(page.list.count())]


def test_the_articles_script_is_understood_and_imported(page: ScriptDialog, window: MainWindow, qtbot: QtBot) -> None:
    QGuiApplication.clipboard().setText(source_of("article"))
    qtbot.keyClick(page.editor, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)
    qtbot.waitUntil(page.button.isEnabled)
    assert heading(page) == "This was understood:"
    assert "2 inputs → 2 ReLU → 1" in texts(page)
    assert "SGD, lr 0.01" in texts(page)
    assert remarks(page) == [
        "Line 7: the script sets no seed, so that each of its runs draws others; "
        "drawn here as with the seed 0  [chosen]"
    ]
    qtbot.mouseClick(page.button, Qt.MouseButton.LeftButton)
    assert window.session.experiment.data.inputs == ((1.0, 2.0), (3.0, 4.0))
    assert window.session.path is None
    assert not window.actions_by_id["edit.undo"].isEnabled()


def test_nothing_can_be_imported_before_something_is_there(page: ScriptDialog) -> None:
    assert not page.button.isEnabled()
    assert page.found is None
    assert "Paste a PyTorch script here" in page.editor.placeholderText()
    page.reject()


def test_what_makes_no_network_is_said(page: ScriptDialog) -> None:
    page.set_script(BROKEN, "")
    assert heading(page).startswith("No experiment can be made of it: no network was found in it")
    assert not page.button.isEnabled()
    page.reject()


def test_lines_that_change_the_numbers_stand_first_and_are_marked(page: ScriptDialog) -> None:
    source = source_of("xor_class").replace("outputs = model(X)", "outputs = model(torch.fft(X))")
    page.set_script(source, "")
    first = page.list.item(0)
    assert first.text() == ("Line 28: torch.fft(X) is not understood, and was left out  [changes the numbers]")
    assert 28 in page.editor.marked
    page.list.setCurrentItem(first)
    assert page.editor.textCursor().blockNumber() + 1 == 28
    page.reject()


def test_a_marked_line_has_a_ground_of_its_own(page: ScriptDialog) -> None:
    page.set_script(source_of("article"), "")
    picture = page.editor.viewport().grab().toImage()
    ground = QColor(page.editor.palette().base().color())
    colors = {picture.pixelColor(picture.width() - 3, y).name() for y in range(0, picture.height() - 1)}
    assert ground.name() in colors
    assert len(colors) == 2
    page.reject()


def test_a_script_that_is_all_understood_says_so(page: ScriptDialog) -> None:
    page.set_script(source_of("no_grad_copy").replace("model = ", "torch.manual_seed(3)\nmodel = "), "")
    assert NOTHING in texts(page)
    page.reject()


def test_unsaved_work_is_asked_about_first(window: MainWindow, qtbot: QtBot) -> None:
    window.session.editor.set_title("mine")
    window.actions_by_id["file.import_script"].trigger()
    assert window.findChild(ScriptDialog) is None
    box = window.findChild(QMessageBox, "file.unsaved")
    assert box is not None
    qtbot.mouseClick(box.button(QMessageBox.StandardButton.Discard), Qt.MouseButton.LeftButton)
    page = window.findChild(ScriptDialog)
    assert page is not None
    page.reject()


def drop(window: MainWindow, *paths: Path) -> bool:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    buttons, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(QPoint(5, 5), Qt.DropAction.CopyAction, data, buttons, keys)
    QApplication.sendEvent(window, enter)
    event = QDropEvent(QPoint(5, 5), Qt.DropAction.CopyAction, data, buttons, keys)
    event.ignore()
    QApplication.sendEvent(window, event)
    return event.isAccepted()


def test_a_script_that_is_dropped_opens_on_the_page(window: MainWindow, tmp_path: Path) -> None:
    path = tmp_path / "article.py"
    path.write_text(source_of("article"), encoding="utf-8")
    assert drop(window, path)
    page = window.findChild(ScriptDialog)
    assert page is not None
    assert page.found is not None
    assert page.found.experiment.title == "article"
    page.reject()


def test_an_experiment_that_is_dropped_is_opened(window: MainWindow, path: Path) -> None:
    assert drop(window, path)
    assert window.session.path == path


def test_what_no_ending_opens_is_not_taken(window: MainWindow, tmp_path: Path, path: Path) -> None:
    assert not drop(window, tmp_path / "picture.jpg")
    assert not drop(window, path, path)


def test_a_file_that_cannot_be_read_is_told(window: MainWindow, tmp_path: Path, qtbot: QtBot) -> None:
    path = tmp_path / "odd.py"
    path.write_bytes(b"\xff")
    with qtbot.waitSignal(window.session.signals.noticed) as told:
        window.files.scripts.open_path(path)
    assert told.args == ["odd.py was not read. expected UTF-8 text, but byte 1 is 0xff."]


def test_each_control_has_a_name_and_a_tip(page: ScriptDialog) -> None:
    assert page.editor.accessibleName()
    assert page.list.accessibleName()
    assert all(button.text() for button in page.findChildren(QPushButton))
    assert page.button.toolTip()
    page.reject()


def test_the_hint_of_an_empty_page_breaks_between_sentences_alone() -> None:
    assert all(line.endswith(".") for line in HINT.splitlines() if line)
