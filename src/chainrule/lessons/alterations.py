"""The mistakes that can be made in one step: its formula altered, another value read, the result left as it was.

None is written for one table entry: each comes from the step's formula, and from what its values are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import partial

import torch
from torch import Tensor

from chainrule.catalog.activations import ACTIVATIONS
from chainrule.catalog.values import refs
from chainrule.catalog.values.refs import ValueRef
from chainrule.catalog.values.step_kinds import Phase, StepKind
from chainrule.catalog.values.value import Axis, Role, Value
from chainrule.engine.program import activations as activation_functions
from chainrule.engine.program.steps import MicroStep
from chainrule.formula.rule import UPSTREAM
from chainrule.formula.tree import Expr, Symbol
from chainrule.lessons.altered_formulas import AlteredFormula, altered
from chainrule.lessons.calculation import Calculation, Instead
from chainrule.lessons.step_formulas import StepFormula

# How far a formula may be from its kernel by rounding, for what is altered in it to be believed.
_SAME = {torch.float64: 1e-9, torch.float32: 1e-4}
# A formula that an alteration has taken its shape from has no value.
_CANNOT = (RuntimeError, ValueError, KeyError, IndexError, TypeError, ZeroDivisionError, OverflowError)


class MistakeKind(Enum):
    """A kind of mistake, by how it is told; those that are made more often come first."""

    NO_SLOPE = "no slope"
    SLOPE_AT_A = "slope at a"
    VALUE_FOR_SLOPE = "value for slope"
    OPPOSITE = "opposite"
    UPDATED = "updated"
    NOT_AVERAGED = "not averaged"
    AVERAGED = "averaged"
    DOUBLED = "doubled"
    HALVED = "halved"
    FORMULA = "formula"
    TRANSPOSED = "transposed"
    Z_FOR_A = "z for a"
    A_FOR_Z = "a for z"
    NO_ACTIVATION = "no activation"
    STATE_LOST = "state lost"
    STATE_OLD = "state old"
    LEFT_AS_IT_WAS = "left as it was"
    UNCLIPPED = "unclipped"
    OUTPUT_FOR_TERM = "output for term"
    OTHER_LAYER = "other layer"
    ONE_OF_NORM = "one of norm"


@dataclass(frozen=True, slots=True)
class Alteration:
    """A mistake in one step. `changed` is what is wrong in its formula, and `swap` the value that is read in the place
    of another. `count` is what was not divided by, or divided by for nothing.
    """

    kind: MistakeKind
    step: MicroStep
    compute: Instead
    changed: AlteredFormula | None = None
    swap: tuple[ValueRef, ValueRef] | None = None
    count: int = 1

    @property
    def sort(self) -> tuple[object, ...]:
        """What it has in common with the same mistake in other steps."""
        found = self.changed
        if self.kind is not MistakeKind.FORMULA or found is None:
            return (self.kind, self.count)
        return (self.kind, self.step.kind, found.change, found.part, found.letter, found.place)


def alterations(calculation: Calculation, step: MicroStep) -> tuple[Alteration, ...]:
    """Return the mistakes that can be made in a step."""
    return tuple(_Step(calculation, step).alterations())


class _Step:
    """A step of a calculation, and what can be wrong in it."""

    def __init__(self, calculation: Calculation, step: MicroStep) -> None:
        self.calculation, self.step = calculation, step
        self.like = calculation.values[step.writes]
        self.reads = [calculation.values[ref] for ref in step.reads]
        self.formula = calculation.formula(step)

    def alterations(self) -> Iterator[Alteration]:
        """Yield them."""
        yield from self._of_the_activation()
        yield from self._left_as_it_was()
        yield from self._opposite()
        yield from self._of_the_reduction()
        yield from self._of_the_formula()
        yield from self._of_what_is_read()
        yield from self._of_the_norm()

    # ------------------------------------------------------------------------------------------------- the formula

    def _of_the_formula(self) -> Iterator[Alteration]:
        formula = self.formula
        if formula is None or not self._is_its_own(formula):
            return
        for found in altered(formula.tree, formula.sizes(self.reads)):
            # What is left without the slope is told as that.
            if found.tree != Symbol(UPSTREAM):
                yield Alteration(MistakeKind.FORMULA, self.step, self._by(formula, found.tree), changed=found)

    def _is_its_own(self, formula: StepFormula) -> bool:
        """Return whether the formula gives the step's result: what is computed otherwise is altered in no formula."""
        try:
            with torch.inference_mode():
                found = _shaped(formula.compute(formula.tree, self.reads), self.like)
                own = self.step.compute(*self.reads)
        except _CANNOT:
            return False
        room = _SAME.get(self.like.dtype, _SAME[torch.float32])
        return bool(torch.isclose(found, own.to(found), rtol=room, atol=room, equal_nan=True).all())

    def _by(self, formula: StepFormula, tree: Expr) -> Instead:
        step, like = self.step, self.like
        return lambda values: _shaped(formula.compute(tree, [values[ref] for ref in step.reads]), like)

    # -------------------------------------------------------------------------------------------------- the result

    def _left_as_it_was(self) -> Iterator[Alteration]:
        kind = _PASSED_ON.get(self.step.kind)
        if kind is None or not self.step.reads:
            return
        first = self.step.reads[0]
        if self.calculation.values[first].shape == self.like.shape:
            yield Alteration(kind, self.step, lambda values: values[first])

    def _opposite(self) -> Iterator[Alteration]:
        if self.step.phase is not Phase.FORWARD or self.step.kind is StepKind.OPERATOR:
            compute = self.step.compute
            yield Alteration(MistakeKind.OPPOSITE, self.step, self._of_reads(lambda *reads: -compute(*reads)))

    def _of_the_reduction(self) -> Iterator[Alteration]:
        if self.step.node is not None or self.step.kind not in (StepKind.LOSS, StepKind.OUTPUT_GRADIENT):
            return
        batch, outputs = len(self.reads[0]), self.calculation.experiment.network.outputs
        # Of a weighted mean the divisor is no count: there these are the counts that a student would take.
        counts = tuple(dict.fromkeys(count for count in (batch * outputs, batch, outputs) if count > 1))
        for count in counts:
            yield self._times(MistakeKind.NOT_AVERAGED, float(count), count)
        for count in counts:
            yield self._times(MistakeKind.AVERAGED, 1 / count, count)
        yield self._times(MistakeKind.DOUBLED, 2.0, 2)
        yield self._times(MistakeKind.HALVED, 0.5, 2)

    def _times(self, kind: MistakeKind, factor: float, count: int) -> Alteration:
        compute = self.step.compute
        return Alteration(kind, self.step, self._of_reads(lambda *reads: compute(*reads) * factor), count=count)

    def _of_reads(self, compute: Callable[..., Tensor]) -> Instead:
        reads = self.step.reads
        return lambda values: compute(*[values[ref] for ref in reads])

    # ---------------------------------------------------------------------------------------------- the activation

    def _of_the_activation(self) -> Iterator[Alteration]:
        if self.step.kind is not StepKind.PRE_ACTIVATION_GRADIENT:
            return
        value = self.calculation.described[self.step.writes]
        assert value.layer is not None
        layer = self.calculation.experiment.network.layers[value.layer]
        if ACTIVATIONS[layer.activation.name].couples_units:
            return
        upstream, z, a, *learned = self.step.reads
        forward, backward = activation_functions.forward(layer.activation), self.step.compute

        def at_a(values: Mapping[ValueRef, Tensor]) -> Tensor:
            own = [values[ref] for ref in learned]
            return backward(values[upstream], values[a], forward(values[a], *own), *own)

        yield Alteration(MistakeKind.SLOPE_AT_A, self.step, at_a, swap=(z, a))
        yield Alteration(MistakeKind.VALUE_FOR_SLOPE, self.step, lambda values: values[upstream] * values[a])

    # ------------------------------------------------------------------------------------------------ what is read

    def _of_what_is_read(self) -> Iterator[Alteration]:
        for ref in dict.fromkeys(self.step.named):
            value = self.calculation.described.get(ref)
            if value is None:
                continue
            for kind, other in self._instead_of(ref, value):
                if self._fits(ref, other):
                    yield Alteration(kind, self.step, self._with(ref, _read(other)), swap=(ref, other))
            if value.role is Role.BUFFER and not value.is_next:
                yield Alteration(
                    MistakeKind.STATE_LOST, self.step, self._with(ref, _changed(torch.zeros_like, ref)), swap=(ref, ref)
                )
            if self._is_square_weight(ref, value):
                yield Alteration(
                    MistakeKind.TRANSPOSED, self.step, self._with(ref, _changed(torch.t, ref)), swap=(ref, ref)
                )

    def _fits(self, ref: ValueRef, other: ValueRef) -> bool:
        values = self.calculation.values
        return other != ref and other in values and values[other].shape == values[ref].shape

    def _instead_of(self, ref: ValueRef, value: Value) -> Iterator[tuple[MistakeKind, ValueRef]]:
        """Yield what could be read in the place of a value."""
        layer, update = value.layer, self.step.phase is Phase.UPDATE
        if value.role is Role.PARAMETER and not value.is_next and not update:
            yield MistakeKind.UPDATED, refs.next_value(ref)
        if value.next_of is not None and value.next_of.role is Role.BUFFER:
            yield MistakeKind.STATE_OLD, value.next_of.ref
        if value.role is Role.CLIPPED:
            yield MistakeKind.UNCLIPPED, refs.grad(value.owner.ref)
        if value.role is Role.LOSS_TERM:
            yield MistakeKind.OUTPUT_FOR_TERM, refs.activation(len(self.calculation.experiment.network.layers) - 1)
        if layer is not None and value.role is Role.ACTIVATION:
            yield MistakeKind.Z_FOR_A, refs.pre_activation(layer)
        if layer is not None and value.role is Role.PRE_ACTIVATION and self.step.kind is not StepKind.ACTIVATION:
            yield MistakeKind.A_FOR_Z, refs.activation(layer)
        if not update:
            yield from ((MistakeKind.OTHER_LAYER, other) for other in self._of_other_layers(value))

    def _of_other_layers(self, value: Value) -> Iterator[ValueRef]:
        """Yield what is the same in other layers: the nearest first."""
        if self.step.kind not in _BETWEEN_LAYERS or value.role not in (Role.INPUT, *_OF_LAYERS):
            return
        count, own = len(self.calculation.experiment.network.layers), -1 if value.layer is None else value.layer
        for layer in sorted(range(-1, count), key=lambda each: abs(each - own)):
            if layer == own:
                continue
            if value.role in (Role.INPUT, Role.ACTIVATION):
                yield refs.activation(layer)
            elif layer >= 0:
                yield refs.of_another(value.ref, value.owner.ref, _of_layer(value.owner, layer))

    def _is_square_weight(self, ref: ValueRef, value: Value) -> bool:
        tensor = self.calculation.values[ref]
        square = tensor.dim() == 2 and tensor.shape[0] == tensor.shape[1] > 1  # noqa: PLR2004 - of a matrix
        return (
            value.role is Role.PARAMETER and Axis.SOURCE in value.axes and square and self.step.kind in _BETWEEN_LAYERS
        )

    def _with(self, ref: ValueRef, instead: Instead) -> Instead:
        """Return what the step computes where it reads something else in the place of a value."""
        step = self.step

        def compute(values: Mapping[ValueRef, Tensor]) -> Tensor:
            return step.compute(*[instead(values) if each == ref else values[each] for each in step.reads])

        return compute

    def _of_the_norm(self) -> Iterator[Alteration]:
        if self.step.kind is not StepKind.GRADIENT_NORM or len(self.step.reads) == 1:
            return
        for ref in self.step.reads:
            yield Alteration(MistakeKind.ONE_OF_NORM, self.step, partial(_norm_of, self.step, ref), swap=(ref, ref))


def _of_layer(value: Value, layer: int) -> ValueRef:
    """Return what is in another layer as a value is in its own."""
    named = {Role.PRE_ACTIVATION: refs.pre_activation, Role.ACTIVATION: refs.activation}
    of = named.get(value.role) or (refs.weight if Axis.SOURCE in value.axes else refs.bias)
    return of(layer)


def _read(ref: ValueRef) -> Instead:
    return lambda values: values[ref]


def _changed(change: Callable[[Tensor], Tensor], ref: ValueRef) -> Instead:
    return lambda values: change(values[ref])


def _norm_of(step: MicroStep, ref: ValueRef, values: Mapping[ValueRef, Tensor]) -> Tensor:
    return step.compute(values[ref])


def _shaped(found: Tensor, like: Tensor) -> Tensor:
    """Return a result in the shape that it has to have: of numbers that an altered formula no longer tells apart, each
    is the same.
    """
    return found.to(like).expand(like.shape)


_PASSED_ON = {
    StepKind.PRE_ACTIVATION_GRADIENT: MistakeKind.NO_SLOPE,
    StepKind.ACTIVATION: MistakeKind.NO_ACTIVATION,
    StepKind.CLIPPED_GRADIENT: MistakeKind.UNCLIPPED,
    StepKind.UPDATE_TERM: MistakeKind.LEFT_AS_IT_WAS,
    StepKind.SCHEDULE: MistakeKind.LEFT_AS_IT_WAS,
    StepKind.PARAMETER_UPDATE: MistakeKind.LEFT_AS_IT_WAS,
}
_BETWEEN_LAYERS = (
    StepKind.PRE_ACTIVATION,
    StepKind.WEIGHT_GRADIENT,
    StepKind.ACTIVATION_GRADIENT,
    StepKind.BIAS_GRADIENT,
)
_OF_LAYERS = (Role.ACTIVATION, Role.PARAMETER, Role.GRADIENT)
