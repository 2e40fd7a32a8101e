"""The room of the view in front: all that there is, and a scroll bar where the view needs more, as with large text."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QStackedWidget, QWidget

from chainrule.ui.style.appearance import Appearance
from chainrule.ui.widgets.scroll_area import SlimScrollArea


class ViewRoom(SlimScrollArea):
    """Holds views, of which one is in front. In less height than its parts need, they would lie over each other."""

    def __init__(self, stack: QStackedWidget, least: QSize, appearance: Appearance, parent: QWidget) -> None:
        # The area filters events of its own parts from the beginning.
        self._stack, self._least = stack, least
        super().__init__(appearance, parent)
        # Qt would ask for the height that the highest of all views needs.
        self.setWidgetResizable(False)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWidget(stack)
        stack.setAutoFillBackground(False)
        stack.installEventFilter(self)
        stack.currentChanged.connect(self._show_from_top)

    def minimumSizeHint(self) -> QSize:
        """Return the least room that a view has at this text size, whatever it needs."""
        return QSize(self._least.width(), self.appearance.size(self._least.height()))

    def sizeHint(self) -> QSize:
        """Return no more than that: the board decides."""
        return self.minimumSizeHint()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Give the view in front the height that it needs, where its parts have changed that."""
        if event.type() == QEvent.Type.LayoutRequest and watched in (self._stack, self._stack.currentWidget()):
            self._fit()
        return super().eventFilter(watched, event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Give the view in front the height that it needs at this width, or all that there is."""
        super().resizeEvent(event)
        self._fit()

    def _show_from_top(self) -> None:
        view = self._stack.currentWidget()
        if view is not None:
            view.installEventFilter(self)
        self._fit()
        self.verticalScrollBar().setValue(0)

    def _fit(self) -> None:
        view, room = self._stack.currentWidget(), self.viewport().size()
        needed = 0 if view is None else height_needed(view, room.width())
        self._stack.resize(room.width(), max(room.height(), needed))


def height_needed(view: QWidget, width: int) -> int:
    """Return how high a widget has to be at a width, so that all its parts have room."""
    layout, least = view.layout(), view.minimumHeight()
    if layout is None:
        return least
    inner = layout.minimumHeightForWidth(width) if layout.hasHeightForWidth() else layout.totalMinimumSize().height()
    return max(least, inner)
