"""The stage as a canvas: all of the network at first, larger where one zooms in, and pulled about by the mouse."""

from __future__ import annotations

from math import ceil

from PySide6.QtCore import QPoint, QPointF, QRectF, QSizeF, Signal
from PySide6.QtGui import QResizeEvent, QShowEvent, Qt, QWheelEvent
from PySide6.QtWidgets import QScrollBar, QWidget

from chainrule.session.screen.change import Change
from chainrule.session.screen.moment import Moment
from chainrule.ui.stage.layout.anchor import anchor_at, anchor_place
from chainrule.ui.stage.layout.network_layout import LEAST_HEIGHT, WANTED_HEIGHT
from chainrule.ui.stage.view import StageView
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.widgets.scroll_area import SlimScrollArea

# How much one notch of the wheel, or one key, zooms in; and how far at most.
STEP = 1.25
MOST_ZOOM = 64.0
NOTCH = 120
# What is brought into sight comes with so much of what is around it.
AROUND = 48
LEAST_WIDTH = 300


class StageCanvas(SlimScrollArea):
    """Shows the stage, or a part of it. At zoom 1 the network is laid out for the room that there is."""

    # How far it is zoomed, or can be, is another.
    zoomed = Signal()

    def __init__(self, stage: StageView, appearance: Appearance, parent: QWidget) -> None:
        super().__init__(appearance, parent)
        self.setObjectName("stage_canvas")
        self.stage, self._zoom = stage, 1.0
        # The size follows the layout, which is made for a room of the canvas's choice. Bars have their place whether
        # they are needed or not: the room would be another one when they come.
        self.setWidgetResizable(False)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        for bar in self._bars():
            bar.rangeChanged.connect(self._show_bars)
        self._show_bars()
        self.setWidget(stage)
        self._take_room()
        appearance.changed.connect(self._take_room)
        stage.pulled.connect(self.pan)
        stage.pinched.connect(lambda factor, at: self.zoom_by(factor, QPointF(stage.mapTo(self.viewport(), at))))

    @property
    def zoom(self) -> float:
        """How many times the room of the canvas the network is laid out for."""
        return self._zoom

    @property
    def most_zoom(self) -> float:
        """How far it can be zoomed in: until there is nothing more to be shown of any neuron."""
        room, most = QSizeF(self.viewport().size()), self.stage.largest_size()
        needed = max(most.width() / max(1.0, room.width()), most.height() / max(1.0, room.height()))
        return max(1.0, min(needed, MOST_ZOOM))

    @property
    def wanted_height(self) -> int:
        """How high it should be."""
        return ceil(max(self.appearance.size(WANTED_HEIGHT), self.stage.wanted_height)) + self.bar_size

    def show_moment(self, moment: Moment, change: Change) -> None:
        """Draw a moment; of another network all, of the same one the part that was in sight."""
        if change & Change.NETWORK and _shape(self.stage.moment) != _shape(moment):
            self._set_zoom(1.0)
        self.stage.show_moment(moment)
        self._refit()
        if change & (Change.ITERATION | Change.MICRO_STEP | Change.SELECTION | Change.SAMPLE):
            self._bring_into_sight()

    # Zooming

    def fit(self) -> None:
        """Show all of the network."""
        self._set_zoom(1.0)
        self._refit()

    def zoom_by(self, factor: float, at: QPointF | None = None) -> None:
        """Zoom in, or out by a factor below 1; what is at a point of the viewport, or in its middle, stays there."""
        zoom = max(1.0, min(self._zoom * factor, self.most_zoom))
        if zoom < 1.02:
            zoom = 1.0
        if zoom == self._zoom:
            return
        at = QPointF(self.viewport().rect().center()) if at is None else at
        anchor = anchor_at(self.stage.stage_layout(), at - QPointF(self.stage.pos()))
        self._set_zoom(zoom)
        self._refit()
        self._scroll_to(anchor_place(self.stage.stage_layout(), anchor) - at)

    def step_zoom(self, steps: int) -> None:
        """Zoom in by so many steps, or out by as many below 0; 0 shows all again."""
        if steps:
            self.zoom_by(STEP**steps)
        else:
            self.fit()

    def _set_zoom(self, zoom: float) -> None:
        if zoom != self._zoom:
            self._zoom = zoom
            self.zoomed.emit()

    def _take_room(self) -> None:
        """Ask for the least that there must be: where the window is low the equation gives way, and not the network."""
        self.setMinimumSize(LEAST_WIDTH, round(LEAST_HEIGHT) + self.bar_size)
        self._refit()

    def _refit(self) -> None:
        """Lay out for the zoom and the room; no way is zoomed further than there is something to be shown.

        A canvas that is not shown has no room yet.
        """
        if not self.isVisible():
            return
        room, most = QSizeF(self.viewport().size()), self.stage.largest_size()
        wanted = (room * self._zoom).boundedTo(most.expandedTo(room))
        self.stage.make_room(wanted)

    # Moving about

    def pan(self, by: QPoint) -> None:
        """Move the stage under the viewport by so many pixels."""
        for bar, pixels in zip(self._bars(), by.toTuple(), strict=True):
            bar.setValue(bar.value() - pixels)

    def _bars(self) -> tuple[QScrollBar, QScrollBar]:
        return self.horizontalScrollBar(), self.verticalScrollBar()

    def _show_bars(self) -> None:
        """Show a handle where there is something to scroll. The bars are Qt's own: none is kept from before."""
        for bar in self._bars():
            bar.setEnabled(bar.maximum() > bar.minimum())

    def _scroll_to(self, corner: QPointF) -> None:
        for bar, place in zip(self._bars(), corner.toTuple(), strict=True):
            bar.setValue(round(place))

    def _bring_into_sight(self) -> None:
        """Move to the number that is new in the focus; a view that was moved away from the old one stays."""
        rect = self.stage.rect_in_focus()
        if rect is not None and not self._part_in_sight().contains(rect):
            around = QPoint(AROUND, AROUND) * self.appearance.scale
            center, half = rect.center().toPoint(), (rect.size() / 2).toSize()
            self.ensureVisible(center.x(), center.y(), half.width() + around.x(), half.height() + around.y())

    def _part_in_sight(self) -> QRectF:
        return QRectF(self.viewport().rect().translated(-self.stage.pos()))

    # Qt's events

    def showEvent(self, event: QShowEvent) -> None:
        """Lay out for the room that there is now."""
        super().showEvent(event)
        self._refit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Lay out for the new room."""
        super().resizeEvent(event)
        self._refit()
        self.zoomed.emit()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom where the mouse is with Ctrl; else move up and down, and with Shift, or where all is low, sideways."""
        turned, modifiers = event.angleDelta(), event.modifiers()
        if modifiers & Qt.KeyboardModifier.ControlModifier:
            self.zoom_by(STEP ** (turned.y() / NOTCH), event.position())
            event.accept()
            return
        across, down = self._bars()
        sideways = modifiers & Qt.KeyboardModifier.ShiftModifier or not down.isEnabled()
        if across.isEnabled() and sideways and not turned.x():
            moved = event.pixelDelta().y() or round(turned.y() / NOTCH * 3 * across.singleStep())
            self.pan(QPoint(moved, 0))
            event.accept()
            return
        super().wheelEvent(event)


def _shape(moment: Moment) -> object:
    """Return how many neurons there are in each layer, or the lines of the formula."""
    network = moment.experiment.network
    return network.inputs, *(layer.units for layer in network.layers), *network.formula
