"""A moment: all that a view needs to draw what is on the screen now. Frozen; views ask it and change nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.values import refs
from chainrule.catalog.values.of_experiment import values_of
from chainrule.catalog.values.refs import ValueRef
from chainrule.catalog.values.value import Role, Value
from chainrule.engine.program.steps import Overrides
from chainrule.model.elements import Index, element_at, elements, is_inside
from chainrule.model.navigation import Cursor
from chainrule.session.screen.course import Course
from chainrule.session.screen.lazy_rows import as_lists

if TYPE_CHECKING:
    from torch import Tensor

    from chainrule.engine.program.program import Program
    from chainrule.engine.program.steps import MicroStep
    from chainrule.engine.trace import Trace


@dataclass(frozen=True, slots=True)
class Selection:
    """One number: an element of a value."""

    ref: ValueRef
    index: Index


# Numbers, or with None all numbers of a value.
PointedAt = tuple[tuple[ValueRef, Index | None], ...]


class MomentNumbers:
    """The numbers of a moment: those of its trace, and until there is one those that the experiment states itself.

    Tensors are turned into Python numbers once; of large ones only the rows that are asked for.
    """

    def __init__(self, experiment: Experiment, trace: Trace | None = None) -> None:
        self.trace = trace
        self._lists: dict[ValueRef, Any] = _stated(experiment) if trace is None else {}
        # A trace may be let go to make room for the next, while this is on the screen: what there is stays as it is.
        self._refs = frozenset(self._lists if trace is None else trace.values)

    @property
    def is_let_go(self) -> bool:
        """Whether the trace was let go to make room for others."""
        return self.trace is not None and not self.trace.values

    def has(self, ref: ValueRef) -> bool:
        """Return whether there is such a value, also once its numbers were let go."""
        return ref in self._refs

    def lists(self, ref: ValueRef) -> Any:
        """Return a value as nested sequences of floats, or None where there is none."""
        if ref not in self._lists:
            tensor = self.tensor(ref)
            self._lists[ref] = None if tensor is None else as_lists(tensor)
        return self._lists[ref]

    def tensor(self, ref: ValueRef) -> Tensor | None:
        """Return a value as a tensor, or None where there is none: before torch there are only lists."""
        return None if self.trace is None else self.trace.values.get(ref)


def _stated(experiment: Experiment) -> dict[ValueRef, Any]:
    """Return the numbers that stand in an experiment: parameters, data, and its learning rate."""
    data, lr = experiment.data, experiment.optimizer.arguments.get("lr")
    given = {refs.INPUT: data.inputs, refs.TARGET: data.targets} if data.inputs else {}
    return {**experiment.parameters, **given, **({} if lr is None else {refs.LR: lr})}


@dataclass(frozen=True, slots=True, eq=False)
class Moment:
    """What is on the screen: an experiment at a cursor.

    `program` is None until the engine is loaded. `rows` are the data's rows in the batch, `sample` the place in it of
    the one whose numbers the neurons show. `digits` are the significant digits to show, None for all. `course` is the
    training that the iteration is a part of. `overrides` are the numbers set by hand in this iteration; `by_hand` are
    all iterations that have such numbers. `changed_here` says that an edit made training go on from this iteration
    otherwise. `parameter` is the element of a parameter that was selected last. `pointed_at` is what a lesson speaks
    of. `covers` says that somebody predicts: nothing behind the cursor is shown, in no view; `asked` is the number that
    is asked for, if one is.
    """

    experiment: Experiment
    cursor: Cursor
    numbers: MomentNumbers
    program: Program | None
    rows: tuple[int, ...]
    sample: int
    selection: Selection | None
    digits: int | None
    course: Course
    overrides: Overrides = field(default_factory=dict)
    by_hand: tuple[int, ...] = ()
    changed_here: bool = False
    parameter: tuple[ValueRef, Index] | None = None
    pointed_at: PointedAt = ()
    covers: bool = False
    asked: Selection | None = None
    # Asked for again and again while a moment is drawn: the micro-steps of the iteration, the one that was done last
    # (None at the start), and what it wrote; the one whose numbers are lit, which is the next where a number of that is
    # asked for, and what that reads, as its formula has it.
    steps: tuple[MicroStep, ...] = field(init=False)
    step: MicroStep | None = field(init=False)
    written: ValueRef | None = field(init=False)
    lit: MicroStep | None = field(init=False)
    read: tuple[ValueRef, ...] = field(init=False)

    def __post_init__(self) -> None:
        """Look up the micro-step that was done last."""
        steps = self.program.steps if self.program else ()
        step = steps[self.cursor.position - 1] if self.cursor.position else None
        lit = step if self.asked is None or self.program is None else steps[self.program.index[self.asked.ref]]
        found = {"steps": steps, "step": step, "written": step and step.writes}
        for name, value in (found | {"lit": lit, "read": lit.named if lit else ()}).items():
            object.__setattr__(self, name, value)

    @property
    def is_ready(self) -> bool:
        """Whether numbers can be computed."""
        return self.program is not None

    @property
    def is_over(self) -> bool:
        """Whether every micro-step of the iteration is done."""
        return bool(self.steps) and self.cursor.position == len(self.steps)

    def value(self, ref: ValueRef) -> Value | None:
        """Return what a value is; None of a ref that the experiment has no value for,
        as that of a layer that is gone.
        """
        return (self.program.values if self.program else values_of(self.experiment)).get(ref)

    def sample_of(self, ref: ValueRef) -> int | None:
        """Return the sample whose numbers of a value are shown; None of what is not each sample's own."""
        value = self.value(ref)
        return self.sample if value is not None and value.per_sample else None

    def place_of(self, ref: ValueRef) -> int | None:
        """Return how many micro-steps come before the one that writes a value, or None where none does."""
        return self.program.index.get(ref) if self.program else None

    def step_of(self, ref: ValueRef) -> MicroStep | None:
        """Return the micro-step that writes a value, or None where none does."""
        place = self.place_of(ref)
        return None if place is None else self.steps[place]

    def is_known(self, ref: ValueRef) -> bool:
        """Return whether a value is given, or written by a micro-step before the cursor."""
        place = self.place_of(ref)
        return self.numbers.has(ref) if place is None else place < self.cursor.position

    def lists(self, ref: ValueRef) -> Any:
        """Return a value that is known, as nested sequences of floats; None where it is not known yet."""
        return self.numbers.lists(ref) if self.is_known(ref) else None

    def has(self, ref: ValueRef, index: Index) -> bool:
        """Return whether the iteration has such a number, known yet or not.

        Until torch is there, whether one like it can.
        """
        has = self.value(ref) is not None if self.program is None else self.numbers.has(ref)
        return has and is_inside(index, shape_of(self, ref))

    def elements(self, ref: ValueRef) -> tuple[Index, ...]:
        """Return the numbers of a value that are shown, in reading order: all of them, or the shown sample's."""
        value = self.value(ref)
        return () if value is None else elements(value, self.sample)

    def element_at(self, ref: ValueRef, place: int = 0) -> Index:
        """Return the number of `elements` at a place; () where there is no such value."""
        value = self.value(ref)
        return () if value is None else element_at(value, self.sample, place)

    def tensor(self, ref: ValueRef) -> Tensor | None:
        """Return a value that is known, as a tensor."""
        return self.numbers.tensor(ref) if self.is_known(ref) else None

    def number(self, ref: ValueRef, index: Index) -> float | None:
        """Return one number, or None where it is not known, or not shown yet while numbers come one at a time."""
        value = self.lists(ref)
        if value is None or not self.is_revealed(ref, index):
            return None
        return float(element(value, index))

    def is_revealed(self, ref: ValueRef, index: Index) -> bool:
        """Return whether the cursor has passed an element of the value that is being written."""
        if self.cursor.element is None or ref != self.written:
            return True
        order = self.elements(ref)
        # Other samples' numbers come with the shown one's.
        return index not in order or order.index(index) <= self.cursor.element

    def latest(self, ref: ValueRef) -> ValueRef:
        """Return a parameter's newest ref: its `.next` once that is known."""
        following = refs.next_value(ref)
        return following if self.is_known(following) else ref

    def is_pointed_at(self, ref: ValueRef, index: Index) -> bool:
        """Return whether a lesson speaks of a number."""
        return any(ref == other and place in (None, index) for other, place in self.pointed_at)

    def is_overridden(self, ref: ValueRef, index: Index) -> bool:
        """Return whether a number is set by hand in this iteration."""
        return ref in self.overrides and index in self.overrides[ref]


def shape_of(moment: Moment, ref: ValueRef) -> Index:
    """Return the shape of a value of the iteration, known or not; () where there is none."""
    value = moment.value(ref)
    return () if value is None else tuple(len(moment.rows) if size is None else size for size in value.sizes)


def before_update(moment: Moment, ref: ValueRef) -> ValueRef | None:
    """Return the parameter that a value takes the place of; None where it is no parameter of the next iteration."""
    value = moment.value(ref)
    now = None if value is None or value.role is not Role.PARAMETER else value.next_of
    return None if now is None else now.ref


def is_asked(moment: Moment, selection: Selection | None) -> bool:
    """Return whether a number is the one that is asked for: of a parameter it is selected as what it is before."""
    asked = moment.asked
    if asked is None or selection is None or selection.index != asked.index:
        return False
    return selection.ref in (asked.ref, before_update(moment, asked.ref))


def is_editable(moment: Moment, ref: ValueRef) -> bool:
    """Return whether a value's numbers can be set where they are known: all can but the count of iterations."""
    value = moment.value(ref)
    return value is not None and value.role is not Role.ITERATION


def element(value: Any, index: Index) -> Any:
    """Return one number of nested sequences."""
    for place in index:
        value = value[place]
    return value
