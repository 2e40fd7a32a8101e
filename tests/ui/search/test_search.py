"""Searching everything: what is found by which words, and that choosing it does it."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QTextBrowser

from chainrule.explain.names.vocabulary import TERMS
from chainrule.resource_files import example_paths
from chainrule.ui.actions.action_set import ACTIONS
from chainrule.ui.help.window import help_parts
from chainrule.ui.search.search import SearchList
from chainrule.ui.window.main_window import MainWindow
from tests.ui.keyboard import find

pytestmark = pytest.mark.qt_log_ignore("This plugin does not support grabbing the keyboard", extend=True)
Key = Qt.Key


def searched(window: MainWindow, typed: str) -> SearchList:
    """Open the list with its key, and type into it."""
    QTest.keyClick(window.stage_panel.stage, Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    (opened,) = (child for child in window.findChildren(SearchList) if child.isVisible())
    QTest.keyClicks(opened.search, typed)
    return opened


def names(opened: SearchList) -> list[str]:
    """Return what is left, the marked one first."""
    items = [opened.names.item(row) for row in range(opened.names.count())]
    left = [item.text() for item in items if not item.isHidden()]
    marked = opened.names.currentItem().text()
    return [marked, *(name for name in left if name != marked)]


def test_every_action_example_word_and_part_of_the_help_is_there(window: MainWindow) -> None:
    found = window.beside.search.entries()
    for action in ACTIONS:
        assert any(window.actions_by_id[action.id].text().replace("&", "") in name for name in found), action.id
    assert sum(name.startswith("Experiments: ") for name in found) >= len(example_paths())
    assert sum(name.startswith("Word: ") for name in found) == len({(term.name, term.letter) for term in TERMS})
    assert [
        name.removeprefix("Help: ") for name in found if name.removeprefix("Help: ") in help_parts()
    ] == help_parts()


def test_a_command_is_done(active: MainWindow) -> None:
    opened = searched(active, "step: step")
    assert "(Right)" in names(opened)[0]
    assert opened.about.text()
    QTest.keyClick(opened.search, Key.Key_Return)
    assert active.session.cursor.position == 1
    assert active.stage_panel.stage.hasFocus()


def test_an_example_is_opened(active: MainWindow) -> None:
    opened = searched(active, "mazur")
    assert names(opened)[0].startswith("Experiments: ")
    QTest.keyClick(opened.search, Key.Key_Return)
    assert "Mazur" in active.session.experiment.title


def test_a_word_is_found_by_its_other_name_and_by_what_is_said_of_it_and_the_help_shows_it(active: MainWindow) -> None:
    opened = searched(active, "learning rate")
    assert "Word: learning rate η" in names(opened)
    opened.close()
    # Words of it, in any order.
    opened = searched(active, "outputs targets how far")
    assert names(opened) == ["Word: loss L"]
    QTest.keyClick(opened.search, Key.Key_Return)
    browser = active.beside.help_window.findChild(QTextBrowser)
    assert browser is not None
    QApplication.processEvents()
    assert active.beside.help_window.isVisible()
    # The word is at the top of what is in sight: its letter stands before it.
    assert browser.cursorForPosition(QPoint(30, 10)).block().text() == "L"
    active.beside.help_window.close()


def test_what_cannot_be_done_now_is_said(active: MainWindow) -> None:
    assert not active.actions_by_id["edit.undo"].isEnabled()
    opened = searched(active, "edit: undo")
    QTest.keyClick(opened.search, Key.Key_Return)
    assert "cannot be done now" in active.notice.text


def test_nothing_is_said_to_be_nothing_and_escape_gives_the_keyboard_back(active: MainWindow) -> None:
    opened = searched(active, "qqqqqq")
    assert "qqqqqq" in find(active, "choice_list.refusal").text()  # type: ignore[attr-defined]
    assert opened.about.text() == ""
    QTest.keyClick(opened.search, Key.Key_Escape)
    assert not opened.isVisible()
    assert active.stage_panel.stage.hasFocus()
