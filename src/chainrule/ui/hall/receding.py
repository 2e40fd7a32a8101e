"""What recedes: all of the stage that takes no part in the micro-step lies behind a veil."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QEvent, QRectF, Qt
from PySide6.QtGui import QColor, QPainterPath, QPaintEvent
from PySide6.QtWidgets import QWidget

from chainrule.ui.events import ask_about_events
from chainrule.ui.stage.layout.geometry import Items
from chainrule.ui.stage.layout.layouts import StageLayouts
from chainrule.ui.stage.layout.places import Emphasis, StagePlaces
from chainrule.ui.stage.painting.heat import HeatImages
from chainrule.ui.stage.painting.layers import part_in_sight
from chainrule.ui.stage.view import StageView
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.style.painting import painting

# How much of what recedes the veil takes, of 255. What is behind it can still be made out from the first rows.
VEIL = 150
LIT = (Emphasis.READ, Emphasis.WRITTEN, Emphasis.FOCUS)


class StageVeil(QWidget):
    """Lies over a stage, and leaves clear what its micro-step reads and writes."""

    def __init__(self, stage: StageView, appearance: Appearance) -> None:
        super().__init__(stage)
        self.setObjectName("hall.veil")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._stage, self._appearance = stage, appearance
        self._layouts = StageLayouts(appearance)
        ask_about_events(stage, self._follow)
        self.resize(stage.size())

    def _follow(self, event: QEvent) -> bool:
        """Be as large as the stage."""
        if event.type() == QEvent.Type.Resize:
            self.resize(self._stage.size())
        return False

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the veil around what is lit, and above it the lines that take part."""
        with painting(self) as painter:
            moment = self._stage.moment
            if moment.step is None:
                return
            layout, part = self._stage.stage_layout(), QRectF(part_in_sight(self._stage, event.rect()))
            items = layout.between(part.left(), part.right())
            make = self._layouts.painters(moment, items, layout, HeatImages())
            clear = lit_items(items, make(painter).places())
            # What has no place of its own here, as one of a thousand units, has nothing recede for it.
            if not (clear.nodes or clear.edges or clear.labels or clear.wires):
                return
            veil = QPainterPath()
            veil.setFillRule(Qt.FillRule.OddEvenFill)
            veil.addRect(part)
            for rect in _rects(clear):
                veil.addRoundedRect(rect, 6 * layout.scale, 6 * layout.scale)
            color = QColor(self._appearance.theme.surface)
            color.setAlpha(VEIL)
            painter.fillPath(veil, color)
            above = self._layouts.painters(moment, replace(clear, nodes=[]), layout, HeatImages())(painter)
            places = above.places()
            above.paint_moving(places)
            above.paint_still(places)
            above.paint_numbers(places)


def lit_items(items: Items, places: StagePlaces) -> Items:
    """Return those parts of a stage that take part in the micro-step; its images and their headings always do."""
    lit = {id(place.cell) for place in places.cells if place.mark in LIT}
    edges = [edge for mark, edge in places.edges if mark in LIT or any(id(cell) in lit for cell in edge.cells)]
    return Items(
        nodes=[node for node in items.nodes if any(id(cell) in lit for cell in node.cells)],
        edges=edges,
        wires=[wire for wire in items.wires if any(id(cell) in lit for cell in wire.cells)],
        labels=[cells for cells in items.labels if any(id(cell) in lit for cell in cells)],
        maps=items.maps,
    )


def _rects(clear: Items) -> list[QRectF]:
    """Return the places that the veil spares: neurons, which do not lie over each other, and images."""
    return [node.rect for node in clear.nodes] + [heat_map.rect for heat_map in clear.maps]
