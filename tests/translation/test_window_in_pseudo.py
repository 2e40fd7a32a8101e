"""The window and a lesson in a language that nobody speaks: what of it went the way of translations."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QMenu, QMenuBar
from pytestqt.qtbot import QtBot
from scripts.strings import Text

from chainrule.lessons.lesson.shipped import shipped_lessons
from chainrule.ui.app import open_window
from tests.translation.pseudo import Pseudo, painted, share_of, speaking, texts_of, went_through

# What went through when this was measured, of different texts: less is a step back. What did not are mostly names and
# units that are painted, and sentences of the catalogue's.
LEAST_OF_MENUS, LEAST_SHARE, LEAST_PAINTED = 1.0, 0.95, 0.85


@pytest.fixture
def language() -> Iterator[Pseudo]:
    language = Pseudo()
    with speaking(language):
        yield language


def _entries(menu: QMenu | QMenuBar) -> Iterator[str]:
    for action in menu.actions():
        inner = action.menu()
        yield action.text()
        if isinstance(inner, QMenu):
            yield from _entries(inner)


def test_window_and_lesson_go_through(qtbot: QtBot, found: tuple[Text, ...], language: Pseudo) -> None:
    with painted() as drawn:
        window = open_window()
        qtbot.addWidget(window)
        assert window.session.timeline is not None
        with qtbot.waitExposed(window):
            pass
        menus = list(_entries(window.menuBar()))
        seen = set[str]()
        for act in (
            *["step.forward"] * 9,
            "iteration.next",
            *(f"view.tab_{tab}" for tab in ("state", "check", "code")),
        ):
            window.actions_by_id[act].trigger()
            seen |= {text for _, text in texts_of(window)}
            window.grab()
        window.lessons.open(shipped_lessons()[0])
        seen |= {text for _, text in texts_of(window)}
        window.grab()
    assert share_of(menus) >= LEAST_OF_MENUS
    assert share_of(seen) >= LEAST_SHARE
    assert share_of(drawn) >= LEAST_PAINTED
    # Numbers and formulas do not go through, and what does is there for translators.
    assert not [text for text in seen if went_through(text) and not any(map(str.isalpha, text))]
    assert sorted(language.asked - {text.key for text in found}) == []
    window.session.file.mark_saved(None)
    assert window.close()
