"""A language that nobody speaks: each text in ⟦brackets⟧, so that one sees what went the way of translations."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from gettext import NullTranslations

from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QAbstractButton, QLabel, QLineEdit, QMenuBar, QTabBar, QWidget

from chainrule import translation

OPEN, CLOSE = "⟦", "⟧"
# Numbers, letters of formulas and names of Python and torch are the same in each language.
_WORD = re.compile(r"[A-Za-z]{3,}")
_NAME = re.compile(r"\b(?:[a-z]+[_.][\w.]+|[A-Z][a-z]+[A-Z]\w*|[A-Z]{2,}\w*|float\d\d|cpu|Ctrl|Shift|Alt|Esc)\b")


# Places, formulas, code, tags and entities of HTML stay as they are.
_KEPT = re.compile(r"(\{\{.*?\}\}|\{[^{}]*\}|\$\$.*?\$\$|\$[^$]*\$|`[^`]*`|<[^<>]*>|&\w+;)", re.DOTALL)
_ACCENTS = str.maketrans("aeiouyAEIOUY", "áéíóúýÁÉÍÓÚÝ")
_PLAIN = str.maketrans("áéíóúýÁÉÍÓÚÝ", "aeiouyAEIOUY")
_ACCENTED = re.compile("[áéíóúýÁÉÍÓÚÝ⟦⟧]")


def pseudo(text: str) -> str:
    """Return a text in the language: in brackets, and accented, so that a word of it is known alone."""
    parts = _KEPT.split(text)
    parts[::2] = [part.translate(_ACCENTS) for part in parts[::2]]
    return f"{OPEN}{''.join(parts)}{CLOSE}"


def went_through(text: str) -> bool:
    """Return whether a text, or a part of it, is in the language."""
    return _ACCENTED.search(text) is not None


class Pseudo(NullTranslations):
    """Speaks the language, and remembers which texts and contexts were looked up."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = set[tuple[str, str]]()

    def gettext(self, message: str) -> str:
        return self.pgettext("", message)

    def pgettext(self, context: str, message: str) -> str:
        self.asked.add((context, message))
        return pseudo(message)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        self.asked.add(("", msgid1))
        return pseudo(msgid1 if n == 1 else msgid2)


@contextmanager
def speaking(language: NullTranslations) -> Iterator[None]:
    """Have texts in a language inside."""
    translation.use_translations(language)
    try:
        yield
    finally:
        translation.use_translations(None)


@contextmanager
def painted() -> Iterator[list[str]]:
    """Collect the texts that painters write inside."""
    texts, draw = list[str](), QPainter.drawText

    def noted(painter: QPainter, *arguments: object) -> object:
        texts.extend(each for each in arguments if isinstance(each, str))
        return draw(painter, *arguments)

    QPainter.drawText = noted
    try:
        yield texts
    finally:
        QPainter.drawText = draw


def texts_of(root: QWidget) -> Iterator[tuple[str, str]]:
    """Yield each text of the widgets that are in sight, with what kind of text it is."""
    for widget in (root, *root.findChildren(QWidget)):
        if not widget.isVisible():
            continue
        yield "tip", widget.toolTip()
        yield "accessible name", widget.accessibleName()
        if isinstance(widget, QLabel | QAbstractButton):
            yield "text", widget.text()
        elif isinstance(widget, QLineEdit):
            yield "placeholder", widget.placeholderText()
        elif isinstance(widget, QTabBar):
            yield from (("tab", widget.tabText(place)) for place in range(widget.count()))
        elif isinstance(widget, QMenuBar):
            yield from (("menu", action.text()) for action in widget.actions())


def says_something(text: str) -> bool:
    """Return whether there is a word in a text that other languages have another word for."""
    return bool(_WORD.search(_NAME.sub("", text.translate(_PLAIN))))


def share_of(texts: Iterable[str], is_through: Callable[[str], bool] = went_through) -> float:
    """Return the share of the different texts with words that went the way."""
    found = {text for text in texts if says_something(text)}
    return sum(map(is_through, found)) / len(found)
