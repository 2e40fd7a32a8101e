"""The parts of a stage that is laid out: nodes, edges, heat maps, and the cells that hold the numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import cached_property

from PySide6.QtCore import QPointF, QRectF, QSizeF
from PySide6.QtGui import QPainterPath

from chainrule.catalog.values.refs import ValueRef
from chainrule.model.elements import Index

# How far at scale 1 captions, labels and frames may reach beyond their section.
BESIDE = 40.0


class Density(Enum):
    """How much of each neuron is drawn."""

    CARD = "card"
    ROW = "row"
    MINI = "mini"
    DOT = "dot"
    HEAT = "heat"


@dataclass(frozen=True, slots=True)
class Slot:
    """One of the values that a cell can show, with its label there.

    `shape` is that of a value with fewer numbers than places: one for all of them, or one for each row or column.
    One `if_read` is shown at micro-steps that read it alone.
    """

    label: str
    ref: ValueRef
    shape: Index | None = None
    if_read: bool = False


@dataclass(frozen=True, slots=True)
class Cell:
    """A place for one number: the newest of its slots that is known. `place` is the index without the sample.

    A dot has no room for its number, and shows its sign and size by a colour. One that `is_titled` has its label
    in the title of its neuron. On a wire the number stands at the right, with a name or without one.
    """

    rect: QRectF
    slots: tuple[Slot, ...]
    place: Index
    is_dot: bool = False
    is_titled: bool = False
    is_on_wire: bool = False

    def index(self, slot: Slot, sample: int | None) -> Index:
        """Return the element of the slot's value that is shown here.

        `sample` is None where it is not each sample's own.
        """
        if slot.shape is not None:
            places = zip(self.place, slot.shape, strict=False)
            return tuple(0 if size == 1 else place for place, size in places)
        return self.place if sample is None else (sample, *self.place)


@dataclass(frozen=True, slots=True)
class NodeCard:
    """A neuron, an input or the loss: a card with a title and cells.

    A node of a formula has a name, and unless it is an input the `sign` of its operator. `picture` is the place of a
    neuron's small picture, where such are shown.
    """

    rect: QRectF
    layer: int
    unit: int
    density: Density
    cells: tuple[Cell, ...]
    sign: str = ""
    name: str = ""
    picture: QRectF | None = None


@dataclass(frozen=True, slots=True)
class Edge:
    """A weight drawn as a curve; `cells` is its label, or empty where there was no room.

    `most` is how wide a line can be, so that it is seen apart from the ones beside it.
    """

    path: QPainterPath
    ref: ValueRef
    index: Index
    cells: tuple[Cell, ...]
    most: float


@dataclass(frozen=True, slots=True)
class Wire:
    """What a node of a formula hands to another; `cells` are its value, above it, and its gradient, or none.

    `gradient` is the share of its reader in the derivative of the output, None where it has none. `readers` are the
    nodes that it leads to: of a trunk several.
    """

    path: QPainterPath
    ref: ValueRef
    gradient: str | None
    cells: tuple[Cell, ...]
    readers: frozenset[str]


@dataclass(frozen=True, slots=True)
class HeatMap:
    """A matrix drawn as an image: units down, whatever `ref` has as columns across."""

    rect: QRectF
    slots: tuple[Slot, ...]
    rows: int
    columns: int


@dataclass(frozen=True, slots=True)
class Items:
    """Everything that a part of the stage draws, in the stage's pixels.

    `labels` are the numbers of weights that stand below the network, `notes` are small sentences about what is shown.
    """

    nodes: list[NodeCard] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)
    wires: list[Wire] = field(default_factory=list)
    maps: list[HeatMap] = field(default_factory=list)
    links: list[tuple[QPointF, ...]] = field(default_factory=list)
    captions: list[tuple[QRectF, int]] = field(default_factory=list)
    labels: list[tuple[Cell, ...]] = field(default_factory=list)
    notes: list[tuple[QRectF, str]] = field(default_factory=list)

    @classmethod
    def of(cls, parts: Iterable[Items]) -> Items:
        """Return all that several parts draw."""
        whole = cls()
        for part in parts:
            whole.nodes.extend(part.nodes)
            whole.edges.extend(part.edges)
            whole.wires.extend(part.wires)
            whole.maps.extend(part.maps)
            whole.links.extend(part.links)
            whole.captions.extend(part.captions)
            whole.labels.extend(part.labels)
            whole.notes.extend(part.notes)
        return whole

    def near(self, part: QRectF) -> Items:
        """Return those that may be seen in a part of the stage: of a long column few."""
        wide = part.adjusted(-BESIDE, -BESIDE, BESIDE, BESIDE)
        edges = [
            edge
            for edge in self.edges
            if wide.intersects(edge.path.boundingRect()) or any(wide.intersects(cell.rect) for cell in edge.cells)
        ]
        nodes = [node for node in self.nodes if wide.intersects(node.rect)]
        # The bounds of a level line are empty.
        wires = [wire for wire in self.wires if wide.intersects(wire.path.boundingRect().adjusted(-1, -1, 1, 1))]
        return replace(self, nodes=nodes, edges=edges, wires=wires)

    def cells(self) -> list[Cell]:
        """Return every number's place; labels of edges, which lie on top, come last."""
        on_nodes = [cell for node in self.nodes for cell in node.cells]
        on_nodes += [cell for wire in self.wires for cell in wire.cells]
        return on_nodes + [cell for cells in self.all_labels() for cell in cells]

    def all_labels(self) -> list[tuple[Cell, ...]]:
        """Return the labels of all weights that have one, each of one or more rows."""
        return self.labels + [edge.cells for edge in self.edges if edge.cells]


@dataclass(frozen=True)
class LayerSection:
    """A layer with the weights into it, or the loss: between two x, and placed when it is first asked for."""

    left: float
    right: float
    place: Callable[[], Items]

    @cached_property
    def items(self) -> Items:
        """What it draws."""
        return self.place()


@dataclass(frozen=True, slots=True)
class Chosen:
    """A neuron whose weights are shown where there is no room for all; `source` is the one that matters most.

    With `goes_out` it is the source whose weights are shown, those into all neurons of the layer.
    """

    layer: int = 0
    unit: int = 0
    source: int = 0
    goes_out: bool = False

    @property
    def neuron(self) -> tuple[int, int]:
        """Layer and unit of the neuron that the weights have in common."""
        return (self.layer - 1, self.source) if self.goes_out else (self.layer, self.unit)

    def shows(self, layer: int, unit: int, source: int) -> bool:
        """Return whether a weight is one of them."""
        return layer == self.layer and (source == self.source if self.goes_out else unit == self.unit)


@dataclass(frozen=True, slots=True)
class StageLayout:
    """Where everything is; `least` is the smallest size at which all of it fits.

    Its sections are the input, the layers and the loss, from left to right: of a deep network few are ever looked at.
    A formula has a single one.
    `beside` has what stands below all of them. `chosen` is None where the weights of every neuron are shown.
    """

    scale: float
    size: QSizeF
    least: QSizeF
    sections: tuple[LayerSection, ...]
    beside: tuple[LayerSection, ...] = ()
    chosen: Chosen | None = None
    choose: Callable[[Chosen], StageLayout] | None = None

    def choosing(self, chosen: Chosen) -> StageLayout:
        """Return the same with the weights of another neuron; what does not change is not placed again."""
        return self if self.choose is None or self.chosen in (None, chosen) else self.choose(chosen)

    @property
    def whole(self) -> Items:
        """All that there is."""
        return Items.of(section.items for section in (*self.sections, *self.beside))

    def between(self, left: float, right: float) -> Items:
        """Return all that can be seen between two x."""
        beside = BESIDE * self.scale
        return Items.of(
            section.items
            for section in (*self.sections, *self.beside)
            if section.left - beside <= right and section.right + beside >= left
        )

    def of(self, layer: int | None) -> Items:
        """Return all that may show a value of a layer, or of none."""
        if len(self.sections) == 1:
            return self.whole
        # What is of no layer is the input, or what the outputs and the loss show.
        found = (self.sections[0], *self.sections[-2:]) if layer is None else (self.sections[layer + 1],)
        return Items.of(section.items for section in (*found, *self.beside))


@dataclass(frozen=True, slots=True)
class Metrics:
    """Lengths at scale 1, in pixels.

    `number` is the width of a number with its digits, `name` that of a neuron's name in a row, `zoom` the text size.
    `picture` is how much higher a neuron's card is for the picture in it; 0 where none are shown.
    """

    number: float
    name: float = 26.0
    zoom: float = 1.0
    row: float = 18.0
    pad: float = 5.0
    title: float = 21.0
    caption: float = 20.0
    margin: float = 5.0
    space: float = 8.0
    heat: float = 24.0
    line: float = 16.0
    picture: float = 0.0

    @property
    def tiny(self) -> float:
        """The width of a number with a power of ten, in letters that are a little narrower."""
        return self.number * 1.15
