"""A field in which one name of several is chosen."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent, QPen, QPolygonF, QWheelEvent
from PySide6.QtWidgets import QComboBox, QDialog, QWidget

from chainrule.translation import gettext_noop
from chainrule.ui.events import ask_about_events
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.style.painting import painting
from chainrule.ui.widgets.choice_list import ChoiceList
from chainrule.ui.widgets.fields import HEIGHT
from chainrule.ui.widgets.plain_text import plain_tip
from chainrule.ui.window.keys import arrow_hints, let_go

FONT = 12.5
# Room for the chevron.
CHEVRON = 20
_WAYS = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}
_OPENING = (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_F4)


class ChoiceField(QComboBox):
    """Shows the name that it was given, until another is accepted. A click leaves the focus where it was.

    Its list opens by a click, Space, Enter, F4 or Alt+Down. As long as it is closed no wheel chooses. In a dialog
    Up and Down do; elsewhere the arrows step, or go to other fields.
    """

    choice_edited = Signal(str)

    def __init__(self, appearance: Appearance, object_name: str, name: str, parent: QWidget) -> None:
        """`name` is for screen readers."""
        super().__init__(parent)
        ask_about_events(self, self._take_event)
        self._appearance, self._choice, self._shown, self._usual = appearance, "", "", 0
        self._list: ChoiceList | None = None
        self.setObjectName(object_name)
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        appearance.changed.connect(self._restyle)
        self._restyle()

    @property
    def choice(self) -> str:
        """The name that the field stands for."""
        return self._choice

    def set_choices(self, choices: Mapping[str, str], usual: int = 0) -> None:
        """Set the names to choose from, each with the words of its tooltip.

        The first ones are set apart as the usual.
        """
        self._usual = usual
        if tuple(choices) == tuple(self.itemText(place) for place in range(self.count())):
            return
        self.clear()
        for name, words in choices.items():
            self.addItem(name)
            self.setItemData(self.count() - 1, plain_tip(words), Qt.ItemDataRole.ToolTipRole)
        self._display()

    def set_choice(self, name: str, shown: str = "") -> None:
        """Stand for a name; until the choices are known it is the only one.

        `shown` says more of it, such as the formula that it is, and is written in its place where there is room.
        """
        if (name, shown or name) == (self._choice, self._shown):
            return
        self._choice, self._shown = name, shown or name
        self._display()
        self.update()

    def _display(self) -> None:
        if self._choice and self.findText(self._choice) < 0:
            self.addItem(self._choice)
        self.setCurrentIndex(self.findText(self._choice))

    def choose(self, name: str) -> None:
        """Ask for a name, as a click on it in the list does."""
        if name != self._choice:
            self.choice_edited.emit(name)
        self._display()

    # Its list

    @property
    def is_open(self) -> bool:
        """Whether the list is on the screen."""
        return self._list is not None

    def showPopup(self) -> None:
        """Open the list."""
        if self._list is not None or not self.count():
            return
        names = {self.itemText(place): str(self._words(place)) for place in range(self.count())}
        opened = ChoiceList(self._appearance, names, self._usual, self._choice, self)
        opened.setAccessibleName(self.accessibleName())
        opened.chosen.connect(self._take)
        opened.closed.connect(self._forget_list)
        self._list = opened
        opened.open_below(QRect(self.mapToGlobal(QPoint()), self.size()))
        self.update()

    def hidePopup(self) -> None:
        """Close the list."""
        if self._list is not None:
            self._list.close()

    def _words(self, place: int) -> object:
        return self.itemData(place, Qt.ItemDataRole.ToolTipRole) or ""

    def _take(self, name: str) -> None:
        self.hidePopup()
        self.choose(name)

    def _forget_list(self) -> None:
        opened, self._list = self._list, None
        if opened is None:
            return
        opened.deleteLater()
        self.update()
        # The keyboard was in the list. Whoever came here by keys goes back to the stage from here, others stay there.
        back = self.window().focusWidget()
        if back is self:
            let_go(self)
        elif back is not None:
            back.setFocus()

    # Keys

    def key_hints(self) -> tuple[str, ...]:
        """Return what the keys do while it is closed."""
        if self._chooses_by_arrows:
            return (gettext_noop("↑ ↓ chooses"), gettext_noop("Space opens the list"))
        return (
            gettext_noop("Space opens the list"),
            *arrow_hints(self, "↑ ↓ ← →"),
            gettext_noop("Esc back to the stage"),
        )

    def _take_event(self, event: QEvent) -> bool:
        """Keep the keys that open the list, or choose, from the window's shortcuts."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            event.setAccepted(_opens(event) or self._way(event) is not None)
            return True
        return False

    @property
    def _chooses_by_arrows(self) -> bool:
        """Whether Up and Down choose: in a dialog nothing else has a use for them."""
        return isinstance(self.window(), QDialog)

    def _way(self, event: QKeyEvent) -> int | None:
        """Return how many places on a key chooses; None where it does not choose."""
        has_modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        return None if has_modifiers or not self._chooses_by_arrows else _WAYS.get(Qt.Key(event.key()))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Open the list, or choose the name before or after; what else a key does is not for this field."""
        way = self._way(event)
        if _opens(event):
            self.showPopup()
        elif way is None:
            event.ignore()
        elif 0 <= (place := self.currentIndex() + way) < self.count():
            self.choose(self.itemText(place))

    # How it looks

    def _restyle(self) -> None:
        self.setFont(self._appearance.font(FONT))
        self.setFixedHeight(self._appearance.size(HEIGHT))
        self.update()

    def minimumSizeHint(self) -> QSize:
        """Leave it to the layout how wide it is."""
        return QSize(self._appearance.size(48), self._appearance.size(HEIGHT))

    def sizeHint(self) -> QSize:
        """Leave it to the layout how wide it is."""
        return self.minimumSizeHint()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Let the panel scroll: a choice that changes under the mouse is a surprise."""
        event.ignore()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the box, the name and a chevron."""
        with painting(self) as painter:
            theme, size = self._appearance.theme, self._appearance.size
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            lively = self.hasFocus() or self.is_open
            border = theme.link if lively else (theme.dimmed if self.underMouse() else theme.border)
            painter.setPen(QPen(QColor(border), 1))
            painter.setBrush(QColor(theme.field))
            radius = size(4)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), radius, radius)
            painter.setPen(QColor(theme.text))
            room = self.rect().adjusted(size(8), 0, -size(CHEVRON), 0)
            metrics = self.fontMetrics()
            shown = self._shown if metrics.horizontalAdvance(self._shown) <= room.width() else self._choice
            name = metrics.elidedText(shown, Qt.TextElideMode.ElideRight, room.width())
            painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, name)
            painter.setPen(QPen(QColor(theme.muted), size(1.4)))
            middle, arm = QPointF(self.width() - size(11), self.height() / 2), size(3.5)
            tip = middle + QPointF(0, arm / 2)
            painter.drawPolyline(QPolygonF([tip + QPointF(-arm, -arm), tip, tip + QPointF(arm, -arm)]))


def _opens(event: QKeyEvent) -> bool:
    modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
    if modifiers == Qt.KeyboardModifier.AltModifier:
        return event.key() in (Qt.Key.Key_Down, Qt.Key.Key_Up)
    return not modifiers and event.key() in _OPENING
