"""Which number is where on the stage at a micro-step, and how each takes part in it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFont

from chainrule.catalog.values.refs import ValueRef
from chainrule.catalog.values.value import Axis, Role, Value
from chainrule.model.elements import Index, depends
from chainrule.session.screen.moment import Moment, Selection
from chainrule.ui.stage.layout.geometry import Cell, Chosen, Edge, NodeCard, Slot


class Emphasis(Enum):
    """How a number takes part in the last micro-step."""

    PLAIN = "plain"
    DIMMED = "dimmed"
    READ = "read"
    WRITTEN = "written"
    FOCUS = "focus"


@dataclass(frozen=True, slots=True)
class CellContent:
    """What a cell shows at a moment: which value, which element of it, its number if it is known."""

    slot: Slot
    index: Index
    number: float | None


def shown(cell: Cell, moment: Moment) -> CellContent:
    """Return the value of a cell that is asked for, or that the micro-step writes or reads, else the newest that is
    known, else none.
    """
    written, read = moment.lit and moment.lit.writes, moment.read
    slots = [slot for slot in reversed(cell.slots) if not slot.if_read or slot.ref in read]
    for slot in slots:
        index = cell.index(slot, moment.sample_of(slot.ref))
        if moment.asked == Selection(slot.ref, index) and not _is_new_parameter(moment.value(slot.ref)):
            return CellContent(slot, index, None)
    for slot in sorted(slots, key=lambda slot: 0 if slot.ref == written else 1 if slot.ref in read else 2):
        index = cell.index(slot, moment.sample_of(slot.ref))
        number = moment.number(slot.ref, index)
        if number is not None:
            return CellContent(slot, index, number)
    # It waits for what is computed first, before anything is updated.
    slot = next((slot for slot in slots if not _is_new_parameter(moment.value(slot.ref))), slots[0])
    return CellContent(slot, cell.index(slot, moment.sample_of(slot.ref)), None)


def _is_new_parameter(value: Value | None) -> bool:
    return value is not None and value.role is Role.PARAMETER and value.is_next


def chosen_neuron(moment: Moment) -> Chosen:
    """Return the neuron that the selected number belongs to, else the one that the micro-step computes a number of.

    The gradient of a hidden neuron's a is computed from the weights that go out of it.
    """
    focus = moment.selection
    if focus is None and moment.lit is not None:
        focus = Selection(moment.lit.writes, moment.element_at(moment.lit.writes))
    value = None if focus is None else moment.value(focus.ref)
    if focus is None or value is None:
        return Chosen()
    network, owner = moment.experiment.network, value.owner
    place = focus.index[1:] if value.per_sample else focus.index
    layer = value.layer
    if layer is None:
        # An input goes into the first layer; the target and the loss are of the outputs.
        layer = 0 if owner.role is Role.INPUT else len(network.layers) - 1
        place = (0, *place[:1]) if owner.role is Role.INPUT else place
    if owner.role is Role.ACTIVATION and value.role is Role.GRADIENT and layer < len(network.layers) - 1:
        return Chosen(layer + 1, 0, min(place[0], network.layers[layer].units - 1), goes_out=True)
    sizes = (network.layers[layer].units, network.fan_in(layer))
    unit, source = (min(at, size - 1) for at, size in zip((*place, 0, 0), sizes, strict=False))
    return Chosen(layer, unit, source if Axis.SOURCE in owner.axes or owner.role is Role.INPUT else 0)


def number_of(node: NodeCard, moment: Moment) -> tuple[ValueRef, Index] | None:
    """Return the number that a click beside all numbers of a neuron selects: the newest that it has, of a formula's its
    value.

    Whether that is known or not: what comes of an operator is asked for before it is computed, too.
    """
    if node.name:
        return ValueRef(node.name), ()
    for cell in reversed(node.cells):
        item = shown(cell, moment)
        if item.number is not None:
            return item.slot.ref, item.index
    return None


@dataclass(frozen=True, slots=True)
class NumberPlace:
    """Where a number is written, and how: all of a cell that does not depend on the number.

    `fonts` are those that it may have, best first, each with the width of a character; `colors` are those of a positive
    number, of zero or none, and of a negative one.
    """

    cell: Cell
    slot: Slot
    index: Index
    mark: Emphasis
    rect: QRectF
    fonts: tuple[tuple[float, QFont], ...]
    align: Qt.AlignmentFlag
    colors: tuple[QColor, QColor, QColor]


@dataclass(frozen=True, slots=True)
class StagePlaces:
    """What does not change from one iteration to the next: the places of numbers, and edges from bottom to top."""

    cells: tuple[NumberPlace, ...]
    edges: tuple[tuple[Emphasis, Edge], ...]


class Marks:
    """Which numbers the last micro-step reads and writes, as seen from the selected one."""

    def __init__(self, moment: Moment) -> None:
        self._moment, self._step = moment, moment.lit
        self._focus: Index | None = None
        if self._step is not None:
            selection = moment.selection
            if selection is not None and selection.ref == self._step.writes:
                self._focus = selection.index
            else:
                self._focus = moment.element_at(self._step.writes)

    def of(self, ref: ValueRef, index: Index) -> Emphasis:
        """Return the mark of one element."""
        selection = self._moment.selection
        if selection is not None and (selection.ref, selection.index) == (ref, index):
            return Emphasis.FOCUS
        program = self._moment.program
        if program is None or self._step is None or self._focus is None:
            return Emphasis.PLAIN
        if ref == self._step.writes:
            return Emphasis.WRITTEN if self._moment.is_revealed(ref, index) else Emphasis.DIMMED
        read = depends(self._step, self._focus, ref, index, program.values)
        return Emphasis.READ if read else Emphasis.DIMMED
