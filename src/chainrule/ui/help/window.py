"""The in-program help: how to begin, what each word means, and every key, made from the action table."""

from __future__ import annotations

import re
from html import escape

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence, QTextCursor
from PySide6.QtWidgets import QAbstractSlider, QDialog, QDialogButtonBox, QLineEdit, QTextBrowser, QVBoxLayout, QWidget

from chainrule.explain.names.vocabulary import OTHER_WORDS, TERMS
from chainrule.translation import gettext, pgettext
from chainrule.ui.help.text import how_to
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.widgets.controls import Label
from chainrule.ui.widgets.scroll_area import slim_bars
from chainrule.ui.window.screen import within_screen

# Letters after which a word can be guessed.
FEWEST = 4
_SCROLLING = {
    Qt.Key.Key_PageUp: QAbstractSlider.SliderAction.SliderPageStepSub,
    Qt.Key.Key_PageDown: QAbstractSlider.SliderAction.SliderPageStepAdd,
    Qt.Key.Key_Up: QAbstractSlider.SliderAction.SliderSingleStepSub,
    Qt.Key.Key_Down: QAbstractSlider.SliderAction.SliderSingleStepAdd,
}


class HelpWindow(QDialog):
    """How to use the program; it may stay open beside the window."""

    def __init__(self, appearance: Appearance, rows: list[tuple[str, str, tuple[str, ...]]], parent: QWidget) -> None:
        """`rows` are the actions to list: menu, tip, keys."""
        super().__init__(parent)
        self.setObjectName("help.window")
        self.setWindowTitle(gettext("How to use Chainrule"))
        self.resize(within_screen(self, appearance.size(680), appearance.size(640)))
        self._text = QTextBrowser(self)
        self._text.setAccessibleName(gettext("Help"))
        self._text.setOpenLinks(False)
        self._text.anchorClicked.connect(lambda link: self._text.scrollToAnchor(link.fragment()))
        self._text.setHtml(_page(rows))
        self._appearance = appearance
        appearance.changed.connect(self._restyle)
        self._restyle()
        self._make_search()
        self._found = Label(appearance, "", self, color="muted")
        self._found.setObjectName("help.found")
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        close = buttons.button(QDialogButtonBox.StandardButton.Close)
        # Enter goes on to the next place where the word is.
        close.setAutoDefault(False)
        buttons.rejected.connect(self.close)
        column = QVBoxLayout(self)
        column.addWidget(self._search)
        column.addWidget(self._found)
        column.addWidget(self._text)
        column.addWidget(buttons)
        self._say("")

    def _make_search(self) -> None:
        self._search = QLineEdit(self)
        self._search.setObjectName("help.search")
        self._search.setAccessibleName(gettext("Search the help"))
        self._search.setPlaceholderText(gettext("Search: a word, a letter such as δ or delta, or a key"))
        self._search.setClearButtonEnabled(True)
        self._search.textEdited.connect(self._find)
        self._search.returnPressed.connect(lambda: self._find(self._search.text(), further=True))
        self._search.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Scroll the text by Page Up, Page Down and the arrows while one types: in a line they mean nothing."""
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent) and event.key() in _SCROLLING:
            self._text.verticalScrollBar().triggerAction(_SCROLLING[Qt.Key(event.key())])
            return True
        return super().eventFilter(watched, event)

    def _restyle(self) -> None:
        for bar in (self._text.verticalScrollBar(), self._text.horizontalScrollBar()):
            bar.setStyleSheet(slim_bars(self._appearance))

    def _find(self, text: str, *, further: bool = False) -> None:
        """Mark the first place, or the next one, where a text stands; from the last it goes on to the first.

        What has another name here is found by that. Where there is nothing, it says so.
        """
        typed = text.strip()
        other = other_word(typed)
        # The letter that a word stands for comes first: delta is also a part of Adadelta.
        for wanted in filter(None, (other, typed) if other and len(other) == 1 else (typed, other)):
            if self._mark(wanted, further):
                self._say(f"Here it is called {wanted}." if wanted == other else "")
                return
        self._text.moveCursor(QTextCursor.MoveOperation.Start)
        self._say(f"Nothing here is called “{typed}”." if typed else "")

    def _mark(self, wanted: str, further: bool) -> bool:
        cursor = self._text.textCursor()
        cursor.setPosition(cursor.selectionEnd() if further else cursor.selectionStart())
        self._text.setTextCursor(cursor)
        if self._text.find(wanted):
            return True
        self._text.moveCursor(QTextCursor.MoveOperation.Start)
        return self._text.find(wanted)

    def _say(self, what: str) -> None:
        self._found.setText(what)
        self._search.setAccessibleDescription(what)
        self._found.setVisible(bool(what))

    def open_at(self, anchor: str) -> None:
        """Show it at a part, or at a word of the glossary."""
        self.open()
        self._text.scrollToAnchor(anchor)

    def open(self) -> None:
        """Show it without blocking the window."""
        self.setWindowModality(Qt.WindowModality.NonModal)
        self.show()
        self.raise_()
        self._search.setFocus()


def other_word(typed: str) -> str:
    """Return what the help calls a word that somebody types, or begins to type; empty where it has no other name."""
    typed = typed.casefold()
    begun = (word for word in OTHER_WORDS if len(typed) >= FEWEST and word.startswith(typed))
    return OTHER_WORDS.get(typed) or next((OTHER_WORDS[word] for word in begun), "")


def help_parts() -> list[str]:
    """Return what the parts of the help are called, in their order."""
    return re.findall(r"<h3>(.*?)</h3>", how_to())


def part_anchor(place: int) -> str:
    """Return where in the help a part begins."""
    return f"part{place}"


def word_anchor(place: int) -> str:
    """Return where in the help a word of the glossary stands."""
    return f"word{place}"


def _page(rows: list[tuple[str, str, tuple[str, ...]]]) -> str:
    """Return all of the help: links to its parts, how to begin, the glossary and the keys."""
    parts, page = help_parts(), how_to()
    for place, part in enumerate(parts):
        page = page.replace(f"<h3>{part}</h3>", f"<h3><a name='{part_anchor(place)}'></a>{part}</h3>")
    links = [f"<a href='#{part_anchor(place)}'>{part}</a>" for place, part in enumerate(parts)]
    links += [f"<a href='#words'>{gettext('Glossary')}</a>", f"<a href='#keys'>{gettext('Keys')}</a>"]
    return f"<p>{' &nbsp;·&nbsp; '.join(links)}</p>{page}{_glossary()}{_keys(rows)}"


def _glossary() -> str:
    lines = []
    for place, term in enumerate(TERMS):
        called, words = pgettext("term", term.name), pgettext("term", term.meaning)
        letter, meaning = escape(term.letter), escape(words[0].upper() + words[1:])
        name = f"<a name='{word_anchor(place)}'></a><b>{escape(called)}</b>"
        lines.append(f"<tr><td><b>{letter}</b></td><td>{name}</td><td>{meaning}.</td></tr>")
    return f"<h3><a name='words'></a>{gettext('Glossary')}</h3><table cellspacing='6'>{''.join(lines)}</table>"


def _keys(rows: list[tuple[str, str, tuple[str, ...]]]) -> str:
    lines = []
    for menu, tip, keys in rows:
        if keys:
            native = QKeySequence.SequenceFormat.NativeText
            shown = gettext(" or ").join(QKeySequence(key).toString(native) for key in keys)
            row = f"<td><b>{escape(shown)}</b></td><td>{escape(tip)}</td><td>{escape(menu)}</td>"
            lines.append(f"<tr>{row}</tr>")
    return f"<h3><a name='keys'></a>{gettext('Keys')}</h3><table cellspacing='6'>{''.join(lines)}</table>"
