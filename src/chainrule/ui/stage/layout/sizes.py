"""How large everything on the stage is at scale 1, in each of the shapes that a layer can have."""

from __future__ import annotations

from enum import IntEnum

from chainrule.catalog.values import refs
from chainrule.catalog.values.value import GRADIENTS, OF_OPTIMIZERS, Role
from chainrule.ui.stage.layout.contents import StageContents
from chainrule.ui.stage.layout.geometry import Density, Metrics, Slot

# The room of the loss's title, where it stands beside its numbers.
TITLE = 44.0
# Gaps between neurons of a column, and between an output and the loss.
GAP = 3.0
LINK = 20.0
# What a cell has around its number, both sides together.
AROUND = 7.0
# How wide a letter of a column's name is, and how many of one are shown.
NAME_LETTER, MOST_LETTERS = 6.2, 12
# The columns of a layer whose neurons are dots: one each of its values and of its gradients, or the newest.
DOT = 13.0
SPECK = 10.0
# The picture of what a neuron has learned, in a row or beside a dot, and the least that says anything.
MOST_PICTURE, LEAST_PICTURE = 25.0, 10.0


class Shape(IntEnum):
    """How a layer is drawn, in order of what it shows."""

    TALL_CARD = 0
    CARD = 1
    LONGEST_ROW = 2
    LONG_ROW = 3
    ROW = 4
    MINI = 5
    ONE = 6
    DOT = 7
    SPECK = 8
    MAPS = 9
    MAP = 10


class OldValues(IntEnum):
    """Where a parameter stays beside its new value, as it always does on the lines: in tall cards, in rows as well."""

    NOWHERE = 0
    CARDS = 1
    ROWS = 2


# The shapes that keep it, with the least that must be wanted for them.
KEEPING = {Shape.TALL_CARD: OldValues.CARDS, Shape.LONGEST_ROW: OldValues.ROWS}
CARDS = (Shape.TALL_CARD, Shape.CARD)


DENSITIES = {
    Shape.TALL_CARD: Density.CARD,
    Shape.CARD: Density.CARD,
    Shape.LONGEST_ROW: Density.ROW,
    Shape.LONG_ROW: Density.ROW,
    Shape.ROW: Density.ROW,
    Shape.MINI: Density.MINI,
    Shape.ONE: Density.ROW,
    Shape.DOT: Density.DOT,
    Shape.SPECK: Density.DOT,
    Shape.MAPS: Density.HEAT,
    Shape.MAP: Density.HEAT,
}
# What may be drawn at each amount of detail, best first; what is too high for all of them is a heat map.
AMOUNTS = (
    (Shape.TALL_CARD, Shape.CARD, Shape.LONGEST_ROW, Shape.LONG_ROW, Shape.DOT, Shape.SPECK),
    (Shape.TALL_CARD, Shape.CARD, Shape.ROW, Shape.DOT, Shape.SPECK),
    (Shape.MINI, Shape.ONE, Shape.DOT, Shape.SPECK),
    (Shape.DOT, Shape.SPECK),
    (Shape.SPECK,),
)
# The least room between two columns at each amount of detail: for lines, and for a heat map of weights.
LINE_GAPS = (34.0, 24.0, 22.0, 14.0, 10.0)
MATRIX_GAPS = (92.0, 92.0, 60.0, 40.0, 18.0)
# Amounts at which a neuron that is a dot has one for its values and one for its gradients.
TWO_DOTS = 2
# Gradients, and what is made of them.
OFTEN_TINY = (*GRADIENTS, Role.KEPT_GRADIENT, *OF_OPTIMIZERS)


class Sizes:
    """Lengths of one network's parts."""

    def __init__(self, contents: StageContents, metrics: Metrics) -> None:
        self.contents, self.m = contents, metrics

    # Cells

    def cell(self, slots: tuple[Slot, ...]) -> float:
        """Return the least width of a cell: of its longest label and its longest number."""
        number = self.m.tiny if any(map(self._may_be_tiny, slots)) else self.m.number
        return self.label(max((slot.label for slot in slots), key=len, default="")) + number + AROUND

    def _may_be_tiny(self, slot: Slot) -> bool:
        """Return whether a value is often so small that it is written with a power of ten."""
        value = self.contents.values.get(slot.ref)
        return value is not None and value.role in OFTEN_TINY

    def label(self, text: str) -> float:
        """Return the width of a value's letters before its number."""
        return 3.5 + 7 * len(text) if text else 0.0

    def card_columns(self, layer: int) -> tuple[float, float]:
        """Return the widths of the two columns of a card."""
        # Of a tall card, so that any card is as wide.
        rows = self.contents.rows(layer, tall=True)
        left = max((self.cell(row[0]) for row in rows if row), default=0.0)
        right = max((self.cell(row[1]) for row in rows if len(row) > 1), default=0.0)
        return left, right

    def row_cells(self, layer: int, shape: Shape) -> tuple[tuple[Slot, ...], ...]:
        """Return what the cells of a neuron in one row show."""
        if layer < 0:
            return ((Slot("", refs.INPUT),),)
        if shape in (Shape.LONGEST_ROW, Shape.LONG_ROW):
            return self.contents.compact_row(layer, narrow=False, keeps_bias=shape is Shape.LONGEST_ROW)
        return self.contents.compact_row(layer, narrow=True)

    # Neurons and columns

    def name(self, layer: int, shape: Shape) -> float:
        """Return the room of a neuron's name beside its numbers."""
        if shape is Shape.SPECK:
            return 0.0
        if shape is Shape.DOT:
            # The caption below says which layer it is in.
            return 11.0 + 5.5 * len(str(self.contents.units(layer)))
        own = min(self.m.name, 26.0) if layer < 0 else self.m.name + self.picture(layer, shape)
        return own + (self.data_name(layer) if shape is not Shape.MINI else 0.0)

    def picture(self, layer: int, shape: Shape) -> float:
        """Return the side of the picture in a neuron, beside numbers or a dot the most of it; 0 of one that has
        none.
        """
        if layer < 0 or not self.m.picture or shape in (Shape.SPECK, Shape.MAPS, Shape.MAP):
            return 0.0
        return self.m.picture + self.m.title - 5.0 if shape in CARDS else MOST_PICTURE

    def title(self, layer: int) -> float:
        """Return the room above the numbers of a card."""
        return self.m.title + (self.m.picture if layer >= 0 else 0.0)

    def data_name(self, layer: int) -> float:
        """Return the room for what the data call the neurons of a layer, with its inputs or its outputs; longer names
        are cut.
        """
        columns = self.contents.columns(layer)
        longest = max((len(column.name) for column in columns), default=0)
        return NAME_LETTER * min(longest, MOST_LETTERS) + 4.0 if longest else 0.0

    def dots(self, amount: int, layer: int) -> int:
        """Return how many dots a neuron has."""
        return 2 if amount < TWO_DOTS and layer >= 0 else 1

    def node_height(self, layer: int, shape: Shape) -> float:
        """Return how high a neuron is."""
        m = self.m
        if shape in CARDS:
            return self.title(layer) + len(self.contents.rows(layer, tall=shape is Shape.TALL_CARD)) * m.row + m.pad
        row = m.row + 2
        rows = dict.fromkeys((Shape.LONGEST_ROW, Shape.LONG_ROW, Shape.ROW), row)
        heights = {**rows, Shape.MINI: 32.0, Shape.ONE: m.row, Shape.DOT: 11.5}
        return heights.get(shape, 6.0)

    def space(self, shape: Shape) -> float:
        """Return the least room between two neurons."""
        cards = dict.fromkeys(CARDS, self.m.space)
        return {**cards, Shape.DOT: 0.3, Shape.SPECK: 0.5}.get(shape, 2.0)

    def column_height(self, layer: int, shape: Shape) -> float:
        """Return the least height of a layer."""
        if DENSITIES[shape] is Density.HEAT:
            return 40.0
        return self.contents.units(layer) * (self.node_height(layer, shape) + self.space(shape))

    def column_width(self, layer: int, shape: Shape, amount: int) -> float:
        """Return the least width of a layer."""
        m = self.m
        if shape is Shape.MAPS:
            return m.heat * len(self.contents.heat_slots(layer))
        if shape in (Shape.MAP, Shape.SPECK):
            return SPECK * (self.dots(amount, layer) if shape is Shape.SPECK else 1)
        if shape is Shape.DOT:
            return DOT * self.dots(amount, layer) + self.name(layer, shape) + self.picture(layer, shape)
        if shape is Shape.MINI or (layer < 0 and shape in CARDS):
            named = 20.0 + self.data_name(layer) if layer < 0 and shape in CARDS and self.data_name(layer) else 0.0
            beside = self.picture(layer, shape)
            return max(m.name, named, m.number if layer < 0 else m.tiny) + AROUND + beside
        if shape in CARDS:
            return sum(self.card_columns(layer)) + 2 * GAP
        cells = self.row_cells(layer, shape)
        if shape is Shape.ONE:
            return self.name(layer, shape) + self.cell(cells[0] if layer < 0 else self.contents.newest(layer)) + GAP
        return self.name(layer, shape) + sum(map(self.cell, cells)) + GAP

    def shape(self, layer: int, amount: int, room: float, kept: OldValues) -> Shape:
        """Return the best shape of a layer whose column may be so high,
        among those that keep old values where wanted.
        """
        for shape in AMOUNTS[amount]:
            if KEEPING.get(shape, OldValues.NOWHERE) <= kept and self.column_height(layer, shape) <= room:
                return shape
        return Shape.MAPS if amount < TWO_DOTS else Shape.MAP

    # The loss

    def loss_width(self) -> float:
        """Return the width of the loss's card, beside the outputs."""
        least = 116.0 if self.contents.classes else 0.0
        return max(*(self.cell(slots) + 2 * GAP for slots in self.contents.loss_parts()), least)

    def loss_height(self, *, below: bool) -> float:
        """Return the height of the loss: a card beside the outputs, or rows below them, the first with its title."""
        rows = len(self.contents.loss_parts()) + self.contents.classes
        return rows * self.m.row + 4 if below else self.m.title + rows * self.m.row + self.m.pad

    def loss_row(self) -> float:
        """Return the least width of the loss below the outputs."""
        least = 116.0 if self.contents.classes else 0.0
        return max(*(TITLE + self.cell(slots) for slots in self.contents.loss_parts()), least)
