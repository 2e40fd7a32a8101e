"""The dialog of worksheets and quizzes: what it shows before anything is written, what it refuses, what it writes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pypdfium2
from PySide6.QtWidgets import QDialog, QFileDialog
from pytestqt.qtbot import QtBot

from chainrule.catalog.experiment.question import Question
from chainrule.catalog.values.refs import ValueRef
from chainrule.ui.files.task_dialog import OWN, TaskDialog
from chainrule.ui.window.main_window import MainWindow


def opened(qtbot: QtBot, window: MainWindow, name: str) -> TaskDialog:
    window.menus.export.begin(name)
    dialog = window.findChildren(QDialog, "task.dialog")[-1]
    assert isinstance(dialog, TaskDialog)
    qtbot.waitUntil(lambda: bool(dialog.note.text()))
    return dialog


def exported(qtbot: QtBot, window: MainWindow, dialog: TaskDialog, path: Path) -> None:
    dialog.export_button.click()
    files = next(each for each in window.findChildren(QFileDialog, "export.dialog") if each.isVisible())
    files.setDirectory(str(path.parent))
    files.selectFile(path.name)
    files.accept()
    qtbot.waitUntil(lambda: not window.files.exporting.is_active, timeout=20_000)


def test_the_first_sheet_is_seen_before_it_is_written(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    dialog = opened(qtbot, window, "worksheet")
    assert dialog.note.text() == "7 questions, 7 points in all."
    before = dialog.preview.pixmap().toImage()
    assert not before.isNull()
    dialog.variants.set_value(2)
    dialog.show_preview()
    assert dialog.note.text() == "2 variants of 7 questions, 7 points in all."
    assert dialog.preview.pixmap().toImage() != before
    exported(qtbot, window, dialog, tmp_path / "sheet.pdf")
    document = pypdfium2.PdfDocument((tmp_path / "sheet.pdf").read_bytes())
    texts = [page.get_textpage().get_text_range() for page in document]
    document.close()
    assert [name for name in ("Key: A", "Key: B") if any(name in text for text in texts)] == ["Key: A", "Key: B"]


def test_what_cannot_be_is_said_and_not_written(qtbot: QtBot, window: MainWindow) -> None:
    dialog = opened(qtbot, window, "moodle")
    dialog.names.setPlainText("Ada\nada")
    qtbot.waitUntil(lambda: "twice" in dialog.note.text())
    assert not dialog.export_button.isEnabled()
    dialog.names.setPlainText("Ada\nAlan")
    qtbot.waitUntil(lambda: dialog.note.text().startswith("2 variants"))
    assert dialog.export_button.isEnabled()
    dialog.variants.set_value(-1)
    dialog.show_preview()
    assert not dialog.export_button.isEnabled()
    dialog.reject()


def test_the_experiment_s_own_questions_come_first(qtbot: QtBot, window: MainWindow, tmp_path: Path) -> None:
    state = window.session.state
    asked = replace(state.experiment, questions=(Question("mine", ValueRef("loss"), ()),))
    window.session.file.open_unasked(asked, None)
    dialog = opened(qtbot, window, "moodle")
    assert dialog.asked.choice == OWN
    assert dialog.note.text() == "1 question, 1 point in all."
    exported(qtbot, window, dialog, tmp_path / "quiz.xml")
    root = ElementTree.parse(tmp_path / "quiz.xml").getroot()
    names = [each.findtext("name/text") for each in root if each.get("type") == "numerical"]
    assert names == ["SimpleNN 2-2-1 · mine"]
