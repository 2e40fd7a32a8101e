"""The notice: one line across the window for what could not be done, why a run stopped, or what was done besides."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum

from PySide6.QtCore import QEvent, Qt, QTimer
from PySide6.QtGui import QColor, QEnterEvent, QHideEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QWidget

from chainrule.translation import gettext
from chainrule.ui.style.appearance import Appearance, Theme
from chainrule.ui.style.icons import icon
from chainrule.ui.widgets.controls import LinkButton
from chainrule.ui.widgets.plain_text import PlainLabel
from chainrule.ui.window.keys import keep_keys

# So long what merely informs is there, and so much longer for each letter.
LEAST_MS, LETTER_MS = 5_000, 50


def _nothing() -> None:
    """Do nothing: nothing is offered."""


class NoticeKind(Enum):
    """How serious a notice is, and the sign before its words."""

    INFORMATION = "i"
    WARNING = "⚠"
    ERROR = "✗"


class NoticeBar(QWidget):
    """Hidden until there is something to say; closed by its button, or by what is said next.

    What merely informs goes by itself after a while in which the mouse is not on it, and gives the stage its room back.
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
        self._offer = LinkButton(appearance, "", "", "notice.offer", self)
        self._offered: Callable[[], object] = _nothing
        self._offer.clicked.connect(self._do_offered)
        self._offer.hide()
        self._close = QToolButton(self)
        self._close.setObjectName("notice.close")
        self._close.setAccessibleName(gettext("Close this message"))
        self._close.setToolTip(gettext("Close this message"))
        self._close.setAutoRaise(True)
        keep_keys(self._close, (Qt.Key.Key_Space,))
        self._close.clicked.connect(self.hide)
        # Whether the mouse is on it.
        self._is_held = False
        self._stays = False
        self._passing = QTimer(self)
        self._passing.setSingleShot(True)
        self._passing.timeout.connect(self.hide)
        QShortcut(QKeySequence("Esc"), self, self.hide)
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 6, 8, 6)
        row.addWidget(self._sign)
        row.addWidget(self._label, 1)
        row.addWidget(self._offer)
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

    def inform(self, text: str, *, stays: bool = False) -> None:
        """Say what one may like to know; what offers something `stays` until it is closed or taken."""
        self._stays = stays
        self._say(text, NoticeKind.INFORMATION)

    def offer(self, words: str, tip: str, act: Callable[[], object]) -> None:
        """Offer beside what is said now something that can be done about it."""
        self._offered = act
        self._offer.set_words(words, tip)
        self._offer.setVisible(not self.isHidden())

    def _do_offered(self) -> None:
        self._offered()

    def _say(self, text: str, kind: NoticeKind) -> None:
        self._offer.hide()
        if kind is not self._kind:
            self._kind = kind
            self._restyle()
        self._label.setText(text)
        self.setAccessibleName(text)
        self.show()
        self._let_pass()

    def _let_pass(self) -> None:
        """Begin to wait for the end of what merely informs, as long as it takes to be read."""
        passes = self._kind is NoticeKind.INFORMATION and not self._stays
        if passes and not self.isHidden() and not self._is_held:
            self._passing.start(LEAST_MS + LETTER_MS * len(self._label.text()))
        else:
            self._passing.stop()

    # Qt's events

    def enterEvent(self, event: QEnterEvent) -> None:
        """Stay while the mouse is on it."""
        super().enterEvent(event)
        self._is_held = True
        self._let_pass()

    def leaveEvent(self, event: QEvent) -> None:
        """Wait anew once the mouse has left."""
        super().leaveEvent(event)
        self._is_held = False
        self._let_pass()

    def hideEvent(self, event: QHideEvent) -> None:
        """Wait for nothing more."""
        super().hideEvent(event)
        self._is_held = False
        self._passing.stop()
        self._offer.hide()
        self._offered = _nothing

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
