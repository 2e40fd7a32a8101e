"""Weights on the stage: lines with their labels, the chosen neuron's below the network, or heat maps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from PySide6.QtCore import QPointF, QRectF

from chainrule.catalog.values import refs
from chainrule.ui.stage.layout.contents import StageContents, parameter_slots
from chainrule.ui.stage.layout.detail import JOIN, Details, Labels, SlotRows, more_text
from chainrule.ui.stage.layout.geometry import Cell, Chosen, Edge, HeatMap, Items, Metrics, NodeCard
from chainrule.ui.stage.layout.labels import Ports, Stack, curve, curve_through, spread


class Weights:
    """Places the weights of one stage; `s` is its scale."""

    def __init__(self, contents: StageContents, details: Details, metrics: Metrics, s: float) -> None:
        self._contents, self._details, self._m, self._s = contents, details, metrics, s

    # Lines

    def lines(
        self,
        layer: int,
        sources: Sequence[NodeCard],
        targets: Sequence[NodeCard],
        labels: Labels | None,
        area: tuple[float, float],
        chosen: Chosen,
    ) -> Items:
        """Return the lines into a layer with their labels, between the top and the bottom of an area."""
        ports, room = Ports(sources, targets, self._s), (area[0], area[0] + area[1])
        if labels is None or not (labels.are_all or chosen.layer == layer):
            edges = [
                Edge(curve(*ports.of(target, source)), refs.weight(layer), (target.unit, source.unit), (), ports.most)
                for target in targets
                for source in sources
            ]
            return Items(edges=edges)
        s = self._s
        right = targets[0].rect.left() - JOIN * s
        left = right - self._details.line_width(layer, labels) * s
        stacks = [
            Stack(labels, [labels.are_all or chosen.shows(layer, target.unit, source.unit) for source in sources], s)
            for target in targets
        ]
        centers = spread([target.rect.center().y() for target in targets], [stack.height for stack in stacks], *room)
        items = Items()
        for target, center, stack in zip(targets, centers, stacks, strict=True):
            for source, (top, has_label) in zip(sources, stack.lines(center), strict=True):
                index, y = (target.unit, source.unit), top
                cells: tuple[Cell, ...] = ()
                if has_label:
                    rect = QRectF(left, top, right - left, labels.height * s)
                    cells = self._cells(rect, labels.rows, layer, index, is_flat=labels.is_flat)
                    y = cells[0].rect.center().y()
                start, end = ports.of(target, source)
                path = curve_through(start, QPointF(left, y), QPointF(right, y), end)
                items.edges.append(Edge(path, refs.weight(layer), index, cells, ports.most))
        return items

    def _cells(
        self,
        rect: QRectF,
        rows: SlotRows,
        layer: int,
        index: tuple[int, int],
        *,
        is_whole: bool = False,
        is_flat: bool = False,
    ) -> tuple[Cell, ...]:
        """Return the rows of a label, of which the weight's own has its name; side by side where it is flat."""
        ref, count = refs.weight(layer), len(rows)
        name = self._details.weight_name(ref, index, is_whole=is_whole)
        names = {ref: name, refs.next_value(ref): "→"}
        across, down = (rect.width() / count, 0.0) if is_flat else (0.0, rect.height() / count)
        first = QRectF(rect.x(), rect.y(), across or rect.width(), down or rect.height())
        cells = []
        for row, slots in enumerate(rows):
            named = tuple(replace(slot, label=names.get(slot.ref, slot.label)) for slot in slots)
            cells.append(Cell(first.translated(row * across, row * down), named, index))
        return tuple(cells)

    # Below the network

    def below(self, left: float, top: float, width: float, rows: int, brief: int, chosen: Chosen) -> Items:
        """Return the weights of the chosen neuron below the network, as many as there is room for,
        and what they are.
        """
        s, layer = self._s, chosen.layer
        count, at = self._contents.units(layer - 1), chosen.source
        if chosen.goes_out:
            count, at = self._contents.units(layer), chosen.unit
        items, x = Items(), left + self._details.strip_head(layer, rows, brief) * s
        for row, text in enumerate(self._details.strip_texts(chosen, rows, brief)):
            items.notes.append((QRectF(left, top + row * 16 * s, x - left, 16 * s), text))
        contents = self._details.weight_rows(layer, 2)
        label = self._details.label_width(layer, contents, is_whole=True) * s
        each = self._details.strip_weight(layer, rows) * s
        most, more = int((left + width - x) / each + 1e-6), self._details.strip_more(count) * s
        if most < count:
            most = max(1, int((left + width - x - more) / each + 1e-6))
        first = max(0, min(at - most // 2, count - most))
        for other in range(first, min(first + most, count)):
            index = (other, chosen.source) if chosen.goes_out else (chosen.unit, other)
            cells = self._cells(QRectF(x, top, label, 32 * s), contents, layer, index, is_whole=True)
            if rows == 1:
                cells = (cells[0], replace(cells[1], rect=cells[0].rect.translated(label, 0)))
            items.labels.append(cells)
            x += each
        if most < count:
            items.notes.append((QRectF(x, top, more, 16 * s), more_text(count - most)))
        return items

    # Heat maps

    def matrices(self, layer: int, left: float, right: float, area: tuple[float, float]) -> Iterator[HeatMap]:
        """Yield weights above and their gradients below, between two columns."""
        s, m, (top, height) = self._s, self._m, area
        beside = min(14 * s, (right - left) / 6)
        header = m.row * s
        each = (height - 2 * header - 8 * s) / 2
        ref = refs.weight(layer)
        rows, columns = self._contents.units(layer), self._contents.units(layer - 1)
        update = (*self._contents.gradient_slots(ref, "∂W"), *self._contents.of(ref).elements)
        for place, slots in enumerate((parameter_slots(ref, "W"), update)):
            y = top + header + place * (each + header + 8 * s)
            yield HeatMap(QRectF(left + beside, y, right - left - 2 * beside, each), slots, rows, columns)
