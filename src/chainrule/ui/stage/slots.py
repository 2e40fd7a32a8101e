"""What the optimizer keeps and computes for each parameter, as slots of one place that shows the newest."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chainrule.catalog import refs
from chainrule.catalog.refs import ValueRef
from chainrule.catalog.step_kinds import Phase, StepKind
from chainrule.explain.notation import Notation
from chainrule.model.elements import Index
from chainrule.ui.stage.geometry import Slot

if TYPE_CHECKING:
    from chainrule.engine.program import Program


@dataclass(frozen=True, slots=True)
class UpdateSlots:
    """Of one parameter: what is remembered from the iteration before, what data and penalties add to its gradient, its
    clipped gradient, and what is computed.
    """

    shares: tuple[Slot, ...] = ()
    remembered: tuple[Slot, ...] = ()
    clipped: tuple[Slot, ...] = ()
    computed: tuple[Slot, ...] = ()

    @property
    def all(self) -> tuple[Slot, ...]:
        """What a row of its own shows, in the order in which it becomes known."""
        return self.remembered + self.computed

    @property
    def elements(self) -> tuple[Slot, ...]:
        """What has one number for each of the parameter's."""
        return tuple(slot for slot in self.computed if slot.shape is None)


NO_SLOTS = UpdateSlots()
Updates = Mapping[ValueRef, UpdateSlots]


def update_slots(
    program: Program, notation: Notation, shape: Callable[[ValueRef], Index]
) -> dict[ValueRef, UpdateSlots]:
    """The slots of each parameter that has any; `shape` gives a value's shape."""
    written: defaultdict[ValueRef, list[ValueRef]] = defaultdict(list)
    memory: defaultdict[ValueRef, list[ValueRef]] = defaultdict(list)
    shares: defaultdict[ValueRef, list[ValueRef]] = defaultdict(list)
    for step in program.steps:
        if refs.parse(step.writes).suffixes[:2] == ("grad", refs.FROM):
            shares[refs.parse(step.writes).base].append(step.writes)
        if step.phase is Phase.UPDATE or step.kind is StepKind.ACCUMULATED_GRADIENT:
            written[refs.parse(step.writes).base].append(step.writes)
    for ref in program.memory:
        memory[refs.parse(ref).base].append(ref)
    found = {}
    for parameter in program.parameters:
        clipped, whole = refs.clipped(refs.grad(parameter)), shape(parameter)
        taken = (clipped, refs.next_value(parameter))
        computed = [ref for ref in written[parameter] if ref not in taken]
        slots = UpdateSlots(
            tuple(Slot(notation.letter(ref), ref) for ref in shares[parameter]),
            tuple(_slot(ref, notation, shape(ref), whole) for ref in memory[parameter]),
            (Slot(notation.letter(clipped), clipped),) if clipped in program.index else (),
            tuple(_slot(ref, notation, shape(ref), whole) for ref in computed),
        )
        if slots != NO_SLOTS:
            found[parameter] = slots
    return found


def _slot(ref: ValueRef, notation: Notation, shape: Index, whole: Index) -> Slot:
    return Slot(notation.letter(ref), ref, None if shape == whole else shape)
