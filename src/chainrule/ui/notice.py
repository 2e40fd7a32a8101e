"""The notice: one line across the window for what could not be done, or why a run stopped."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QWidget

from chainrule.ui.appearance import Appearance
from chainrule.ui.icons import icon
from chainrule.ui.keys import keep_keys
from chainrule.ui.plain import PlainLabel


class NoticeBar(QWidget):
    """Hidden until there is something to say; closed by its button, or by what is said next."""

    def __init__(self, appearance: Appearance, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("notice")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._appearance = appearance
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
        row.addWidget(self._label, 1)
        row.addWidget(self._close)
        appearance.changed.connect(self._restyle)
        self._restyle()
        self.hide()

    @property
    def text(self) -> str:
        """What is said, or nothing."""
        return self._label.text() if not self.isHidden() else ""

    def say(self, text: str) -> None:
        """Say something."""
        self._label.setText(text)
        self.setAccessibleName(text)
        self.show()

    def _restyle(self) -> None:
        theme = self._appearance.theme
        fill = theme.error_ground.name()
        self.setStyleSheet(
            f"QWidget#notice {{ background: {fill}; border: 1px solid {theme.error}; border-radius: 6px; }}"
            f"QLabel {{ color: {theme.text}; }}"
        )
        self._close.setIcon(icon("close", theme.text, theme.dimmed))
