"""Edits of what columns and classes are called. Nothing is computed from a name: training stays as it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from chainrule.catalog.arguments import SpecError
from chainrule.catalog.experiment.data_names import (
    DataColumn,
    DataNames,
    check_name,
    class_count,
    with_fitting_names,
)
from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.experiment.targets import has_classes
from chainrule.catalog.values import refs
from chainrule.catalog.values.refs import ValueRef
from chainrule.model.editing.edits import Edit


def rename(ref: ValueRef, unit: int, name: str) -> Edit:
    """Call a column of the inputs, of the targets or of the outputs otherwise; empty takes the name away.

    An output of several is called by its class, where the targets are classes. `SpecError` for what is no name, and
    for a class that is called as another one is.
    """
    name = name.strip()

    def edit(experiment: Experiment) -> Experiment:
        data = experiment.data
        if experiment.network.formula or unit >= _width(experiment, ref):
            # An experiment of another time in the training, which has no such column.
            return experiment
        if ref == refs.INPUT:
            columns = _renamed(data.names.input, experiment.network.inputs, unit, name)
            names = replace(data.names, inputs=columns)
        elif names_class(experiment, ref):
            names = _with_class(experiment, unit, name)
        else:
            columns = _renamed(data.names.target, len(data.targets[0]), unit, name)
            names = replace(data.names, targets=columns)
        return with_fitting_names(replace(experiment, data=replace(data, names=names)))

    return edit


def names_class(experiment: Experiment, ref: ValueRef) -> bool:
    """Return whether what a column of the data is called by is a class: that of one of several outputs."""
    names = experiment.data.names
    if experiment.network.outputs == 1 or ref == refs.INPUT:
        return False
    if ref == refs.TARGET:
        return bool(names.classes) and not has_classes(experiment) and not names.targets
    return bool(names.classes) or has_classes(experiment)


def _width(experiment: Experiment, ref: ValueRef) -> int:
    if ref == refs.INPUT:
        return experiment.network.inputs
    if names_class(experiment, ref):
        return experiment.network.outputs
    return len(experiment.data.targets[0])


def _renamed(column: Callable[[int], DataColumn], count: int, unit: int, name: str) -> tuple[DataColumn, ...]:
    """Return the columns of one kind, all of them, with another name of one."""
    if name:
        check_name(name, "$.data.names")
    columns = [column(place) for place in range(count)]
    columns[unit] = replace(columns[unit], name=name)
    return tuple(columns)


def _with_class(experiment: Experiment, unit: int, name: str) -> DataNames:
    """Return the names with another one of a class; without a name it is called by its number, as those beside it."""
    names = experiment.data.names
    known = list(names.classes or map(str, range(class_count(experiment))))
    name = name or str(unit)
    check_name(name, "$.data.names")
    if name in (*known[:unit], *known[unit + 1 :]):
        raise SpecError("$.data.names", f"there is another class called {name}")
    known[unit] = name
    return replace(names, classes=tuple(known))
