"""Planning the stage: where everything of a network goes. A pure function of the experiment and a size.

The whole network is in sight. Each layer is drawn with as much detail as there is room for: as cards, as rows, as
dots, or as a heat map; the weights between two layers are lines where they are few, else a heat map.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from PySide6.QtCore import QPointF, QRectF, QSizeF

from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.values import refs
from chainrule.ui.stage.layout.contents import StageContents
from chainrule.ui.stage.layout.detail import LETTER, Details, StageDetail, strip_height
from chainrule.ui.stage.layout.geometry import (
    Cell,
    Chosen,
    Density,
    HeatMap,
    Items,
    LayerSection,
    Metrics,
    NodeCard,
    Slot,
    StageLayout,
)
from chainrule.ui.stage.layout.sizes import CARDS, DENSITIES, DOT, GAP, LEAST_PICTURE, LINK, SPECK, TITLE, Shape, Sizes
from chainrule.ui.stage.layout.slots import UpdateSlotsByRef
from chainrule.ui.stage.painting.weights import Weights

# How large everything may get to fill the stage, at the normal text size; at the least, 1, no text is too small.
LARGEST = 1.6
# The height at the normal text size with which two neurons show all their numbers and weights, the least that the stage
# should have in any case, and the least that it is laid out for.
WANTED_HEIGHT = 256.0
LEAST_HEIGHT = 180.0
LOWEST = 120.0
# What makes the lines between two layers long enough to be followed, before everything gets larger.
COMFORT = 20.0
# Captions that are nearer than this to each other would touch; no one is longer than that.
CAPTION, LONGEST_CAPTION = 52.0, 170.0

# What is said where no weight has room.
ZOOM_IN = ["Zoom in for the weights: Ctrl and the wheel", "Zoom in for the weights", "Zoom in"]


def lay_out_stage(
    experiment: Experiment, updates: UpdateSlotsByRef, size: QSizeF, metrics: Metrics, chosen: Chosen | None = None
) -> StageLayout:
    """Place everything for a stage of that size; `updates` are the optimizer's values.

    It comes out wider only where a network has more layers than columns of the least width fit.
    """
    return _NetworkLayout(experiment, updates, size, metrics).make(chosen or Chosen())


class _NetworkLayout:
    """One layout being made: columns from left to right are the input (-1), the layers, and the loss."""

    def __init__(self, experiment: Experiment, updates: UpdateSlotsByRef, size: QSizeF, metrics: Metrics) -> None:
        self.size, self.m = QSizeF(size.width(), max(size.height(), LOWEST)), metrics
        self.contents = StageContents(experiment, updates, is_low=self.size.height() < LEAST_HEIGHT * metrics.zoom)
        self.last = self.contents.last
        self.sizes = Sizes(self.contents, metrics)
        self.details = Details(self.contents, self.sizes, metrics, self.size)
        self.detail: StageDetail = self.details.choose()
        # Where each column begins, and how wide it is.
        self.spans: dict[int, tuple[float, float]] = {}
        self.columns: dict[int, Items] = {}
        self._measure()

    def _measure(self) -> None:
        """Find the scale, and where the columns are."""
        detail, zoom = self.detail, self.m.zoom
        layers = range(-1, self.last + 1)
        fit = min(self.size.width() / (detail.needed + COMFORT * len(detail.gaps)), self.size.height() / detail.tallest)
        if detail.weight_rows:
            layers_with_lines = max(layers[1:], key=lambda layer: self.contents.units(layer - 1))
            strip = detail.weight_rows, detail.brief
            whole = self.details.strip_width(layers_with_lines, *strip, is_whole=True)
            fit = min(fit, self.size.width() / max(whole, self.details.widest_strip(*strip)))
        self.scale = s = max(zoom, min(fit, LARGEST * zoom))
        self.width = max(self.size.width(), detail.needed * s)
        self.weights = Weights(self.contents, self.details, self.m, s)
        spare = max(0.0, self.width - detail.needed * s) / (len(detail.gaps) + 1)
        x = self.m.margin * s + spare / 2
        for layer in layers:
            if layer >= 0:
                x += detail.gaps[layer] * s + spare
            width = self.sizes.column_width(layer, detail.shapes[layer], detail.amount) * s
            self.spans[layer] = x, width
            x += width

    # Sections

    def make(self, chosen: Chosen) -> StageLayout:
        """Return all sections, with the weights of the chosen neuron where those of all have no room."""
        layers, fitted = range(self.last + 1), self.detail.fitted(chosen)
        sections = [self._section(layer, fitted) for layer in layers]
        inputs = LayerSection(0.0, self._end(-1), partial(self._column, -1))
        loss = LayerSection(self.spans[self.last][0], self.width, self._loss)
        needed = QSizeF(self.detail.needed * self.m.zoom, LOWEST)
        layout = StageLayout(self.scale, QSizeF(self.width, self.size.height()), needed, (inputs, *sections, loss))
        if self.detail.hints:
            return replace(layout, beside=(self._note(self.m.margin * self.scale, ZOOM_IN),))
        if not self.detail.follows:
            return layout
        return replace(layout, beside=self._beside(fitted), chosen=chosen, choose=partial(self._choose, layout, chosen))

    def _choose(self, layout: StageLayout, before: Chosen, chosen: Chosen) -> StageLayout:
        """Return the layout with another neuron chosen."""
        sections, fitted = list(layout.sections), self.detail.fitted(chosen)
        old = self.detail.fitted(before)
        if not self.detail.weight_rows and (old.layer, *old.neuron) != (fitted.layer, *fitted.neuron):
            for layer in {before.layer, chosen.layer}:
                if self._shows_chosen(layer):
                    sections[layer + 1] = self._section(layer, fitted)
        changed = replace(layout, sections=tuple(sections), beside=self._beside(fitted), chosen=chosen)
        return replace(changed, choose=partial(self._choose, changed, chosen))

    def _shows_chosen(self, layer: int) -> bool:
        """Return whether the lines into a layer have labels at one of its neurons alone."""
        return layer in self.detail.labels and not self.detail.labels[layer].are_all

    def _end(self, layer: int) -> float:
        return sum(self.spans[layer])

    def _section(self, layer: int, chosen: Chosen) -> LayerSection:
        return LayerSection(self._end(layer - 1), self._end(layer), partial(self._layer, layer, chosen))

    def _layer(self, layer: int, chosen: Chosen) -> Items:
        """Return a layer and the weights into it."""
        sources, targets, area = self._column(layer - 1).nodes, self._column(layer).nodes, self._area()
        if self.details.is_matrix(self.detail.shapes, layer):
            left, right = self._end(layer - 1), self.spans[layer][0]
            weights = Items(maps=list(self.weights.matrices(layer, left, right, area)))
        else:
            weights = self.weights.lines(layer, sources, targets, self.detail.labels.get(layer), area, chosen)
        return Items.of((self._column(layer), weights))

    def _beside(self, chosen: Chosen) -> tuple[LayerSection, ...]:
        """Return what is below all columns.

        The weights of the chosen neuron, or a sentence that they alone have labels.
        """
        s, rows = self.scale, self.detail.weight_rows
        left = self.m.margin * s
        width = min(self.width, self.size.width()) - 2 * left
        if self.width > self.size.width() + 1:
            center = sum(self.spans[chosen.layer]) - self.spans[chosen.layer][1] / 2
            left = max(left, min(center - width / 2, self.width - width - left))
        if rows:
            top = self.size.height() - (strip_height(rows) + 2) * s
            place = partial(self.weights.below, left, top, width, rows, self.detail.brief, chosen)
            return (LayerSection(left, left + width, place),)
        texts = ["Click a neuron to see the weights into it", "Click a neuron for its weights", "Click a neuron"]
        if self._shows_chosen(chosen.layer):
            shown = f"{self.details.weights_of(chosen)} are shown"
            texts = [f"{shown}; click another neuron for its own", shown, self.details.weights_of(chosen)]
        return (self._note(left, texts),)

    def _note(self, left: float, texts: list[str]) -> LayerSection:
        """Return the first of some sentences that has room, at the lower edge."""
        s, width = self.scale, min(self.width, self.size.width()) - 2 * self.m.margin * self.scale
        text = next((text for text in texts if len(text) * LETTER * s <= width), texts[-1])
        rect = QRectF(left, self.size.height() - 17 * s, width, 15 * s)
        return LayerSection(left, left + width, lambda: Items(notes=[(rect, text)]))

    def _area(self) -> tuple[float, float]:
        """Return top and height of where the neurons are."""
        top = self.m.margin * self.scale
        return top, self.size.height() - 2 * top - self.detail.foot * self.scale

    # Columns

    def _column(self, layer: int) -> Items:
        """Return the neurons of a layer, placed once: lines begin and end at them."""
        if layer not in self.columns:
            self.columns[layer] = self._place_column(layer, *self.spans[layer])
        return self.columns[layer]

    def _place_column(self, layer: int, x: float, width: float) -> Items:
        items, s, (top, height), shape = Items(), self.scale, self._area(), self.detail.shapes[layer]
        items.captions.extend(self._caption(layer, x, width))
        if DENSITIES[shape] is Density.HEAT:
            items.maps.extend(self._heat_column(layer, shape, QRectF(x, top, width, height)))
            return items
        if layer == self.last and self.detail.is_loss_below:
            height -= (self.sizes.loss_height(below=True) + 10) * s
        units, node = self.contents.units(layer), self.sizes.node_height(layer, shape) * s
        pitch = min(height / units, node * 2.4)
        y = top + (height - pitch * units) / 2
        for unit in range(units):
            rect = QRectF(x, y + pitch * unit + (pitch - node) / 2, width, node)
            cells = tuple(self._cells(rect, layer, unit, shape))
            picture = self._picture(rect, layer, shape, cells, pitch)
            items.nodes.append(NodeCard(rect, layer, unit, DENSITIES[shape], cells, picture=picture))
        return items

    def _picture(self, rect: QRectF, layer: int, shape: Shape, cells: tuple[Cell, ...], pitch: float) -> QRectF | None:
        """Return the place of a neuron's picture: at the right of a card's title, or before numbers and behind a dot,
        where it is as high as the distance to the next one allows.
        """
        s, side = self.scale, self.sizes.picture(layer, shape) * self.scale
        if not side:
            return None
        if shape in CARDS:
            return QRectF(rect.right() - side - 3 * s, rect.top() + 3 * s, side, side)
        side = min(side, pitch) - 2 * s
        left = cells[-1].rect.right() + 2 * s if shape is Shape.DOT else cells[0].rect.left() - side - 2 * s
        place = QRectF(left, rect.center().y() - side / 2, side, side)
        return place if side >= LEAST_PICTURE * s else None

    def _caption(self, layer: int, x: float, width: float) -> Iterator[tuple[QRectF, int]]:
        """Yield the place of a layer's caption; where columns are close not every one has room for its own."""
        if not self.detail.caption:
            return
        s, m = self.scale, self.m
        pitch = (self._end(self.last) - self.spans[-1][0]) / (self.last + 2)
        every = max(1, round(CAPTION * s / pitch + 0.5)) if pitch < CAPTION * s else 1
        if (layer + 1) % every:
            return
        # It may reach to the middle between its column and the next one that has one.
        center, reach, left, right = x + width / 2, LONGEST_CAPTION * s / 2, 2.0, self.width - 2
        if layer - every >= -1:
            left = (self._end(layer - every) + x) / 2 + 1
            reach = min(reach, center - left)
        if layer + every <= self.last:
            right = (x + width + self.spans[layer + every][0]) / 2 - 1
            reach = min(reach, right - center)
        foot = self.detail.foot + m.margin - 2
        rect = QRectF(center - reach, self.size.height() - foot * s, 2 * reach, m.caption * s)
        # At the edges of the stage it is moved aside.
        rect.moveLeft(max(left, min(rect.left(), right - rect.width())))
        rect.setRight(min(rect.right(), right))
        yield rect, layer

    def _cells(self, rect: QRectF, layer: int, unit: int, shape: Shape) -> Iterator[Cell]:
        if shape in CARDS:
            return self._card(rect, layer, unit, tall=shape is Shape.TALL_CARD)
        if shape is Shape.MINI:
            return self._mini(rect, layer, unit)
        if shape in (Shape.DOT, Shape.SPECK):
            return self._dots(rect, layer, unit, shape)
        return self._row(rect, layer, unit, shape)

    def _card(self, rect: QRectF, layer: int, unit: int, *, tall: bool) -> Iterator[Cell]:
        s, m = self.scale, self.m
        y, widths = rect.y() + self.sizes.title(layer) * s, self.sizes.card_columns(layer)
        for row in self.contents.rows(layer, tall=tall):
            x = rect.x() + GAP * s
            for column, slot in enumerate(row):
                wide = (rect.width() - 2 * GAP * s) if layer < 0 else widths[column] * s
                yield Cell(QRectF(x, y, wide, m.row * s), slot, (unit,))
                x += wide
            y += m.row * s

    def _row(self, rect: QRectF, layer: int, unit: int, shape: Shape) -> Iterator[Cell]:
        s, x = self.scale, rect.x() + self.sizes.name(layer, shape) * self.scale
        cells = self.sizes.row_cells(layer, shape)
        if shape is Shape.ONE and layer >= 0:
            cells = (self.contents.newest(layer),)
        spare = rect.right() - GAP * s - x - sum(map(self.sizes.cell, cells)) * s
        for slots in cells:
            width = self.sizes.cell(slots) * s + spare / len(cells)
            yield Cell(QRectF(x, rect.y() + s, width, rect.height() - 2 * s), slots, (unit,))
            x += width

    def _mini(self, rect: QRectF, layer: int, unit: int) -> Iterator[Cell]:
        s = self.scale
        slots = (Slot("", refs.INPUT),) if layer < 0 else self.contents.newest(layer)
        # Its name is above, with the letter of what is shown.
        beside = self.sizes.picture(layer, Shape.MINI) * s
        number = QRectF(rect.x() + beside + s, rect.y() + 15 * s, rect.width() - beside - 2 * s, 16 * s)
        yield Cell(number, slots, (unit,), is_titled=True)

    def _dots(self, rect: QRectF, layer: int, unit: int, shape: Shape) -> Iterator[Cell]:
        s, count = self.scale, self.sizes.dots(self.detail.amount, layer)
        x = rect.x() + self.sizes.name(layer, shape) * s
        each = (DOT if shape is Shape.DOT else SPECK) * s
        groups: tuple[tuple[Slot, ...], ...] = (self.contents.newest(layer),)
        if count > 1:
            *values, gradients = self.contents.compact_row(layer, narrow=True)
            groups = (tuple(slot for slots in values for slot in slots), gradients)
        for column, slots in enumerate(groups):
            yield Cell(QRectF(x + column * each, rect.y(), each, rect.height()), slots, (unit,), is_dot=True)

    def _heat_column(self, layer: int, shape: Shape, area: QRectF) -> Iterator[HeatMap]:
        slots = self.contents.heat_slots(layer)
        if shape is Shape.MAP and layer >= 0:
            # Values of fewer numbers than neurons are no column of it.
            slots = [tuple(slot for slot in self.contents.newest(layer) if slot.shape is None)]
        header = self.m.row * self.scale
        width = area.width() / len(slots)
        for column, slot in enumerate(slots):
            rect = QRectF(area.x() + column * width + 1, area.y() + header, width - 2, area.height() - header)
            yield HeatMap(rect, slot, 1 if slot[0].shape == (1,) else self.contents.units(layer), 1)

    # The loss

    def _loss(self) -> Items:
        """Return the loss at the right of the outputs, or below them."""
        items, s, (top, height) = Items(), self.scale, self._area()
        x, below = self._end(self.last), self.detail.is_loss_below
        width, node = self.sizes.loss_width() * s, self.sizes.loss_height(below=below) * s
        outputs = [node.rect for node in self._column(self.last).nodes]
        if below:
            bottom = max(rect.bottom() for rect in outputs)
            rect = QRectF(outputs[0].x(), min(bottom + 12 * s, top + height - node), outputs[0].width(), node)
            items.links.extend(_around(output, rect, LINK * 0.6 * s) for output in outputs)
        else:
            rect = QRectF(x + LINK * s, top + (height - node) / 2, width, node)
            end = QPointF(rect.left(), rect.center().y())
            starts = [QPointF(output.right(), output.center().y()) for output in outputs]
            items.links.extend((start, end) for start in starts or [QPointF(x + 4, end.y())])
        items.nodes.append(self._loss_node(rect, below=below))
        return items

    def _loss_node(self, rect: QRectF, *, below: bool) -> NodeCard:
        s, m = self.scale, self.m
        row = QRectF(rect.x() + GAP * s, rect.y() + 2 * s, rect.width() - 2 * GAP * s, m.row * s)
        if not below:
            row.moveTop(rect.y() + m.title * s)
        number = row.adjusted(TITLE * s, 0, 0, 0) if below else row
        parts = self.contents.loss_parts()
        cells = [Cell(number.translated(0, place * row.height()), slots, ()) for place, slots in enumerate(parts)]
        if self.contents.classes:
            # A class is one number for all outputs.
            cells.append(Cell(row.translated(0, len(parts) * row.height()), (Slot("t", refs.TARGET),), (0,)))
        return NodeCard(rect, self.last + 1, 0, Density.ROW if below else Density.CARD, tuple(cells))


def _around(output: QRectF, loss: QRectF, out: float) -> tuple[QPointF, ...]:
    """Return a link that leaves an output at its right side and comes to the loss below from the right."""
    x = output.right() + out
    start, end = QPointF(output.right(), output.center().y()), QPointF(loss.right(), loss.center().y())
    return start, QPointF(x, start.y()), QPointF(x, end.y()), end
