"""What the optimizer keeps and computes for each parameter, as slots of one place that shows the newest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chainrule.catalog.values.of_experiment import by_parameter
from chainrule.catalog.values.refs import ValueRef
from chainrule.catalog.values.step_kinds import Phase, StepKind
from chainrule.catalog.values.value import Role, Value
from chainrule.explain.names.notation import Notation
from chainrule.ui.stage.layout.geometry import Slot

if TYPE_CHECKING:
    from chainrule.engine.program.program import Program


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
UpdateSlotsByRef = Mapping[ValueRef, UpdateSlots]


def update_slots(program: Program, notation: Notation) -> dict[ValueRef, UpdateSlots]:
    """Return the slots of each parameter that has any."""
    values = program.values
    written = by_parameter(
        values[step.writes]
        for step in program.steps
        if step.phase is Phase.UPDATE or step.kind is StepKind.ACCUMULATED_GRADIENT
    )
    shares = by_parameter(value for step in program.steps if (value := values[step.writes]).role is Role.SHARE)
    memory = by_parameter(values[ref] for ref in program.memory)
    found = {}
    for parameter in program.parameters:
        made = written.get(parameter, [])
        slots = UpdateSlots(
            tuple(_slot(value, notation) for value in shares.get(parameter, ())),
            tuple(_slot(value, notation) for value in memory.get(parameter, ())),
            tuple(_slot(value, notation) for value in made if value.role is Role.CLIPPED),
            tuple(_slot(value, notation) for value in made if value.role not in (Role.CLIPPED, Role.PARAMETER)),
        )
        if slots != NO_SLOTS:
            found[parameter] = slots
    return found


def _slot(value: Value, notation: Notation) -> Slot:
    is_whole = value.sizes == value.owner.sizes
    return Slot(notation.letter(value.ref), value.ref, None if is_whole else value.shape_without_batch)
