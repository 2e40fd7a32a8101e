"""The notice: one line across the window for what could not be done, why a run stopped, or what was done besides."""

from __future__ import annotations

from enum import Enum

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QKeySequence, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QWidget

from chainrule.ui.style.appearance import Appearance, Theme
from chainrule.ui.style.icons import icon
from chainrule.ui.widgets.plain_text import PlainLabel
from chainrule.ui.window.keys import keep_keys


class NoticeKind(Enum):
    """How serious a notice is, and the sign before its words."""

    INFORMATION = "i"
    WARNING = "⚠"
    ERROR = "✗"


class NoticeBar(QWidget):
    """Hidden until there is something to say; closed by its button, or by what is said next.

    A sign and a colour tell what went wrong (red) from what one should look at (amber), or may like to know (blue).
    """

    def __init__(self, appearance: Appearance, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("notice")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._appearance = appearance
        self._kind = NoticeKind.ERROR
        self._sign = PlainLabel(parent=self)
        self._sign.setObjectName("notice.sign")
        self._label = PlainLabel(parent=self)
        self._label.setObjectName("notice.text")
        self._label.setWordWrap(True)
        self._label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._close = QToolButton(self)
        self._close.setObjectName("notice.close")
        self._close.setAccessibleName("Close this message")
        self._close.setToolTip("Close this message")
        self._close.setAutoRaise(True)
        keep_keys(self._close, (Qt.Key.Key_Space,))
        self._close.clicked.connect(self.hide)
        QShortcut(QKeySequence("Esc"), self, self.hide)
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 6, 8, 6)
        row.addWidget(self._sign)
        row.addWidget(self._label, 1)
        row.addWidget(self._close)
        appearance.changed.connect(self._restyle)
        self._restyle()
        self.hide()

    @property
    def text(self) -> str:
        """What is said, or nothing."""
        return self._label.text() if not self.isHidden() else ""

    @property
    def kind(self) -> NoticeKind:
        """How serious it is."""
        return self._kind

    def say(self, text: str) -> None:
        """Say what went wrong, or could not be done."""
        self._say(text, NoticeKind.ERROR)

    def warn(self, text: str) -> None:
        """Say what one should look at."""
        self._say(text, NoticeKind.WARNING)

    def inform(self, text: str) -> None:
        """Say what one may like to know."""
        self._say(text, NoticeKind.INFORMATION)

    def _say(self, text: str, kind: NoticeKind) -> None:
        if kind is not self._kind:
            self._kind = kind
            self._restyle()
        self._label.setText(text)
        self.setAccessibleName(text)
        self.show()

    def _restyle(self) -> None:
        theme = self._appearance.theme
        line, ground = _colors(theme, self._kind)
        self._sign.setText(self._kind.value)
        self._sign.setFont(self._appearance.font(bold=True))
        self.setStyleSheet(
            f"QWidget#notice {{ background: {ground.name()}; border: 1px solid {line}; border-radius: 6px; }}"
            f"QLabel {{ color: {theme.text}; }}"
        )
        self._close.setIcon(icon("close", theme.text, theme.dimmed))


def _colors(theme: Theme, kind: NoticeKind) -> tuple[str, QColor]:
    """Return the frame and the ground of a notice."""
    if kind is NoticeKind.ERROR:
        return theme.error, theme.error_ground
    if kind is NoticeKind.WARNING:
        return theme.read_border, theme.warning_ground
    return theme.link, theme.information_ground
