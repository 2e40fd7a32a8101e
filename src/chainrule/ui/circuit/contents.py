"""What the nodes and the wires of a formula show, and how much of it where there is little room."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum

from chainrule.catalog.values import refs
from chainrule.catalog.values.refs import ValueRef
from chainrule.ui.circuit.columns import Columns
from chainrule.ui.stage.layout.geometry import Slot
from chainrule.ui.stage.layout.slots import NO_SLOTS, UpdateSlotsByRef

# The rows of a node or a wire: of each one number is shown, the newest that is known.
SlotRows = tuple[tuple[Slot, ...], ...]


class CircuitDetail(Enum):
    """How much is drawn: numbers on every wire; numbers in their node, where one wire leaves it; or dots.

    `TIGHT` is `COMPACT` with narrower letters and lower rows, in the end without room for a power of ten.
    """

    FULL = "full"
    COMPACT = "compact"
    TIGHT = "tight"
    OVERVIEW = "overview"


@dataclass(frozen=True, slots=True)
class CircuitRows:
    """The rows of each node by its name, and of each wire that has numbers on it by its number."""

    nodes: Mapping[str, SlotRows]
    wires: Mapping[int, SlotRows]


@dataclass(frozen=True, slots=True)
class CircuitValues:
    """What there is to be shown: `updates` are the optimizer's values, `has` says whether a value is ever computed.

    `named` writes a name as it is written everywhere.
    """

    columns: Columns
    updates: UpdateSlotsByRef
    has: Callable[[ValueRef], bool]
    named: Callable[[str], str]

    def contents(self, detail: CircuitDetail) -> CircuitRows:
        """Return the rows of everything."""
        leaving: defaultdict[str, list[int]] = defaultdict(list)
        for number, wire in enumerate(self.columns.wires):
            leaving[wire.source].append(number)
        nodes: dict[str, SlotRows] = {}
        wires: dict[int, SlotRows] = {}
        for name in self.columns.nodes:
            if detail is CircuitDetail.OVERVIEW:
                nodes[name] = self._newest(name)
                continue
            numbers = {number: self._wire(name, self.columns.wires[number].gradient) for number in leaving[name]}
            own = self._gradient(name, refs.grad(ValueRef(name))) if name in self.columns.shared else ()
            if detail in (CircuitDetail.COMPACT, CircuitDetail.TIGHT) and len(numbers) == 1:
                ((value, *own_gradient),) = numbers.values()
                nodes[name] = (self._input(ValueRef(name)) or value, *own_gradient)
                continue
            wires |= numbers
            value = self._input(ValueRef(name))
            nodes[name] = (*((value,) if value else ()), *own)
        return CircuitRows(nodes, wires)

    def _wire(self, name: str, gradient: str | None) -> SlotRows:
        """Return the value, and below it the derivative of the output by it."""
        below = () if gradient is None else self._gradient(name, ValueRef(gradient))
        return ((Slot("", ValueRef(name)),), *below)

    def _gradient(self, name: str, ref: ValueRef) -> SlotRows:
        """Return the derivative by a name, and what clipping makes of it; or what a reader of the name adds to it."""
        if not self.has(ref):
            return ()
        owner = ValueRef(name)
        clipped = self.updates.get(owner, NO_SLOTS).clipped if ref == refs.grad(owner) else ()
        return ((Slot("∂", ref), *clipped),)

    def _input(self, name: ValueRef) -> tuple[Slot, ...]:
        """Return an input, what the optimizer remembers of it and computes, at their steps, and at last what it
        becomes.
        """
        if self.columns.nodes[name].rule is not None:
            return ()
        following = refs.next_value(name)
        new = (Slot("→", following),) if self.has(following) else ()
        return (*self.updates.get(name, NO_SLOTS).all, Slot("", name), *new)

    def _newest(self, name: str) -> SlotRows:
        """Return one number: the value, and once it is there its gradient."""
        return (tuple(slot for row in self._wire(name, refs.grad(ValueRef(name))) for slot in row),)
