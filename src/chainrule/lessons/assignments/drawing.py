"""What is drawn of an experiment for a variant, and what stays as it is: gates, data from the world, zeros."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from chainrule.catalog.arguments import SpecError
from chainrule.catalog.experiment.numbers import NestedNumbers
from chainrule.catalog.experiment.rows import Rows
from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.experiment.targets import has_classes, ignored_class, targets_of
from chainrule.catalog.loss import Targets
from chainrule.catalog.values import refs
from chainrule.catalog.values.refs import ValueRef
from chainrule.engine.trace import Executor
from chainrule.lessons.assignments.friendly import TENTHS, Drawer, Draws, drawer

# Numbers of more cannot be drawn and compared in a fraction of a second.
MOST_DRAWN = 2000
# More numbers than these are data that come from somewhere, and no homework's.
MOST_DATA = 60
Values = Mapping[ValueRef, Tensor]


@dataclass(frozen=True, slots=True)
class DrawnNumbers:
    """The numbers of a variant."""

    parameters: Mapping[ValueRef, NestedNumbers]
    inputs: tuple[tuple[float, ...], ...]
    targets: tuple[tuple[float, ...], ...]

    @property
    def groups(self) -> Iterator[list[float]]:
        """The numbers that are better told apart: those of a row, of a column, and of a parameter."""
        yield from map(list, self.inputs)
        yield from map(list, zip(*self.inputs, strict=True))
        for value in self.parameters.values():
            yield _flat(value)


class DrawingPlan:
    """What is drawn of an experiment, and what stays as it is."""

    def __init__(self, experiment: Experiment, executor: Executor) -> None:
        self._experiment, self.state = experiment, executor.initial_state()
        shapes = experiment.network.parameter_shapes()
        first = {ref: self.state.values[ref].double().cpu() for ref in shapes}
        count = sum(value.numel() for value in first.values())
        if count > MOST_DRAWN:
            raise SpecError("variants", f"at most {MOST_DRAWN} parameters are drawn, and this network has {count}")
        data = experiment.data
        self.original = DrawnNumbers(
            {ref: _nested(value.tolist()) for ref, value in first.items()}, tuple(data.inputs), tuple(data.targets)
        )
        self._parameters = {ref: _parameter_drawers(experiment, ref, first) for ref in shapes}
        self._inputs, self._targets = _data_drawers(experiment)

    def draw(self, draws: Draws) -> DrawnNumbers:
        """Return numbers as they come."""
        return DrawnNumbers(
            {ref: _drawn(drawers, draws) for ref, drawers in self._parameters.items()},
            tuple(tuple(number(draws) for number in row) for row in self._inputs),
            tuple(tuple(number(draws) for number in row) for row in self._targets),
        )

    def experiment(self, numbers: DrawnNumbers) -> Experiment:
        """Return the experiment with other numbers."""
        data = self._experiment.data
        if data.inputs:
            data = replace(data, inputs=Rows.of(numbers.inputs), targets=Rows.of(numbers.targets))
        return replace(self._experiment, parameters=numbers.parameters, data=data)


# Of nested tuples as deep as a parameter.
Drawers = Drawer | tuple["Drawers", ...]


def _parameter_drawers(experiment: Experiment, ref: ValueRef, first: Values) -> Drawers:
    is_formula = bool(experiment.network.formula)
    beside = torch.cat([value.flatten() for value in first.values()]) if is_formula else first[ref].flatten()
    # A slope that is learned, and what a formula takes the logarithm of, have a sign for a reason.
    keeps_sign = is_formula or refs.LEARNED in ref
    others = beside.tolist()

    def drawers(value: object) -> Drawers:
        if isinstance(value, list):
            return tuple(map(drawers, value))
        assert isinstance(value, float)
        return drawer(value, others, keeps_sign=keeps_sign)

    return drawers(first[ref].tolist())


def _drawn(drawers: Drawers, draws: Draws) -> NestedNumbers:
    if isinstance(drawers, tuple):
        return tuple(_drawn(each, draws) for each in drawers)  # type: ignore[return-value]
    return drawers(draws)


def _nested(value: object) -> NestedNumbers:
    return tuple(map(_nested, value)) if isinstance(value, list) else value  # type: ignore[return-value]


DrawnRows = tuple[tuple[Drawer, ...], ...]


def _data_drawers(experiment: Experiment) -> tuple[DrawnRows, DrawnRows]:
    """Return what draws inputs and targets; those of gates, and of data that come from the world, stay."""
    data = experiment.data
    inputs, targets = list(zip(*data.inputs, strict=True)), list(zip(*data.targets, strict=True))
    if sum(map(len, inputs)) > MOST_DATA or all(map(_is_binary, inputs)):
        return _kept(data.inputs), _kept(data.targets)
    drawn = [[_constant(x) for x in column] if _is_binary(column) else [drawer(x, column) for x in column]
             for column in inputs]  # fmt: skip
    return tuple(zip(*drawn, strict=True)), _target_drawers(experiment, targets)


def _target_drawers(experiment: Experiment, columns: Sequence[tuple[float, ...]]) -> DrawnRows:
    kind, data = targets_of(experiment.loss), experiment.data
    if has_classes(experiment):
        classes, ignored = tuple(map(float, range(experiment.network.outputs))), ignored_class(experiment.loss)
        return tuple(tuple(_constant(x) if x == ignored else _one_of(classes) for x in row) for row in data.targets)
    if kind in (Targets.UNUSED, Targets.DISTRIBUTIONS):
        return _kept(data.targets)
    if kind is Targets.SIGNS or (kind is Targets.FRACTIONS and all(map(_is_binary, columns))):
        return tuple(
            tuple(_one_of((-1.0, 1.0) if kind is Targets.SIGNS else (0.0, 1.0)) for _ in row) for row in data.targets
        )
    if kind is Targets.FRACTIONS:
        return tuple(tuple(_one_of(TENTHS[:-1]) for _ in row) for row in data.targets)
    drawn = [[drawer(x, column) for x in column] for column in columns]
    return tuple(zip(*drawn, strict=True))


def _is_binary(column: Sequence[float]) -> bool:
    return len(set(column)) > 1 and ({0.0, 1.0}.issuperset(column) or {-1.0, 1.0}.issuperset(column))


def _kept(rows: Rows) -> DrawnRows:
    return tuple(tuple(map(_constant, row)) for row in rows)


def _constant(number: float) -> Drawer:
    return lambda draws: number


def _one_of(numbers: Sequence[float]) -> Drawer:
    return lambda draws: draws.choice(numbers)


def _flat(value: NestedNumbers) -> list[float]:
    return [each for part in value for each in _flat(part)] if isinstance(value, tuple) else [value]
