"""Painting the stage: one moment, on one layout. What the micro-step reads and writes stands out, the rest recedes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen

from chainrule.catalog import refs
from chainrule.catalog.refs import ValueRef
from chainrule.catalog.targets import has_classes
from chainrule.explain.notation import Notation
from chainrule.explain.numbers import format_number, format_short
from chainrule.model.elements import Index, per_sample
from chainrule.session.moment import Moment
from chainrule.ui.appearance import Appearance
from chainrule.ui.stage.apart import digits_of
from chainrule.ui.stage.geometry import Cell, Density, Edge, HeatMap, Items, Node, Slot
from chainrule.ui.stage.heat import HeatImages, pixel_rect
from chainrule.ui.stage.places import Mark, Marks, Place, Places, Shown, shown

FONT = 12.0
# No text of the stage is smaller than this at scale 1: names beside numbers, and numbers.
SMALL = 11.0
# How wide the letters of a number are, in percent: one with a power of ten has narrower ones before it is left out.
NARROWEST = 76
WIDTHS = (100, 87, NARROWEST)
# The least between the name of a number and the number.
NAME_GAP = 2.5
# Joined once: Python's flags are slow to join, and every number is drawn with these.
_ONE_LINE = Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextSingleLine


class StagePainter:
    """Paints one moment. Made anew for each paint, so that nothing in it can be stale."""

    def __init__(
        self,
        painter: QPainter,
        moment: Moment,
        items: Items,
        scale: float,
        appearance: Appearance,
        images: HeatImages,
    ) -> None:
        """Paint these items of a stage of that scale."""
        self._p, self._moment, self._items, self._s = painter, moment, items, scale
        self._appearance, self._theme, self._images = appearance, appearance.theme, images
        self._marks, self._notation = Marks(moment), Notation.of(moment.experiment)
        self._small, self._label_widths = self._font(SMALL), dict[str, float]()
        theme = self._theme
        self._signed = (theme.signed(1.0), theme.signed(0.0), theme.signed(-1.0))
        # Pale, but no paler than can be read.
        self._dimmed = (theme.dim(theme.signed(1.0)), theme.signed(0.0), theme.dim(theme.signed(-1.0)))
        self._muted, self._text_color = QColor(theme.muted), QColor(theme.text)
        self._number_fonts: dict[bool, tuple[tuple[float, QFont], ...]] = {}
        self._peaks: dict[tuple[ValueRef, int], float] = {}
        self._has_classes = has_classes(moment.experiment)
        self._is_batch = len(moment.rows) > 1
        self._phase = self._theme.phase(moment.step.phase.value) if moment.step else QColor(self._theme.text)

    def paint_moving(self, places: Places) -> None:
        """What is below all else, and changes with every iteration: edges, and the images of wide layers."""
        self._p.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_edges(places.edges)
        for heat_map in self._items.maps:
            self._paint_image(heat_map)

    def paint_still(self, places: Places) -> None:
        """What stays as long as the same micro-step is on the screen: boxes, titles, names, and what is marked."""
        self._p.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._p.setPen(QPen(QColor(self._theme.border), 1.5))
        for link in self._items.links:
            self._p.drawPolyline(link)
        for heat_map in self._items.maps:
            self._paint_frame(heat_map)
        for node in self._items.nodes:
            self._paint_node(node)
        for cells in self._items.all_labels():
            self._paint_label(cells)
        for place in places.cells:
            self._paint_box(place)
        for rect, text in self._items.notes:
            self._text(rect, text, self._muted, self._small, Qt.AlignmentFlag.AlignLeft)
        for rect, layer in self._items.captions:
            self._paint_caption(rect, layer)

    def paint_numbers(self, places: Places) -> None:
        """The numbers, on top."""
        for place in places.cells:
            self._paint_number(place)
        if self._moment.overrides:
            self._p.setRenderHint(QPainter.RenderHint.Antialiasing)
            for place in places.cells:
                self._paint_by_hand(place)

    def places(self) -> Places:
        """Where everything is for every moment at the same micro-step and with the same selection."""
        cells = [cell for node in self._items.nodes for cell in node.cells]
        cells += [cell for label in self._items.all_labels() for cell in self._rows(label)]
        marks = {ref: self._edge_marks(ref) for ref in {edge.ref for edge in self._items.edges}}
        edges = [(marks[edge.ref](edge.index), edge) for edge in self._items.edges]
        order = [Mark.DIMMED, Mark.PLAIN, Mark.READ, Mark.WRITTEN, Mark.FOCUS]
        return Places(
            tuple(map(self._place, cells)),
            tuple(sorted(edges, key=lambda pair: order.index(pair[0]))),
        )

    def _place(self, cell: Cell) -> Place:
        item, s = shown(cell, self._moment), self._s
        mark = self._marks.of(item.slot.ref, item.index)
        if item.number is None:
            mark = Mark.DIMMED if mark is not Mark.FOCUS else mark
        inner, label = cell.rect.adjusted(3 * s, 0, -3 * s, 0), "" if cell.is_dot or cell.is_titled else item.slot.label
        if label:
            inner.setLeft(inner.left() + self._label_width(label) + NAME_GAP * s)
        strong = mark in (Mark.FOCUS, Mark.WRITTEN) and self._moment.step is not None
        align = Qt.AlignmentFlag.AlignRight if label else Qt.AlignmentFlag.AlignHCenter
        colors = self._number_colors(item, mark)
        return Place(cell, item.slot, item.index, mark, inner, self._fonts(strong), align | _ONE_LINE, colors)

    def _label_width(self, label: str) -> float:
        if label not in self._label_widths:
            self._label_widths[label] = QFontMetricsF(self._small).horizontalAdvance(label)
        return self._label_widths[label]

    def _fonts(self, bold: bool) -> tuple[tuple[float, QFont], ...]:
        """The fonts of numbers with the width of a character, which is the same for all of them."""
        if bold not in self._number_fonts:
            found = []
            for width in WIDTHS:
                font = self._font(SMALL, bold=bold, mono=True)
                font.setStretch(width)
                found.append((QFontMetricsF(font).horizontalAdvance("0"), font))
            self._number_fonts[bold] = tuple(found)
        return self._number_fonts[bold]

    def _font(self, size: float = FONT, *, bold: bool = False, mono: bool = False) -> QFont:
        return self._appearance.font(size * self._s / self._appearance.scale, bold=bold, mono=mono)

    def _text(self, rect: QRectF, text: str, color: QColor | str, font: QFont, align: Qt.AlignmentFlag) -> None:
        self._p.setFont(font)
        self._p.setPen(QColor(color) if isinstance(color, str) else color)
        self._p.drawText(rect, align | _ONE_LINE, text)

    # Edges

    def _paint_edges(self, edges: Sequence[tuple[Mark, Edge]]) -> None:
        matrices = {edge.ref for _, edge in edges}
        strongest = {ref: self._strongest(ref) for ref in matrices}
        newest = {ref: self._moment.latest(ref) for ref in matrices}
        self._p.setBrush(Qt.BrushStyle.NoBrush)
        for mark, edge in edges:
            number = self._moment.number(newest[edge.ref], edge.index)
            self._p.setPen(self._edge_pen(number, mark, strongest[edge.ref], edge.most))
            self._p.drawPath(edge.path)

    def _strongest(self, ref: ValueRef) -> float:
        tensor = self._moment.lists(ref)
        return max((abs(number) for row in tensor for number in row), default=0.0) if tensor is not None else 0.0

    def _edge_marks(self, ref: ValueRef) -> Callable[[Index], Mark]:
        """The marks of a matrix's edges by their index: one for all where it has no part in the micro-step."""
        order = [Mark.FOCUS, Mark.WRITTEN, Mark.READ, Mark.PLAIN, Mark.DIMMED]
        related, selection = (ref, refs.grad(ref), refs.next_value(ref)), self._moment.selection
        involved = (self._moment.written, *self._moment.read, selection.ref if selection else None)
        if not set(involved) & set(related):
            resting = Mark.PLAIN if self._moment.step is None else Mark.DIMMED
            return lambda _: resting
        return lambda index: min((self._marks.of(each, index) for each in related), key=order.index)

    def _edge_pen(self, number: float | None, mark: Mark, strongest: float, most: float) -> QPen:
        if number is None:
            return QPen(QColor(self._theme.border), min(1.5, most))
        share = min(1.0, abs(number) / strongest) if strongest > 0 else 0.0
        amount = {Mark.DIMMED: 0.35, Mark.PLAIN: 0.55, Mark.READ: 0.85, Mark.WRITTEN: 0.7, Mark.FOCUS: 1.0}[mark]
        least = min(1.2, most / 2)
        width = least + (most - least) * share + (0.8 if mark is Mark.FOCUS else 0.0)
        return QPen(self._theme.tint(self._theme.signed(number), amount), width * self._s)

    def _rows(self, cells: tuple[Cell, ...]) -> list[Cell]:
        """The rows of a label: the first, and those others whose number is known."""
        return [cell for row, cell in enumerate(cells) if row == 0 or shown(cell, self._moment).number is not None]

    def _paint_label(self, cells: tuple[Cell, ...]) -> None:
        rows, s = self._rows(cells), self._s
        self._p.setPen(QPen(QColor(self._theme.border), 1))
        self._p.setBrush(QColor(self._theme.field if self._is_batch else self._theme.surface))
        self._p.drawRoundedRect(rows[0].rect.united(rows[-1].rect), 4 * s, 4 * s)

    # Neurons

    def _paint_node(self, node: Node) -> None:
        p, theme, s = self._p, self._theme, self._s
        if node.density is not Density.DOT:
            p.setPen(QPen(QColor(theme.border), 1.2))
            p.setBrush(QColor(theme.surface))
            p.drawRoundedRect(node.rect, 6 * s, 6 * s)
        if self._is_batch:
            self._paint_shared(node)
        self._paint_title(node)

    def _paint_shared(self, node: Node) -> None:
        """The ground of what is the same for all samples of the batch; the others' is the card's own."""
        for cell in node.cells:
            if cell.is_dot or per_sample(shown(cell, self._moment).slot.ref):
                continue
            ground = QRectF(cell.rect)
            if node.density is Density.CARD:
                ground.setLeft(node.rect.left() + 2)
                ground.setRight(node.rect.right() - 2)
            self._p.fillRect(ground, QColor(self._theme.field))

    def _paint_title(self, node: Node) -> None:
        s, left, right = self._s, Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignRight
        layers, theme, small = self._moment.experiment.network.layers, self._theme, self._small
        name = "Loss" if node.layer == len(layers) else self._notation.neuron(node.layer, node.unit)
        strong = self._font(bold=True)
        if node.density is Density.DOT:
            # What has no room for the layer's number has it below.
            # The letters are lower than their line, which is higher than the dot.
            place = node.rect.adjusted(0, -2 * s, 0, 2 * s)
            place.setRight(node.cells[0].rect.left() - s)
            if place.width() > 2:
                self._text(place, name.split("⁽")[0], theme.muted, small, right)
        elif node.density is Density.MINI or (node.layer < 0 and node.density is Density.CARD):
            place = node.rect.adjusted(0, s, 0, 0)
            place.setBottom(node.cells[0].rect.top())
            if node.density is Density.MINI:
                named = f"{name} {shown(node.cells[0], self._moment).slot.label}".rstrip()
                name = named if QFontMetricsF(small).horizontalAdvance(named) <= place.width() - 2 else name
            self._text(place, name, theme.muted, small, Qt.AlignmentFlag.AlignHCenter)
        elif node.density is Density.ROW:
            place = node.rect.adjusted(6 * s, 0, 0, 0)
            if node.layer == len(layers):
                place.setBottom(node.cells[0].rect.bottom())
                self._text(place, name, theme.text, strong, left)
            else:
                self._text(place, name, theme.muted, small, left)
        else:
            title = QRectF(node.rect.x() + 8 * s, node.rect.y() + 2 * s, node.rect.width() - 16 * s, 19 * s)
            self._text(title, name, theme.text, strong, left)
            kind = layers[node.layer].function if node.layer < len(layers) else ""
            needed = QFontMetricsF(strong).horizontalAdvance(name) + QFontMetricsF(small).horizontalAdvance(kind) + 8
            if kind and needed <= title.width():
                self._text(title, kind, theme.muted, small, right)

    # Numbers

    def _paint_box(self, place: Place) -> None:
        """What is around a number: how it takes part in the micro-step, and its name."""
        p, s, cell = self._p, self._s, place.cell
        fill, border = self._fill(place)
        if fill is not None:
            p.setPen(QPen(border, 1.3) if border is not None else Qt.PenStyle.NoPen)
            p.setBrush(fill)
            p.drawRoundedRect(cell.rect.adjusted(0.5, 1, -0.5, -1), 3.5 * s, 3.5 * s)
        if place.slot.label and not cell.is_dot and not cell.is_titled:
            inner = cell.rect.adjusted(3 * s, 0, -3 * s, 0)
            self._text(inner, place.slot.label, self._muted, self._small, Qt.AlignmentFlag.AlignLeft)

    def _paint_number(self, place: Place) -> None:
        number, positive, zero, negative = self._moment.number(place.slot.ref, place.index), *place.colors
        color = zero if not number else positive if number > 0 else negative
        if number is not None and number - number != 0:  # inf or NaN
            color = self._theme.dim(self._theme.error) if place.mark is Mark.DIMMED else QColor(self._theme.error)
        texts = ["·"] if number is None else self._number_texts(place, number)
        width = place.rect.width() + 0.01
        for text in () if place.cell.is_dot else texts:
            for advance, font in place.fonts:
                if len(text) * advance <= width:
                    self._p.setFont(font)
                    self._p.setPen(color)
                    self._p.drawText(place.rect, place.align, text)
                    return
        self._paint_dot(place, number, color)

    def _paint_dot(self, place: Place, number: float | None, color: QColor) -> None:
        """A number without room, in its sign's colour, the stronger the larger it is among those of its value.

        Digits are never left out of a number: one that does not fit is not written.
        """
        rect, s, share = place.cell.rect, self._s, 0.0
        if number is not None and number - number == 0:
            peak = self._peak(place.slot.ref)
            share = 0.2 + 0.8 * min(1.0, abs(number) / peak) ** 0.5 if number and peak else 0.0
        elif number is not None:
            share = 1.0
        radius = min(rect.width(), rect.height(), 14 * s) / 2 - 1
        self._p.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._p.setPen(QPen(QColor(self._theme.border) if number is None else color, 1))
        self._p.setBrush(self._theme.tint(color if not number else self._theme.signed(number), share))
        self._p.drawEllipse(rect.center(), radius, radius)

    def _peak(self, ref: ValueRef) -> float:
        """The largest magnitude of a value, of the shown sample where it has them."""
        key = (ref, self._moment.sample)
        if key not in self._peaks:
            rows = self._moment.lists(ref)
            numbers = rows[self._moment.sample] if per_sample(ref) and rows is not None else rows
            self._peaks[key] = _largest(numbers)
        return self._peaks[key]

    def _paint_by_hand(self, place: Place) -> None:
        """A dashed outline around a number set by hand; its dot alone where the place shows another one just now."""
        moment, s, color, cell = self._moment, self._s, QColor(self._theme.by_hand), place.cell
        rect, ref, index = cell.rect.adjusted(1, 1.5, -1, -1.5), place.slot.ref, place.index
        if moment.number(ref, index) is not None and moment.is_overridden(ref, index):
            self._p.setPen(self._theme.by_hand_pen())
            self._p.setBrush(Qt.BrushStyle.NoBrush)
            self._p.drawRoundedRect(rect, 3.5 * s, 3.5 * s)
        elif not any(
            moment.is_known(slot.ref) and moment.is_overridden(slot.ref, cell.index(slot, moment.sample))
            for slot in cell.slots
        ):
            return
        self._p.setPen(QPen(QColor(self._theme.surface), 1))
        self._p.setBrush(color)
        self._p.drawEllipse(rect.topRight() - QPointF(0.5, -0.5), 3.2 * s, 3.2 * s)

    def _fill(self, place: Place) -> tuple[QColor | None, QColor | None]:
        theme, mark = self._theme, place.mark
        if mark is Mark.FOCUS:
            written = place.slot.ref == self._moment.written
            color = self._phase if written else QColor(theme.link)
            return theme.focus_ground(color), color
        if mark is Mark.WRITTEN:
            return theme.written_ground(self._phase), theme.tint(self._phase, 0.5)
        if mark is Mark.READ:
            return QColor(theme.read), QColor(theme.read_border)
        return None, None

    def _number_colors(self, item: Shown, mark: Mark) -> tuple[QColor, QColor, QColor]:
        """Blue and orange are signs, whatever the value; the phase is told by what is around the number."""
        if item.number is None:
            return self._muted, self._muted, self._muted
        if item.slot.ref == refs.TARGET and self._has_classes:
            return self._text_color, self._text_color, self._text_color
        return self._dimmed if mark is Mark.DIMMED else self._signed

    def _number_texts(self, place: Place, number: float) -> list[str]:
        """A number as it is written everywhere; a class with the output that it means.

        An old value and its new one have the digits that tell them apart, if there is room for these.
        """
        ref, digits = place.slot.ref, self._moment.digits
        if ref == refs.TARGET and self._has_classes:
            network, wanted = self._moment.experiment.network, int(number)
            output = self._notation.neuron(len(network.layers) - 1, wanted)
            return [f"class {wanted} ({output})" if 0 <= wanted < network.outputs else f"class {wanted}"]
        if ref in (refs.INPUT, refs.TARGET):
            return [format_short(number, digits)]
        more = digits_of(self._moment, ref, place.index)
        usual = format_number(number, digits)
        return [usual] if more == digits else [format_number(number, more), usual]

    # Wide layers

    def _slot_of(self, heat_map: HeatMap) -> Slot:
        """The newest value of a heat map that is known."""
        return next((slot for slot in reversed(heat_map.slots) if self._moment.is_known(slot.ref)), heat_map.slots[0])

    def _paint_image(self, heat_map: HeatMap) -> None:
        p, theme, slot = self._p, self._theme, self._slot_of(heat_map)
        tensor = self._moment.tensor(slot.ref)
        if tensor is None:
            p.fillRect(heat_map.rect, theme.tint(theme.border, 0.25))
        else:
            sample = self._moment.sample if per_sample(slot.ref) else None
            p.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, heat_map.columns > heat_map.rect.width())
            p.drawImage(heat_map.rect, self._images.image(tensor, sample, theme))

    def _paint_frame(self, heat_map: HeatMap) -> None:
        p, theme, s, slot = self._p, self._theme, self._s, self._slot_of(heat_map)
        involved = self._moment.step is not None and slot.ref in (self._moment.written, *self._moment.read)
        color = QColor(theme.border)
        if involved:
            color = self._phase if slot.ref == self._moment.written else QColor(theme.read_border)
        p.setPen(QPen(color, 2.4 if involved else 1))
        p.setBrush(Qt.BrushStyle.NoBrush)
        p.drawRect(heat_map.rect)
        small = self._small
        if QFontMetricsF(small).horizontalAdvance(slot.label) <= heat_map.rect.width() + 4:
            header = heat_map.rect.adjusted(-10, -18 * s, 10, 0)
            header.setHeight(18 * s)
            self._text(header, slot.label, theme.muted, small, Qt.AlignmentFlag.AlignHCenter)
        for index in self._moment.overrides.get(slot.ref, {}):
            if not per_sample(slot.ref) or index[0] == self._moment.sample:
                place = index[1:] if per_sample(slot.ref) else index
                self._p.setPen(QPen(QColor(theme.by_hand), 2))
                self._p.drawRect(
                    pixel_rect(heat_map, place[0], place[1] if len(place) > 1 else 0).adjusted(-1, -1, 1, 1)
                )
        self._paint_selected_pixel(heat_map, slot)

    def _paint_selected_pixel(self, heat_map: HeatMap, slot: Slot) -> None:
        selection = self._moment.selection
        if selection is None or selection.ref != slot.ref:
            return
        place = selection.index[1:] if per_sample(slot.ref) else selection.index
        if per_sample(slot.ref) and selection.index[0] != self._moment.sample:
            return
        rect = pixel_rect(heat_map, place[0], place[1] if len(place) > 1 else 0)
        grown = rect.adjusted(-2, -2, 2, 2)
        for color, width in ((self._theme.surface, 4.0), (self._theme.text, 2.0)):
            self._p.setPen(QPen(QColor(color), width))
            self._p.drawRect(grown)

    def _paint_caption(self, rect: QRectF, layer: int) -> None:
        """The longest of a layer's captions that has room."""
        network, font = self._moment.experiment.network, self._small
        if layer < 0:
            texts = ["inputs"] if network.inputs <= 8 else [f"{network.inputs} inputs", "inputs"]
        else:
            units = network.layers[layer].units
            long = [f"layer {layer + 1} · {units} units"] if units > 8 else []
            texts = [*long, f"layer {layer + 1}", str(layer + 1)]
        metrics = QFontMetricsF(font)
        for text in texts:
            if metrics.horizontalAdvance(text) <= rect.width():
                self._text(rect, text, self._theme.muted, font, Qt.AlignmentFlag.AlignHCenter)
                return


def _largest(numbers: Any) -> float:
    """The largest finite magnitude among nested numbers."""
    if isinstance(numbers, Sequence):
        return max(map(_largest, numbers), default=0.0)
    return abs(float(numbers)) if numbers is not None and numbers - numbers == 0 else 0.0
