"""The edit that puts imported data into an experiment: inputs, last layer and loss are made to fit them. What it will
do, in a sentence with numbers.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from chainrule.catalog.arguments import Choice, SpecError
from chainrule.catalog.experiment.data_names import with_fitting_names
from chainrule.catalog.experiment.spec import DEFAULT_LOSS, Experiment, LayerSpec, NetworkSpec
from chainrule.catalog.experiment.spec_error import plural
from chainrule.catalog.experiment.targets import has_classes, needs_probabilities, targets_of
from chainrule.catalog.loss import Targets
from chainrule.catalog.losses import LOSSES
from chainrule.model.editing.edits import Edit, set_rows
from chainrule.model.editing.patterns import without_orphans
from chainrule.model.importing.making import ImportedData
from chainrule.model.importing.outline import ImportOutline, ImportPart, RowShape, few_in_words, left_out_in_words
from chainrule.model.importing.plan import SOURCE
from chainrule.model.importing.table import rows_in_words

CROSS_ENTROPY = Choice("CrossEntropyLoss")
IDENTITY = Choice("Identity")
# What a formula, which has no layers, becomes: as a new experiment would.
HIDDEN = LayerSpec(8, Choice("Tanh"))
# What large data are computed in: they would take the room twice.
SINGLE = "float32"
# With more rows an iteration takes a part of them.
MOST_AT_ONCE = 2000
BATCH = 64


def replacing_data(found: ImportedData, title: str = "") -> Edit:
    """Put data in the place of all that there is. Training starts again; hidden layers stay, and parameters where all
    have the shapes of before.
    """

    def edit(experiment: Experiment) -> Experiment:
        layers = experiment.network.layers or (HIDDEN, LayerSpec(1))
        loss = fitting_loss(experiment, found.outline)
        last = replace(layers[-1], units=found.outline.outputs)
        if loss != experiment.loss and last.activation != IDENTITY:
            last = replace(last, activation=IDENTITY)
        network = NetworkSpec(len(found.inputs[0]), (*layers[:-1], last))
        before = experiment.data
        rows = len(found.inputs)
        is_large = rows > MOST_AT_ONCE
        batch = min(before.batch_size, rows) if before.batch_size else BATCH if is_large else None
        data = replace(
            before,
            inputs=found.inputs,
            targets=found.targets,
            names=found.names,
            batch_size=batch,
            shuffle=before.shuffle or is_large,
        )
        if batch is not None and batch > data.training_rows:
            data = replace(data, batch_size=None)
        shapes, old = network.parameter_shapes(), experiment.network.parameter_shapes()
        # Some of the numbers without the others would mean nothing.
        same = set(shapes) if shapes == old else set()
        changed = replace(
            experiment,
            network=network,
            data=data,
            loss=loss,
            title=title or experiment.title,
            parameters={ref: numbers for ref, numbers in experiment.parameters.items() if ref in same},
            frozen=experiment.frozen & same,
            state=None,
            dtype=SINGLE if found.outline.is_large else experiment.dtype,
        )
        return without_orphans(changed, experiment)

    return edit


def appending_data(found: ImportedData) -> Edit:
    """Add rows to those that are there; they have as many inputs and targets."""

    def edit(experiment: Experiment) -> Experiment:
        data = experiment.data
        check_appended(experiment, RowShape(len(found.inputs[0]), len(found.targets[0]), found.outline.classes))
        end = len(data.inputs)
        added = data.inputs.spliced(end, end, found.inputs), data.targets.spliced(end, end, found.targets)
        changed = set_rows(*added)(experiment)
        names = replace(found.names, classes=data.names.classes or found.names.classes)
        return with_fitting_names(replace(changed, data=replace(changed.data, names=names)))

    return edit


def check_appended(experiment: Experiment, found: RowShape) -> None:
    """Refuse rows that are not like those that they are to be added to, with every reason at once."""
    data = experiment.data
    if experiment.network.formula or not data.inputs:
        raise SpecError(SOURCE, "there are no rows to add to: replace the data")
    counts = (("input", found.inputs, len(data.inputs[0])), ("target", found.targets, len(data.targets[0])))
    reasons = [
        f"the rows there have {plural(there, noun)}, and these {new:,}" for noun, new, there in counts if new != there
    ]
    if found.text and not data.names.classes:
        numbers = f"the targets there are numbers, and “{found.text}” is text"
        unnamed = f"the classes there have no names that “{found.text}” could be told by"
        reasons.append(unnamed if has_classes(experiment) else numbers)
    if reasons:
        raise SpecError(SOURCE, f"{'; '.join(reasons)}: replace the data")
    if has_classes(experiment) and not found.classes:
        raise SpecError(SOURCE, "the targets there are classes: take the target for classes, or replace the data")


def fitting_loss(experiment: Experiment, found: ImportOutline) -> Choice:
    """Return the experiment's loss where it takes such targets, or the usual one that does."""
    loss, kind = experiment.loss, targets_of(experiment.loss)
    if found.classes:
        if kind in (Targets.CLASSES, Targets.DISTRIBUTIONS) and experiment.network.outputs == found.outputs:
            return loss
        return CROSS_ENTROPY
    is_usual = kind is Targets.NUMBERS and not needs_probabilities(loss) and loss.name in LOSSES
    lists = any(loss.arguments.get(name) for name in LOSSES[loss.name].lists) if loss.name in LOSSES else False
    return loss if is_usual and not lists and not experiment.network.formula else DEFAULT_LOSS


def import_in_words(found: ImportOutline, experiment: Experiment, *, append: bool) -> str:
    """Return what an import does: how many rows come, which do not and why, what they become, and what else changes."""
    rows = len(found.kept)
    parts = [plural(rows, "row")]
    if found.dropped:
        parts[0] += f", {len(found.dropped)} dropped for missing values ({rows_in_words(found.dropped)})"
    if found.filled:
        parts[0] += f", missing values filled in {rows_in_words(found.filled)}"
    parts.append(plural(len(found.inputs), "input"))
    if found.classes:
        named = f"of “{found.targets[0].source.name}” ({few_in_words(found.class_names)})"
        parts.append(f"{len(found.class_names)} classes {named}")
    else:
        named = few_in_words([f"“{name}”" for name in _sources(found.targets)])
        parts.append(f"{plural(len(found.targets), 'target')} ({named})")
    text = f"{'; '.join(parts)}.{_columns_in_words(found)}"
    if append:
        before = len(experiment.data.inputs)
        return f"{text} They are added to the {plural(before, 'row')} that are there: {before + rows} in all."
    return f"{text} {_changes(found, experiment)}"


def _sources(parts: tuple[ImportPart, ...]) -> dict[str, int]:
    """Return the columns of the table by name, and how many columns of numbers each becomes."""
    return Counter(part.source.name for part in parts)


def _columns_in_words(found: ImportOutline) -> str:
    """Return which texts become a column for each value, and which columns do not come."""
    texts = tuple(part for part in found.inputs if part.value is not None)
    each = [f"“{name}” becomes {plural(count, 'input')}" for name, count in _sources(texts).items()]
    said = f" {few_in_words(each)}, one for each of its texts." if each else ""
    if left_out := left_out_in_words(found.left_out):
        said += f" {left_out[0].upper()}{left_out[1:]}."
    if found.aside:
        said += f" {few_in_words([f'“{name}”' for name in found.aside])} stay out: they are to test with."
    return said


def hidden_in_words(hidden: tuple[int, ...]) -> str:
    """Return how many units the hidden layers have: `a hidden layer of 8 units`."""
    if not hidden:
        return "no hidden layer"
    if len(hidden) == 1:
        return f"a hidden layer of {plural(hidden[0], 'unit')}"
    return f"hidden layers of {', '.join(map(str, hidden[:-1]))} and {hidden[-1]} units"


def _changes(found: ImportOutline, experiment: Experiment) -> str:
    """Return what of the network and the loss is made to fit."""
    network, loss = experiment.network, fitting_loss(experiment, found)
    changes = []
    if network.formula:
        changes.append("a network of layers takes the formula's place")
    if network.inputs != len(found.inputs):
        changes.append(f"the network gets {plural(len(found.inputs), 'input')}")
    if network.outputs != found.outputs:
        changes.append(f"{plural(found.outputs, 'output')}, one for each {'class' if found.classes else 'target'}")
    if loss.name != experiment.loss.name:
        changes.append(f"the loss becomes {loss.name}")
    if found.is_large and experiment.dtype != SINGLE:
        changes.append(f"the dtype becomes {SINGLE}")
    if not changes:
        return "They take the place of all rows; network and loss stay."
    return f"They take the place of all rows: {', '.join(changes)}."
