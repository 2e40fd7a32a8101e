"""Where a view stands outside the tabs: a card with its title, or nothing around a view that brings its own."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QPointF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from chainrule.translation import gettext
from chainrule.ui.board.tabbed_card import LEAST
from chainrule.ui.board.view_room import ViewRoom
from chainrule.ui.plots.chart.header import PlotHeader
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.widgets.card import Card
from chainrule.ui.widgets.controls import Button
from chainrule.ui.widgets.moment_card import MomentCard

WIDTH, HEIGHT = 14, 22
DOT, BETWEEN = 1.5, 5


class ViewSlot(Card):
    """A place for one view, with a row above it. Without a title the view is a card by itself."""

    def __init__(self, appearance: Appearance, title: str, parent: QWidget | None = None) -> None:
        super().__init__(appearance, parent)
        self.is_framed = bool(title)
        self.view: MomentCard | None = None
        self.header = PlotHeader(appearance, title, self)
        self.heading = QHBoxLayout()
        self.heading.setContentsMargins(*(12, 3, 0, 0) if title else (0, 0, 0, 0))
        self.heading.addWidget(self.header)
        self.header.setHidden(not title)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(*(1, 1, 1, 1) if title else (0, 0, 0, 0))
        self._column.setSpacing(0)
        self._column.addLayout(self.heading)
        self._room: QStackedWidget | None = None
        if title:
            # Room enough for any of the views, so that nothing moves when one is made; what needs more is scrolled.
            self.setMinimumSize(LEAST.width(), LEAST.height())
            self._room = QStackedWidget()
            self._column.addWidget(ViewRoom(self._room, LEAST, appearance, self), 1)

    def take_in(self, view: MomentCard) -> None:
        """Show a view here, wherever it was before."""
        self.view = view
        view.is_framed = not self.is_framed
        if self._room is None:
            self._column.addWidget(view, 1)
        else:
            self._room.setCurrentIndex(self._room.addWidget(view))
        view.show()

    def let_go(self) -> None:
        """Know that the view is elsewhere now."""
        self.view = None


class ViewsButton(Button):
    """Three dots at the end of a title: what can be done with the view. `asked` says where the menu is to open.

    The keyboard has the same menu in the menu bar, and keys.
    """

    asked = Signal(QPoint)

    def __init__(self, appearance: Appearance, name: str, parent: QWidget) -> None:
        tip = gettext(
            "Choose views; enlarge this one, move it, give it a window of its own, or put it away (View > Views)"
        )
        super().__init__(appearance, "", tip, f"views_button.{name}", parent)
        self.setAccessibleName(gettext("Views: {name}", name=name))
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.clicked.connect(lambda: self.asked.emit(self.mapToGlobal(QPoint(0, self.height()))))

    def wanted_size(self) -> QSize:
        """Return a narrow place: titles and numbers stand beside it."""
        return QSize(self.appearance.size(WIDTH), self.appearance.size(HEIGHT))

    def paint_content(self, painter: QPainter) -> None:
        """Paint the dots."""
        size, theme = self.appearance.size, self.appearance.theme
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(theme.link if self.underMouse() else theme.muted))
        middle = QPointF(self.width() / 2, self.height() / 2)
        for way in (-1, 0, 1):
            painter.drawEllipse(middle + QPointF(0, way * size(BETWEEN)), size(DOT), size(DOT))
