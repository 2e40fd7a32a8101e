"""What the columns and the classes of the data are called, and how columns were standardized."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from chainrule.catalog.experiment.spec_error import SpecError, describe, expected

if TYPE_CHECKING:
    from chainrule.catalog.experiment.spec import DataSpec, Experiment

# Characters of a name: what a tooltip holds on a line or two.
LONGEST_NAME = 200
# A single output tells two classes apart.
LEAST_CLASSES = 2
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class DataColumn:
    """A column of the data: its name, empty where it has none, and what its numbers were standardized by.

    With `mean` and `std` the number in the data is (original − mean) / std.
    """

    name: str = ""
    mean: float | None = None
    std: float | None = None

    def original(self, number: float) -> float | None:
        """Return a number of the column in its own units; None where it was not standardized."""
        return None if self.mean is None or self.std is None else self.mean + self.std * number

    def standardized(self, number: float) -> float:
        """Return a number in the column's own units as the data have it."""
        return number if self.mean is None or self.std is None else (number - self.mean) / self.std


@dataclass(frozen=True, slots=True)
class DataNames:
    """The columns of inputs and of targets, and the names of the classes; each empty where nothing is known of them."""

    inputs: tuple[DataColumn, ...] = ()
    targets: tuple[DataColumn, ...] = ()
    classes: tuple[str, ...] = ()

    @property
    def has_own_units(self) -> bool:
        """Whether a column was standardized."""
        return any(column.mean is not None for column in (*self.inputs, *self.targets))

    def input(self, column: int) -> DataColumn:
        """Return a column of the inputs, which may have no name."""
        return self.inputs[column] if column < len(self.inputs) else DataColumn()

    def target(self, column: int) -> DataColumn:
        """Return a column of the targets, which may have no name."""
        return self.targets[column] if column < len(self.targets) else DataColumn()

    def output(self, unit: int, outputs: int) -> DataColumn:
        """Return what one of so many outputs answers: its class, where the classes have names and an output each, or
        the column of its target.
        """
        if self.classes and outputs > 1:
            return DataColumn(self.classes[unit]) if unit < len(self.classes) else DataColumn()
        # A single output tells two classes apart: neither of their names is what it is called.
        return self.target(unit)

    def class_name(self, index: float) -> str:
        """Return the name of a class by its number; empty where it has none."""
        return self.classes[int(index)] if float(index).is_integer() and 0 <= index < len(self.classes) else ""


NO_NAMES = DataNames()


def class_count(experiment: Experiment) -> int:
    """Return how many class names an experiment has room for: one for each output, two for a single one."""
    return max(LEAST_CLASSES, experiment.network.outputs)


def check_data_names(experiment: Experiment) -> None:
    """Refuse names that are not as many as what they name, are empty or too long, and impossible mean or deviation."""
    names, data = experiment.data.names, experiment.data
    if experiment.network.formula:
        # It has no data, and nothing that could be named is let through there.
        return
    for key, columns, width in (
        ("input_columns", names.inputs, experiment.network.inputs),
        ("target_columns", names.targets, len(data.targets[0])),
    ):
        _check_count(columns, width, f"$.data.{key}", "column")
        for index, column in enumerate(columns):
            _check_column(column, f"$.data.{key}[{index}]")
    _check_count(names.classes, class_count(experiment), "$.data.class_names", "name")
    for index, name in enumerate(names.classes):
        check_name(name, f"$.data.class_names[{index}]")


def _check_count(found: Sequence[object], wanted: int, path: str, noun: str) -> None:
    if found and len(found) != wanted:
        raise expected(path, f"{wanted} {noun}{'' if wanted == 1 else 's'}", len(found))


def check_name(name: str, path: str) -> None:
    """Refuse a name that is empty, too long, or nothing that can be read on one line."""
    if not name.strip():
        raise SpecError(path, "expected a name, got an empty text")
    if len(name) > LONGEST_NAME:
        raise SpecError(path, f"expected a name of at most {LONGEST_NAME} characters, got {len(name)}")
    if not name.isprintable():
        raise SpecError(path, f"expected a name on one line, of characters that can be read, got {describe(name)}")


def _check_column(column: DataColumn, path: str) -> None:
    if column.name:
        check_name(column.name, f"{path}.name")
    if (column.mean is None) != (column.std is None):
        raise SpecError(path, 'expected "mean" and "std" together, or neither')
    for key, number in (("mean", column.mean), ("std", column.std)):
        if number is not None and not math.isfinite(number):
            raise expected(f"{path}.{key}", "a finite number", describe(number))
    if column.std is not None and column.std <= 0:
        raise expected(f"{path}.std", "a number above 0", describe(column.std))


def with_fitting_names(experiment: Experiment) -> Experiment:
    """Return the experiment with as many names as it has columns and classes: what is new has no name, and a new class
    is called by its number.
    """
    data = experiment.data
    fitted = _fitted(data, experiment.network.inputs, class_count(experiment))
    return experiment if fitted is data else replace(experiment, data=fitted)


def without_target_names(data: DataSpec) -> DataSpec:
    """Return data whose target columns have no names: they are others now."""
    return replace(data, names=replace(data.names, targets=())) if data.names.targets else data


def _fitted(data: DataSpec, inputs: int, classes: int) -> DataSpec:
    names = data.names
    if names == NO_NAMES:
        return data
    more = tuple(str(index) for index in range(len(names.classes), classes))
    changed = DataNames(
        _resized(names.inputs, inputs, DataColumn()),
        _resized(names.targets, len(data.targets[0]) if data.targets else 0, DataColumn()),
        (*names.classes, *more)[:classes] if names.classes else (),
    )
    return data if changed == names else replace(data, names=changed)


def _resized(columns: tuple[DataColumn, ...], count: int, fill: DataColumn) -> tuple[DataColumn, ...]:
    if not columns:
        return columns
    resized = columns[:count] + (fill,) * (count - len(columns))
    return resized if any(column != fill for column in resized) else ()
