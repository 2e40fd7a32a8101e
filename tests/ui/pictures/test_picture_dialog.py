"""File > Export picture: what is chosen comes out, on the clipboard and in files, and is said."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from chainrule.ui.pictures.dialog import PictureDialog
from chainrule.ui.style.appearance import DARK, LIGHT
from chainrule.ui.window.main_window import MainWindow
from tests.ui.pictures.seen import has_color, labels_of, of_pdf, of_png


@pytest.fixture
def dialog(window: MainWindow, qtbot: QtBot) -> PictureDialog:
    window.actions_by_id["iteration.next"].trigger()
    window.stage_panel.stage.setFocus()
    window.actions_by_id["picture.export"].trigger()
    found = window.findChild(PictureDialog, "picture.dialog")
    assert isinstance(found, PictureDialog)
    qtbot.waitUntil(lambda: not found.preview.pixmap().isNull())
    return found


def saved(window: MainWindow, qtbot: QtBot, path: Path) -> bytes:
    """Choose a file, and return what is in it."""
    chooser = next(each for each in window.findChildren(QFileDialog, "export.dialog") if each.isVisible())
    chooser.setDirectory(str(path.parent))
    chooser.selectFile(path.name)
    chooser.accept()
    qtbot.waitUntil(path.exists)
    return path.read_bytes()


def test_what_has_the_keyboard_is_chosen_already(window: MainWindow, dialog: PictureDialog) -> None:
    assert (dialog.what.choice, dialog.format.choice, dialog.scale.choice) == ("Network", "PNG", "2 ×")
    assert dialog.colours.choice == ("dark" if window.appearance.is_dark else "light")
    dialog.reject()
    window.tabs.bar.setFocus()
    window.actions_by_id["picture.export"].trigger()
    others = [each for each in window.findChildren(PictureDialog) if each is not dialog]
    assert others[0].what.choice == "Slope"
    others[0].reject()


def test_the_preview_follows_what_is_chosen(dialog: PictureDialog, qtbot: QtBot) -> None:
    assert has_color(dialog.preview.grab().toImage(), LIGHT.surface)
    dialog.colours.choose("dark")
    qtbot.waitUntil(lambda: has_color(dialog.preview.grab().toImage(), DARK.surface))
    dialog.what.choose("Loss")
    assert not dialog.words.isVisible()
    assert not dialog.marks.isVisible()
    dialog.format.choose("SVG")
    assert not dialog.scale.isVisible()
    qtbot.waitUntil(lambda: "sharp at any size" in dialog._note.text())
    dialog.reject()


@pytest.mark.parametrize(("size", "wanted"), [("slide, 16:9", QSize(1280, 720)), ("half a slide", QSize(640, 480))])
def test_a_slide_is_as_large_as_it_says(
    window: MainWindow, dialog: PictureDialog, qtbot: QtBot, tmp_path: Path, size: str, wanted: QSize
) -> None:
    dialog.size_field.choose(size)
    dialog.scale.choose("3 ×")
    dialog.save_button.click()
    image = of_png(saved(window, qtbot, tmp_path / "slide.png"))
    assert image.size() == wanted * 3
    assert has_color(image, LIGHT.positive)
    qtbot.waitUntil(lambda: window.notice.text == "Network saved as slide.png.")


def test_lines_are_saved_and_the_name_says_what_it_is(
    window: MainWindow, dialog: PictureDialog, qtbot: QtBot, tmp_path: Path
) -> None:
    dialog.format.choose("SVG")
    dialog.save_button.click()
    chooser = next(each for each in window.findChildren(QFileDialog, "export.dialog") if each.isVisible())
    assert chooser.selectedFiles()[0].endswith("SimpleNN 2-2-1 network.svg")
    assert "h₁" in labels_of(saved(window, qtbot, tmp_path / "mine.svg"))
    window.actions_by_id["picture.export"].trigger()
    again = next(each for each in window.findChildren(PictureDialog) if each.isVisible())
    # As it was chosen the last time.
    assert again.format.choice == "SVG"
    again.format.choose("PDF")
    again.save_button.click()
    assert "ReLU" in of_pdf(saved(window, qtbot, tmp_path / "mine.pdf"))[0][0]


@pytest.mark.parametrize(
    ("name", "written", "begins"),
    [
        ("loss.svg", "loss.svg", b"<?xml"),
        ("loss.PNG", "loss.PNG", b"\x89PNG"),
        ("loss.2", "loss.2.pdf", b"%PDF"),
        ("loss.txt", "loss.txt.pdf", b"%PDF"),
    ],
)
def test_the_ending_of_the_name_says_the_format(
    window: MainWindow, dialog: PictureDialog, qtbot: QtBot, tmp_path: Path, name: str, written: str, begins: bytes
) -> None:
    dialog.format.choose("PDF")
    dialog.save_button.click()
    chooser = next(each for each in window.findChildren(QFileDialog, "export.dialog") if each.isVisible())
    chooser.setDirectory(str(tmp_path))
    chooser.selectFile(name)
    chooser.accept()
    qtbot.waitUntil(lambda: window.notice.text == f"Network saved as {written}.")
    assert (tmp_path / written).read_bytes().startswith(begins)
    assert [each.name for each in tmp_path.iterdir()] == [written]


def test_a_picture_is_copied_in_its_format_and_in_dots(window: MainWindow, dialog: PictureDialog) -> None:
    dialog.format.choose("SVG")
    dialog.copy_button.click()
    data = QGuiApplication.clipboard().mimeData()
    assert "h₁" in labels_of(data.data("image/svg+xml").data())
    assert has_color(QGuiApplication.clipboard().image(), LIGHT.positive)
    assert window.notice.text == "Network copied as a picture, SVG."
    assert dialog.isVisible()
    dialog.reject()


def test_what_cannot_be_written_is_said(window: MainWindow, dialog: PictureDialog, tmp_path: Path) -> None:
    choice = dialog.choice
    dialog.reject()
    window.pictures.save_to(choice, tmp_path / "gone" / "mine.png")
    assert window.notice.text == "mine.png was not saved: no such file or folder."


def test_too_many_dots_are_refused_in_words(window: MainWindow, dialog: PictureDialog) -> None:
    from dataclasses import replace

    dialog.reject()
    choice = replace(dialog.choice, scale=20)
    assert "too large: choose a smaller size or scale" in window.pictures.copy(choice)
    assert "too large" in window.notice.text
