"""`chainrule import` of a table: a new experiment on the rows of a CSV, XLSX, NPY or NPZ file."""

from __future__ import annotations

import math
from argparse import Namespace
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from chainrule.catalog.arguments import Choice, SpecError
from chainrule.catalog.experiment.spec import Experiment, LayerSpec
from chainrule.catalog.experiment.spec_error import describe, plural
from chainrule.commands.table_options import DECIMAL_WORDS, DELIMITER_WORDS, MISSING_WORDS
from chainrule.model.editing.new_experiment import new_experiment
from chainrule.model.importing.applying import hidden_in_words, import_in_words, replacing_data
from chainrule.model.importing.making import made_data
from chainrule.model.importing.plan import ImportPlan, Missing, Use, guessed_plan, with_target_kind
from chainrule.model.importing.reading import ReadTable, open_source, read_source
from chainrule.model.importing.table import ColumnTable
from chainrule.model.importing.text_tables import found_format

_MISSING = dict(zip(MISSING_WORDS, (Missing.DROP, Missing.MEAN, Missing.MEDIAN, Missing.FREQUENT), strict=True))


def import_table(path: Path, options: Namespace) -> tuple[Experiment, str]:
    """Return an experiment on a table's rows, and what was made of them in a sentence. `SpecError` where none can be
    made.
    """
    table = _read(path, options).table
    plan = _plan(table, options)
    found = made_data(table, plan)
    base = new_experiment(1, (), 1, 1)
    layers = (*(LayerSpec(units, Choice("Tanh")) for units in options.hidden), LayerSpec(1))
    base = replace(base, network=replace(base.network, layers=layers))
    words = import_in_words(found.outline, base, append=False).partition(" They take the place")[0]
    made = replacing_data(found, path.stem)(base)
    return made, f"{words} {_network_in_words(made)}"


def _network_in_words(made: Experiment) -> str:
    """Return which network was made, and how it is trained."""
    last, hidden = made.network.layers[-1], made.network.layers[:-1]
    inner = hidden_in_words(tuple(layer.units for layer in hidden)) + (
        f" ({hidden[0].activation.name})" if hidden else ""
    )
    ends = f"{plural(made.network.inputs, 'input')}, {inner}, {plural(last.units, 'output')}"
    lr = made.optimizer.arguments["lr"]
    return f"The network has {ends}; it is trained with {made.loss.name} and {made.optimizer.name} at a rate of {lr:g}."


def _read(path: Path, options: Namespace) -> ReadTable:
    source = open_source(path)
    header = None if options.header is None else options.header == "yes"
    if not source.is_text:
        return read_source(source, sheet=options.sheet, header=header)
    with source.opened() as file:
        found = found_format(file, source.name, options.encoding or "")
    delimiter = DELIMITER_WORDS.get(options.delimiter, found.delimiter)
    decimal = DECIMAL_WORDS.get(options.decimal, found.decimal)
    return read_source(source, replace(found, delimiter=delimiter, decimal=decimal), header=header)


def _plan(table: ColumnTable, options: Namespace) -> ImportPlan:
    plan = guessed_plan(table)
    if options.target:
        targets = {_place(table, name) for name in options.target}
        before = [Use.INPUT if use is Use.TARGET else use for use in plan.uses]
        uses = tuple(Use.TARGET if place in targets else use for place, use in enumerate(before))
        plan = with_target_kind(table, replace(plan, uses=uses))
    for name in options.leave_out:
        plan = plan.with_use(_place(table, name), Use.LEFT_OUT)
    if options.classes is not None:
        plan = replace(plan, classes=options.classes)
    missing, fill = _missing(options.missing)
    return replace(plan, missing=missing, fill=fill, standardize=not options.raw)


def _place(table: ColumnTable, name: str) -> int:
    names: Sequence[str] = [column.name for column in table.columns]
    if name not in names:
        raise SpecError("source", f"there is no column {describe(name)}; there are {', '.join(names)}")
    return names.index(name)


def _missing(text: str) -> tuple[Missing, float]:
    if text in _MISSING:
        return _MISSING[text], 0.0
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise SpecError("--missing", f"expected drop, mean, median, frequent or a number, got {describe(text)}")
    return Missing.NUMBER, number
