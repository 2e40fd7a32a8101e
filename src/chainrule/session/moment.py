"""A moment: all that a view needs to draw what is on the screen now. Frozen; views ask it and change nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from chainrule.catalog import refs
from chainrule.catalog.refs import ValueRef
from chainrule.catalog.spec import Experiment
from chainrule.catalog.values import Role, Value, values_of
from chainrule.engine.steps import Overrides
from chainrule.model.elements import Index, element_at, elements, is_inside
from chainrule.model.navigation import Cursor
from chainrule.session.lazy_rows import as_lists

if TYPE_CHECKING:
    from torch import Tensor

    from chainrule.engine.program import Program
    from chainrule.engine.steps import MicroStep
    from chainrule.engine.trace import Trace


@dataclass(frozen=True, slots=True)
class Selection:
    """One number: an element of a value."""

    ref: ValueRef
    index: Index


class Values(Protocol):
    """Where a moment's numbers come from."""

    def lists(self, ref: ValueRef) -> Any:
        """A value as nested sequences of floats, or None where there is none."""

    def tensor(self, ref: ValueRef) -> Tensor | None:
        """A value as a tensor, or None where there is none."""

    def shape(self, ref: ValueRef) -> Index:
        """A value's shape, whatever is held of it; () where there is none."""


class GivenValues:
    """The numbers that an experiment states itself: all there is until the engine is loaded."""

    def __init__(self, experiment: Experiment) -> None:
        data = experiment.data
        given = {refs.INPUT: data.inputs, refs.TARGET: data.targets} if data.inputs else {}
        self._values: dict[ValueRef, Any] = {
            **experiment.parameters,
            **given,
            refs.LR: experiment.optimizer.arguments.get("lr"),
        }

    def lists(self, ref: ValueRef) -> Any:
        """A value as nested sequences of floats, or None where there is none."""
        return self._values.get(ref)

    def tensor(self, ref: ValueRef) -> None:
        """There are no tensors before torch."""

    def shape(self, ref: ValueRef) -> Index:
        """A value's shape; () where there is none."""
        value, shape = self._values.get(ref), []
        while isinstance(value, Sequence):
            shape.append(len(value))
            value = value[0]
        return tuple(shape)


class TracedValues:
    """The numbers of a trace, turned into Python numbers once; of large values only the rows that are asked for."""

    def __init__(self, trace: Trace) -> None:
        self.trace = trace
        self._lists: dict[ValueRef, Any] = {}
        # A trace may be let go to make room for the next, while this is on the screen: its places stay as they are.
        self._shapes = {ref: value.shape for ref, value in trace.values.items()}

    def lists(self, ref: ValueRef) -> Any:
        """A value as nested sequences of floats, or None where there is none."""
        if ref not in self._lists:
            tensor = self.trace.values.get(ref)
            self._lists[ref] = None if tensor is None else as_lists(tensor)
        return self._lists[ref]

    def tensor(self, ref: ValueRef) -> Tensor | None:
        """A value as a tensor, or None where there is none."""
        return self.trace.values.get(ref)

    def shape(self, ref: ValueRef) -> Index:
        """A value's shape, also once its numbers were let go; () where there is none."""
        return tuple(self._shapes.get(ref, ()))


@dataclass(frozen=True, slots=True, eq=False)
class Moment:
    """What is on the screen: an experiment at a cursor.

    `program` is None until the engine is loaded. `rows` are the data's rows in the batch, `sample` the place in it of
    the one whose numbers the neurons show. `digits` are the significant digits to show, None for all. `horizon` is how
    many iterations have a loss. `overrides` are the numbers set by hand in this iteration; `by_hand` are all iterations
    that have such numbers. `changed_here` says that an edit made training go on from this iteration otherwise.
    """

    experiment: Experiment
    cursor: Cursor
    values: Values
    program: Program | None
    rows: tuple[int, ...]
    sample: int
    selection: Selection | None
    digits: int | None
    horizon: int
    overrides: Overrides = field(default_factory=dict)
    by_hand: tuple[int, ...] = ()
    changed_here: bool = False

    def value(self, ref: ValueRef) -> Value | None:
        """What a value is; None of a ref that the experiment has no value for, as that of a layer that is gone."""
        return (self.program.values if self.program else values_of(self.experiment)).get(ref)

    def sample_of(self, ref: ValueRef) -> int | None:
        """The sample whose numbers of a value are shown; None of what is not each sample's own."""
        value = self.value(ref)
        return self.sample if value is not None and value.per_sample else None

    @property
    def steps(self) -> tuple[MicroStep, ...]:
        """The micro-steps of the iteration."""
        return self.program.steps if self.program else ()

    @property
    def step(self) -> MicroStep | None:
        """The micro-step that was done last, or None at the start of an iteration."""
        return self.steps[self.cursor.position - 1] if self.cursor.position else None

    def step_of(self, ref: ValueRef) -> MicroStep | None:
        """The micro-step that writes a value, or None where none does."""
        place = self.program.index.get(ref) if self.program else None
        return None if place is None else self.steps[place]

    @property
    def written(self) -> ValueRef | None:
        """What the last micro-step wrote."""
        return self.step.writes if self.step else None

    @property
    def read(self) -> tuple[ValueRef, ...]:
        """What the last micro-step read, as its formula has it."""
        return self.step.named if self.step else ()

    def is_known(self, ref: ValueRef) -> bool:
        """Whether a value is given, or written by a micro-step before the cursor."""
        if self.program is None or ref not in self.program.index:
            return self.values.tensor(ref) is not None or self.values.lists(ref) is not None
        return self.program.index[ref] < self.cursor.position

    def lists(self, ref: ValueRef) -> Any:
        """A value that is known, as nested sequences of floats; None where it is not known yet."""
        return self.values.lists(ref) if self.is_known(ref) else None

    def shape(self, ref: ValueRef) -> Index:
        """The shape of a value of the iteration, known or not."""
        return self.values.shape(ref)

    def has(self, ref: ValueRef, index: Index) -> bool:
        """Whether the iteration has such a number, known yet or not. Until the engine is loaded nobody can say no."""
        if self.program is None:
            return True
        tensor = self.values.tensor(ref)
        return tensor is not None and is_inside(index, tuple(tensor.shape))

    def elements(self, ref: ValueRef) -> tuple[Index, ...]:
        """The numbers of a value that are shown, in reading order: all of them, or the shown sample's."""
        value = self.value(ref)
        return () if value is None else elements(value, self.sample)

    def element_at(self, ref: ValueRef, place: int = 0) -> Index:
        """The number of `elements` at a place; () where there is no such value."""
        value = self.value(ref)
        return () if value is None else element_at(value, self.sample, place)

    def tensor(self, ref: ValueRef) -> Tensor | None:
        """A value that is known, as a tensor."""
        return self.values.tensor(ref) if self.is_known(ref) else None

    def number(self, ref: ValueRef, index: Index) -> float | None:
        """One number, or None where it is not known, or not shown yet while numbers come one at a time."""
        value = self.lists(ref)
        if value is None or not self.is_revealed(ref, index):
            return None
        return float(element(value, index))

    def is_revealed(self, ref: ValueRef, index: Index) -> bool:
        """Whether the cursor has passed an element of the value that is being written."""
        if self.cursor.element is None or ref != self.written:
            return True
        order = self.elements(ref)
        # Other samples' numbers come with the shown one's.
        return index not in order or order.index(index) <= self.cursor.element

    def latest(self, ref: ValueRef) -> ValueRef:
        """A parameter's newest ref: its `.next` once that is known."""
        following = refs.next_value(ref)
        return following if self.program and following in self.program.index and self.is_known(following) else ref

    def newest(self, selection: Selection) -> Selection:
        """A selected parameter is the newest of its values that is known: that is the one on the screen."""
        value = self.value(selection.ref)
        if value is not None and value.role is Role.PARAMETER:
            return Selection(self.latest(value.owner.ref), selection.index)
        return selection

    def is_editable(self, ref: ValueRef) -> bool:
        """Whether a value's numbers can be set: all but counters can."""
        if ref in (refs.INPUT, refs.TARGET):
            return True
        if self.program is not None and (ref in self.program.index or ref in self.program.carried):
            return True
        value = self.value(ref)
        if value is None or value.is_next:
            return False
        return value.role is (Role.PARAMETER if self.program is None else Role.SETTING)

    def is_overridden(self, ref: ValueRef, index: Index) -> bool:
        """Whether a number is set by hand in this iteration."""
        return ref in self.overrides and index in self.overrides[ref]

    def computed(self, ref: ValueRef) -> Any:
        """What a micro-step computes from the iteration's values, before any of it is set by hand; nested lists."""
        step = self.step_of(ref)
        assert step is not None
        return step.compute(*(self.values.tensor(read) for read in step.reads)).tolist()

    def computed_number(self, ref: ValueRef, index: Index) -> float:
        """One number as it is computed, where it is set by hand."""
        return float(element(self.computed(ref), index))

    def lookup(self) -> Callable[[ValueRef], Any]:
        """All values of the iteration, known or not: for equations, whose step is known."""
        return self.values.lists


def element(value: Any, index: Index) -> Any:
    """One number of nested sequences."""
    for place in index:
        value = value[place]
    return value
