"""What the data call a number: the name of its column or class, and what it is in the column's own units."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from chainrule.catalog.experiment.data_names import DataColumn
from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.experiment.targets import has_classes
from chainrule.catalog.values import refs
from chainrule.catalog.values.refs import ValueRef
from chainrule.explain.writing.numbers import format_short

# Significant digits of a number in its own units: mean and deviation are rounded themselves.
_DIGITS = 6


def neuron_column(experiment: Experiment, layer: int, unit: int) -> DataColumn:
    """Return the column that a neuron reads (layer -1) or answers; one without a name of all others."""
    names = experiment.data.names
    if layer < 0:
        return names.input(unit)
    network = experiment.network
    return names.output(unit, network.outputs) if layer == len(network.layers) - 1 else DataColumn()


def column_of(experiment: Experiment, ref: ValueRef, index: Sequence[int]) -> DataColumn:
    """Return the column of one number of the inputs, the targets or the outputs; one without a name of all others."""
    unit, last = index[-1] if index else 0, len(experiment.network.layers) - 1
    if ref == refs.INPUT:
        return neuron_column(experiment, -1, unit)
    if ref == refs.TARGET:
        names = experiment.data.names
        return (
            names.target(unit)
            if has_classes(experiment) or names.targets
            else names.output(unit, experiment.network.outputs)
        )
    return neuron_column(experiment, last, unit) if last >= 0 and ref == refs.activation(last) else DataColumn()


def data_lines(experiment: Experiment, ref: ValueRef, index: Sequence[int], number: float | None) -> Iterator[str]:
    """Yield what the data say of a number: the name of its class, and what it is in its own units."""
    if number is None or experiment.network.formula:
        return
    column, names = column_of(experiment, ref, index), experiment.data.names
    if ref == refs.TARGET and has_classes(experiment) and (name := names.class_name(number)):
        yield f"Class {number:g} is {name}"
    original = column.original(number)
    if original is not None:
        yield (
            f"{column.name or 'In its own units'} = {format_short(original, _DIGITS)}, before it was standardized: "
            f"the mean {format_short(column.mean or 0.0, _DIGITS)} was taken off, "
            f"and the rest divided by {format_short(column.std or 1.0, _DIGITS)}"
        )
