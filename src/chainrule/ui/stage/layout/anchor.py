"""A place on the stage that is found again when the stage is laid out for another size."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF

from chainrule.ui.stage.layout.geometry import HeatMap, StageLayout


@dataclass(frozen=True, slots=True)
class Anchor:
    """A place in a neuron, by its layer and unit, or else in a section; `x` and `y` are shares of its sides.

    Beside all neurons `y` is the share of the stage's height.
    """

    section: int
    neuron: tuple[int, int] | None
    x: float
    y: float


def anchor_at(layout: StageLayout, point: QPointF) -> Anchor:
    """Return what is at a point."""
    section = max((place for place, each in enumerate(layout.sections) if each.left <= point.x()), default=0)
    items = layout.between(point.x(), point.x())
    for node in items.nodes:
        if node.rect.contains(point):
            return Anchor(section, (node.layer, node.unit), *_shares(node.rect, point))
    for heat_map in items.maps:
        if heat_map.rect.contains(point) and heat_map.columns == 1:
            # The loss's section begins with the last layer.
            layer = min(section, len(layout.sections) - 2) - 1
            unit = min(int((point.y() - heat_map.rect.top()) / _row_height(heat_map)), heat_map.rows - 1)
            return Anchor(section, (layer, unit), *_shares(_row(heat_map, unit), point))
    found = layout.sections[section]
    width = found.right - found.left
    return Anchor(section, None, (point.x() - found.left) / width if width > 0 else 0.0, point.y() / _height(layout))


def anchor_place(layout: StageLayout, anchor: Anchor) -> QPointF:
    """Return where an anchor is in a layout of the same network."""
    section = layout.sections[min(anchor.section, len(layout.sections) - 1)]
    rect = None if anchor.neuron is None else _neuron(layout, *anchor.neuron)
    if rect is not None:
        return QPointF(rect.left() + anchor.x * rect.width(), rect.top() + anchor.y * rect.height())
    return QPointF(section.left + anchor.x * (section.right - section.left), anchor.y * _height(layout))


def _height(layout: StageLayout) -> float:
    return max(1.0, layout.size.height())


def _shares(rect: QRectF, point: QPointF) -> tuple[float, float]:
    return (point.x() - rect.left()) / rect.width(), (point.y() - rect.top()) / rect.height()


def _neuron(layout: StageLayout, layer: int, unit: int) -> QRectF | None:
    items = layout.sections[layer + 1].items
    for node in items.nodes:
        if (node.layer, node.unit) == (layer, unit):
            return node.rect
    # The weights' maps have several columns; those of a layer of one neuron and one input are none.
    for heat_map in items.maps:
        if heat_map.columns == 1 and unit < heat_map.rows:
            return _row(heat_map, unit)
    return None


def _row_height(heat_map: HeatMap) -> float:
    return heat_map.rect.height() / heat_map.rows


def _row(heat_map: HeatMap, unit: int) -> QRectF:
    rect, height = heat_map.rect, _row_height(heat_map)
    return QRectF(rect.left(), rect.top() + unit * height, rect.width(), height)
