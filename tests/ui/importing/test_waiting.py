"""A table that takes long: the window stays alive, says how far it is, and lets one give it up."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from chainrule.model.importing import outline, reading, text_tables
from chainrule.ui.importing.page import ImportDialog
from chainrule.ui.importing.waiting import WaitingDialog
from chainrule.ui.window.main_window import MainWindow

ROWS = 3000


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A table that is taken for one that takes long."""
    monkeypatch.setattr(reading, "LONG_TEXT", 1000)
    for module in (text_tables, outline):
        monkeypatch.setattr(module, "MOST_CELLS", 1000)
    found = tmp_path / "pixels.csv"
    found.write_text("a,b,label\n" + "".join(f"{row},{row % 9},{row % 3}\n" for row in range(ROWS)))
    return found


def shown(window: MainWindow, kind: type[WaitingDialog] | type[ImportDialog]) -> list[WaitingDialog | ImportDialog]:
    return [dialog for dialog in window.findChildren(kind) if dialog.isVisible()]


def the_page(window: MainWindow, qtbot: QtBot, path: Path) -> ImportDialog:
    window.tables.open_path(path)
    qtbot.waitUntil(lambda: bool(shown(window, ImportDialog)))
    (found,) = shown(window, ImportDialog)
    assert isinstance(found, ImportDialog)
    return found


def test_it_is_read_and_made_beside_a_living_window(window: MainWindow, qtbot: QtBot, path: Path) -> None:
    told: list[int] = []
    window.tables.open_path(path)
    (waiting,) = shown(window, WaitingDialog)
    assert isinstance(waiting, WaitingDialog)
    assert waiting.bar.accessibleName() == "Reading pixels.csv"
    assert not shown(window, ImportDialog)
    waiting.bar.valueChanged.connect(told.append)
    qtbot.waitUntil(lambda: bool(shown(window, ImportDialog)))
    assert told
    assert told == sorted(told)
    page = shown(window, ImportDialog)[0]
    assert isinstance(page, ImportDialog)
    page.replace.click()
    assert shown(window, WaitingDialog)
    qtbot.waitUntil(lambda: not shown(window, ImportDialog))
    after = window.session.experiment
    assert (len(after.data.inputs), after.dtype, after.data.names.classes) == (ROWS, "float32", ("0", "1", "2"))
    assert window.session.undo_stack.count() == 1


def test_reading_is_given_up(window: MainWindow, qtbot: QtBot, path: Path) -> None:
    before = window.session.experiment
    window.tables.open_path(path)
    QTest.keyClick(shown(window, WaitingDialog)[0], Qt.Key.Key_Escape)
    assert not shown(window, WaitingDialog)
    # Until all that was to come has come.
    the_page(window, qtbot, path).reject()
    assert not shown(window, ImportDialog)
    assert window.session.experiment is before


def test_another_way_to_read_it_is_given_up(window: MainWindow, qtbot: QtBot, path: Path) -> None:
    page = the_page(window, qtbot, path)
    draft = page.draft
    page.header.click()
    QTest.keyClick(shown(window, WaitingDialog)[0], Qt.Key.Key_Escape)
    assert page.header.isChecked()
    assert page.draft is draft
    page.reject()


def test_making_is_given_up(window: MainWindow, qtbot: QtBot, path: Path) -> None:
    before = window.session.experiment
    page = the_page(window, qtbot, path)
    page.replace.click()
    QTest.keyClick(shown(window, WaitingDialog)[0], Qt.Key.Key_Escape)
    assert page.isVisible()
    assert window.session.experiment is before
    page.reject()


def test_what_is_refused_while_it_is_read_is_said(window: MainWindow, qtbot: QtBot, path: Path) -> None:
    path.write_text(path.read_text() + "1,2,3,4\n")
    with qtbot.waitSignal(window.session.signals.noticed) as said:
        window.tables.open_path(path)
    assert said.args == ["pixels.csv was not imported: row 3001 has 4 cells, more than the 3 of the first line."]
    assert not shown(window, WaitingDialog)
