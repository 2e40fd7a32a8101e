"""Which number is at a point of the stage, and where a number is."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainterPath, QPainterPathStroker

from chainrule.catalog.values.refs import ValueRef
from chainrule.catalog.values.value import Axis, Value
from chainrule.model.elements import Index
from chainrule.session.screen.moment import Moment
from chainrule.ui.stage.layout.geometry import Cell, Items, StageLayout
from chainrule.ui.stage.layout.places import number_of, shown
from chainrule.ui.stage.painting.heat import pixel_at, pixel_rect

# How near to a line the mouse has to be.
REACH = 6.0


def value_at(layout: StageLayout, moment: Moment, position: QPointF) -> tuple[ValueRef, Index] | None:
    """Return the number under a point: in a cell, also where it is not computed yet; in a heat map, or on a curve."""
    items = layout.between(position.x() - REACH, position.x() + REACH)
    for cell in reversed(items.cells()):
        if cell.rect.contains(position):
            item = shown(cell, moment)
            # What is frozen has no gradient: its place is then the parameter's, which says so.
            value = moment.value(item.slot.ref)
            owners = () if value is None else (value, value.owner)
            found = next((each for each in owners if moment.has(each.ref, item.index)), None)
            if found is not None:
                return found.ref, item.index
    for heat_map in items.maps:
        place = pixel_at(heat_map, position)
        known = [slot for slot in heat_map.slots if moment.is_known(slot.ref)]
        value = moment.value(known[-1].ref) if place is not None and known else None
        if place is not None and value is not None:
            return value.ref, _map_index(moment, value, place)
    stroker = QPainterPathStroker()
    stroker.setWidth(2 * REACH)
    for edge in items.edges:
        near = edge.path.boundingRect().adjusted(-REACH, -REACH, REACH, REACH)
        if near.contains(position) and stroker.createStroke(edge.path).contains(position):
            return moment.latest(edge.ref), edge.index
    for wire in items.wires:
        near = wire.path.boundingRect().adjusted(-REACH, -REACH, REACH, REACH)
        if near.contains(position) and stroker.createStroke(wire.path).contains(position):
            # What it carries back is asked for only once it is on it.
            share = ValueRef(wire.gradient) if wire.gradient is not None else wire.ref
            return (share, ()) if moment.has(share, ()) and moment.is_known(share) else (wire.ref, ())
    # The title of a neuron, or what is left of its box, is the neuron itself.
    node = next((node for node in items.nodes if node.rect.contains(position)), None)
    return number_of(node, moment) if node is not None else None


def _map_index(moment: Moment, value: Value, place: tuple[int, int]) -> Index:
    """Return the number at a row and a column; where all rows have one together, that one."""
    if value.per_sample:
        return (moment.sample, place[0])
    return tuple(0 if axis is Axis.ONE else at for axis, at in zip(value.axes, place, strict=False))


def rect_of(layout: StageLayout, moment: Moment, ref: ValueRef, index: Index) -> QRectF | None:
    """Return where a number is drawn, or None where it is not."""
    value = moment.value(ref)
    if value is None:
        return None
    items = layout.of(value.layer)
    for cell in cells_that_show(items, moment, ref, index):
        return cell.rect
    for heat_map in items.maps:
        if any(slot.ref == ref for slot in heat_map.slots):
            place = index[1:] if value.per_sample else index
            return pixel_rect(heat_map, place[0], place[1] if len(place) > 1 else 0)
    for edge in items.edges:
        if value.owner.ref == edge.ref and edge.index == index:
            return _middle(edge.path)
    for node in items.nodes:
        if node.name == ref:
            return node.rect
    return next((_middle(wire.path) for wire in items.wires if wire.gradient == ref), None)


def cells_that_show(items: Items, moment: Moment, ref: ValueRef, index: Index) -> Iterator[Cell]:
    """Yield the places that have a number among what they can show."""
    for cell in items.cells():
        if any(slot.ref == ref and cell.index(slot, moment.sample_of(slot.ref)) == index for slot in cell.slots):
            yield cell


def _middle(path: QPainterPath) -> QRectF:
    middle = path.pointAtPercent(0.5)
    return QRectF(middle.x() - 40, middle.y() - 10, 80, 20)
