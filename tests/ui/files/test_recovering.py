"""The next start offers what was not saved when the program ended unexpectedly."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QMessageBox
from pytestqt.qtbot import QtBot

from chainrule.catalog.values import refs
from chainrule.model.files.storage import encode_experiment, read_experiment
from chainrule.ui.app import open_window
from chainrule.ui.window.main_window import MainWindow
from tests.experiments import article

Open = Callable[[], MainWindow]


@pytest.fixture
def opened(qtbot: QtBot, tmp_path: Path) -> Iterator[Open]:
    with ExitStack() as stack:

        def close(window: MainWindow) -> None:
            window.session.file.mark_saved(None)
            assert window.close()

        def make() -> MainWindow:
            window = open_window(unsaved=tmp_path)
            qtbot.addWidget(window)
            assert window.session.timeline is not None
            stack.callback(close, window)
            return window

        yield make


def left_behind(folder: Path, name: str = "a", title: str = "Left", path: str = "null") -> Path:
    file = folder / f"{name}.unsaved"
    file.write_bytes(f'{{"path": {path}}}\n'.encode() + encode_experiment(replace(article(), title=title)))
    return file


def box_of(window: MainWindow) -> QMessageBox | None:
    boxes = [box for box in window.findChildren(QMessageBox, "recovery") if box.isVisible()]
    return boxes[0] if boxes else None


def press(qtbot: QtBot, window: MainWindow, text: str) -> None:
    box = box_of(window)
    assert box is not None
    button = next(button for button in box.buttons() if button.text().replace("&", "") == text)
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def test_nothing_is_asked_where_nothing_was_lost(opened: Open) -> None:
    assert box_of(opened()) is None


def test_what_was_lost_is_restored_as_not_saved_and_is_kept_meanwhile(
    qtbot: QtBot, opened: Open, tmp_path: Path
) -> None:
    old = left_behind(tmp_path, path='"/home/pupil/mine.chainrule"')
    window = opened()
    box = box_of(window)
    assert box is not None
    assert "mine.chainrule had changes that were not saved" in box.text()
    press(qtbot, window, "Restore")

    assert window.session.experiment.title == "Left"
    assert window.session.path == Path("/home/pupil/mine.chainrule")
    assert window.session.is_modified
    # The copy of the window is written in slices, and only then the old one is taken away.
    assert list(tmp_path.glob("*.unsaved"))
    qtbot.waitUntil(lambda: not old.exists())
    (kept,) = tmp_path.glob("*.unsaved")
    assert kept != old


def test_what_was_lost_is_named_as_it_is_called(opened: Open, tmp_path: Path) -> None:
    """A title may look like HTML, or be very long."""
    left_behind(tmp_path, title="<i>a</i> < b " * 99)
    window = opened()
    box = box_of(window)
    assert box is not None
    assert " <i>a</i> < b <i>a" in box.text()
    assert {label.textFormat() for label in box.findChildren(QLabel) if label.text()} == {Qt.TextFormat.PlainText}
    assert box.width() < window.width()
    assert box.height() < window.height()
    box.reject()


def test_saving_what_was_restored_leaves_no_copy(qtbot: QtBot, opened: Open, tmp_path: Path) -> None:
    left_behind(tmp_path)
    window = opened()
    press(qtbot, window, "Restore")
    window.session.file.path = tmp_path / "mine.chainrule"
    window.actions_by_id["file.save"].trigger()
    qtbot.waitUntil(lambda: not window.files.saving.is_active)
    assert read_experiment(window.session.path).title == "Left"
    window.close()
    assert list(tmp_path.iterdir()) == [tmp_path / "mine.chainrule"]


def test_what_is_not_wanted_is_taken_away_and_the_next_one_offered(qtbot: QtBot, opened: Open, tmp_path: Path) -> None:
    left_behind(tmp_path, "a", "First")
    left_behind(tmp_path, "b", "Second")
    window = opened()
    press(qtbot, window, "Discard")
    assert len(list(tmp_path.glob("*.unsaved"))) == 1
    press(qtbot, window, "Ask next time")
    assert box_of(window) is None
    assert len(list(tmp_path.glob("*.unsaved"))) == 1
    assert window.session.experiment.title == "SimpleNN 2-2-1"


def test_closing_without_saving_gives_the_copy_up(qtbot: QtBot, opened: Open, tmp_path: Path) -> None:
    window = opened()
    window.session.number_editor.edit_number(refs.weight(0), (0, 0), 0.75)
    with qtbot.waitSignal(window.session.signals.document_changed):
        window.session.number_editor.edit_number(refs.weight(0), (0, 0), 0.5)
    assert not window.close()
    unsaved = window.findChild(QMessageBox, "file.unsaved")
    assert unsaved is not None
    qtbot.mouseClick(unsaved.button(QMessageBox.StandardButton.Discard), Qt.MouseButton.LeftButton)
    assert not window.isVisible()
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("path", ["null", '"/home/pupil/mine.chainrule"'])
def test_what_is_restored_on_the_cpu_is_not_saved_either(qtbot: QtBot, opened: Open, tmp_path: Path, path: str) -> None:
    file = left_behind(tmp_path, path=path)
    head, body = file.read_bytes().split(b"\n", 1)
    file.write_bytes(head + b"\n" + body.replace(b'"cpu"', b'"cuda:7"'))
    window = opened()
    press(qtbot, window, "Restore")
    box = window.findChild(QMessageBox, "file.device")
    assert box is not None
    box.accept()
    assert window.session.experiment.title == "Left"
    assert window.session.is_modified
    assert not window.close()
    unsaved = window.findChild(QMessageBox, "file.unsaved")
    assert unsaved is not None
    unsaved.reject()
