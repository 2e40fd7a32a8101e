"""What the targets of each loss must be: the check that refuses the rest, and what one kind becomes in another."""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import partial

from chainrule.catalog.arguments import Choice, one_of
from chainrule.catalog.experiment.row_blocks import Row
from chainrule.catalog.experiment.rows import Rows
from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.experiment.spec_error import expected, number_text, plural
from chainrule.catalog.loss import IGNORE_INDEX, Targets
from chainrule.catalog.losses import LOSSES

# Rows with their places in the data.
PlacedRows = Iterable[tuple[int, Row]]


# The activations whose values are never outside [0, 1].
PROBABILITY_ACTIVATIONS = ("Sigmoid", "Softmax", "Hardsigmoid")
# How far the probabilities of a row may be from 1 in sum: what rounding them to the dtype can do.
SUM_TOLERANCE = {"float64": 1e-9, "float32": 1e-5}
NO, YES = 0.0, 1.0


def targets_of(loss: Choice) -> Targets:
    """Return what the targets of a loss must be; of one that there is not, any numbers."""
    return LOSSES[loss.name].targets if loss.name in LOSSES else Targets.NUMBERS


def needs_probabilities(loss: Choice) -> bool:
    """Return whether the outputs must be from 0 to 1."""
    return loss.name in LOSSES and LOSSES[loss.name].needs_probabilities


def has_classes(experiment: Experiment) -> bool:
    """Return whether the targets are class indices, one in each row.

    One column for several outputs can be nothing else.
    """
    if experiment.network.formula:
        return False
    classes = targets_of(experiment.loss) in (Targets.CLASSES, Targets.DISTRIBUTIONS)
    return len(experiment.data.targets[0]) == 1 and (classes or experiment.network.outputs > 1)


def ignored_class(loss: Choice) -> float | None:
    """Return the class whose rows are not counted; it need not be one that there is."""
    if loss.name not in LOSSES:
        return None
    index = next((a.default for a in LOSSES[loss.name].arguments if a.name == IGNORE_INDEX), None)
    found = loss.arguments.get(IGNORE_INDEX, index)
    return float(found) if isinstance(found, int | float) else None


def has_ignored(experiment: Experiment) -> bool:
    """Return whether some rows are not counted."""
    ignored = ignored_class(experiment.loss)
    if ignored is None or not has_classes(experiment):
        return False
    return any(ignored in block.numbers for block in experiment.data.targets.blocks if block.has(ignored))


def check_targets(experiment: Experiment, known: Experiment | None = None) -> None:
    """Refuse targets, and outputs, that the loss cannot take; structure and names are checked before.

    Rows of `known`, an experiment that was checked before, are not looked at again where it asks the same of them.
    """
    _check_outputs(experiment)
    _check_arguments(experiment)
    kind, who = targets_of(experiment.loss), experiment.loss.name
    if kind is Targets.UNUSED:
        return
    same = known is not None and bool(known.data.targets) and _demands(known) == _demands(experiment)
    new = experiment.data.targets.beside(known.data.targets if known is not None and same else Rows())
    if has_classes(experiment) and kind in (Targets.CLASSES, Targets.DISTRIBUTIONS):
        for first, block in new:
            _check_classes(experiment, enumerate(block.rows(), first))
        return
    _check_columns(experiment, kind)
    for first, block in new:
        rows = partial(enumerate, block.rows(), first)
        if kind in (Targets.FRACTIONS, Targets.DISTRIBUTIONS) and not block.is_within(NO, YES):
            _check_fractions(rows(), who)
        if kind is Targets.SIGNS:
            _check_signs(rows(), who)
        elif kind is Targets.DISTRIBUTIONS:
            _check_distributions(rows(), SUM_TOLERANCE[experiment.dtype], who)


def _demands(experiment: Experiment) -> tuple[object, ...]:
    """Return all that decides whether a row of targets is right."""
    outputs, width = experiment.network.outputs, len(experiment.data.targets[0])
    return targets_of(experiment.loss), outputs, width, experiment.dtype, ignored_class(experiment.loss)


def _check_outputs(experiment: Experiment) -> None:
    if not needs_probabilities(experiment.loss):
        return
    last = len(experiment.network.layers) - 1
    name = experiment.network.layers[last].activation.name
    if name not in PROBABILITY_ACTIVATIONS:
        wanted = f"{one_of(PROBABILITY_ACTIVATIONS)}, whose outputs {experiment.loss.name} can take: from 0 to 1"
        instead = "BCEWithLogitsLoss takes any outputs"
        raise expected(f"$.network.layers[{last}].activation", wanted, name, instead)


def _check_arguments(experiment: Experiment) -> None:
    """Refuse lists that have not a number for each output, and a class to ignore where there is none."""
    loss, outputs = experiment.loss, experiment.network.outputs
    for name in LOSSES[loss.name].lists:
        numbers = loss.arguments.get(name)
        if isinstance(numbers, tuple) and len(numbers) != outputs:
            raise expected(f"$.loss.{name}", f"{plural(outputs, 'number')}, one for each output", len(numbers))
    ignored = ignored_class(loss)
    if ignored is not None and ignored >= 0 and not has_classes(experiment):
        wanted = "an integer below 0, because no row of probabilities is ignored"
        raise expected(f"$.loss.{IGNORE_INDEX}", wanted, number_text(ignored), who=loss.name)


def _check_columns(experiment: Experiment, kind: Targets) -> None:
    outputs, width = experiment.network.outputs, len(experiment.data.targets[0])
    if kind is Targets.CLASSES:
        wanted = f"1 number, a class index: {experiment.loss.name} takes no probabilities"
    elif width == outputs:
        return
    else:
        wanted = f"{plural(outputs, 'number')}, one for each output"
    raise expected("$.data.targets[0]", wanted, width, who=experiment.loss.name)


def _check_classes(experiment: Experiment, rows: PlacedRows) -> None:
    outputs, who, ignored = experiment.network.outputs, experiment.loss.name, ignored_class(experiment.loss)
    for row, (target,) in rows:
        if not (target.is_integer() and 0 <= target < outputs) and target != ignored:
            hint = "a network needs an output for each class" if outputs == 1 else ""
            allowed = "the class index 0" if outputs == 1 else f"a class index, {_range(outputs)}"
            _refuse(row, 0, allowed, target, who, hint)


def _check_fractions(rows: PlacedRows, who: str) -> None:
    for row, targets in rows:
        if min(targets) < NO or max(targets) > YES:
            column = _first(not NO <= target <= YES for target in targets)
            _refuse(row, column, "a number from 0 to 1", targets[column], who)


def _check_signs(rows: PlacedRows, who: str) -> None:
    for row, targets in rows:
        if not {-1.0, 1.0}.issuperset(targets):
            column = _first(abs(target) != 1 for target in targets)
            _refuse(row, column, "-1 or 1", targets[column], who)


def _check_distributions(rows: PlacedRows, tolerance: float, who: str) -> None:
    for row, targets in rows:
        total = math.fsum(targets)
        if abs(total - 1) > tolerance:
            got = f"the sum {total:.10g}"
            raise expected(f"$.data.targets[{row}]", "probabilities that sum to 1", got, who=who)


def _refuse(row: int, column: int, allowed: str, target: float, who: str, hint: str = "") -> None:
    raise expected(f"$.data.targets[{row}][{column}]", allowed, number_text(target), hint, who=who)


def _range(outputs: int) -> str:
    return f"an integer from 0 to {outputs - 1}"


def _first(found: Iterable[bool]) -> int:
    return list(found).index(True)


# What targets become for another loss, where nothing is lost; else they stay as they are, to be refused or not.


def converted_targets(experiment: Experiment, loss: Choice) -> Rows:
    """Return the targets as another loss takes them, if they can be told in its way."""
    kind, rows, outputs = targets_of(loss), experiment.data.targets, experiment.network.outputs
    if kind in (Targets.UNUSED, Targets.DISTRIBUTIONS):
        return rows
    if kind is Targets.CLASSES:
        one_hot = outputs > 1 and all(_is_one_hot(row, outputs) for row in rows)
        return Rows.of((float(row.index(YES)),) for row in rows) if one_hot else rows
    if outputs > 1 and all(len(row) == 1 and row[0] in range(outputs) for row in rows):
        rows = Rows.of(_one_hot(int(row[0]), outputs) for row in rows)
    if kind is Targets.SIGNS and _all_in(rows, {NO, YES}):
        return Rows.of(tuple(2 * target - 1 for target in row) for row in rows)
    if kind is Targets.FRACTIONS and _all_in(rows, {-1.0, YES}):
        return Rows.of(tuple((target + 1) / 2 for target in row) for row in rows)
    return rows


def filler(loss: Choice) -> float:
    """Return the target of an output that is new: no, in the loss's way of saying it."""
    return -1.0 if targets_of(loss) is Targets.SIGNS else NO


def _is_one_hot(row: Row, outputs: int) -> bool:
    return len(row) == outputs and row.count(YES) == 1 and row.count(NO) == outputs - 1


def _one_hot(index: int, outputs: int) -> Row:
    return tuple(YES if output == index else NO for output in range(outputs))


def _all_in(rows: Rows, allowed: set[float]) -> bool:
    return all(allowed.issuperset(row) for row in rows)
