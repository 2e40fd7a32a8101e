"""A small panel in the window with one field: Enter does what its button says, Esc or a click elsewhere closes it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QAccessible, QAccessibleEvent, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from chainrule.translation import gettext, gettext_noop
from chainrule.ui.events import ask_about_events
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.widgets.card import Card
from chainrule.ui.widgets.plain_text import PlainLabel, plain_tip
from chainrule.ui.widgets.refusal import application

EDGE = 8
FIELD = 110
WIDTH = 340
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
_LEFT = (*_ENTER, Qt.Key.Key_Escape)


class Popover(Card):
    """Asks for one whole number beside what it is about. `read` gives the number of a text, or raises `ValueError`.

    `accepted` gives the number. While it is typed the line below says what would become of it, or why it is refused.
    """

    accepted = Signal(int)
    closed = Signal()

    def __init__(self, appearance: Appearance, name: str, read: Callable[[str], int], window: QWidget) -> None:
        super().__init__(appearance, window)
        ask_about_events(self, self._take_event)
        self.setObjectName(name)
        self._window, self._read = window, read
        self._anchor: Callable[[], QRect] | None = None
        self.before, self.after, self.note = PlainLabel(parent=self), PlainLabel(parent=self), PlainLabel(parent=self)
        self.note.setObjectName(f"{name}.note")
        self.note.setWordWrap(True)
        self.field = _Field(self)
        self.field.setObjectName(f"{name}.field")
        self.button = QPushButton(self)
        self.button.setObjectName(f"{name}.button")
        self.button.setAutoDefault(False)
        row = QHBoxLayout()
        row.setSpacing(8)
        for part in (self.before, self.field, self.after):
            row.addWidget(part)
        row.addStretch(1)
        row.addWidget(self.button)
        column = self._column = QVBoxLayout(self)
        column.setContentsMargins(14, 12, 14, 10)
        column.setSpacing(8)
        column.addLayout(row)
        column.addWidget(self.note)
        self.field.textChanged.connect(self._consider)
        self.button.clicked.connect(self._take)
        appearance.changed.connect(self._restyle)
        self._restyle()
        self.hide()

    def ask(self, number: int, anchor: Callable[[], QRect]) -> None:
        """Open beside a rectangle of the window, with a number to begin with."""
        self._anchor = anchor
        self.field.setText(f"{number:,}")
        self._consider()
        self.show()
        self.raise_()
        self._place()
        self.field.setFocus(Qt.FocusReason.PopupFocusReason)
        self.field.selectAll()
        application().installEventFilter(self)

    def close_it(self) -> None:
        """Go away; the keyboard goes back to the window."""
        if self.isHidden():
            return
        application().removeEventFilter(self)
        focused = QApplication.focusWidget()
        holds = focused is not None and self.isAncestorOf(focused)
        self.hide()
        if holds:
            self.closed.emit()

    def foresee(self, number: int) -> tuple[str, str]:
        """Return what the button and the line below say of a number that can be taken.

        `ValueError` of one that cannot.
        """
        raise NotImplementedError

    def _consider(self) -> None:
        try:
            word, note = self.foresee(self._read(self.field.text()))
            self._tell(note, refused=False)
            self.button.setText(word)
        except ValueError as error:
            self._tell(str(error), refused=True)
        if self.isVisible():
            self._place()

    def _tell(self, text: str, *, refused: bool) -> None:
        self.button.setEnabled(not refused)
        self.note.setText(text)
        self.field.setAccessibleDescription(text)
        if self.field.property("refused") != refused:
            self.field.setProperty("refused", refused)
            self._restyle()

    def _take(self) -> None:
        try:
            number = self._read(self.field.text())
            self.foresee(number)
        except ValueError:
            self.field.selectAll()
            if QAccessible.isActive():
                QAccessible.updateAccessibility(QAccessibleEvent(self.field, QAccessible.Event.DescriptionChanged))
            return
        self.close_it()
        self.accepted.emit(number)

    # Where it is

    def _place(self) -> None:
        """Stand below what it is about, or above it where there is no room; within the window."""
        assert self._anchor is not None
        self._column.activate()
        target, room = self._anchor(), self._window.rect().adjusted(EDGE, EDGE, -EDGE, -EDGE)
        width = min(room.width(), max(self.appearance.size(WIDTH), self._column.minimumSize().width()))
        height = max(self._column.totalHeightForWidth(width), self._column.minimumSize().height())
        top = target.bottom() + 4 if target.bottom() + 4 + height <= room.bottom() else target.top() - height - 4
        left = max(room.left(), min(target.left(), room.right() - width))
        self.setGeometry(QRect(QPoint(left, max(room.top(), top)), QSize(width, height)))

    def _restyle(self) -> None:
        theme, size = self.appearance.theme, self.appearance.size
        refused = bool(self.field.property("refused"))
        for label in (self.before, self.after):
            label.setFont(self.appearance.font())
            label.setStyleSheet(f"color: {theme.text}")
        self.note.setFont(self.appearance.font(12))
        self.note.setStyleSheet(f"color: {theme.error if refused else theme.muted}")
        self.field.setFont(self.appearance.font(mono=True))
        self.field.setFixedWidth(size(FIELD))
        self.field.setStyleSheet(
            f"QLineEdit {{ background: {theme.surface}; color: {theme.text}; border-radius: {size(4)}px;"
            f" border: 1px solid {theme.error if refused else theme.link}; padding: {size(3)}px {size(6)}px; }}"
        )
        self.button.setFont(self.appearance.font())
        self.button.setStyleSheet(
            f"QPushButton {{ background: {theme.field}; color: {theme.text}; border: 1px solid {theme.border};"
            f" border-radius: 6px; padding: {size(4)}px {size(10)}px; }}"
            f" QPushButton:hover, QPushButton:focus {{ border-color: {theme.link}; }}"
            f" QPushButton:disabled {{ color: {theme.muted}; }}"
        )
        if self.isVisible():
            self._place()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Close at a click elsewhere, which then does what it does; stay in place where the window changes."""
        kind = event.type()
        if kind == QEvent.Type.MouseButtonPress and isinstance(watched, QWidget):
            if watched is not self and not self.isAncestorOf(watched) and watched.window() is self._window:
                self.close_it()
        elif kind == QEvent.Type.Resize and watched is self._window:
            self._place()
        return False

    def _take_event(self, event: QEvent) -> bool:
        """Keep Enter, Esc and the arrows from the window's shortcuts."""
        return _keeps(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Close with Esc; what means nothing here means nothing."""
        if event.key() == Qt.Key.Key_Escape:
            self.close_it()
        elif event.key() in _ENTER:
            self._take()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Paint the frame anew."""
        super().resizeEvent(event)
        self.update()


class _Field(QLineEdit):
    """Leaves the keys that it has no use for to the panel around it."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        ask_about_events(self, self._take_event)
        self.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.setToolTip(plain_tip(gettext("A whole number, such as 1000, 1,000 or 1e3")))

    def key_hints(self) -> tuple[str, ...]:
        """Return what the keys do here."""
        return (gettext_noop("type a number"), gettext_noop("↵ does it"), gettext_noop("Esc closes this"))

    def _take_event(self, event: QEvent) -> bool:
        """Keep them from the window's shortcuts."""
        return _keeps(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Type, or leave it to the panel."""
        if event.key() in _LEFT:
            event.ignore()
        else:
            super().keyPressEvent(event)


def _keeps(event: QEvent) -> bool:
    if event.type() != QEvent.Type.ShortcutOverride or not isinstance(event, QKeyEvent):
        return False
    keeps = not event.modifiers() & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier)
    if keeps:
        event.accept()
    return keeps
