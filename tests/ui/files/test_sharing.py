"""Sharing an experiment as a link, and opening one that somebody has sent."""

from __future__ import annotations

from typing import TypeVar

import pytest
import segno
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLabel, QMessageBox, QPlainTextEdit, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from chainrule.catalog.experiment.spec import Experiment
from chainrule.model.files.links import experiment_of_link, link_of
from chainrule.model.navigation import Cursor
from chainrule.ui.files.sharing import LinkDialog, ShareDialog, qr_image
from chainrule.ui.widgets.notice import NoticeBar
from chainrule.ui.window.main_window import MainWindow
from tests.experiments import dense

W = TypeVar("W", bound=QWidget)


def find(parent: QWidget, kind: type[W], name: str) -> W:
    found = parent.findChild(kind, name)
    assert found is not None, name
    return found


def click(qtbot: QtBot, parent: QWidget, name: str) -> None:
    qtbot.mouseClick(find(parent, QPushButton, name), Qt.MouseButton.LeftButton)


def share(window: MainWindow) -> ShareDialog:
    window.actions_by_id["file.share"].trigger()
    return find(window, ShareDialog, "file.share.dialog")


def ask_for_link(window: MainWindow) -> LinkDialog:
    window.actions_by_id["file.open_link"].trigger()
    return find(window, LinkDialog, "file.open_link.dialog")


def opening(window: MainWindow) -> Experiment:
    return window.session.file.to_save


def test_a_copied_link_opens_the_same_experiment(qtbot: QtBot, window: MainWindow) -> None:
    shared = opening(window)
    window.session.navigator.go_to(Cursor(3, 2))
    dialog = share(window)
    click(qtbot, dialog, "share_copy")
    assert find(dialog, QLabel, "share_said").text() == "The link was copied."
    copied = QGuiApplication.clipboard().text()
    assert copied == find(dialog, QPlainTextEdit, "share_link").toPlainText()
    dialog.reject()

    window.session.file.open(dense((3, 1), 2), None)
    # What is on the clipboard stands there already.
    asked = ask_for_link(window)
    assert find(asked, QPlainTextEdit, "link_text").toPlainText() == copied
    click(qtbot, asked, "link_open")
    assert not asked.isVisible()
    assert window.session.experiment == shared
    assert window.session.cursor == Cursor(0, 0)
    assert window.session.path is None
    assert find(window, QLabel, "document_title").text().endswith(" · link")


def test_the_code_on_the_screen_is_that_of_the_link(window: MainWindow) -> None:
    dialog = share(window)
    link = find(dialog, QPlainTextEdit, "share_link").toPlainText()
    code = find(dialog, QWidget, "share_code")
    expected = [list(row) for row in segno.make_qr(link, error="l").matrix_iter(border=4)]
    side = len(expected)
    module = code.width() // side
    assert code.width() == code.height() == side * module
    painted = code.grab().toImage()
    seen = [
        [painted.pixelColor(x * module + module // 2, y * module + module // 2).lightness() < 128 for x in range(side)]
        for y in range(side)
    ]
    assert seen == [[bool(dark) for dark in row] for row in expected]


def test_the_code_is_copied_as_a_picture(qtbot: QtBot, window: MainWindow) -> None:
    dialog = share(window)
    click(qtbot, dialog, "share_copy_code")
    picture = QGuiApplication.clipboard().image()
    code = qr_image(find(dialog, QPlainTextEdit, "share_link").toPlainText())
    assert code is not None
    assert picture.width() == 8 * code.width()
    assert "picture" in find(dialog, QLabel, "share_said").text()


def test_a_link_that_is_too_long_for_a_code_is_shown_without_one(window: MainWindow) -> None:
    window.session.file.open(dense((2, 1), 400), None)
    dialog = share(window)
    assert dialog.findChild(QWidget, "share_code") is None
    assert dialog.findChild(QPushButton, "share_copy_code") is None
    assert "too many for a QR code" in find(dialog, QLabel, "share_said").text()


def test_what_is_too_large_for_a_link_is_said_in_the_window(window: MainWindow) -> None:
    window.session.file.open(dense((2, 1), 4000), None)
    window.actions_by_id["file.share"].trigger()
    assert window.findChild(ShareDialog) is None
    (notice,) = window.findChildren(NoticeBar)
    assert notice.isVisible()
    assert "send the file instead" in notice.text


@pytest.mark.parametrize(("text", "said"), [("abc", 'begins with "chainrule:1.".'), ("chainrule:1.abcde", "damaged")])
def test_what_is_no_link_is_said_below_the_field(qtbot: QtBot, window: MainWindow, text: str, said: str) -> None:
    before = window.session.experiment
    asked = ask_for_link(window)
    field = find(asked, QPlainTextEdit, "link_text")
    field.setPlainText(text)
    click(qtbot, asked, "link_open")
    problem = find(asked, QLabel, "link_problem")
    assert problem.isVisible()
    assert said in problem.text()
    assert window.session.experiment is before
    # It goes as soon as one types.
    field.setPlainText(link_of(before))
    assert not problem.isVisible()
    asked.reject()


def test_unsaved_work_is_asked_about_first(qtbot: QtBot, window: MainWindow) -> None:
    window.session.editor.edit("Edit", lambda experiment: experiment_of_link(link_of(dense((2, 1), 3))), restart=True)
    window.actions_by_id["file.open_link"].trigger()
    assert window.findChild(LinkDialog) is None
    box = find(window, QMessageBox, "file.unsaved")
    box.button(QMessageBox.StandardButton.Discard).click()
    qtbot.waitUntil(lambda: window.findChild(LinkDialog) is not None)
