"""The ways that values take on the stage to what the next micro-step writes: along the edges where there are some."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from math import hypot

from PySide6.QtCore import QPointF
from PySide6.QtGui import QPainterPath

from chainrule.catalog.values.refs import ValueRef
from chainrule.model.elements import Index, depends
from chainrule.session.screen.moment import Moment
from chainrule.ui.stage.layout.geometry import Cell, Edge, Items, NodeCard, Wire

# More values at once are a swarm: then only those go that one number is computed from.
MOST = 48
# So many pieces of a curve are followed.
ALONG = 24


@dataclass(frozen=True, slots=True)
class ValueRoute:
    """A number and its way, from point to point."""

    number: float
    points: tuple[QPointF, ...]

    def at(self, share: float) -> QPointF:
        """Return where it is after a share of its way, 0 to 1."""
        lengths = [hypot(*(after - before).toTuple()) for before, after in pairwise(self.points)]
        left = share * sum(lengths)
        for (before, after), length in zip(pairwise(self.points), lengths, strict=True):
            if left <= length and length > 0:
                return before + (after - before) * (left / length)
            left -= length
        return self.points[-1]


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    """An element of a value where it is on the stage."""

    cell: Cell
    ref: ValueRef
    index: Index
    owner: NodeCard | Edge | Wire | None


def routes(moment: Moment, items: Items) -> tuple[ValueRoute, ...]:
    """Return the ways of all that the last micro-step of a moment has read, to what it wrote, as far as both are seen.

    Weights lie on the way of others, and stay.
    """
    program, step = moment.program, moment.step
    if program is None or step is None:
        return ()
    targets = list(_seen(items, moment, (step.writes,)))
    sources = [seen for seen in _seen(items, moment, step.named) if seen.ref != step.writes]
    if len(targets) * len(sources) > MOST * MOST:
        targets = [seen for seen in targets if seen.index == moment.element_at(step.writes)]
    found: dict[object, tuple[Index, ValueRoute]] = {}
    for target in targets:
        for source in sources:
            if not depends(step, target.index, source.ref, source.index, program.values):
                continue
            number, points = moment.number(source.ref, source.index), _way(items, source, target)
            key = target.index, source.ref, source.index
            # What stands in its node and on its wire goes along the wire.
            if number is not None and points and (key not in found or isinstance(source.owner, Wire)):
                found[key] = target.index, ValueRoute(number, points)
    ways = list(found.values())
    if len(ways) > MOST:
        ways = [each for each in ways if each[0] == moment.element_at(step.writes)][:MOST]
    return tuple(route for _, route in ways)


def _seen(items: Items, moment: Moment, refs: tuple[ValueRef, ...]) -> Iterator[_Seen]:
    owners: list[tuple[NodeCard | Edge | Wire | None, tuple[Cell, ...]]] = [
        *((node, node.cells) for node in items.nodes),
        *((edge, edge.cells) for edge in items.edges),
        *((wire, wire.cells) for wire in items.wires),
        *((None, cells) for cells in items.labels),
    ]
    for owner, cells in owners:
        for cell in cells:
            for slot in cell.slots:
                if slot.ref in refs:
                    yield _Seen(cell, slot.ref, cell.index(slot, moment.sample_of(slot.ref)), owner)


def _way(items: Items, source: _Seen, target: _Seen) -> tuple[QPointF, ...]:
    """Return the way from one number to another: along the edge between their neurons, to an edge, or straight."""
    start, end = source.cell.rect.center(), target.cell.rect.center()
    from_node, to_node = source.owner, target.owner
    if isinstance(from_node, NodeCard) and isinstance(to_node, NodeCard) and from_node is not to_node:
        edge = _between(items, from_node, to_node)
        if edge is not None:
            along = _points(edge.path)
            return (start, *(along if from_node.layer < to_node.layer else along[::-1]), end)
    if isinstance(from_node, Wire) and target.ref in from_node.readers:
        along = _points(from_node.path)
        return (start, *along[len(_until(along, start)) :], end)
    if isinstance(from_node, Edge) and isinstance(to_node, NodeCard):
        # A weight: what passes it brings it along.
        return ()
    if isinstance(from_node, NodeCard) and isinstance(to_node, Edge):
        along = _points(to_node.path)
        if hypot(*(along[0] - start).toTuple()) > hypot(*(along[-1] - start).toTuple()):
            along = along[::-1]
        return (start, *_until(along, end), end)
    return () if start == end else (start, end)


def _between(items: Items, one: NodeCard, other: NodeCard) -> Edge | None:
    """Return the edge between two neurons of neighbouring layers."""
    source, target = (one, other) if one.layer < other.layer else (other, one)
    if target.layer != source.layer + 1:
        return None
    ends = {(node.layer, node.unit): node for node in (source, target)}
    for edge in items.edges:
        if edge.index != (target.unit, source.unit):
            continue
        first, last = edge.path.pointAtPercent(0.0), edge.path.pointAtPercent(1.0)
        begins = abs(first.x() - ends[source.layer, source.unit].rect.right()) < _near(source)
        if begins and abs(last.x() - ends[target.layer, target.unit].rect.left()) < _near(target):
            return edge
    return None


def _near(node: NodeCard) -> float:
    return node.rect.width()


def _points(path: QPainterPath) -> tuple[QPointF, ...]:
    return tuple(path.pointAtPercent(place / ALONG) for place in range(ALONG + 1))


def _until(points: tuple[QPointF, ...], place: QPointF) -> tuple[QPointF, ...]:
    """Return points up to the one that is nearest to a place."""
    nearest = min(range(len(points)), key=lambda each: hypot(*(points[each] - place).toTuple()))
    return points[:nearest]
