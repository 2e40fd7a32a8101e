"""What the search finds: every entry of the menus, the words of the glossary, and the parts of the help."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QMenuBar

from chainrule.explain.names.vocabulary import TERMS
from chainrule.translation import gettext, gettext_noop, pgettext
from chainrule.ui.help.window import help_parts, part_anchor, word_anchor

WORD, HELP = gettext_noop("Word"), gettext_noop("Help")
_NATIVE = QKeySequence.SequenceFormat.NativeText
_TAGS = re.compile(r"<[^>]*>")


@dataclass(frozen=True, slots=True)
class SearchEntry:
    """Something to find. `name` begins with where it belongs, `words` say what it is, and `choose` does it.

    `is_ready` says whether that can be done now.
    """

    name: str
    words: str
    choose: Callable[[], object]
    is_ready: Callable[[], bool] = lambda: True


def menu_entries(bar: QMenuBar) -> Iterator[SearchEntry]:
    """Yield what the menus offer, from the left to the right, named after its menus: `File: Export: History as CSV`."""
    for action in bar.actions():
        # PySide takes `menu()` of an action for an object.
        menu = action.menu()
        if isinstance(menu, QMenu):
            yield from _entries_of(menu, _plain(action.text()))


def _entries_of(menu: QMenu, path: str) -> Iterator[SearchEntry]:
    for action in menu.actions():
        inner, text = action.menu(), _plain(action.text())
        if isinstance(inner, QMenu):
            yield from _entries_of(inner, f"{path}: {text}")
        elif text and not action.isSeparator():
            yield _entry(action, f"{path}: {text}")


def _entry(action: QAction, name: str) -> SearchEntry:
    keys = action.shortcut().toString(_NATIVE)
    # A tip of Qt's own is the text again.
    words = action.statusTip() or _TAGS.sub("", action.toolTip())
    return SearchEntry(
        f"{name} ({keys})" if keys else name, "" if words in name else words, action.trigger, action.isEnabled
    )


def help_entries(show: Callable[[str], object]) -> Iterator[SearchEntry]:
    """Yield the words of the glossary and the parts of the help; `show` opens the help where it says that."""
    for place, term in enumerate(TERMS):
        letter = f" {term.letter}" if term.letter and term.letter != term.name else ""
        name, meaning = pgettext("term", term.name), pgettext("term", term.meaning)
        meaning = f"{meaning[0].upper()}{meaning[1:]}."
        yield SearchEntry(f"{gettext(WORD)}: {name}{letter}", meaning, partial(show, word_anchor(place)))
    for place, part in enumerate(help_parts()):
        yield SearchEntry(f"{gettext(HELP)}: {part}", gettext("A part of the help"), partial(show, part_anchor(place)))


def _plain(text: str) -> str:
    """Return a menu's text without the mark of its letter."""
    return re.sub(r"&(.)", r"\1", text).split("\t")[0].strip()
