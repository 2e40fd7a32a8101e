"""What an explanation is about: one element that a micro-step writes, with the values behind it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import torch

from chainrule.catalog.activations import Activation, Learned
from chainrule.catalog.arguments import ArgumentValue as Argument
from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.loss import Loss
from chainrule.catalog.losses import LOSSES, TARGET_PROBABILITIES
from chainrule.catalog.optimizers import Update
from chainrule.catalog.optimizers.common import STEP
from chainrule.catalog.optimizers.entry import formula_name
from chainrule.catalog.tables import lookup
from chainrule.catalog.values import refs
from chainrule.catalog.values.refs import ValueRef
from chainrule.catalog.values.value import Axis, Role, Value
from chainrule.engine.initializers import torch_dtype
from chainrule.engine.program import activations as activation_functions
from chainrule.engine.program.layers import activation_entry
from chainrule.engine.program.steps import MicroStep
from chainrule.explain.names.notation import Notation
from chainrule.explain.writing.numbers import FULL_PRECISION, latex_number
from chainrule.explain.writing.symbols import argument_numbers

T = TypeVar("T")
ReadValue = Callable[[ValueRef], object]
Index = tuple[int, ...]
# Given by the user, not computed: written as they were given, 1 and not 1.0000.
_GIVEN = (Role.INPUT, Role.TARGET, Role.SETTING)
_OF_CLASSES = refs.loss_term(TARGET_PROBABILITIES.name)


@dataclass(frozen=True, slots=True)
class Context:
    """One element of what `step` writes; `values(ref)` are nested lists, `sample` is a row of the batch.

    `digits` are those that were asked for, and `more` is how many the numbers that the result is computed from are
    written with beyond them. `kept` is what the equation needs that is the same with any number of digits.
    """

    experiment: Experiment
    notation: Notation
    step: MicroStep
    index: Index
    sample: int
    values: ReadValue
    digits: int | None = 4
    short: bool = False
    more: int = 0
    kept: dict[str, Any] = field(default_factory=dict)

    @property
    def operand_digits(self) -> int | None:
        """How many digits the numbers are written with that the result is computed from."""
        return None if self.digits is None else min(self.digits + self.more, FULL_PRECISION)

    @property
    def writes(self) -> Value:
        """The value that is written."""
        return self.notation.value(self.step.writes)

    @property
    def layer(self) -> int:
        """The layer of the value that is written."""
        return self.writes.layer or 0

    @property
    def unit(self) -> int:
        """The element's neuron; a weight's is the one it goes to. Of what is one for all of a layer, the first."""
        places = zip(self.writes.axes, self.index, strict=True)
        return next((place for axis, place in places if axis is Axis.UNIT), 0)

    @property
    def units(self) -> int:
        """How many units the layer has."""
        return self.experiment.network.layers[self.layer].units

    @property
    def batch(self) -> int:
        """How many samples the batch has, for steps that read a value with a row for each."""
        rows = self.values(self.step.reads[0])
        return len(rows) if isinstance(rows, Sequence) else 1

    @property
    def result(self) -> float:
        """The element's value."""
        return self.number(self.step.writes, self.index)

    def number(self, ref: ValueRef, index: Index = ()) -> float:
        """Return one element of a value; a scalar has the same for every index, a row or column for all along it."""
        value = self.values(ref)
        for i in index:
            if not isinstance(value, Sequence):
                break
            value = value[i if len(value) > 1 else 0]
        if not isinstance(value, int | float):
            raise TypeError(f"{ref}{list(index)} is no number: {value!r}")
        return float(value)

    def latex(self, ref: ValueRef, index: Index = ()) -> str:
        """Return LaTeX of one element's number."""
        return self.write(self.number(ref, index), short=is_given(self.notation.value(ref)))

    def write(self, x: float, *, short: bool = False) -> str:
        """Return LaTeX of a number that the result is computed from."""
        return latex_number(x, self.operand_digits, short=short or self.short, least=self.digits)

    def arguments(self, values: Mapping[str, Argument]) -> dict[str, str]:
        """Return LaTeX of each argument's value."""
        return argument_numbers(values, self.operand_digits)

    def left_out(self, name: str, values: Callable[[], Iterable[float]]) -> str:
        """Return LaTeX of the sum of the terms that are left out of a long sum; they are added up once."""
        return self.write(self.once(name, lambda: total(values())))

    def once(self, name: str, make: Callable[[], T]) -> T:
        """Return what `make` makes, the first time that it is asked for."""
        if name not in self.kept:
            self.kept[name] = make()
        found: T = self.kept[name]
        return found

    def activation(self) -> Activation:
        """Return the table entry of the layer's activation."""
        return activation_entry(self.experiment.network, self.layer)

    def activation_choice(self) -> Choice:
        """Return the layer's activation with its arguments."""
        return self.experiment.network.layers[self.layer].activation

    def slope(self, row: int) -> float:
        """Return f'(z) of the element's neuron in one row, in the experiment's dtype, so that it is the engine's."""
        place, layer = (row, self.unit), self.layer
        numbers = [self.number(ref, place) for ref in (refs.pre_activation(layer), refs.activation(layer))]
        numbers += [self.number(*self.learned_element(vector, self.unit)) for vector in self.activation().learned]
        operands = (torch.tensor(number, dtype=torch_dtype(self.experiment)) for number in numbers)
        return float(activation_functions.slope(self.activation_choice())(*operands))

    def learned_element(self, vector: Learned, unit: int) -> tuple[ValueRef, Index]:
        """Return what the activation of a unit has learned: its own number of a vector, or the one of all units."""
        shared = self.experiment.network.layers[self.layer].learned[vector.name] == 1
        return refs.learned(self.layer, vector.name), (0 if shared else unit,)

    def loss(self) -> Loss:
        """Return the table entry of the loss."""
        return lookup(LOSSES, self.experiment.loss.name)

    def update(self) -> Update:
        """Return the optimizer's update that the step carries out."""
        return update_of(self.step)


def total(values: Iterable[float]) -> float:
    """Return the sum of numbers, infinite or NaN where theirs is."""
    numbers = list(values)
    try:
        return math.fsum(numbers)
    except (OverflowError, ValueError):
        return sum(numbers)


def is_given(value: Value) -> bool:
    """Return whether a value is what the user gave, as data or as a setting, or a count of steps."""
    return value.role in _GIVEN or is_count(value) or value.ref == _OF_CLASSES


def is_count(value: Value) -> bool:
    """Return whether it counts the steps of an optimizer."""
    return value.role is Role.BUFFER and value.name == STEP


def update_of(step: MicroStep) -> Update:
    """Return the table's update that a step was compiled from."""
    assert isinstance(step.entry, Update)
    return step.entry


def names_read(step: MicroStep) -> dict[str, ValueRef]:
    """Return the values that an update reads, by their names in its formula."""
    return dict(zip(map(formula_name, update_of(step).reads), step.reads, strict=True))
