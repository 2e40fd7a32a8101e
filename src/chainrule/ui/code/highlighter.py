"""Colours of Python code: keywords, what is defined, strings and comments."""

from __future__ import annotations

import keyword
import re

from PySide6.QtGui import QColor, QFont, QSyntaxHighlighter, QTextCharFormat, QTextDocument

from chainrule.ui.style.appearance import Appearance

# The first that matches at a place: within a comment or a string nothing else counts.
_PATTERN = re.compile(
    r"(?P<comment>#.*)|(?P<string>\"[^\"]*\")|(?<=def )(?P<function>\w+)|(?<=class )(?P<type>\w+)"
    rf"|\b(?P<keyword>{'|'.join(keyword.kwlist)})\b"
)


class PythonHighlighter(QSyntaxHighlighter):
    """Paints each line of a document by itself: the scripts have no strings of several lines."""

    def __init__(self, appearance: Appearance, document: QTextDocument) -> None:
        super().__init__(document)
        self._appearance = appearance
        self._formats: dict[str, QTextCharFormat] = {}
        appearance.changed.connect(self._restyle)
        self._restyle()

    def _restyle(self) -> None:
        theme = self._appearance.theme
        self._formats = {
            "comment": _format(theme.muted, italic=True),
            "string": _format(theme.good),
            "function": _format(theme.text, bold=True),
            "type": _format(theme.text, bold=True),
            "keyword": _format(theme.link, bold=True),
        }
        self.rehighlight()

    def highlightBlock(self, text: str) -> None:
        """Colour a line."""
        for match in _PATTERN.finditer(text):
            assert match.lastgroup is not None
            self.setFormat(match.start(match.lastgroup), len(match[match.lastgroup]), self._formats[match.lastgroup])


def _format(color: str, *, bold: bool = False, italic: bool = False) -> QTextCharFormat:
    made = QTextCharFormat()
    made.setForeground(QColor(color))
    made.setFontItalic(italic)
    if bold:
        made.setFontWeight(QFont.Weight.Bold)
    return made
