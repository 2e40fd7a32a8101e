"""Where the values of a plan lie: one block of memory, in which parameters with the same update are one long vector.

An optimizer's elementwise computations then run once for all of them. Each value begins at a multiple of 64 bytes,
because some processors add up in another order where rows are not aligned, and a plan computes the trace's numbers.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from chainrule.catalog import refs
from chainrule.catalog.extent import Extent
from chainrule.catalog.groups import group_of
from chainrule.catalog.optimizers import Update
from chainrule.catalog.refs import ValueRef
from chainrule.catalog.spec import Experiment
from chainrule.catalog.step_kinds import StepKind
from chainrule.engine.program import Program, updates_by_parameter
from chainrule.engine.state import TrainingState
from chainrule.engine.steps import MicroStep

ALIGNMENT = 64
# What no name of a formula is.
CHECK = ValueRef("operators.check")
UPDATE_KINDS = (
    StepKind.CLIPPED_GRADIENT,
    StepKind.UPDATE_TERM,
    StepKind.STATE_UPDATE,
    StepKind.PARAMETER_UPDATE,
)


@dataclass(frozen=True, slots=True)
class Span:
    """Elements `start` to `end` of the memory, as a tensor of `shape`."""

    start: int
    end: int
    shape: tuple[int, ...]

    def overlaps(self, other: Span) -> bool:
        """Whether they share an element."""
        return self.start < other.end and other.start < self.end


@dataclass(frozen=True, slots=True)
class Group:
    """Trained parameters whose updates are the same computation with the same scalars: `ref` stands for all."""

    ref: ValueRef
    members: tuple[ValueRef, ...]

    def renamed(self, ref: ValueRef) -> ValueRef:
        """A ref of the first member, as that of the group."""
        first = self.members[0]
        return ValueRef(self.ref + ref[len(first) :]) if ref == first or ref.startswith(f"{first}.") else ref


@dataclass(frozen=True)
class Layout:
    """The memory of a plan and the steps that work on it.

    `spans` has every value that lies in the memory: the loss, gradients, and what is carried, scalars aside; those of
    `gradients` and of `state` come one after the other. `scalars` maps each carried scalar to the one that is computed.
    `operators` are the values of a formula's steps, which have to be finite, too; `check` is one number of them all.
    """

    steps: tuple[MicroStep, ...]
    groups: tuple[Group, ...]
    spans: Mapping[ValueRef, Span]
    scalars: Mapping[ValueRef, ValueRef]
    gradients: Span
    state: Span
    operators: Span
    check: Span


def lay_out(experiment: Experiment, program: Program, state: TrainingState, item_bytes: int) -> Layout:
    """The layout for a program that goes on from a state: what is one group depends on the state's scalars."""
    groups = tuple(_groups(experiment, program, state))
    scalars = {ref: ref for ref in state.values if ref in program.numbers}
    for group in groups:
        for member in group.members:
            own = {ref for ref in scalars if ref.startswith(f"{member}.")}
            scalars |= {ref: ValueRef(group.ref + ref[len(member) :]) for ref in own}
    planner = _Planner(ALIGNMENT // item_bytes)
    shapes = {ref: tuple(value.shape) for ref, value in state.values.items()}
    planner.add([(program.loss, ())], None)
    operators = planner.numbers(operators_of(program))
    check = planner.numbers((CHECK,) if operators.shape[0] else ())
    gradients = planner.region(_gradient_blocks(program, groups, shapes))
    carried = planner.region(_carried_blocks(program, groups, shapes, scalars))
    return Layout(tuple(_steps(program, groups)), groups, planner.spans, scalars, gradients, carried, operators, check)


def operators_of(program: Program) -> tuple[ValueRef, ...]:
    """What a formula's steps write, but for what a plan keeps anyway."""
    kept = {program.loss, *program.gradients}
    return tuple(step.writes for step in program.steps if step.node is not None and step.writes not in kept)


Block = tuple[list[tuple[ValueRef, tuple[int, ...]]], ValueRef | None]


class _Planner:
    """Hands out spans, each aligned."""

    def __init__(self, step: int) -> None:
        self.spans: dict[ValueRef, Span] = {}
        self._step = step
        self._end = 0

    def add(self, members: list[tuple[ValueRef, tuple[int, ...]]], whole: ValueRef | None) -> None:
        """A span for each member, and one for all of them together where that has a ref."""
        first = self._end
        for ref, shape in members:
            size = math.prod(shape)
            self.spans[ref] = Span(self._end, self._end + size, shape)
            self._end += -(-size // self._step) * self._step
        if whole is not None:
            self.spans[whole] = Span(first, self._end, (self._end - first,))

    def numbers(self, refs_wanted: Sequence[ValueRef]) -> Span:
        """A span for each number, side by side, and where they lie together."""
        first = self._end
        for place, ref in enumerate(refs_wanted, first):
            self.spans[ref] = Span(place, place + 1, ())
        self._end += -(-len(refs_wanted) // self._step) * self._step
        return Span(first, first + len(refs_wanted), (len(refs_wanted),))

    def region(self, blocks: Iterator[Block]) -> Span:
        """Blocks one after the other, and where they lie together."""
        first = self._end
        for members, whole in blocks:
            self.add(members, whole)
        return Span(first, self._end, (self._end - first,))


def _groups(experiment: Experiment, program: Program, state: TrainingState) -> Iterator[Group]:
    found: dict[object, list[ValueRef]] = {}
    shapes = experiment.network.parameter_shapes()
    parameters = [refs.parse(gradient).base for gradient in program.gradients]
    for parameter, (_, updates) in updates_by_parameter(experiment, parameters).items():
        if not _is_elementwise(updates):
            continue
        read = {ref for step in _updates(program, parameter) for ref in step.reads}
        # What is the same for all of its group: settings.
        shared = {ref for ref in read if not ref.startswith("layers.") and refs.parse(ref).base not in shapes}
        layer = refs.parse(parameter).layer
        own_lr = refs.layer_lr(layer) if layer is not None and refs.layer_lr(layer) in read else None
        group = group_of(experiment, parameter)
        scalars = tuple(
            (ref[len(parameter) :], value.item())
            for ref, value in state.values.items()
            if ref in program.numbers and ref.startswith(f"{parameter}.")
        )
        found.setdefault((frozenset(shared), own_lr, group, scalars), []).append(parameter)
    for number, members in enumerate(found.values()):
        # In the order of the updates, so that the first member's are where the group's begin.
        order = {step.writes: index for index, step in enumerate(program.steps)}
        members.sort(key=lambda ref: order[refs.next_value(ref)])
        yield Group(ValueRef(f"group-{number}"), tuple(members))


def _is_elementwise(updates: tuple[Update, ...]) -> bool:
    """Whether the updates of a parameter compute each of its elements for itself."""
    scalars = {update.writes for update in updates if update.extent is Extent.SCALAR}
    scalars |= {name.removesuffix(".next") for name in scalars} | {"lr", "momentum", "beta1"}
    for update in updates:
        if update.extent is Extent.SCALAR and not scalars.issuperset(update.reads):
            return False
        if update.extent not in (Extent.SCALAR, Extent.ELEMENTS):
            return False
    return True


def _updates(program: Program, parameter: ValueRef) -> list[MicroStep]:
    return [step for step in program.steps if step.kind in UPDATE_KINDS and refs.parse(step.writes).base == parameter]


def _steps(program: Program, groups: tuple[Group, ...]) -> Iterator[MicroStep]:
    """The program's steps, with those of a group's updates once."""
    by_first = {group.members[0]: group for group in groups}
    others = {member for group in groups for member in group.members[1:]}
    for step in program.steps:
        base = refs.parse(step.writes).base
        if step.kind not in UPDATE_KINDS or (base not in by_first and base not in others):
            yield step
        elif base in by_first:
            renamed = by_first[base].renamed
            yield replace(step, writes=renamed(step.writes), reads=tuple(map(renamed, step.reads)))


def _gradient_blocks(
    program: Program, groups: tuple[Group, ...], shapes: Mapping[ValueRef, tuple[int, ...]]
) -> Iterator[Block]:
    grouped = {member for group in groups for member in group.members}
    for group in groups:
        yield [(refs.grad(member), shapes[member]) for member in group.members], refs.grad(group.ref)
    for gradient in program.gradients:
        if refs.parse(gradient).base not in grouped:
            yield [(gradient, shapes[refs.parse(gradient).base])], None


def _carried_blocks(
    program: Program,
    groups: tuple[Group, ...],
    shapes: Mapping[ValueRef, tuple[int, ...]],
    scalars: Mapping[ValueRef, ValueRef],
) -> Iterator[Block]:
    grouped = {member for group in groups for member in group.members}
    for group in groups:
        yield [(member, shapes[member]) for member in group.members], group.ref
        first = group.members[0]
        for ref in program.memory:
            if ref.startswith(f"{first}.") and ref not in scalars:
                name = ref[len(first) :]
                members = [ValueRef(member + name) for member in group.members]
                yield [(member, shapes[member]) for member in members], ValueRef(group.ref + name)
    for ref in program.carried:
        if refs.parse(ref).base not in grouped and ref not in scalars:
            yield [(ref, shapes[ref])], None
