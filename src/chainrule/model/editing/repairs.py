"""Repairs: what else can be changed with an edit that was refused, so that it is possible.

Which of two edits comes first then does not matter: a loss that the targets do not suit can be chosen before the
targets are changed, and the targets before the loss. Nothing here is checked: whoever offers a repair tries it first.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain

from chainrule.catalog.arguments import ArgumentValue, Choice
from chainrule.catalog.experiment.data_names import without_target_names
from chainrule.catalog.experiment.row_blocks import Row
from chainrule.catalog.experiment.rows import Rows
from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.experiment.spec_error import number_text, plural
from chainrule.catalog.experiment.targets import (
    NO,
    PROBABILITY_ACTIVATIONS,
    YES,
    has_classes,
    ignored_class,
    needs_probabilities,
    targets_of,
)
from chainrule.catalog.loss import Targets
from chainrule.catalog.optimizers import OPTIMIZERS
from chainrule.model.editing import edits
from chainrule.model.editing import shape as shape_edits
from chainrule.model.editing.edits import Edit, InitialValues
from chainrule.model.editing.terms import without_arguments

# So many values are told one by one.
MOST_VALUES = 4
# Of more classes nobody means outputs.
MOST_CLASSES = 1000
MOMENTUM = 0.9
# Arguments of one function of which the first is to be below the second.
BOUNDS = (("min_val", "max_val", "value"), ("a", "b", "bound"))


@dataclass(frozen=True, slots=True)
class Repair:
    """What else to change: as the words of a button, the edit, and whether training starts again with it.

    `changes` counts what the words name.
    """

    words: str
    edit: Edit
    restart: bool = False
    changes: int = 1


def repairs(before: Experiment, refused: Experiment, initial: InitialValues) -> Iterator[Repair]:
    """Yield changes that may make an experiment possible which an edit made of `before`.

    They leave the edit as it is.
    """
    of_any = (_group_repairs, _optimizer_repairs, _scheduler_repairs)
    of_layers = (_loss_repairs, *of_any, _bound_repairs, _width_repairs, _other_repairs)
    # A formula has neither data nor layers that could be made to fit.
    for makers in of_any if refused.network.formula else of_layers:
        yield from makers(before, refused, initial)


def _sequence(*repairs: Repair) -> Repair:
    """Join several repairs as one."""

    def edit(experiment: Experiment) -> Experiment:
        for repair in repairs:
            experiment = repair.edit(experiment)
        return experiment

    first, *others = (repair.words for repair in repairs)
    words = ", and ".join([first, *(text[0].lower() + text[1:] for text in others)])
    restart, changes = any(repair.restart for repair in repairs), sum(repair.changes for repair in repairs)
    return Repair(words, edit, restart, changes)


# The loss, the outputs and the targets


def _loss_repairs(before: Experiment, refused: Experiment, initial: InitialValues) -> Iterator[Repair]:
    """Yield outputs and targets that suit a loss that was chosen, or another loss for those that were edited."""
    if refused.loss.name != before.loss.name:
        outputs = list(_output_repairs(refused))
        targets = list(_target_repairs(refused, initial))
        yield from outputs
        yield from targets
        yield from (_sequence(one, other) for one in outputs for other in targets)
        return
    if refused.loss != before.loss and (refused.data, refused.network) == (before.data, before.network):
        # An argument of the loss is wrong, and not what it is given.
        return
    if refused.network.outputs < before.network.outputs:
        yield from _fewer_classes(refused)
    else:
        yield from _more_outputs(refused, initial)
    for name, why in (
        ("BCEWithLogitsLoss", "takes any outputs"),
        ("MSELoss", "takes any numbers"),
        ("CrossEntropyLoss", "takes classes"),
    ):
        if name != refused.loss.name and (name != "CrossEntropyLoss" or refused.network.outputs > 1):
            kept = {key: value for key, value in refused.loss.arguments.items() if key == "reduction"}
            kept = kept if kept.get("reduction") != "batchmean" else {}
            yield Repair(f"Use {name}, which {why}", edits.set_loss(Choice(name, kept)))


def _output_repairs(refused: Experiment) -> Iterator[Repair]:
    last = len(refused.network.layers) - 1
    if needs_probabilities(refused.loss) and (
        refused.network.layers[last].activation.name not in PROBABILITY_ACTIVATIONS
    ):
        yield Repair("Use Sigmoid for the outputs", edits.set_activation(last, Choice("Sigmoid")))


def _target_repairs(refused: Experiment, initial: InitialValues) -> Iterator[Repair]:
    kind, outputs, rows = targets_of(refused.loss), refused.network.outputs, refused.data.targets
    width = len(rows[0])
    if kind in (Targets.CLASSES, Targets.DISTRIBUTIONS):
        if width > 1 and kind is Targets.DISTRIBUTIONS and all(min(row) >= 0 < sum(row) for row in rows):
            yield _of_targets("Divide the targets of each row by their sum", _shares)
        yield from _class_repairs(refused, initial)
    elif width == 1 and outputs > 1:
        yield _with_outputs(refused, 1, initial)
    elif kind in (Targets.FRACTIONS, Targets.SIGNS):
        yield from _range_repairs(rows, -1.0 if kind is Targets.SIGNS else NO, scales=kind is Targets.FRACTIONS)


def _range_repairs(rows: Rows, low: float, *, scales: bool) -> Iterator[Repair]:
    """Turn two values into the two that are meant.

    More are scaled where any fraction will do, and else split in two.
    """
    values = _values(rows)
    least, most = values[0], values[-1]
    if (low <= least and most <= YES) if scales else {low, YES}.issuperset(values):
        # They are right as they are.
        return
    if least == most:
        only = YES if least > 0 else low
        yield _of_targets(f"Use {_text(only)} for the target {_text(least)}", lambda row: (only,) * len(row))
        return
    # Their difference, as their sum, may be more than a float can hold.
    half = 1.0 if math.isfinite(most - least) else 0.5
    middle = least / 2 + most / 2

    def scaled(row: Row) -> Row:
        shares = ((target * half - least * half) / (most * half - least * half) for target in row)
        return tuple(low + (YES - low) * share for share in shares)

    def split(row: Row) -> Row:
        return tuple(YES if target > middle else low for target in row)

    names = f"{_text(low)} and 1"
    if len(values) == 2:  # noqa: PLR2004 - yes and no
        yield _of_targets(f"Use {names} for the targets {_text(least)} and {_text(most)}", scaled)
    elif scales:
        yield _of_targets(f"Scale the targets from {_text(least)} to {_text(most)} to lie from 0 to 1", scaled)
    else:
        yield _of_targets(f"Use 1 for targets above {_text(middle)} and {_text(low)} for the others", split)


def _class_repairs(refused: Experiment, initial: InitialValues) -> Iterator[Repair]:
    outputs, rows = refused.network.outputs, refused.data.targets
    if (width := len(rows[0])) > 1:
        names = _listed(map(str, range(width)), "or") if width <= MOST_VALUES else f"0 to {width - 1}"
        words = f"Use a class for each row, {names}: that of its largest target"
        yield _of_targets(words, lambda row: (float(row.index(max(row))),))
        return
    yield from _more_outputs(refused, initial)
    values = _classes(refused)
    if not values or len(values) > MOST_CLASSES or values == [float(place) for place in range(len(values))]:
        return
    numbers = {value: float(place) for place, value in enumerate(values)}
    few = len(values) <= MOST_VALUES
    old = _listed(map(_text, values)) if few else f"{_text(values[0])} to {_text(values[-1])}"
    new = _listed(map(str, range(len(values)))) if few else f"0 to {len(values) - 1}"
    classes, targets = ("class", "target") if len(values) == 1 else ("classes", "targets")
    words = f"Use the {classes} {new} for the {targets} {old}"
    renamed = _of_targets(words, lambda row: (numbers.get(row[0], row[0]),))
    yield renamed
    if len(values) > outputs:
        yield _sequence(renamed, _with_outputs(refused, len(values), initial))


def _more_outputs(refused: Experiment, initial: InitialValues) -> Iterator[Repair]:
    """Yield an output for each class that there is."""
    if not has_classes(refused):
        return
    values = _classes(refused)
    whole = bool(values) and values[0] >= 0 and all(value.is_integer() for value in values)
    if whole and refused.network.outputs <= values[-1] < MOST_CLASSES:
        yield _with_outputs(refused, int(values[-1]) + 1, initial)


def _with_outputs(refused: Experiment, count: int, initial: InitialValues) -> Repair:
    change = shape_edits.set_units(len(refused.network.layers) - 1, count, initial)
    return Repair(f"Give the network {plural(count, 'output')}", change, restart=True)


def _fewer_classes(refused: Experiment) -> Iterator[Repair]:
    """Yield the experiment without the rows whose class has no output any more."""
    outputs, data, ignored = refused.network.outputs, refused.data, ignored_class(refused.loss)
    if not has_classes(refused):
        return
    kept = [place for place, (target,) in enumerate(data.targets) if target < outputs or target == ignored]
    gone = len(data.targets) - len(kept)
    if kept and gone:
        inputs, targets = (rows.taken(kept) for rows in (data.inputs, data.targets))
        which = "row whose class has" if gone == 1 else f"{gone:,} rows whose classes have"
        yield Repair(f"Remove the {which} no output", edits.set_rows(inputs, targets))


def _of_targets(words: str, change: Callable[[Row], Row]) -> Repair:
    def edit(experiment: Experiment) -> Experiment:
        data, targets = experiment.data, Rows.of(map(change, experiment.data.targets))
        data = data if len(targets[0]) == len(data.targets[0]) else without_target_names(data)
        return replace(experiment, data=replace(data, targets=targets))

    return Repair(words, edit)


def _shares(row: Row) -> Row:
    total = sum(row)
    return tuple(target / total for target in row)


def _values(rows: Rows) -> list[float]:
    return sorted({target for row in rows for target in row})


def _classes(experiment: Experiment) -> list[float]:
    """Return the targets that are to be classes: all but the one that is ignored."""
    ignored = ignored_class(experiment.loss)
    return [value for value in _values(experiment.data.targets) if value != ignored]


def _listed(names: Iterable[str], word: str = "and") -> str:
    *first, last = names
    return f"{', '.join(first)} {word} {last}" if first else last


def _text(number: float) -> str:
    return number_text(number).replace("-", "−")


# The optimizer and the scheduler


def _optimizer_repairs(before: Experiment, refused: Experiment, _initial: InitialValues) -> Iterator[Repair]:
    optimizer = refused.optimizer
    if not optimizer.arguments.get("nesterov"):
        return
    if before.optimizer.arguments.get("nesterov"):
        yield Repair("Switch Nesterov's momentum off", edits.set_optimizer(optimizer.replace(nesterov=False)))
        return
    changes: dict[str, ArgumentValue] = {} if optimizer.arguments.get("momentum") else {"momentum": MOMENTUM}
    words = [f"a momentum of {MOMENTUM}"] if changes else []
    if optimizer.arguments.get("dampening"):
        changes["dampening"] = 0.0
        words.append("no dampening")
    if words:
        change = edits.set_optimizer(optimizer.replace(**changes))
        yield Repair(f"Use {' and '.join(words)}", change, changes=len(changes))


def _group_repairs(before: Experiment, refused: Experiment, _initial: InitialValues) -> Iterator[Repair]:
    """Yield groups that suit another optimizer: without what it does not have."""
    if refused.optimizer.name == before.optimizer.name or not refused.parameter_groups:
        return
    known = {argument.name for argument in OPTIMIZERS[refused.optimizer.name].arguments}
    unknown = list(dict.fromkeys(name for each in refused.parameter_groups for name in each.arguments))
    unknown = [name for name in unknown if name not in known]
    if unknown:
        names = _listed(name.replace("_", " ") for name in unknown)
        yield Repair(f"Do without the {names} of parameter groups", partial(without_arguments, unknown))


def _scheduler_repairs(before: Experiment, refused: Experiment, _initial: InitialValues) -> Iterator[Repair]:
    """Yield a schedule that suits an optimizer that was chosen."""
    scheduler = refused.scheduler
    if scheduler is None or scheduler != before.scheduler:
        return

    def still(part: Choice) -> Choice:
        return part.replace(cycle_momentum=False) if part.arguments.get("cycle_momentum") else part

    if any(part.arguments.get("cycle_momentum") for part in _parts(scheduler)):
        yield Repair("Do not cycle the momentum", edits.set_scheduler(_of_parts(scheduler, still)))
    yield Repair("Do without the scheduler", edits.set_scheduler(None))


def _parts(scheduler: Choice) -> Iterable[Choice]:
    nested = scheduler.arguments.get("schedulers", ())
    yield scheduler
    if isinstance(nested, tuple):
        yield from (part for part in nested if isinstance(part, Choice))


def _of_parts(scheduler: Choice, change: Callable[[Choice], Choice]) -> Choice:
    nested = scheduler.arguments.get("schedulers")
    if not isinstance(nested, tuple):
        return change(scheduler)
    changed = tuple(change(part) if isinstance(part, Choice) else part for part in nested)
    return scheduler.replace(schedulers=changed)


# Numbers of which one is to be above the other


def _bound_repairs(before: Experiment, refused: Experiment, _initial: InitialValues) -> Iterator[Repair]:
    """Move along the other end of a range where one was moved past it."""
    old, new = before.network.layers, refused.network.layers
    for index, (one, other) in enumerate(zip(old, new, strict=False)):
        yield from _moved_along(one.activation, other.activation, partial(edits.set_activation, index))
        if one.initialization is not None and other.initialization is not None:
            yield from _moved_along(
                one.initialization,
                other.initialization,
                partial(edits.set_layer_initialization, index),
            )
    yield from _moved_along(before.initialization.scheme, refused.initialization.scheme, edits.set_initialization)


def _moved_along(old: Choice, new: Choice, put: Callable[[Choice], Edit]) -> Iterator[Repair]:
    if old.name != new.name or old == new:
        return
    for low, high, noun in BOUNDS:
        if low not in old.arguments or high not in old.arguments:
            continue
        by = new.number(low) - old.number(low) + new.number(high) - old.number(high)
        moved, word = (high, "largest") if new[low] != old[low] else (low, "smallest")
        number = old.number(moved) + by
        changes: dict[str, ArgumentValue] = {moved: number}
        words = f"Use {_text(number)} as the {word} {noun}"
        if "mean" in new.arguments:
            changes["mean"] = mean = new.number("mean") + by
            words += f" and {_text(mean)} as the mean"
        yield Repair(words, put(new.replace(**changes)), changes=len(changes))


def _width_repairs(before: Experiment, refused: Experiment, initial: InitialValues) -> Iterator[Repair]:
    """Yield a network that suits rows of another length, which were pasted in the place of all."""
    data, network = refused.data, refused.network
    lengths, kept = [data.inputs.lengths, data.targets.lengths], len(before.data.targets[0])
    if any(len(found) != 1 for found in lengths) or len(data.inputs) != len(data.targets):
        return
    length = sum(chain(*lengths))
    count = length - kept

    def resized(experiment: Experiment) -> Experiment:
        pairs = zip(experiment.data.inputs, experiment.data.targets, strict=True)
        rows = [inputs + targets for inputs, targets in pairs]
        inputs, targets = Rows.of(row[:count] for row in rows), Rows.of(row[count:] for row in rows)
        split = replace(experiment, data=replace(experiment.data, inputs=inputs, targets=targets))
        return shape_edits.set_units(-1, count, initial)(split)

    if count > 0 and count != network.inputs:
        yield Repair(f"Give the network {plural(count, 'input')}", resized, restart=True)
    if length - network.inputs > 0 and length - network.inputs != network.outputs:
        yield _with_outputs(refused, length - network.inputs, initial)


def _other_repairs(_before: Experiment, refused: Experiment, _initial: InitialValues) -> Iterator[Repair]:
    if refused.dtype == "float64" and refused.device.startswith("mps"):
        yield Repair("Compute in float32", edits.set_dtype("float32"))
