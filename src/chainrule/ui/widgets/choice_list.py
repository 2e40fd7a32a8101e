"""The list that a field of names opens: the usual ones first, the rest by name; what is typed finds a name."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from PySide6.QtCore import QEvent, QObject, QRect, QSize, Qt, Signal
from PySide6.QtGui import QCursor, QHideEvent, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QFrame, QLineEdit, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from chainrule.translation import gettext, gettext_noop
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.widgets.plain_text import PlainLabel, plain_tip

FONT = 12.5
ROW, LINE = 24, 7
MOST_ROWS = 16
# Fewer names are seen at a glance: there a letter goes to the name that begins with it.
LEAST_TO_SEARCH = 8
HINTS = (gettext_noop("↑ ↓ choose"), gettext_noop("↵ takes it"), gettext_noop("Esc closes the list"))
SEARCH_HINTS = (gettext_noop("type a part of a name"), *HINTS)
_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
_MOVING = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)


class ChoiceList(QFrame):
    """The names over the window, until one is chosen or the list is closed. `closed` comes in both cases."""

    chosen = Signal(str)
    closed = Signal()

    def __init__(
        self, appearance: Appearance, names: Mapping[str, str], usual: int, current: str, field: QWidget
    ) -> None:
        """`names` are what there is to choose from, each with its words; the first `usual` of them are set apart."""
        super().__init__(field, Qt.WindowType.Popup)
        self._appearance, self._current, self._field = appearance, current, field
        self.setObjectName("choice_list")
        self.search = _Search(self)
        self.names = _Names(self)
        self._none = PlainLabel(parent=self)
        self._none.setObjectName("choice_list.refusal")
        self._none.setWordWrap(True)
        self._none.hide()
        self._fill(names, usual if usual < len(names) else 0)
        self.search.setVisible(len(names) >= LEAST_TO_SEARCH)
        self.search.textEdited.connect(self._find)
        self.search.installEventFilter(self)
        self.names.installEventFilter(self)
        self.names.itemClicked.connect(self._take)
        column = QVBoxLayout(self)
        margin = appearance.size(4)
        column.setContentsMargins(margin, margin, margin, margin)
        column.setSpacing(margin)
        for widget in (self.search, self._none, self.names):
            column.addWidget(widget)
        self._style()

    @property
    def first(self) -> QWidget:
        """What has the keyboard: the field that one types in, or the names."""
        return self.search if self.can_search else self.names

    @property
    def can_search(self) -> bool:
        """Whether there is a field to type a part of a name into."""
        return not self.search.isHidden()

    def _fill(self, names: Mapping[str, str], usual: int) -> None:
        size = self._appearance.size
        for place, (name, words) in enumerate(names.items()):
            if usual and place == usual:
                line = QListWidgetItem(self.names)
                line.setFlags(Qt.ItemFlag.NoItemFlags)
                line.setSizeHint(QSize(0, size(LINE)))
                frame = QFrame()
                frame.setFrameShape(QFrame.Shape.HLine)
                self.names.setItemWidget(line, frame)
            item = QListWidgetItem(name, self.names)
            item.setToolTip(plain_tip(words))
            item.setSizeHint(QSize(0, size(ROW)))
            if name == self._current:
                self.names.setCurrentItem(item)

    def _style(self) -> None:
        theme, size = self._appearance.theme, self._appearance.size
        font = self._appearance.font(FONT)
        for widget in (self.search, self.names, self._none):
            widget.setFont(font)
        self.search.setFixedHeight(size(26))
        self.setStyleSheet(
            f"QFrame#choice_list {{ background: {theme.surface}; border: 1px solid {theme.dimmed}; }}"
            f"QLineEdit {{ background: {theme.field}; color: {theme.text}; border: 1px solid {theme.border};"
            f" border-radius: {size(4)}px; padding: 0 {size(5)}px; }}"
            f"QListWidget {{ background: {theme.surface}; color: {theme.text}; border: none; outline: none; }}"
            f"QListWidget::item {{ padding-left: {size(4)}px; border-radius: {size(4)}px; }}"
            f"QListWidget::item:selected {{ background: {theme.tint(theme.link, 0.18).name()}; color: {theme.text}; }}"
            f"QFrame[frameShape='4'] {{ color: {theme.border}; }}"
            f"QLabel {{ color: {theme.error}; }}"
            f"QScrollBar:vertical {{ background: transparent; width: {size(8)}px; }}"
            f"QScrollBar::handle {{ background: {theme.border}; border-radius: {size(3)}px;"
            f" min-height: {size(24)}px; }}"
            "QScrollBar::add-line, QScrollBar::sub-line { height: 0; }"
            "QScrollBar::add-page, QScrollBar::sub-page { background: transparent; }"
        )

    # On the screen

    def open_below(self, field: QRect) -> None:
        """Show it under a place on the screen, or above it where there is more room, inside the screen."""
        screen = self._field.screen().availableGeometry()
        below, above = field.bottom() + 1, field.top()
        size = self.wanted_size(field.width()).boundedTo(screen.size())
        room = screen.bottom() - below
        is_below = size.height() <= room or room >= above - screen.top()
        height = min(size.height(), room if is_below else above - screen.top())
        left = max(screen.left(), min(field.left(), screen.right() - size.width()))
        self.setGeometry(QRect(left, below if is_below else above - height, size.width(), height))
        self.show()
        self.first.setFocus(Qt.FocusReason.PopupFocusReason)
        if self.names.currentItem() is not None:
            self.names.scrollToItem(self.names.currentItem())

    def wanted_size(self, least: int) -> QSize:
        """Return how large it would like to be, and at least so wide."""
        size, metrics = self._appearance.size, self.names.fontMetrics()
        texts = [self.names.item(row).text() for row in range(self.names.count())]
        width = max(map(metrics.horizontalAdvance, texts), default=0) + size(48)
        rows = [self.names.item(row).sizeHint().height() for row in range(self.names.count())]
        height = min(sum(rows), MOST_ROWS * size(ROW)) + size(10)
        return QSize(max(width, least), height + (size(30) if self.can_search else 0))

    def hideEvent(self, event: QHideEvent) -> None:
        """Say that it is gone."""
        super().hideEvent(event)
        self.closed.emit()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Close after a press beside it; one on its field is not to open it again."""
        field = self._field
        at = field.mapFromGlobal(event.globalPosition().toPoint())
        self.setAttribute(Qt.WidgetAttribute.WA_NoMouseReplay, field.rect().contains(at))
        super().mousePressEvent(event)

    # Choosing

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Enter takes the name that is marked, Escape closes; the arrows go through the names while one types."""
        if not isinstance(event, QKeyEvent) or event.type() != QEvent.Type.KeyPress:
            return False
        key = event.key()
        if key in _ENTER:
            self._enter()
        elif key in (Qt.Key.Key_Escape, Qt.Key.Key_Tab, Qt.Key.Key_Backtab):
            self.close()
        elif key in _MOVING and watched is self.search:
            self._move(Qt.Key(key))
        else:
            return False
        return True

    def places_of(self, names: Sequence[str], typed: str) -> list[int]:
        """Return which names are left by what is typed, the one that it fits best first."""
        return found(names, typed)

    def _enter(self) -> None:
        item: QListWidgetItem | None = self.names.currentItem()
        if item is not None and not item.isHidden():
            self._take(item)
        else:
            self.search.selectAll()

    def _take(self, item: QListWidgetItem) -> None:
        if item.flags() & Qt.ItemFlag.ItemIsEnabled:
            self.chosen.emit(item.text())

    def _there(self) -> list[int]:
        """Return the rows that can be chosen now."""
        rows = range(self.names.count())
        return [row for row in rows if self.names.item(row).text() and not self.names.item(row).isHidden()]

    def _move(self, key: Qt.Key) -> None:
        rows = self._there()
        if not rows:
            return
        current = self.names.currentRow()
        place = rows.index(current) if current in rows else 0
        far = MOST_ROWS - 1 if key in (Qt.Key.Key_PageUp, Qt.Key.Key_PageDown) else 1
        way = -far if key in (Qt.Key.Key_Up, Qt.Key.Key_PageUp) else far
        self.names.setCurrentRow(rows[max(0, min(place + way, len(rows) - 1))])

    def _find(self, typed: str) -> None:
        """Leave the names that what is typed is a part of, and mark the one that it fits best."""
        items = [self.names.item(row) for row in range(self.names.count())]
        places = self.places_of([item.text() for item in items], typed)
        for row, item in enumerate(items):
            item.setHidden(row not in places if item.text() else bool(typed.strip()))
        self.names.setCurrentRow(places[0] if places else -1)
        self._none.setText(gettext("There is nothing called “{typed}” here.", typed=typed.strip()))
        self._none.setVisible(not places)


def found(names: Sequence[str], typed: str) -> list[int]:
    """Return which names a text is a part of, the one that it fits best first: it is all of that, whole words of it, or
    its beginning. Where it is a part of none, those that have its letters one after the other: `u7` finds `Units of
    layer 7`.
    """
    wanted = typed.strip().casefold()
    folded = [(name.casefold(), place) for place, name in enumerate(names) if name]
    whole = re.compile(rf"(?<!\w){re.escape(wanted)}(?!\w)")
    parts = [
        (name != wanted, whole.search(name) is None, not name.startswith(wanted), place)
        for name, place in folded
        if wanted in name
    ]
    if not parts:
        fits = [(name, place) for name, place in folded if _has_letters(name, wanted)]
        parts = [(True, True, not name.startswith(wanted[:1]), place) for name, place in fits]
    return [place for *_, place in sorted(parts)]


def _has_letters(name: str, letters: str) -> bool:
    rest = iter(name)
    return all(letter in rest for letter in letters)


class _Search(QLineEdit):
    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("choice_list.search")
        self.setAccessibleName(gettext("A part of the name"))
        self.setPlaceholderText(gettext("type to find"))

    def key_hints(self) -> tuple[str, ...]:
        """Return what the keys do here."""
        return SEARCH_HINTS


class _Names(QListWidget):
    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("choice_list.names")
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setMouseTracking(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._pointer = QCursor.pos()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Mark the name that the pointer is moved to.

        Qt's `itemEntered` comes also where the names move below a pointer that rests, as they do while one types.
        """
        super().mouseMoveEvent(event)
        place = event.globalPosition().toPoint()
        item: QListWidgetItem | None = self.itemAt(event.position().toPoint())
        if item is not None and place != self._pointer:
            self.setCurrentItem(item)
        self._pointer = place

    def key_hints(self) -> tuple[str, ...]:
        """Return what the keys do here."""
        return HINTS
