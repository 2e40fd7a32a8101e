"""Painting the stage: one moment, on one layout. What the micro-step reads and writes stands out, the rest recedes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen

from chainrule.catalog.experiment.spec_error import plural
from chainrule.catalog.values import refs
from chainrule.catalog.values.refs import ValueRef
from chainrule.explain.names.data_names import neuron_column
from chainrule.model.elements import Index
from chainrule.session.screen.moment import Moment
from chainrule.translation import gettext
from chainrule.ui.stage.layout.geometry import Cell, Density, Edge, HeatMap, Items, NodeCard, Slot
from chainrule.ui.stage.layout.places import Emphasis, StagePlaces, shown
from chainrule.ui.stage.painting.heat import HeatImages, pixel_rect
from chainrule.ui.stage.painting.numbers import NumberPainter
from chainrule.ui.style.appearance import Appearance, Theme

# How strong an edge is by how it takes part in the micro-step.
_AMOUNTS = {
    Emphasis.DIMMED: 0.35,
    Emphasis.PLAIN: 0.55,
    Emphasis.READ: 0.85,
    Emphasis.WRITTEN: 0.7,
    Emphasis.FOCUS: 1.0,
}
# How much wider the edge is that the micro-step is about.
WIDER = 0.8


@dataclass(frozen=True, slots=True)
class _EdgeLook:
    """How edges are drawn that take part in the micro-step in one way: their colours."""

    mark: Emphasis
    positive: QColor
    zero: QColor
    negative: QColor
    unknown: QColor

    @classmethod
    def of(cls, mark: Emphasis, theme: Theme) -> _EdgeLook:
        """Return it in the colours of a theme."""
        positive, zero, negative = (theme.tint(theme.signed(sign), _AMOUNTS[mark]) for sign in (1.0, 0.0, -1.0))
        return cls(mark, positive, zero, negative, QColor(theme.border))


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
        self._theme, self._images, self._muted = appearance.theme, images, QColor(appearance.theme.muted)
        self._numbers = NumberPainter(painter, moment, scale, appearance)
        self._is_batch = len(moment.rows) > 1

    def paint_moving(self, places: StagePlaces) -> None:
        """Paint what is below all else, and changes with every iteration: edges, and the images of wide layers."""
        self._p.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_edges(places.edges)
        for heat_map in self._items.maps:
            self._paint_image(heat_map)

    def paint_still(self, places: StagePlaces) -> None:
        """Paint what stays as long as the same micro-step is on the screen: boxes, titles, names,
        and what is marked.
        """
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
            self._numbers.paint_box(place)
        for rect, text in self._items.notes:
            self._numbers.text(rect, text, self._muted, self._numbers.small, Qt.AlignmentFlag.AlignLeft)
        for rect, layer in self._items.captions:
            self._paint_caption(rect, layer)

    def paint_numbers(self, places: StagePlaces) -> None:
        """Paint the numbers, on top."""
        for place in places.cells:
            self._numbers.paint_number(place)
        if self._moment.overrides:
            self._p.setRenderHint(QPainter.RenderHint.Antialiasing)
            for place in places.cells:
                self._numbers.paint_by_hand(place)
        if self._moment.pointed_at:
            self._p.setRenderHint(QPainter.RenderHint.Antialiasing)
            for place in places.cells:
                self._numbers.paint_pointed_at(place)

    def places(self) -> StagePlaces:
        """Return where everything is for every moment at the same micro-step and with the same selection."""
        cells = [cell for node in self._items.nodes for cell in node.cells]
        cells += [cell for label in self._items.all_labels() for cell in self._rows(label)]
        marks = {ref: self._edge_marks(ref) for ref in {edge.ref for edge in self._items.edges}}
        edges = [(marks[edge.ref](edge.index), edge) for edge in self._items.edges]
        order = [Emphasis.DIMMED, Emphasis.PLAIN, Emphasis.READ, Emphasis.WRITTEN, Emphasis.FOCUS]
        return StagePlaces(
            tuple(map(self._numbers.place, cells)),
            tuple(sorted(edges, key=lambda pair: order.index(pair[0]))),
        )

    # Edges

    def edge_widths(self, places: StagePlaces) -> list[float] | None:
        """Return how wide each edge is, as a negative number where its own is negative; 0 where that is 0.

        None where there are images, too, or numbers that are not known.
        """
        if self._items.maps:
            return None
        found = []
        for mark, edge, number, strongest in self._numbered(places.edges):
            if number is None:
                return None
            width = _edge_width(number, mark, strongest, edge.most) * self._s
            found.append(0.0 if number == 0 else -width if number < 0 else width)
        return found

    def _numbered(self, edges: Sequence[tuple[Emphasis, Edge]]) -> Iterator[tuple[Emphasis, Edge, float | None, float]]:
        """Yield edges with their numbers, and the largest number of each one's matrix."""
        matrices = {edge.ref for _, edge in edges}
        strongest = {ref: self._strongest(ref) for ref in matrices}
        newest = {ref: self._moment.latest(ref) for ref in matrices}
        # What is shown one number at a time is asked for by number; of all else the rows are looked up once.
        part = self._moment.written if self._moment.cursor.element is not None else None
        rows = {ref: self._moment.lists(newest[ref]) for ref in matrices if newest[ref] != part}
        for mark, edge in edges:
            ref, (unit, source) = edge.ref, edge.index
            if ref in rows:
                number = None if rows[ref] is None else rows[ref][unit][source]
            else:
                number = self._moment.number(newest[ref], edge.index)
            yield mark, edge, number, strongest[ref]

    def _paint_edges(self, edges: Sequence[tuple[Emphasis, Edge]]) -> None:
        self._p.setBrush(Qt.BrushStyle.NoBrush)
        looks = {mark: _EdgeLook.of(mark, self._theme) for mark in {mark for mark, _ in edges}}
        for mark, edge, number, strongest in self._numbered(edges):
            self._p.setPen(self._edge_pen(number, looks[mark], strongest, edge.most))
            self._p.drawPath(edge.path)

    def _strongest(self, ref: ValueRef) -> float:
        tensor = self._moment.lists(ref)
        return max((abs(number) for row in tensor for number in row), default=0.0) if tensor is not None else 0.0

    def _edge_marks(self, ref: ValueRef) -> Callable[[Index], Emphasis]:
        """Return the marks of a matrix's edges by their index: one for all where it has no part in the micro-step."""
        order = [Emphasis.FOCUS, Emphasis.WRITTEN, Emphasis.READ, Emphasis.PLAIN, Emphasis.DIMMED]
        related, selection = (ref, refs.grad(ref), refs.next_value(ref)), self._moment.selection
        lit = self._moment.lit
        written = lit.writes if lit else None
        involved = (written, *self._moment.read, selection.ref if selection else None)
        if not set(involved) & set(related):
            resting = Emphasis.PLAIN if lit is None else Emphasis.DIMMED
            return lambda _: resting
        return lambda index: min((self._numbers.marks.of(each, index) for each in related), key=order.index)

    def _edge_pen(self, number: float | None, look: _EdgeLook, strongest: float, most: float) -> QPen:
        if number is None:
            return QPen(look.unknown, min(1.5, most))
        color = look.zero if number == 0 else look.negative if number < 0 else look.positive
        return QPen(color, _edge_width(number, look.mark, strongest, most) * self._s)

    def _rows(self, cells: tuple[Cell, ...]) -> list[Cell]:
        """Return the rows of a label: the first, and those others whose number is known."""
        return [cell for row, cell in enumerate(cells) if row == 0 or shown(cell, self._moment).number is not None]

    def _paint_label(self, cells: tuple[Cell, ...]) -> None:
        rows, s = self._rows(cells), self._s
        self._p.setPen(QPen(QColor(self._theme.border), 1))
        self._p.setBrush(QColor(self._theme.field if self._is_batch else self._theme.surface))
        self._p.drawRoundedRect(rows[0].rect.united(rows[-1].rect), 4 * s, 4 * s)

    # Neurons

    def _paint_node(self, node: NodeCard) -> None:
        p, theme, s = self._p, self._theme, self._s
        if node.density is not Density.DOT:
            p.setPen(QPen(QColor(theme.border), 1.2))
            p.setBrush(QColor(theme.surface))
            p.drawRoundedRect(node.rect, 6 * s, 6 * s)
        if self._is_batch:
            self._paint_shared(node)
        self._paint_title(node)

    def _paint_shared(self, node: NodeCard) -> None:
        """Paint the ground of what is the same for all samples of the batch; the others' is the card's own."""
        for cell in node.cells:
            if cell.is_dot or self._moment.sample_of(shown(cell, self._moment).slot.ref) is not None:
                continue
            ground = QRectF(cell.rect)
            if node.density is Density.CARD:
                ground.setLeft(node.rect.left() + 2)
                ground.setRight(node.rect.right() - 2)
            self._p.fillRect(ground, QColor(self._theme.field))

    def _paint_title(self, node: NodeCard) -> None:
        s, left, right = self._s, Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignRight
        layers, theme, small = self._moment.experiment.network.layers, self._theme, self._numbers.small
        name = gettext("Loss") if node.layer == len(layers) else self._numbers.notation.neuron(node.layer, node.unit)
        called = neuron_column(self._moment.experiment, node.layer, node.unit).name
        # A column may be called x itself.
        called = "" if called == name else called
        strong = self._numbers.font(bold=True)
        if node.density is Density.DOT:
            # What has no room for the layer's number has it below.
            # The letters are lower than their line, which is higher than the dot.
            place = node.rect.adjusted(0, -2 * s, 0, 2 * s)
            place.setRight(node.cells[0].rect.left() - s)
            if place.width() > 2:
                self._numbers.text(place, name.split("⁽")[0], theme.muted, small, right)
        elif node.density is Density.MINI or (node.layer < 0 and node.density is Density.CARD):
            place = node.rect.adjusted(0, s, 0, 0)
            place.setBottom(node.cells[0].rect.top())
            if node.picture is not None:
                place.setLeft(node.cells[0].rect.left())
            if node.density is Density.MINI:
                named = f"{name} {shown(node.cells[0], self._moment).slot.label}".rstrip()
                name = named if QFontMetricsF(small).horizontalAdvance(named) <= place.width() - 2 else name
            elif called:
                name = _cut(f"{name} {called}", small, place.width() - 2)
            self._numbers.text(place, name, theme.muted, small, Qt.AlignmentFlag.AlignHCenter)
        elif node.density is Density.ROW:
            place = node.rect.adjusted(6 * s, 0, 0, 0)
            if node.layer == len(layers):
                place.setBottom(node.cells[0].rect.bottom())
                self._numbers.text(place, name, theme.text, strong, left)
            else:
                end = node.picture.left() if node.picture else node.cells[0].rect.left() if node.cells else None
                place.setRight(place.right() if end is None else end - 2 * s)
                text = _cut(f"{name} {called}", small, place.width()) if called else name
                self._numbers.text(place, text, theme.muted, small, left)
        else:
            self._paint_card_title(node, name, called)

    def _paint_card_title(self, node: NodeCard, name: str, called: str) -> None:
        """Paint a name and the function, which goes below it where a picture is beside them."""
        s, left, right = self._s, Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignRight
        layers, theme, small = self._moment.experiment.network.layers, self._theme, self._numbers.small
        strong = self._numbers.font(bold=True)
        title = QRectF(node.rect.x() + 8 * s, node.rect.y() + 2 * s, node.rect.width() - 16 * s, 19 * s)
        if node.picture is not None:
            title.setRight(node.picture.left() - 4 * s)
        self._numbers.text(title, name, theme.text, strong, left)
        kind = layers[node.layer].function if node.layer < len(layers) else ""
        needed = QFontMetricsF(strong).horizontalAdvance(name) + QFontMetricsF(small).horizontalAdvance(kind) + 8
        if called:
            beside = title.adjusted(QFontMetricsF(strong).horizontalAdvance(name) + 4 * s, 0, 0, 0)
            self._numbers.text(beside, _cut(called, small, beside.width()), theme.text, small, left)
            needed += QFontMetricsF(small).horizontalAdvance(called) + 4 * s
        if kind and node.picture is not None:
            self._numbers.text(title.translated(0, 19 * s), _cut(kind, small, title.width()), theme.muted, small, left)
        elif kind and needed <= title.width():
            self._numbers.text(title, kind, theme.muted, small, right)

    # Wide layers

    def _slot_of(self, heat_map: HeatMap) -> Slot:
        """Return the newest value of a heat map that is known."""
        return next((slot for slot in reversed(heat_map.slots) if self._moment.is_known(slot.ref)), heat_map.slots[0])

    def _paint_image(self, heat_map: HeatMap) -> None:
        p, theme, slot = self._p, self._theme, self._slot_of(heat_map)
        tensor = self._moment.tensor(slot.ref)
        if tensor is None:
            p.fillRect(heat_map.rect, theme.tint(theme.border, 0.25))
        else:
            sample = self._moment.sample_of(slot.ref)
            p.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, heat_map.columns > heat_map.rect.width())
            p.drawImage(heat_map.rect, self._images.image(tensor, sample, theme))

    def _paint_frame(self, heat_map: HeatMap) -> None:
        p, theme, s, slot = self._p, self._theme, self._s, self._slot_of(heat_map)
        lit = self._moment.lit
        involved = lit is not None and slot.ref in (lit.writes, *self._moment.read)
        color = QColor(theme.border)
        if involved:
            color = self._numbers.phase if lit is not None and slot.ref == lit.writes else QColor(theme.read_border)
        p.setPen(QPen(color, 2.4 if involved else 1))
        p.setBrush(Qt.BrushStyle.NoBrush)
        p.drawRect(heat_map.rect)
        if any(self._moment.is_pointed_at(each.ref, ()) for each in heat_map.slots):
            p.setPen(theme.pointing_pen(s))
            p.drawRect(heat_map.rect.adjusted(-3, -3, 3, 3))
        small = self._numbers.small
        if QFontMetricsF(small).horizontalAdvance(slot.label) <= heat_map.rect.width() + 4:
            header = heat_map.rect.adjusted(-10, -18 * s, 10, 0)
            header.setHeight(18 * s)
            self._numbers.text(header, slot.label, theme.muted, small, Qt.AlignmentFlag.AlignHCenter)
        sample = self._moment.sample_of(slot.ref)
        for index in self._moment.overrides.get(slot.ref, {}):
            if sample is None or index[0] == sample:
                place = index if sample is None else index[1:]
                self._p.setPen(QPen(QColor(theme.by_hand), 2))
                self._p.drawRect(
                    pixel_rect(heat_map, place[0], place[1] if len(place) > 1 else 0).adjusted(-1, -1, 1, 1)
                )
        self._paint_selected_pixel(heat_map, slot)

    def _paint_selected_pixel(self, heat_map: HeatMap, slot: Slot) -> None:
        selection = self._moment.selection
        if selection is None or selection.ref != slot.ref:
            return
        sample = self._moment.sample_of(slot.ref)
        place = selection.index if sample is None else selection.index[1:]
        if sample is not None and selection.index[0] != sample:
            return
        rect = pixel_rect(heat_map, place[0], place[1] if len(place) > 1 else 0)
        grown = rect.adjusted(-2, -2, 2, 2)
        for color, width in ((self._theme.surface, 4.0), (self._theme.text, 2.0)):
            self._p.setPen(QPen(QColor(color), width))
            self._p.drawRect(grown)

    def _paint_caption(self, rect: QRectF, layer: int) -> None:
        """Paint the longest of a layer's captions that has room."""
        network, font = self._moment.experiment.network, self._numbers.small
        if layer < 0:
            few = gettext("inputs")
            texts = [few] if network.inputs <= 8 else [plural(network.inputs, "input"), few]
        else:
            units = network.layers[layer].units
            long = [gettext("layer {number} · {units} units", number=layer + 1, units=units)] if units > 8 else []
            texts = [*long, gettext("layer {number}", number=layer + 1), str(layer + 1)]
        metrics = QFontMetricsF(font)
        for text in texts:
            if metrics.horizontalAdvance(text) <= rect.width():
                self._numbers.text(rect, text, self._theme.muted, font, Qt.AlignmentFlag.AlignHCenter)
                return


def _edge_width(number: float, mark: Emphasis, strongest: float, most: float) -> float:
    """Return how wide an edge is at scale 1: between least and `most` by its share of the strongest one's number."""
    share = min(1.0, abs(number) / strongest) if strongest > 0 else 0.0
    least = min(1.2, most / 2)
    return least + (most - least) * share + (WIDER if mark is Emphasis.FOCUS else 0.0)


def _cut(text: str, font: QFont, width: float) -> str:
    """Return as much of a text as there is room for, with an ellipsis where some of it is left out."""
    return QFontMetricsF(font).elidedText(text, Qt.TextElideMode.ElideRight, width)
