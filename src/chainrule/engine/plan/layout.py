"""Where the values of a plan lie: one arena, in which parameters with the same update are one long vector.

An optimizer's elementwise computations then run once for all of them. Each value begins at a multiple of 64 bytes,
because some processors add up in another order where rows are not aligned, and a plan computes the trace's numbers.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from chainrule.catalog.experiment.groups import SETTINGS, parameter_group
from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.optimizers import Update
from chainrule.catalog.values import refs
from chainrule.catalog.values.extent import Extent
from chainrule.catalog.values.of_experiment import by_parameter
from chainrule.catalog.values.refs import ValueRef
from chainrule.catalog.values.step_kinds import StepKind
from chainrule.catalog.values.value import Role, Value
from chainrule.engine.program.program import Program, updates_by_parameter
from chainrule.engine.program.steps import MicroStep
from chainrule.engine.state import TrainingState

ALIGNMENT = 64
# What no name of a formula is.
CHECK = ValueRef("operators.check")
UPDATE_KINDS = (
    StepKind.ACCUMULATED_GRADIENT,
    StepKind.CLIPPED_GRADIENT,
    StepKind.UPDATE_TERM,
    StepKind.STATE_UPDATE,
    StepKind.PARAMETER_UPDATE,
    StepKind.ZERO_GRAD,
)


@dataclass(frozen=True, slots=True)
class Span:
    """Elements `start` to `end` of the arena, as a tensor of `shape`."""

    start: int
    end: int
    shape: tuple[int, ...]

    def overlaps(self, other: Span) -> bool:
        """Return whether they share an element."""
        return self.start < other.end and other.start < self.end


@dataclass(frozen=True, slots=True)
class UpdateGroup:
    """Trained parameters whose updates are the same computation with the same scalars: `ref` stands for all."""

    ref: ValueRef
    members: tuple[ValueRef, ...]

    def shared_ref(self, value: Value) -> ValueRef:
        """Return the ref of a value of the first member as that of the group; another's as it is."""
        first = self.members[0]
        return refs.of_another(value.ref, first, self.ref) if value.owner.ref == first else value.ref


@dataclass(frozen=True)
class Layout:
    """The places in a plan's arena and the steps that work on them.

    `steps` are those of an iteration with an update, and `waiting` of one without, where several batches add up.
    `spans` has every value that lies in the arena: the loss, gradients, their sums, and what is carried, scalars
    aside; those of `gradients` and of `state` come one after the other. `scalars` maps each carried scalar to the one
    that is computed. `operators` are the values of a formula's steps, which have to be finite, too; `check` is one
    number of them all.
    """

    steps: tuple[MicroStep, ...]
    waiting: tuple[MicroStep, ...]
    groups: tuple[UpdateGroup, ...]
    spans: Mapping[ValueRef, Span]
    scalars: Mapping[ValueRef, ValueRef]
    gradients: Span
    state: Span
    operators: Span
    check: Span

    @classmethod
    def of(cls, experiment: Experiment, program: Program, state: TrainingState, item_bytes: int) -> Layout:
        """Lay out what a program needs to go on from a state: what is one group depends on the state's scalars."""
        groups = tuple(_groups(experiment, program, state))
        standing = {member: group.ref for group in groups for member in group.members}
        scalars = {}
        for ref in program.memory:
            if ref in program.numbers:
                owner = program.values[ref].owner.ref
                scalars[ref] = refs.of_another(ref, owner, standing.get(owner, owner))
        planner = _Planner(ALIGNMENT // item_bytes)
        shapes = {ref: tuple(value.shape) for ref, value in state.values.items()}
        planner.add([(program.loss, ())], None)
        operators = planner.numbers(operators_of(program))
        check = planner.numbers((CHECK,) if operators.shape[0] else ())
        waiting = program.waiting.steps if program.waiting else ()
        gradients = planner.region(_gradient_blocks(program, groups, shapes, refs.grad))
        if waiting:
            planner.region(_gradient_blocks(program, groups, shapes, lambda ref: refs.accumulated(refs.grad(ref))))
        carried = planner.region(_carried_blocks(program, groups, shapes, scalars))
        return cls(
            steps=tuple(_steps(program.steps, program.values, groups)),
            waiting=tuple(_steps(waiting, program.values, groups)),
            groups=groups,
            spans=planner.spans,
            scalars=scalars,
            gradients=gradients,
            state=carried,
            operators=operators,
            check=check,
        )


def operators_of(program: Program) -> tuple[ValueRef, ...]:
    """Return what a formula's steps write, but for what a plan keeps anyway."""
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
        """Hand out a span for each member, and one for all of them together where that has a ref."""
        first = self._end
        for ref, shape in members:
            size = math.prod(shape)
            self.spans[ref] = Span(self._end, self._end + size, shape)
            self._end += -(-size // self._step) * self._step
        if whole is not None:
            self.spans[whole] = Span(first, self._end, (self._end - first,))

    def numbers(self, refs_wanted: Sequence[ValueRef]) -> Span:
        """Hand out a span for each number, side by side, and where they lie together."""
        first = self._end
        for place, ref in enumerate(refs_wanted, first):
            self.spans[ref] = Span(place, place + 1, ())
        self._end += -(-len(refs_wanted) // self._step) * self._step
        return Span(first, first + len(refs_wanted), (len(refs_wanted),))

    def region(self, blocks: Iterator[Block]) -> Span:
        """Return blocks one after the other, and where they lie together."""
        first = self._end
        for members, whole in blocks:
            self.add(members, whole)
        return Span(first, self._end, (self._end - first,))


def _groups(experiment: Experiment, program: Program, state: TrainingState) -> Iterator[UpdateGroup]:
    found: dict[object, list[ValueRef]] = {}
    values, shared = program.values, _shared(program)
    numbers: dict[ValueRef, list[tuple[str, float]]] = {}
    for ref in program.numbers:
        numbers.setdefault(values[ref].owner.ref, []).append((values[ref].name, state.values[ref].item()))
    parameters = [values[gradient].owner.ref for gradient in program.gradients]
    for parameter, (_, updates) in updates_by_parameter(experiment, parameters).items():
        if _is_elementwise(updates):
            group, own = parameter_group(experiment, parameter), frozenset(numbers.get(parameter, ()))
            found.setdefault((frozenset(shared[parameter]), group, own), []).append(parameter)
    for number, members in enumerate(found.values()):
        # In the order of the updates, so that the first member's are where the group's begin.
        order = {step.writes: index for index, step in enumerate(program.steps)}
        members.sort(key=lambda ref: order[refs.next_value(ref)])
        yield UpdateGroup(ValueRef(f"group-{number}"), tuple(members))


def _shared(program: Program) -> dict[ValueRef, set[ValueRef]]:
    """Return what the updates of each parameter read that is no parameter's own: settings, the same for a group."""
    found: dict[ValueRef, set[ValueRef]] = {}
    for step in program.steps:
        owner = program.values[step.writes].owner
        if step.kind in UPDATE_KINDS and owner.role is Role.PARAMETER:
            others = (ref for ref in step.reads if not program.values[ref].is_of_parameter)
            found.setdefault(owner.ref, set()).update(others)
    return found


def _is_elementwise(updates: tuple[Update, ...]) -> bool:
    """Return whether the updates of a parameter compute each of its elements for itself."""
    scalars = {name for update in updates if update.extent is Extent.SCALAR for name in (update.writes, update.changes)}
    scalars |= set(SETTINGS)
    for update in updates:
        if update.extent is Extent.SCALAR and not scalars.issuperset(update.reads):
            return False
        if update.extent not in (Extent.SCALAR, Extent.ELEMENTS):
            return False
    return True


def _steps(
    steps: Iterable[MicroStep], values: Mapping[ValueRef, Value], groups: tuple[UpdateGroup, ...]
) -> Iterator[MicroStep]:
    """Return a program's steps, with those of a group's updates once."""
    by_first = {group.members[0]: group for group in groups}
    others = {member for group in groups for member in group.members[1:]}
    for step in steps:
        owner = values[step.writes].owner.ref
        if step.kind not in UPDATE_KINDS or (owner not in by_first and owner not in others):
            yield step
        elif owner in by_first:
            shared = by_first[owner].shared_ref
            reads = tuple(shared(values[ref]) for ref in step.reads)
            yield replace(step, writes=shared(values[step.writes]), reads=reads)


def _gradient_blocks(
    program: Program,
    groups: tuple[UpdateGroup, ...],
    shapes: Mapping[ValueRef, tuple[int, ...]],
    of: Callable[[ValueRef], ValueRef],
) -> Iterator[Block]:
    """Return what there is `of` each trained parameter: its gradient, or the sum of several."""
    grouped = {member for group in groups for member in group.members}
    for group in groups:
        yield [(of(member), shapes[member]) for member in group.members], of(group.ref)
    for gradient in program.gradients:
        parameter = program.values[gradient].owner.ref
        if parameter not in grouped:
            yield [(of(parameter), shapes[parameter])], None


def _carried_blocks(
    program: Program,
    groups: tuple[UpdateGroup, ...],
    shapes: Mapping[ValueRef, tuple[int, ...]],
    scalars: Mapping[ValueRef, ValueRef],
) -> Iterator[Block]:
    grouped = {member for group in groups for member in group.members}
    kept = by_parameter(program.values[ref] for ref in program.memory)
    for group in groups:
        yield [(member, shapes[member]) for member in group.members], group.ref
        first = group.members[0]
        for value in kept.get(first, ()):
            if value.ref not in scalars:
                members = [refs.of_another(value.ref, first, member) for member in group.members]
                yield [(member, shapes[member]) for member in members], group.shared_ref(value)
    for ref in program.carried:
        if program.values[ref].owner.ref not in grouped and ref not in scalars:
            yield [(ref, shapes[ref])], None
