"""Painting the stage: one moment, on one layout. What the micro-step reads and writes stands out, the rest recedes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QFontMetricsF, QPainter, QPen

from chainrule.engine import refs
from chainrule.engine.refs import ValueRef
from chainrule.engine.steps import Phase
from chainrule.explain.notation import Notation
from chainrule.explain.numbers import format_short, shorter_forms
from chainrule.model.elements import Index, per_sample
from chainrule.session.moment import Moment
from chainrule.ui.appearance import Appearance
from chainrule.ui.stage.geometry import Cell, Density, Edge, HeatMap, Items, Node, Slot
from chainrule.ui.stage.heat import HeatImages
from chainrule.ui.stage.places import Mark, Marks, Place, Places, Shown, shown

FONT = 12.0
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
        for edge in self._items.edges:
            self._paint_label(edge)
        for place in places.cells:
            self._paint_box(place)
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
        cells += [cell for edge in self._items.edges for cell in self._rows(edge)]
        selected = self._cell_of_selected_edge()
        marks = {ref: self._edge_marks(ref) for ref in {edge.ref for edge in self._items.edges}}
        edges = [(marks[edge.ref](edge.index), edge) for edge in self._items.edges]
        order = [Mark.DIMMED, Mark.PLAIN, Mark.READ, Mark.WRITTEN, Mark.FOCUS]
        return Places(
            tuple(map(self._place, cells if selected is None else [*cells, selected])),
            tuple(sorted(edges, key=lambda pair: order.index(pair[0]))),
        )

    def _place(self, cell: Cell) -> Place:
        item, s = shown(cell, self._moment), self._s
        mark = self._marks.of(item.slot.ref, item.index)
        if item.number is None:
            mark = Mark.DIMMED if mark is not Mark.FOCUS else mark
        inner, label = cell.rect.adjusted(5 * s, 0, -5 * s, 0), item.slot.label
        if label:
            width = QFontMetrics(self._font(11)).horizontalAdvance(label)
            inner.setLeft(inner.left() + max(10 * s, width + 2))
        strong = mark in (Mark.FOCUS, Mark.WRITTEN) and self._moment.step is not None
        align = Qt.AlignmentFlag.AlignRight if label else Qt.AlignmentFlag.AlignHCenter
        font = self._font(11.5, bold=strong, mono=True)
        room = int(inner.width() / QFontMetricsF(font).horizontalAdvance("0") + 0.01)
        colors = self._number_colors(item, mark)
        return Place(cell, item.slot, item.index, mark, inner, room, font, align | _ONE_LINE, colors)

    def _font(self, size: float = FONT, *, bold: bool = False, mono: bool = False) -> QFont:
        return self._appearance.font(size * self._s / self._appearance.scale, bold=bold, mono=mono)

    def _text(self, rect: QRectF, text: str, color: QColor | str, font: QFont, align: Qt.AlignmentFlag) -> None:
        self._p.setFont(font)
        self._p.setPen(QColor(color))
        self._p.drawText(rect, align | _ONE_LINE, text)

    # Edges

    def _paint_edges(self, edges: Sequence[tuple[Mark, Edge]]) -> None:
        matrices = {edge.ref for _, edge in edges}
        strongest = {ref: self._strongest(ref) for ref in matrices}
        newest = {ref: self._moment.latest(ref) for ref in matrices}
        self._p.setBrush(Qt.BrushStyle.NoBrush)
        for mark, edge in edges:
            number = self._moment.number(newest[edge.ref], edge.index)
            self._p.setPen(self._edge_pen(number, mark, strongest[edge.ref]))
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

    def _edge_pen(self, number: float | None, mark: Mark, strongest: float) -> QPen:
        if number is None:
            return QPen(QColor(self._theme.border), 1.5)
        share = min(1.0, abs(number) / strongest) if strongest > 0 else 0.0
        color = self._theme.signed(number)
        if mark in (Mark.WRITTEN, Mark.FOCUS) and self._moment.step is not None:
            color = self._phase
        amount = {Mark.DIMMED: 0.28, Mark.PLAIN: 0.55, Mark.READ: 0.95, Mark.WRITTEN: 0.5, Mark.FOCUS: 1.0}[mark]
        return QPen(self._theme.tint(color, amount), (1.2 + 3.3 * share) * self._s)

    def _rows(self, edge: Edge) -> list[Cell]:
        """The rows of an edge's label: the first, and those others whose number is known."""
        return [cell for row, cell in enumerate(edge.cells) if row == 0 or shown(cell, self._moment).number is not None]

    def _paint_label(self, edge: Edge) -> None:
        rows, s = self._rows(edge), self._s
        if rows:
            self._p.setPen(QPen(QColor(self._theme.border), 1))
            self._p.setBrush(QColor(self._theme.surface))
            self._p.drawRoundedRect(rows[0].rect.united(rows[-1].rect), 4 * s, 4 * s)

    def _cell_of_selected_edge(self) -> Cell | None:
        """A place for the number of a selected curve where curves have no labels."""
        selection = self._moment.selection
        if selection is None or self._moment.number(selection.ref, selection.index) is None:
            return None
        parts = refs.parse(selection.ref)
        for edge in self._items.edges:
            if not edge.cells and (edge.ref, edge.index) == (parts.base, selection.index):
                middle, s = edge.path.pointAtPercent(0.5), self._s
                rect = QRectF(middle.x() - 36 * s, middle.y() - 10 * s, 72 * s, 20 * s)
                return Cell(rect, (Slot("∂" if "grad" in parts.suffixes else "", selection.ref),), edge.index)
        return None

    # Neurons

    def _paint_node(self, node: Node) -> None:
        p, theme, s = self._p, self._theme, self._s
        p.setPen(QPen(QColor(theme.border), 1.2))
        p.setBrush(QColor(theme.surface))
        p.drawRoundedRect(node.rect, 7 * s, 7 * s)
        self._paint_title(node)

    def _paint_title(self, node: Node) -> None:
        s, left, right = self._s, Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignRight
        center = Qt.AlignmentFlag.AlignHCenter
        experiment, title = self._moment.experiment, node.rect.adjusted(9 * s, 3 * s, -9 * s, 0)
        title.setHeight(20 * s)
        count = len(experiment.network.layers)
        if node.density is Density.ROW:
            place = node.rect.adjusted(7 * s, 0, 0, 0)
            self._text(place, self._notation.neuron(node.layer, node.unit), self._theme.muted, self._font(11.5), left)
        elif node.layer < 0:
            self._text(title, self._notation.neuron(-1, node.unit), self._theme.muted, self._font(), center)
        elif node.layer == count:
            self._text(title, "Loss", self._theme.text, self._font(bold=True), left)
        else:
            name, kind = self._notation.neuron(node.layer, node.unit), experiment.network.layers[node.layer].activation
            self._text(title, name, self._theme.text, self._font(bold=True), left)
            self._text(title, kind.name, self._theme.muted, self._font(10.5), right)

    # Numbers

    def _paint_box(self, place: Place) -> None:
        """What is around a number: how it takes part in the micro-step, and its name."""
        p, s, cell = self._p, self._s, place.cell
        fill, border = self._fill(place)
        if fill is not None:
            p.setPen(QPen(border, 1.3) if border is not None else Qt.PenStyle.NoPen)
            p.setBrush(fill)
            p.drawRoundedRect(cell.rect.adjusted(0.5, 1, -0.5, -1), 3.5 * s, 3.5 * s)
        if place.slot.label:
            inner = cell.rect.adjusted(5 * s, 0, -5 * s, 0)
            self._text(inner, place.slot.label, self._theme.muted, self._font(11), Qt.AlignmentFlag.AlignLeft)

    def _paint_number(self, place: Place) -> None:
        number, positive, zero, negative = self._moment.number(place.slot.ref, place.index), *place.colors
        color = zero if not number else positive if number > 0 else negative
        if number is not None and number - number != 0:  # inf or NaN
            color = self._theme.dim(self._theme.error) if place.mark is Mark.DIMMED else QColor(self._theme.error)
        self._p.setFont(place.font)
        self._p.setPen(color)
        self._p.drawText(place.rect, place.align, "·" if number is None else self._number_text(place, number))

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
            return theme.written_ground(self._phase), None
        if mark is Mark.READ:
            return QColor(theme.read), QColor(theme.read_border)
        return None, None

    def _number_colors(self, item: Shown, mark: Mark) -> tuple[QColor, QColor, QColor]:
        theme, ref = self._theme, item.slot.ref
        if item.number is None:
            colors = [QColor(theme.dimmed)] * 3
        elif (kind := self._kind_color(ref)) is not None:
            colors = [kind] * 3
        else:
            colors = [theme.signed(sign) for sign in (1.0, 0.0, -1.0)]
        if mark is Mark.DIMMED and item.number is not None:
            colors = [theme.dim(color) for color in colors]
        return colors[0], colors[1], colors[2]

    def _kind_color(self, ref: ValueRef) -> QColor | None:
        """The colour of all numbers of a value, whatever their sign."""
        theme, step = self._theme, self._moment.step_of(ref)
        if step is not None and step.phase is Phase.UPDATE:
            return theme.phase("update")
        if "grad" in refs.parse(ref).suffixes:
            return theme.phase("backward")
        if ref == refs.LOSS:
            return theme.phase("loss")
        return QColor(theme.text) if ref in (refs.INPUT, refs.TARGET) else None

    def _number_text(self, place: Place, number: float) -> str:
        """The number as it fits: the letters of its font are all of one width."""
        digits = self._moment.digits
        if place.slot.ref in (refs.INPUT, refs.TARGET):
            short = format_short(number, digits)
            if len(short) <= place.room:
                return short
        # A number too long for its place loses decimals, never its size; the whole of it is one hover away.
        text = ""
        for text in shorter_forms(number, digits):
            if len(text) <= place.room:
                break
        return text

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
        header = QRectF(heat_map.rect.x() - 20, heat_map.rect.y() - 20 * s, heat_map.rect.width() + 40, 20 * s)
        self._text(header, slot.label, theme.muted, self._font(11), Qt.AlignmentFlag.AlignHCenter)
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
        network = self._moment.experiment.network
        if layer < 0:
            text = "inputs" if network.inputs <= 8 else f"{network.inputs} inputs"
        else:
            units = network.layers[layer].units
            text = f"layer {layer + 1}" if units <= 8 else f"layer {layer + 1} · {units} units"
        font = self._font(11.5)
        self._p.setFont(font)
        spare = self._p.fontMetrics().horizontalAdvance(text) + 4 - rect.width()
        wide = rect.adjusted(-spare / 2, 0, spare / 2, 0) if spare > 0 else QRectF(rect)
        wide.moveLeft(max(2.0, wide.left()))
        self._text(wide, text, self._theme.muted, font, Qt.AlignmentFlag.AlignHCenter)


def pixel_rect(heat_map: HeatMap, row: int, column: int) -> QRectF:
    """The place of one element of a heat map."""
    width, height = heat_map.rect.width() / heat_map.columns, heat_map.rect.height() / heat_map.rows
    return QRectF(heat_map.rect.x() + column * width, heat_map.rect.y() + row * height, width, height)


def pixel_at(heat_map: HeatMap, position: QPointF) -> tuple[int, int] | None:
    """The element (row, column) of a heat map under a point."""
    if not heat_map.rect.contains(position):
        return None
    at = position - heat_map.rect.topLeft()
    row = min(heat_map.rows - 1, int(at.y() / heat_map.rect.height() * heat_map.rows))
    return row, min(heat_map.columns - 1, int(at.x() / heat_map.rect.width() * heat_map.columns))
