"""A field in which one name of several is chosen."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF, QWheelEvent
from PySide6.QtWidgets import QComboBox, QWidget

from chainrule.ui.appearance import Appearance
from chainrule.ui.fields import HEIGHT
from chainrule.ui.keys import keep_keys
from chainrule.ui.painting import painting
from chainrule.ui.plain import plain_tip

FONT = 12.5
# Room for the chevron.
CHEVRON = 20
_OWN_KEYS = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Home, Qt.Key.Key_End, Qt.Key.Key_Space, Qt.Key.Key_F4)


class ChoiceField(QComboBox):
    """Shows the name that it was given, until another is accepted. A click leaves the focus where it was."""

    choice_edited = Signal(str)

    def __init__(self, appearance: Appearance, object_name: str, name: str, parent: QWidget) -> None:
        """`name` is for screen readers."""
        super().__init__(parent)
        self._appearance, self._choice = appearance, ""
        self.setObjectName(object_name)
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        keep_keys(self, _OWN_KEYS)
        self.textActivated.connect(self._ask)
        appearance.changed.connect(self._restyle)
        self._restyle()

    @property
    def choice(self) -> str:
        """The name that the field stands for."""
        return self._choice

    def set_choices(self, choices: Mapping[str, str]) -> None:
        """The names to choose from, each with the words of its tooltip."""
        if tuple(choices) == tuple(self.itemText(place) for place in range(self.count())):
            return
        self.clear()
        for name, words in choices.items():
            self.addItem(name)
            self.setItemData(self.count() - 1, plain_tip(words), Qt.ItemDataRole.ToolTipRole)
        self._display()

    def set_choice(self, name: str) -> None:
        """Stand for a name; until the choices are known it is the only one."""
        if name == self._choice:
            return
        self._choice = name
        self._display()

    def _display(self) -> None:
        if self._choice and self.findText(self._choice) < 0:
            self.addItem(self._choice)
        self.setCurrentIndex(self.findText(self._choice))

    def _ask(self, name: str) -> None:
        if name != self._choice:
            self.choice_edited.emit(name)
        self._display()

    # How it looks

    def _restyle(self) -> None:
        self.setFont(self._appearance.font(FONT))
        self.view().setFont(self.font())
        self.setFixedHeight(self._appearance.size(HEIGHT))
        self.update()

    def showPopup(self) -> None:  # noqa: N802 - Qt's name
        """Open the list, wide enough for its longest name."""
        widths = [self.fontMetrics().horizontalAdvance(self.itemText(place)) for place in range(self.count())]
        self.view().setMinimumWidth(max(widths, default=0) + self._appearance.size(32))
        super().showPopup()

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """The layout says how wide it is."""
        return QSize(self._appearance.size(48), self._appearance.size(HEIGHT))

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """The layout says how wide it is."""
        return self.minimumSizeHint()

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802 - Qt's name
        """Let the panel scroll: a choice that changes under the mouse is a surprise."""
        event.ignore()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Paint the box, the name and a chevron."""
        with painting(self) as painter:
            theme, size = self._appearance.theme, self._appearance.size
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            lively = self.hasFocus() or self.view().isVisible()
            border = theme.link if lively else (theme.dimmed if self.underMouse() else theme.border)
            painter.setPen(QPen(QColor(border), 1))
            painter.setBrush(QColor(theme.field))
            radius = size(4)
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), radius, radius)
            painter.setPen(QColor(theme.text))
            room = self.rect().adjusted(size(8), 0, -size(CHEVRON), 0)
            name = self.fontMetrics().elidedText(self._choice, Qt.TextElideMode.ElideRight, room.width())
            painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, name)
            painter.setPen(QPen(QColor(theme.muted), size(1.4)))
            middle, arm = QPointF(self.width() - size(11), self.height() / 2), size(3.5)
            tip = middle + QPointF(0, arm / 2)
            painter.drawPolyline(QPolygonF([tip + QPointF(-arm, -arm), tip, tip + QPointF(arm, -arm)]))
