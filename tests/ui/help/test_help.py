"""F1: how to use the program, what the words mean, and every key; all of it can be searched."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QLineEdit, QTextBrowser
from pytestqt.qtbot import QtBot

from chainrule.catalog.experiment.spec import MAX_LAYERS, MAX_PARAMETERS, MAX_UNITS
from chainrule.explain.names.vocabulary import OTHER_WORDS, TERMS
from chainrule.model.files.file_format import MOST_ROWS
from chainrule.ui.help.window import HelpWindow
from chainrule.ui.window.main_window import MainWindow


@pytest.fixture
def shown(window: MainWindow) -> HelpWindow:
    window.actions_by_id["help.keys"].trigger()
    return window.beside.help_window


def browser(shown: HelpWindow) -> QTextBrowser:
    found = shown.findChild(QTextBrowser)
    assert found is not None
    return found


def test_the_glossary_has_every_word_and_letter(shown: HelpWindow) -> None:
    text = browser(shown).toPlainText()
    glossary = text[text.rindex("\nGlossary\n") : text.rindex("\nKeys\n")]
    for term in TERMS:
        assert term.letter in glossary
        assert f"\n{term.name}\n" in glossary
        assert term.meaning[1:] in glossary
    for letter in ["z", "a", "δ", "∂", "ŷ", "η", "w", "b", "L", "t", "β₁", "β₂", "ε", "μ", "λ"]:
        assert f"\n{letter}\n" in glossary


@pytest.mark.parametrize(
    "part",
    ["State", "Classes", "by number", "Paste", "Undo takes all of a paste back", "New", "ln", "x²", "∂ᴰ", "Gᵃˡˡ"],
)
def test_it_covers(shown: HelpWindow, part: str) -> None:
    assert part in browser(shown).toPlainText()


def test_it_names_the_limits(shown: HelpWindow) -> None:
    text = browser(shown).toPlainText()
    for most in (MAX_LAYERS, MAX_UNITS, MAX_PARAMETERS, MOST_ROWS):
        assert f"{most:,}" in text


def test_what_is_typed_is_found_and_enter_goes_on(qtbot: QtBot, shown: HelpWindow) -> None:
    search, text = shown.findChild(QLineEdit, "help.search"), browser(shown)
    assert search is not None
    qtbot.keyClicks(search, "batch")
    first = text.textCursor()
    assert first.selectedText().lower() == "batch"
    qtbot.keyClick(search, Qt.Key.Key_Return)
    second = text.textCursor()
    assert second.selectedText().lower() == "batch"
    assert second.selectionStart() > first.selectionStart()
    assert shown.isVisible()


def test_a_link_leads_to_its_part(qtbot: QtBot, shown: HelpWindow) -> None:
    text = browser(shown)
    bar = text.verticalScrollBar()
    assert bar.value() == 0
    text.anchorClicked.emit("#words")
    qtbot.waitUntil(lambda: bar.value() > bar.maximum() // 4)


@pytest.mark.parametrize(
    ("typed", "marked", "said"),
    [
        ("delta", "δ", "Here it is called δ."),
        ("vanish", "vanish", ""),
        ("backpropagation", "backward pass", "Here it is called backward pass."),
        ("hyperbola", "", "Nothing here is called “hyperbola”."),
    ],
)
def test_plain_letters_and_other_words_are_found_and_nothing_is_said_to_be_nothing(
    qtbot: QtBot, shown: HelpWindow, typed: str, marked: str, said: str
) -> None:
    search, label = shown.findChild(QLineEdit, "help.search"), shown.findChild(QLabel, "help.found")
    assert search is not None
    assert label is not None
    qtbot.keyClicks(search, typed)

    assert browser(shown).textCursor().selectedText().casefold() == marked
    assert label.text() == said
    assert label.isVisible() == bool(said)
    search.setText("")
    search.textEdited.emit("")
    assert not label.isVisible()


def test_every_other_word_leads_somewhere(shown: HelpWindow) -> None:
    text = browser(shown).toPlainText().casefold()
    assert [word for word, name in OTHER_WORDS.items() if name.casefold() not in text] == []


def test_page_down_scrolls_while_one_searches(qtbot: QtBot, shown: HelpWindow) -> None:
    search, bar = shown.findChild(QLineEdit, "help.search"), browser(shown).verticalScrollBar()
    assert search is not None
    qtbot.keyClick(search, Qt.Key.Key_PageDown)
    assert bar.value() >= bar.pageStep() // 2
    qtbot.keyClick(search, Qt.Key.Key_PageUp)
    assert bar.value() == 0
    assert search.hasFocus()
