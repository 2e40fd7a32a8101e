"""Planning the stage: where everything of a network goes. A pure function of the experiment and a size.

A layer is drawn as cards where they fit, else as one row a neuron, else as a heat map; the weights between two layers
are curves where they are few, else a heat map.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from PySide6.QtCore import QPointF, QRectF, QSizeF
from PySide6.QtGui import QPainterPath

from chainrule.engine import refs
from chainrule.engine.spec import Experiment
from chainrule.model.elements import Index
from chainrule.ui.stage.contents import Contents, parameter_slots
from chainrule.ui.stage.geometry import Cell, Density, Edge, HeatMap, Items, Metrics, Node, Section, Slot, StageLayout
from chainrule.ui.stage.labels import curve, label_places, place_labels, rise
from chainrule.ui.stage.slots import Updates

MOST_EDGES = 600
MOST_LABELS = 40
# How small and how large everything may get to fit, at the normal text size.
SMALLEST, LARGEST = 0.92, 1.6
LEAST_HEIGHT = 180.0
# Between the outputs and the loss, and what makes the lines between two layers long enough to be followed.
LINK = 26.0
COMFORT = 52.0


def lay_out(experiment: Experiment, updates: Updates, size: QSizeF, metrics: Metrics) -> StageLayout:
    """Place everything for a stage of that size; `updates` are the optimizer's values. May come out wider."""
    return _Plan(experiment, updates, size, metrics).make()


class _Plan:
    """One layout being made: columns from left to right are the input (-1), the layers, and the loss."""

    def __init__(self, experiment: Experiment, updates: Updates, size: QSizeF, metrics: Metrics) -> None:
        self.experiment, self.network = experiment, experiment.network
        self.size, self.m = size, metrics
        self.contents = Contents(experiment, updates)
        self.smallest, self.largest = SMALLEST * metrics.zoom, LARGEST * metrics.zoom
        self.last = len(self.network.layers) - 1
        self.label_size = self._label_size()
        self.scale, self.height = 1.0, size.height()
        # Where each column begins, and how wide it is.
        self.spans: dict[int, tuple[float, float]] = {}
        self.columns: dict[int, Items] = {}
        room = size.height() / self.smallest - 2 * metrics.margin - metrics.caption
        self.densities = {layer: self._density(layer, room) for layer in range(-1, self.last + 1)}
        self.narrow = self.below = False
        self.narrow = (self._columns() + LINK + self._loss_width()) * self.smallest > size.width()

    # Sizes at scale 1

    def _cell_width(self) -> float:
        return self.m.label + self.m.number

    def _node_height(self, layer: int) -> float:
        if self.densities[layer] is Density.ROW:
            return self.m.row + 4
        rows = len(self.contents.rows(layer))
        return self.m.title + rows * self.m.row + self.m.pad

    def _column_width(self, layer: int) -> float:
        density, m = self.densities[layer], self.m
        if density is Density.HEAT:
            return m.heat * len(self.contents.heat_slots(layer))
        if layer < 0:
            return max(56.0, m.number + 2 * m.pad) if density is Density.CARD else m.number + m.pad + m.name
        cells = len(self.contents.compact_row(layer, narrow=self.narrow)) if density is Density.ROW else 2
        return cells * self._cell_width() + 2 * m.pad + (m.name - 2 if density is Density.ROW else 0)

    def _density(self, layer: int, room: float) -> Density:
        units, m = self.contents.units(layer), self.m
        card = m.title + len(self.contents.rows(layer)) * m.row + m.pad
        if units * (card + m.space) <= room + m.space:
            return Density.CARD
        return Density.ROW if units * (m.row + 6) <= room else Density.HEAT

    def _column_height(self, layer: int) -> float:
        if self.densities[layer] is Density.HEAT:
            return 120.0
        space = self.m.space if self.densities[layer] is Density.CARD else 2
        return self.contents.units(layer) * (self._node_height(layer) + space)

    def _is_matrix(self, layer: int) -> bool:
        """Whether the weights into a layer are a heat map."""
        heat = Density.HEAT in (self.densities[layer], self.densities[layer - 1])
        return heat or self.contents.units(layer) * self.contents.units(layer - 1) > MOST_EDGES

    def _gap(self, layer: int) -> float:
        """The least room between a layer and the one before it."""
        return 92.0 if self._is_matrix(layer) else self.label_size.width() + 8

    def _label_size(self) -> QSizeF:
        has_third = any(self.contents.of(refs.weight(layer)).all for layer in range(self.last + 1))
        return QSizeF(self._cell_width() + 6, self.m.row * (2 + has_third) - 2)

    # Placing

    def _columns(self) -> float:
        """The width of all columns but the loss's, with the least gaps."""
        widths = sum(self._column_width(layer) for layer in range(-1, self.last + 1))
        return widths + sum(self._gap(layer) for layer in range(self.last + 1)) + 2 * self.m.margin

    def make(self) -> StageLayout:
        layers = range(-1, self.last + 1)
        widths = [self._column_width(layer) for layer in layers]
        gaps = [self._gap(layer) for layer in layers[1:]]
        loss, columns = self._loss_width() + LINK, self._columns()
        self.below = self._is_loss_below(columns + loss + COMFORT * len(gaps))
        needed = columns + (LINK if self.below else loss)
        heights = [self._column_height(layer) for layer in layers]
        heights[-1] += 2 * self._loss_height() if self.below else 0
        tallest = max(heights) + 2 * self.m.margin + self.m.caption
        fit = min(self.size.width() / (needed + COMFORT * len(gaps)), self.size.height() / tallest)
        scale = max(self.smallest, min(fit, self.largest))
        width = max(self.size.width(), needed * scale)
        # Higher columns become rows and heat maps, so that only the width can be too small.
        least = QSizeF(needed * self.smallest, LEAST_HEIGHT)
        self.scale, self.height = scale, max(self.size.height(), LEAST_HEIGHT)
        spare = max(0.0, width - needed * scale) / len(gaps)
        x = self.m.margin * scale
        for position, layer in enumerate(layers):
            if position:
                x += gaps[position - 1] * scale + spare
            self.spans[layer] = x, widths[position] * scale
            x += widths[position] * scale
        return StageLayout(scale, QSizeF(width, self.height), least, self._sections(width))

    def _sections(self, width: float) -> tuple[Section, ...]:
        ends = {layer: left + wide for layer, (left, wide) in self.spans.items()}
        layers = range(self.last + 1)
        sections = [Section(ends[layer - 1], ends[layer], partial(self._layer, layer)) for layer in layers]
        inputs = Section(0.0, ends[-1], partial(self._column, -1))
        return (inputs, *sections, Section(self.spans[self.last][0], width, self._loss))

    def _layer(self, layer: int) -> Items:
        """A layer and the weights into it."""
        return Items.of((self._column(layer), self._weights(layer)))

    def _is_loss_below(self, comfortable: float) -> bool:
        """Whether the loss stands below the outputs, where the lines would be too short with it at their right."""
        if comfortable * self.smallest <= self.size.width() or self.densities[self.last] is Density.HEAT:
            return False
        height = self._column_height(self.last) + 2 * self._loss_height() + 2 * self.m.margin + self.m.caption
        return height * self.smallest <= self.size.height()

    def _area(self) -> tuple[float, float]:
        """Top and height of what lies above the captions."""
        top = self.m.margin * self.scale
        return top, self.height - top - (self.m.caption + 8) * self.scale

    def _column(self, layer: int) -> Items:
        """The neurons of a layer, placed once: curves begin and end at them."""
        if layer not in self.columns:
            self.columns[layer] = self._place_column(layer, *self.spans[layer])
        return self.columns[layer]

    def _place_column(self, layer: int, x: float, width: float) -> Items:
        items, s, (top, height) = Items(), self.scale, self._area()
        if layer == self.last and self.below:
            height -= 1.6 * self._loss_height() * s
        top_of_caption = self.height - (self.m.caption + 4) * s
        caption = QRectF(x, top_of_caption, width, self.m.caption * s)
        items.captions.append((caption, layer))
        if self.densities[layer] is Density.HEAT:
            items.maps.extend(self._heat_column(layer, QRectF(x, top, width, height)))
            return items
        units, node = self.contents.units(layer), self._node_height(layer) * s
        space = min(height / units, node * 2.4)
        y = top + (height - space * units) / 2
        for unit in range(units):
            rect = QRectF(x, y + space * unit + (space - node) / 2, width, node)
            items.nodes.append(self._node(rect, layer, unit, s))
        return items

    def _node(self, rect: QRectF, layer: int, unit: int, s: float) -> Node:
        density, m = self.densities[layer], self.m
        cells = []
        if density is Density.ROW:
            slots = self.contents.compact_row(layer, narrow=self.narrow)
            cell = (rect.width() - (m.name + m.pad / 2) * s) / len(slots)
            for column, slot in enumerate(slots):
                at = QRectF(rect.x() + m.name * s + column * cell, rect.y() + 2 * s, cell, rect.height() - 4 * s)
                cells.append(Cell(at, slot, (unit,)))
            return Node(rect, layer, unit, density, tuple(cells))
        y = rect.y() + m.title * s
        for row in self.contents.rows(layer):
            columns = 1 if layer < 0 else 2
            cell = (rect.width() - 2 * m.pad * s) / columns
            for column, slot in enumerate(row):
                at = QRectF(rect.x() + m.pad * s + column * cell, y, cell, m.row * s)
                cells.append(Cell(at.adjusted(-3 * s, 0, 3 * s * (column == columns - 1), 0), slot, (unit,)))
            y += m.row * s
        return Node(rect, layer, unit, density, tuple(cells))

    def _heat_column(self, layer: int, area: QRectF) -> Iterator[HeatMap]:
        slots = self.contents.heat_slots(layer)
        header = self.m.row * self.scale
        width = area.width() / len(slots)
        for column, slot in enumerate(slots):
            rect = QRectF(area.x() + column * width + 1, area.y() + header, width - 2, area.height() - header)
            shared = slot[0].shape == (1,)
            yield HeatMap(rect, slot, 1 if shared else self.contents.units(layer), 1)

    def _loss_width(self) -> float:
        return self._cell_width() + 2 * self.m.pad + 4

    def _loss_height(self) -> float:
        return self.m.title + (2 if self.contents.classes else 1) * self.m.row + self.m.pad

    def _loss(self) -> Items:
        """The loss at the right of the outputs, or below them."""
        items, s, (top, height) = Items(), self.scale, self._area()
        x = sum(self.spans[self.last])
        width, node = self._loss_width() * s, self._loss_height() * s
        outputs = [node.rect for node in self._column(self.last).nodes]
        if self.below:
            bottom = max(rect.bottom() for rect in outputs)
            rect = QRectF(outputs[0].x(), min(bottom + node * 0.5, top + height - node), outputs[0].width(), node)
            items.links.extend(_around(output, rect, LINK * 0.6 * s) for output in outputs)
        else:
            rect = QRectF(x + LINK * s, top + (height - node) / 2, width, node)
            end = QPointF(rect.left(), rect.center().y())
            starts = [QPointF(output.right(), output.center().y()) for output in outputs]
            items.links.extend((start, end) for start in starts or [QPointF(x + 4, end.y())])
        row = QRectF(rect.x() + 4 * s, rect.y() + self.m.title * s, rect.width() - 8 * s, self.m.row * s)
        cells = [Cell(row, (Slot("L", refs.LOSS),), ())]
        if self.contents.classes:
            # A class is one number for all outputs.
            cells.append(Cell(row.translated(0, row.height()), (Slot("t", refs.TARGET),), (0,)))
        items.nodes.append(Node(rect, self.last + 1, 0, Density.CARD, tuple(cells)))
        return items

    # Edges

    def _weights(self, layer: int) -> Items:
        items = Items()
        if self._is_matrix(layer):
            items.maps.extend(self._matrices(layer))
            return items
        sources, targets = self._column(layer - 1).nodes, self._column(layer).nodes
        curves = [
            (curve(source.rect, target.rect), target.unit, source.unit) for target in targets for source in sources
        ]
        # Labels of level curves have one height to stand at: they come first.
        curves.sort(key=lambda item: rise(item[0]))
        rows, rects = self._label(layer, [path for path, *_ in curves])
        for (path, unit, source_unit), rect in zip(curves, rects, strict=True):
            items.edges.append(self._edge(path, rect, rows, layer, (unit, source_unit)))
        return items

    def _label(self, layer: int, paths: Sequence[QPainterPath]) -> tuple[list[tuple[Slot, ...]], Sequence[QRectF]]:
        """What the labels of a layer's curves show, and where: all of it, or as much as fits, or no labels at all."""
        ref, s = refs.weight(layer), self.scale
        gradient, update = self.contents.gradient_slots(ref, "∂"), self.contents.of(ref)
        full = [parameter_slots(ref, ""), gradient, *((update.all,) if update.all else ())]
        newest = [(Slot("", ref), *gradient, *update.computed, Slot("", refs.next_value(ref)))]
        two = [parameter_slots(ref, ""), (*gradient, *update.computed)]
        cross = min(self.contents.units(layer), self.contents.units(layer - 1)) > 1
        for rows in (full, two, newest) if len(paths) <= MOST_LABELS else ():
            size = QSizeF(self.label_size.width(), self.m.row * len(rows) - 2) * s
            rects = place_labels([label_places(path, size, s, cross=cross) for path in paths])
            if rects is not None:
                return rows, rects
        return [], [QRectF()] * len(paths)

    def _edge(
        self, path: QPainterPath, rect: QRectF, rows: Sequence[tuple[Slot, ...]], layer: int, index: Index
    ) -> Edge:
        height = rect.height() / max(1, len(rows))
        cells = [
            Cell(QRectF(rect.x(), rect.y() + row * height, rect.width(), height), slots, index)
            for row, slots in enumerate(rows)
        ]
        return Edge(path, refs.weight(layer), index, tuple(cells))

    def _matrices(self, layer: int) -> Iterator[HeatMap]:
        """Weights above and their gradients below, between the two columns."""
        s, (top, height) = self.scale, self._area()
        left, right = sum(self.spans[layer - 1]) + 14 * s, self.spans[layer][0] - 14 * s
        header = self.m.row * s
        each = (height - 2 * header - 8 * s) / 2
        ref = refs.weight(layer)
        rows, columns = self.contents.units(layer), self.contents.units(layer - 1)
        update = (*self.contents.gradient_slots(ref, "∂W"), *self.contents.of(ref).elements)
        for place, slots in enumerate((parameter_slots(ref, "W"), update)):
            y = top + header + place * (each + header + 8 * s)
            yield HeatMap(QRectF(left, y, right - left, each), slots, rows, columns)


def _around(output: QRectF, loss: QRectF, out: float) -> tuple[QPointF, ...]:
    """A link that leaves an output at its right side and comes to the loss below from the right."""
    x = output.right() + out
    start, end = QPointF(output.right(), output.center().y()), QPointF(loss.right(), loss.center().y())
    return start, QPointF(x, start.y()), QPointF(x, end.y()), end
