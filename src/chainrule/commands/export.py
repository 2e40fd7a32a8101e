"""`chainrule export`, and the table of what an experiment can be exported as; the window's menu comes from it, too.

A format is one line of `FORMATS`. Its function is given an `Export` and returns the files to be written; it imports
what it needs when it is called, for the window asks the table before it is painted.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from chainrule.catalog.experiment.spec_error import SpecError, one_line
from chainrule.commands.console import CommandError

if TYPE_CHECKING:
    from argparse import Namespace

    from chainrule.catalog.experiment.spec import Experiment
    from chainrule.commands.task_options import TaskOptions
    from chainrule.model.document import Document
    from chainrule.model.files.disk import Written

# Each file, in pieces. The one that was asked for is the last, so that it is there once those beside it are.
FilesToWrite = Mapping[Path, Iterable[bytes]]
# More iterations before the one that is asked for would hardly come to an end.
MOST_BEFORE = 1_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Export:
    """What is to be exported where: the experiment as a file of it would be, and the document with its training.

    `iterations` is what the format asks for, or its default; `iteration` is the one that a format writes of which there
    is one, or None for the first. `source` is the file that all comes from, which is not written over. `task` says
    which questions are asked in which variants.
    """

    experiment: Experiment
    document: Document
    iterations: int
    out: Path
    iteration: int | None = None
    source: Path | None = None
    task: TaskOptions | None = None


@dataclass(frozen=True, slots=True)
class ExportFormat:
    """What an experiment can be exported as: `id` is what `--to` calls it.

    `iterations` is how many there are where nobody says, or None where the format has no use for a number; there may be
    `most`, if that is limited. `is_after` says that it holds what so many iterations have led to, which may be none,
    and not these themselves; `is_anew` that they are those of a training that begins again, as a restart does, and not
    those that were trained. `files`, or its pieces, raise `SpecError` for what the format cannot hold; `check` raises a
    `ValueError` for so many iterations as are too many for it, before anything is computed. One that `has_place` is of
    one iteration, or begins with one. One that `is_task` asks questions, and one that `has_each` can be a file for each
    variant.
    """

    id: str
    title: str
    tip: str
    suffix: str
    files: Callable[[Export], FilesToWrite]
    iterations: int | None = None
    is_after: bool = False
    most: int | None = None
    is_anew: bool = False
    has_place: bool = False
    check: Callable[[Experiment, int], None] | None = None
    is_task: bool = False
    has_each: bool = False

    @property
    def options(self) -> tuple[str, ...]:
        """Which of the command's options with a number it takes."""
        return ("--iterations",) * (self.iterations is not None) + ("--iteration",) * self.has_place


def _csv(export: Export) -> FilesToWrite:
    from chainrule.commands.walk import stop_reason  # noqa: PLC0415 - loads torch
    from chainrule.model.exporting.history import history_csv  # noqa: PLC0415 - loads torch

    return {export.out: history_csv(export.document, export.iterations, stop_reason)}


def _pytorch(export: Export) -> FilesToWrite:
    from chainrule.model.exporting.pytorch import script_files  # noqa: PLC0415 - loads torch

    return script_files(export.experiment, export.out)


def _safetensors(export: Export) -> FilesToWrite:
    from chainrule.commands.walk import stop_reason  # noqa: PLC0415 - loads torch
    from chainrule.model.exporting.weights import parameters_safetensors  # noqa: PLC0415 - loads torch

    return {export.out: parameters_safetensors(export.document, export.iterations, stop_reason)}


def _checkpoint(export: Export) -> FilesToWrite:
    from chainrule.commands.walk import stop_reason  # noqa: PLC0415 - loads torch
    from chainrule.model.exporting.weights import checkpoint  # noqa: PLC0415 - loads torch

    return {export.out: checkpoint(export.document, export.iterations, stop_reason)}


def _xlsx(export: Export) -> FilesToWrite:
    return {export.out: _xlsx_pieces(export)}


def _xlsx_pieces(export: Export) -> Iterator[bytes]:
    from chainrule.explain.sheet.workbook import SheetError  # noqa: PLC0415 - loads torch
    from chainrule.model.exporting.xlsx import xlsx_of  # noqa: PLC0415 - loads torch

    try:
        yield from xlsx_of(export.experiment, export.iterations)
    except SheetError as error:
        raise SpecError(one_line(str(export.out)), f"nothing was written: {error}") from None


def _check_xlsx(experiment: Experiment, iterations: int) -> None:
    from chainrule.explain.sheet.spreadsheet import check_sheet_size  # noqa: PLC0415 - loads torch

    check_sheet_size(experiment, iterations)


def _worksheet(export: Export) -> FilesToWrite:
    from chainrule.commands.tasks import worksheet_files  # noqa: PLC0415 - loads torch

    return worksheet_files(export.experiment, export.out, export.task)


def _assignment(export: Export) -> FilesToWrite:
    from chainrule.commands.tasks import assignment_files  # noqa: PLC0415 - loads torch

    return assignment_files(export.experiment, export.out, export.task)


def _quiz(kind: str, export: Export) -> FilesToWrite:
    from chainrule.commands.tasks import quiz_files  # noqa: PLC0415 - loads torch

    return quiz_files(kind, export.experiment, export.out, export.task)


def _notes(language: str, export: Export) -> FilesToWrite:
    from chainrule.model.exporting.notes import iteration_notes  # noqa: PLC0415 - loads torch

    first = export.document.first
    iteration = first if export.iteration is None else export.iteration
    if iteration < first:
        raise SpecError("--iteration", f"training begins with iteration {first}")
    return {export.out: iteration_notes(export.document, iteration, language)}


FORMATS = {
    format_.id: format_
    for format_ in (
        ExportFormat(
            "csv",
            "History as CSV…",
            "Write each iteration's loss, learning rate and gradient norms as a table, with every digit",
            ".csv",
            _csv,
            iterations=100,
        ),
        ExportFormat(
            "xlsx",
            "Spreadsheet that computes…",
            "Write iterations as live formulas for Excel or LibreOffice: change a weight there, and all else follows",
            ".xlsx",
            _xlsx,
            iterations=1,
            most=200,
            is_anew=True,
            check=_check_xlsx,
        ),
        ExportFormat(
            "pytorch",
            "PyTorch script…",
            "Write the experiment as a script that needs torch alone, and prints the same losses",
            ".py",
            _pytorch,
            is_anew=True,
        ),
        ExportFormat(
            "safetensors",
            "Weights as safetensors…",
            "Write the parameters that so many iterations have led to, by the names of the PyTorch script",
            ".safetensors",
            _safetensors,
            iterations=0,
            is_after=True,
        ),
        ExportFormat(
            "pt",
            "Weights and optimizer state as .pt…",
            "Write the parameters and the optimizer's state that so many iterations have led to, for torch.load",
            ".pt",
            _checkpoint,
            iterations=0,
            is_after=True,
        ),
        ExportFormat(
            "latex",
            "Iteration as LaTeX…",
            "Write an iteration as a document for LaTeX: every micro-step with its equation, its numbers and words",
            ".tex",
            partial(_notes, "latex"),
            has_place=True,
        ),
        ExportFormat(
            "markdown",
            "Iteration as Markdown…",
            "Write an iteration in Markdown, with formulas between dollars, for notebooks and wikis",
            ".md",
            partial(_notes, "markdown"),
            has_place=True,
        ),
        ExportFormat(
            "worksheet",
            "Worksheet…",
            "Write questions on paper with their key, and variants of them: PDF, or .md or .tex by the file's name",
            ".pdf",
            _worksheet,
            is_task=True,
            has_each=True,
        ),
        ExportFormat(
            "assignment",
            "Assignment…",
            "Write the experiment with its questions, or a variant for each student: what chainrule grade takes",
            ".chainrule",
            _assignment,
            is_task=True,
        ),
        ExportFormat(
            "moodle",
            "Moodle quiz…",
            "Write questions with their numbers and tolerances for Moodle's question bank: Moodle XML",
            ".xml",
            partial(_quiz, "moodle"),
            is_task=True,
        ),
        ExportFormat(
            "qti",
            "QTI quiz…",
            "Write questions with their numbers and tolerances as a package of QTI 2.1, for other learning platforms",
            ".zip",
            partial(_quiz, "qti"),
            is_task=True,
        ),
    )
}


def export_file(
    path: Path,
    to: str,
    out: Path,
    iterations: int | None,
    iteration: int | None = None,
    task: Namespace | None = None,
) -> int:
    """Write an experiment's file as another format, and say which files were written.

    `task` are the options of those that ask questions.
    """
    format_ = FORMATS[to]
    options = None
    if task is not None:
        from chainrule.commands.task_options import check_task_options, task_options  # noqa: PLC0415 - few need it

        check_task_options(format_, task, iterations, iteration)
        if format_.is_task:
            options, iterations, iteration = task_options(task, iterations, iteration), None, None
    for option, other, is_used in (
        ("--iterations", "--iteration", iterations is None or format_.iterations is not None),
        ("--iteration", "--iterations", iteration is None or format_.has_place),
    ):
        if not is_used:
            takes = f"; it takes {other} N" if other in format_.options else ""
            raise CommandError(f"--to {to} has no use for {option}{takes}")
    from chainrule.commands.experiments import load  # noqa: PLC0415 - loads torch
    from chainrule.model.document import Document  # noqa: PLC0415 - loads torch
    from chainrule.model.files.disk import exhaust  # noqa: PLC0415 - not before it is needed
    from chainrule.model.files.storage import check_not_read, check_target  # noqa: PLC0415 - not before it is needed

    # Before the work, not after it.
    check_target(out)
    check_not_read(out, path)
    experiment = load(path)
    document = Document.of(experiment)
    if iteration is not None and iteration - document.first > MOST_BEFORE:
        most = f"expected at most {document.first + MOST_BEFORE}, for all before it are computed"
        raise CommandError(f"--iteration: {most}, got {iteration}")
    count = iterations or format_.iterations or 0
    what = Export(experiment, document, count, out, iteration, path, options)
    for note in exhaust(writing_export(format_, what)).notes:
        print(note)
    return 0


def writing_export(format_: ExportFormat, export: Export) -> Generator[None, None, Written]:
    """Write the files of an export piece by piece, each whole or not at all; the notes say which.

    Raises `SpecError` where one cannot be written, or the experiment has not what the format asks for.
    """
    from chainrule.model.exporting.history import StoppedError  # noqa: PLC0415 - loads torch
    from chainrule.model.files.disk import cleaning, reason_of, replacing  # noqa: PLC0415 - not before it is needed
    from chainrule.model.files.storage import check_not_read, check_target  # noqa: PLC0415 - not before it is needed

    name, notes = one_line(str(export.out)), list[str]()
    files = format_.files(export)
    targets = [check_target(path) for path in files]
    if export.source is not None:
        for path in files:
            check_not_read(path, export.source)
    try:
        for target, (path, pieces) in zip(targets, files.items(), strict=True):
            name = one_line(str(path))
            yield from cleaning(target.parent)
            written = yield from replacing(target, pieces)
            notes += [f"wrote {name}", *(f"{name} {note}" for note in written.notes)]
    except StoppedError as error:
        raise SpecError(name, f"nothing was written: {error}") from None
    except OSError as error:
        raise SpecError(name, f"cannot be written: {reason_of(error)}") from None
    return replace(written, notes=tuple(notes))
