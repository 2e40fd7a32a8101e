"""Planning the picture of a formula: where its nodes, wires and numbers go on a stage of some size."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from itertools import accumulate

from PySide6.QtCore import QPointF, QRectF, QSizeF
from PySide6.QtGui import QPainterPath

from chainrule.catalog.values.refs import ValueRef
from chainrule.ui.circuit.columns import Box, CircuitWire
from chainrule.ui.circuit.contents import CircuitDetail, CircuitValues, SlotRows
from chainrule.ui.circuit.lengths import APART, BEND, NAME, PAD, SIGN, Lengths, Measure, lengths
from chainrule.ui.stage.layout.geometry import Cell, Density, Items, LayerSection, Metrics, NodeCard, StageLayout
from chainrule.ui.stage.layout.geometry import Wire as Line
from chainrule.ui.stage.layout.labels import bend

# How large everything may get to fill the stage, at the normal text size, and how far its parts may move apart then.
LARGEST, WIDEST_GAP, TALLEST = 1.6, 70.0, 1.5
# What has nearly room is drawn smaller: so small it can still be read.
SMALLEST = 0.8
# So many nodes make a small formula.
FEW_NODES = 24
# What is tried one after the other: how much is drawn, and in how narrow numbers.
SMALL_STEPS = (
    (CircuitDetail.FULL, 1.0),
    (CircuitDetail.COMPACT, 1.0),
    *((CircuitDetail.TIGHT, share) for share in (0.92, 0.85, 0.79, 0.74)),
)
LARGE_STEPS = tuple((detail, 1.0) for detail in (CircuitDetail.FULL, CircuitDetail.COMPACT, CircuitDetail.OVERVIEW))
MARGIN = 6.0
# How much of a node's side the ends of its wires take, and how far apart they are at most.
SIDE, PORT = 0.55, 14.0
ZOOM_IN = "Zoom in for the numbers: Ctrl and the wheel"


class Circuit:
    """The picture of a formula, measured once, to be laid out for a stage of any size."""

    def __init__(self, shown: CircuitValues, metrics: Metrics, measure: Measure) -> None:
        self._shown, self._metrics, self._measure = shown, metrics, measure
        self._lengths: dict[tuple[CircuitDetail, float], Lengths] = {}

    def layout(self, size: QSizeF) -> StageLayout:
        """Place it on a stage of that size; it comes out larger where not even what is least has room."""
        return _CircuitLayout(self._chosen(size), size, self._metrics).make()

    @property
    def largest(self) -> QSizeF:
        """The size beyond which there is nothing more to be shown, in pixels."""
        return _size(self._of(CircuitDetail.FULL)) * (LARGEST * self._metrics.zoom)

    @property
    def wanted_height(self) -> float:
        """How high the stage should be for the numbers of a small formula, in pixels; 0 for a large one."""
        return _size(self._of(*SMALL_STEPS[-1])).height() * self._metrics.zoom if self._is_small else 0.0

    @property
    def _is_small(self) -> bool:
        return len(self._shown.columns.nodes) <= FEW_NODES

    def _chosen(self, size: QSizeF) -> Lengths:
        """Return the most that has room.

        A small formula shows its numbers, smaller, or with a part of it out of sight.
        """
        steps = SMALL_STEPS if self._is_small else LARGE_STEPS

        def share(step: tuple[CircuitDetail, float]) -> float:
            return _share(self._of(*step), size) / self._metrics.zoom

        # What comes after the first that has room is not measured.
        best = next((step for step in steps if share(step) >= 1.0), None)
        if best is None:
            best = max(steps, key=share) if self._is_small else steps[-1]
            best = best if share(best) >= SMALLEST else steps[-1]
        return self._of(*best)

    def _of(self, detail: CircuitDetail, narrowed: float = 1.0) -> Lengths:
        if (detail, narrowed) not in self._lengths:
            found = lengths(self._shown, detail, self._metrics, self._measure, narrowed)
            self._lengths[detail, narrowed] = found
        return self._lengths[detail, narrowed]


def _size(found: Lengths) -> QSizeF:
    """Return how large it is at scale 1, with its margins."""
    return QSizeF(found.width + 2 * MARGIN, found.height + 2 * MARGIN)


def _share(found: Lengths, size: QSizeF) -> float:
    """Return how large it can be drawn in a room, as a multiple of its size at scale 1."""
    wide, high = _size(found).toTuple()
    return float(min(size.width() / wide, size.height() / high))


class _CircuitLayout:
    """One layout being made of a picture at scale 1."""

    def __init__(self, found: Lengths, size: QSizeF, metrics: Metrics) -> None:
        self.found = found
        wide, high = _size(found).toTuple()
        fit = _share(found, size)
        # Only numbers are drawn smaller than they should be, and only where that lets all of them be seen.
        least = SMALLEST if found.detail is not CircuitDetail.OVERVIEW and fit >= SMALLEST * metrics.zoom else 1.0
        self.s = s = max(least * metrics.zoom, min(fit, LARGEST * metrics.zoom))
        self.size = QSizeF(max(size.width(), wide * s), max(size.height(), high * s))
        self.needed = QSizeF(wide, high) * metrics.zoom
        gaps = max(1, len(found.widths) // 2)
        spare = min(max(0.0, (self.size.width() - wide * s) / gaps), WIDEST_GAP * s)
        widths = [width * s + (spare if rank % 2 else 0.0) for rank, width in enumerate(found.widths)]
        left = (self.size.width() - sum(widths)) / 2
        self.lefts = [left, *(left + end for end in accumulate(widths))]
        self.stretch = s * max(1.0, min((self.size.height() / s - 2 * MARGIN) / found.height, TALLEST))
        # The gaps in which numbers stand.
        self.numbered = {found.columns.numbers[number] for number in found.contents.wires}
        self.top = (self.size.height() - found.height * self.stretch) / 2

    def make(self) -> StageLayout:
        """Return the layout: one section, for a formula is small beside the largest networks."""
        items = self._items()
        section = LayerSection(0.0, self.size.width(), lambda: items)
        return StageLayout(self.s, self.size, self.needed, (section,))

    def _items(self) -> Items:
        items = Items()
        for number, name in enumerate(self.found.columns.nodes):
            items.nodes.append(self._node(number, name))
        rects = {node.name: node.rect for node in items.nodes}
        ports = self._ports(rects)
        items.wires.extend(self._trunks(rects))
        for number, wire in enumerate(self.found.columns.wires):
            items.wires.append(self._wire(number, wire, rects, ports))
        if self.found.detail is CircuitDetail.OVERVIEW:
            s = self.s
            rect = QRectF(MARGIN * s, self.size.height() - 17 * s, self.size.width() - 2 * MARGIN * s, 15 * s)
            items.notes.append((rect, ZOOM_IN))
        return items

    def _y(self, rank: int, box: Box) -> float:
        return self.top + self.found.centers[rank][box] * self.stretch

    # Nodes

    def _node(self, number: int, name: str) -> NodeCard:
        found, s = self.found, self.s
        rank, (width, height) = found.columns.nodes[name].rank, found.sizes[name]
        middle = (self.lefts[rank] + self.lefts[rank + 1]) / 2
        rect = QRectF(0, 0, width * s, height * s)
        rect.moveCenter(QPointF(middle, self._y(rank, Box(name))))
        rows, sign = found.contents.nodes[name], found.signs[name]
        if found.detail is CircuitDetail.OVERVIEW:
            cells: tuple[Cell, ...] = (Cell(rect, rows[0], (), is_dot=True),)
            return NodeCard(rect, -1, number, Density.DOT, cells, sign, name)
        top = rect.top() + (PAD + SIGN + (NAME if sign else 0.0)) * s
        cells = tuple(self._cells(rect.left() + 2 * s, top, rect.width() - 4 * s, rows))
        return NodeCard(rect, -1, number, Density.CARD, cells, sign, name)

    def _cells(self, left: float, top: float, width: float, rows: SlotRows) -> Iterator[Cell]:
        height = self.found.row * self.s
        for row, slots in enumerate(rows):
            yield Cell(QRectF(left, top + row * height, width, height), slots, (), is_on_wire=True)

    # Wires

    def _ports(self, rects: dict[str, QRectF]) -> dict[int, QPointF]:
        """Return where each wire comes to its node: from top to bottom in the order in which they come."""
        into: dict[str, list[int]] = {}
        for number, wire in enumerate(self.found.columns.wires):
            if wire.target is not None:
                into.setdefault(wire.target, []).append(number)
        found = {}
        for target, numbers in into.items():
            rect = rects[target]
            numbers.sort(key=lambda number: self._y(*self.found.columns.paths[number][-1]))
            step = min(SIDE * rect.height() / max(1, len(numbers) - 1), PORT * self.s)
            for place, number in enumerate(numbers):
                y = rect.center().y() + step * (place - (len(numbers) - 1) / 2)
                found[number] = QPointF(rect.left(), y)
        return found

    def _wire(self, number: int, wire: CircuitWire, rects: dict[str, QRectF], ports: dict[int, QPointF]) -> Line:
        """Return the wire from the source, or from where it leaves the trunk, to its node."""
        s, path, numbered = self.s, self.found.columns.paths[number], self.found.columns.numbers[number]
        source, rows = rects[wire.source], self.found.contents.wires.get(number, ())
        trunk = [(rank, box) for rank, box in path if box.trunk]
        line = QPainterPath(QPointF(source.right(), source.center().y()))
        if trunk:
            line = QPainterPath(QPointF(self.lefts[trunk[-1][0] + 1], self._y(*trunk[-1])))
        for rank, box in path[len(trunk) :]:
            self._pass(line, rank, box)
        if wire.target is not None:
            bend(line, ports[number])
        elif not rows:
            line.lineTo(line.currentPosition() + QPointF(BEND * s, 0))
        readers = frozenset(() if wire.target is None else (wire.target,))
        return Line(line, ValueRef(wire.source), wire.gradient, tuple(self._numbers(number, numbered, rows)), readers)

    def _pass(self, line: QPainterPath, rank: int, box: Box) -> None:
        """Go on level past the nodes of a column, or past the numbers of a gap; where there is nothing, bend freely."""
        y, left, right = self._y(rank, box), self.lefts[rank], self.lefts[rank + 1]
        if rank in self.numbered:
            label = self._label(left, right, y)
            left, right = label.left(), label.right()
        if rank % 2 == 0 or rank in self.numbered:
            bend(line, QPointF(left, y))
            line.lineTo(QPointF(right, y))

    def _trunks(self, rects: dict[str, QRectF]) -> Iterator[Line]:
        """Yield what the wires of a source have in common, once for all of them."""
        longest: dict[str, list[tuple[int, Box]]] = {}
        readers: defaultdict[str, set[str]] = defaultdict(set)
        for wire, path in zip(self.found.columns.wires, self.found.columns.paths, strict=True):
            trunk = [(rank, box) for rank, box in path if box.trunk]
            if wire.target is not None:
                readers[wire.source].add(wire.target)
            if len(trunk) > len(longest.get(wire.source, ())):
                longest[wire.source] = trunk
        for source, trunk in longest.items():
            line = QPainterPath(QPointF(rects[source].right(), rects[source].center().y()))
            for rank, box in trunk:
                self._pass(line, rank, box)
            yield Line(line, ValueRef(source), None, (), frozenset(readers[source]))

    def _label(self, left: float, right: float, y: float) -> QRectF:
        """Return where the numbers of a wire stand: in the middle of their gap, above the wire and below it."""
        width, height = self.found.label * self.s, (2 * self.found.row + APART) * self.s
        return QRectF((left + right - width) / 2, y - height / 2, width, height)

    def _numbers(self, number: int, rank: int, rows: SlotRows) -> Iterator[Cell]:
        if not rows:
            return
        y, height = self._y(rank, Box(wire=number)), self.found.row * self.s
        label = self._label(self.lefts[rank], self.lefts[rank + 1], y)
        for row, slots in enumerate(rows):
            top = y - height - self.s if row == 0 else y + self.s
            yield Cell(QRectF(label.left(), top, label.width(), height), slots, (), is_on_wire=True)
