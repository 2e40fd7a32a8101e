"""`chainrule import`: an experiment from a file of another kind, by its ending; what was left out is said on stderr."""

from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from chainrule.catalog.arguments import SpecError, one_of
from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.experiment.spec_error import describe, one_line
from chainrule.commands.console import CommandError
from chainrule.engine.machine.check import check_experiment
from chainrule.engine.machine.memory import free_memory
from chainrule.explain.code.reading.findings import Effect
from chainrule.explain.code.reading.script import read_script
from chainrule.model.files.json_text import short_line
from chainrule.model.files.storage import check_not_read, check_target, write_experiment
from chainrule.model.files.text_file import read_text


@dataclass(frozen=True, slots=True)
class Imported:
    """What was made of a file: an experiment, and what is to be said of it; `lacking` is what it does not hold."""

    experiment: Experiment
    notes: tuple[str, ...] = ()
    lacking: tuple[str, ...] = ()


# What reads a file, by its ending, with the options of the command.
Importer = Callable[[Path, Namespace], Imported]


def import_file(source: Path, output: Path, options: Namespace) -> int:
    """Make an experiment of a file and write it; the notes go to stderr.

    With `options.strict` nothing is written where something that changes the numbers was left out. Raises
    `CommandError` where no experiment can be made.
    """
    suffix = source.suffix.lower()
    if suffix not in IMPORTERS:
        raise CommandError(f"{source}: expected a file that ends in {one_of(IMPORTERS)}, got {describe(suffix)}")
    check_target(output)
    for read in (source, options.into):
        if read is not None:
            check_not_read(output, read)
    try:
        found = IMPORTERS[suffix](source, options)
        experiment = check_experiment(found.experiment, free=free_memory)
    except SpecError as error:
        raise CommandError(f"{source}: {_without_name(error, source)}") from None
    for note in (*found.lacking, *found.notes):
        print(one_line(f"{source}: {note}"), file=sys.stderr)
    if found.lacking and options.strict:
        raise CommandError(f"{output} was not written: not all of {source} was understood, and --strict asks for that")
    for note in write_experiment(experiment, output).notes:
        print(f"{output} {note}", file=sys.stderr)
    return 0


def _without_name(error: SpecError, source: Path) -> str:
    """Return what is wrong, without the file's name where that is before it already."""
    if error.path in ("$", "$.network", "source"):
        return error.message
    text = str(error)
    for name in (short_line(str(source)), short_line(source.name)):
        if text.startswith((f"{name}: ", f"{name}, ")):
            return text[len(name) + 2 :]
    return text


def import_script(path: Path, options: Namespace) -> Imported:
    """Return the experiment of a PyTorch script, which is read and not run."""
    found = read_script(read_text(path), title=path.stem)
    others = tuple(str(each) for each in found.findings if each.effect is not Effect.CHANGES)
    return Imported(found.experiment, others, tuple(map(str, found.changing)))


def _import_table(path: Path, options: Namespace) -> Imported:
    from chainrule.commands.import_table import import_table  # noqa: PLC0415 - what reads it is of use for tables alone

    experiment, note = import_table(path, options)
    return Imported(experiment, (note,))


def _import_weights(path: Path, options: Namespace) -> Imported:
    from chainrule.commands.experiments import load  # noqa: PLC0415 - a script or a table needs neither
    from chainrule.model.weights.matching import with_weights  # noqa: PLC0415
    from chainrule.model.weights.weight_files import read_weights  # noqa: PLC0415

    if options.into is None:
        raise SpecError("$", "weights are no network: name the experiment that they are for with --into FILE")
    found = with_weights(load(options.into), read_weights(path))
    return Imported(found.experiment, lacking=found.notes)


IMPORTERS: dict[str, Importer] = {
    ".py": import_script,
    **dict.fromkeys((".pt", ".pth", ".safetensors"), _import_weights),
    **dict.fromkeys((".csv", ".tsv", ".txt", ".xlsx", ".npy", ".npz"), _import_table),
}
