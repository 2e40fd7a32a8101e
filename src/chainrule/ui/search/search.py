"""One list of everything: a few letters and Enter do it, wherever it stands in the menus or the help."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, QSize
from PySide6.QtWidgets import QListWidgetItem, QMainWindow, QWidget

from chainrule.translation import gettext, gettext_noop
from chainrule.ui.help.window import other_word
from chainrule.ui.search.entries import SearchEntry, help_entries, menu_entries
from chainrule.ui.search.window_list import WindowList
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.widgets.choice_list import ChoiceList, found
from chainrule.ui.widgets.plain_text import PlainLabel

WIDTH = 560
# Lines of words below the list.
LINES = 2
NOT_NOW = gettext_noop("{name} cannot be done now.")


class WindowSearch(QObject):
    """Offers what is in the menus, the glossary and the help, by name and by what is said of it."""

    def __init__(
        self,
        window: QMainWindow,
        appearance: Appearance,
        show_help: Callable[[str], object],
        inform: Callable[[str], object],
    ) -> None:
        """`show_help` opens the help at a word or a part; `inform` says why something is not done."""
        super().__init__(window)
        self._window, self._appearance, self._show_help, self._inform = window, appearance, show_help, inform
        self._list = WindowList(window, appearance)

    def entries(self) -> dict[str, SearchEntry]:
        """Return what there is to find now, by its name."""
        entries: dict[str, SearchEntry] = {}
        for entry in (*menu_entries(self._window.menuBar()), *help_entries(self._show_help)):
            entries.setdefault(entry.name, entry)
        return entries

    def open(self) -> None:
        """Show the list in the upper part of the window, with the keyboard in its field."""
        entries = self.entries()
        words = {name: entry.words for name, entry in entries.items()}
        opened = SearchList(self._appearance, words, self._window)
        self._list.open(opened, lambda name: self._do(entries[name]), width=WIDTH, top=self._window.height() // 8)

    def _do(self, entry: SearchEntry) -> None:
        if entry.is_ready():
            entry.choose()
        else:
            self._inform(gettext(NOT_NOW).format(name=entry.name))


class SearchList(ChoiceList):
    """The names, and below them what is said of the one that is marked."""

    def __init__(self, appearance: Appearance, names: dict[str, str], window: QWidget) -> None:
        super().__init__(appearance, names, 0, "", window)
        self.setAccessibleName(gettext("Search everything"))
        self.search.setPlaceholderText(gettext("a command, an example, a lesson, a word"))
        self._words = names
        self.about = PlainLabel(parent=self)
        self.about.setObjectName("search.about")
        self.about.setWordWrap(True)
        self.about.setFont(appearance.font(11.5))
        self.about.setStyleSheet(f"color: {appearance.theme.muted}; padding: 0 {appearance.size(4)}px;")
        self.about.setFixedHeight(LINES * self.about.fontMetrics().lineSpacing() + appearance.size(2))
        column = self.layout()
        assert column is not None
        column.addWidget(self.about)
        self.names.currentItemChanged.connect(self._tell)
        self.names.setCurrentRow(0)

    def _tell(self, item: QListWidgetItem | None) -> None:
        self.about.setText(self._words[item.text()] if item is not None else "")

    def places_of(self, names: Sequence[str], typed: str) -> list[int]:
        """Return what has a text in its name, then all of its words there or in what is said of it.

        What has another name here is found by that, too.
        """
        wanted = [text for text in (typed.strip().casefold(), other_word(typed.strip()).casefold()) if text]
        both = [f"{name} {self._words[name]}".casefold() for name in names]
        named = [place for text in wanted for place in found(names, text) if text in names[place].casefold()]
        said = [place for text in wanted for place, all_of_it in enumerate(both) if has_words(all_of_it, text)]
        return list(dict.fromkeys((*named, *said))) if wanted else list(range(len(names)))

    def wanted_size(self, least: int) -> QSize:
        """Return room for the words below the names, too."""
        return super().wanted_size(least) + QSize(0, self.about.height() + self._appearance.size(8))


def has_words(said: str, typed: str) -> bool:
    """Return whether each word that is typed stands in a text, or begins a word of it."""
    return all(re.search(rf"(?<!\w){re.escape(word)}", said) for word in typed.split())
