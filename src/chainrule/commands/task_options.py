"""The options of `chainrule export` that ask questions: which, how, and in which variants."""

from __future__ import annotations

import argparse
from argparse import ArgumentParser, Namespace
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from chainrule.catalog.experiment.spec_error import SpecError, describe
from chainrule.commands.console import CommandError

if TYPE_CHECKING:
    from chainrule.catalog.experiment.question import Tolerance
    from chainrule.commands.export import ExportFormat

MOST_VARIANTS = 5000
MOST_SEED, MOST_POINTS = 2**53, 1e6
# Those that say how the questions of --questions are asked.
_HOW = ("whole", "points", "tolerance")
_LONGEST_ROSTER = 1_000_000


@dataclass(frozen=True, slots=True)
class TaskOptions:
    """What is asked in which variants.

    `questions` are micro-steps in words, or with "" the experiment's own questions; the others up to `tolerance` say
    how such are asked. Of `names` each has a variant under the `seed`; without any the experiment is asked of as it is.
    `each` is a file for each name, and `key` the answers behind the sheets, or in a file of their own.
    """

    questions: str = ""
    first: int | None = None
    count: int = 1
    whole: bool = False
    points: float = 1.0
    tolerance: Tolerance | None = None
    seed: int = 0
    names: tuple[str, ...] = ()
    each: bool = False
    key: bool = True


def add_task_options(parser: ArgumentParser, formats: str) -> None:
    """Let a parser take the options of the formats that ask questions."""
    group = parser.add_argument_group(f"questions ({formats})")
    group.add_argument(
        "--questions",
        metavar="WHICH",
        help="what to ask of, with commas between: forward, loss, backward, update, all, a kind of micro-step such as "
        "weight_gradient, micro-steps by number such as 3-7, or a value such as layers.0.weight.grad; without it the "
        "file's own questions. --iteration is the first that is asked of, --iterations how many are",
    )
    group.add_argument("--whole", action="store_true", help="ask for whole values, a table each, not for each number")
    group.add_argument("--points", metavar="P", type=_points, help="points of each question (default: 1)")
    group.add_argument("--tolerance", metavar="T", help='how exact an answer has to be: 1%%, 0.001 or "3 digits"')
    group.add_argument("--variants", metavar="N", type=_variants, help="N variants with other numbers: A, B, C, ...")
    group.add_argument("--roster", metavar="LIST", type=Path, help="a variant for each name in a list or a CSV file")
    group.add_argument("--seed", metavar="S", type=_seed, default=0, help="what variants are drawn under (default: 0)")
    group.add_argument("--each", action="store_true", help="a file for each variant, and one for the key (worksheet)")
    group.add_argument("--no-key", action="store_true", help="leave the key out (worksheet)")


def check_task_options(format_: ExportFormat, given: Namespace, iterations: int | None, iteration: int | None) -> None:
    """Refuse options that a format has no use for, and those that do not go together."""
    used = {
        "--questions": given.questions is not None,
        "--whole": given.whole,
        "--points": given.points is not None,
        "--tolerance": given.tolerance is not None,
        "--variants": given.variants is not None,
        "--roster": given.roster is not None,
        "--seed": given.seed != 0,
        "--each": given.each,
        "--no-key": given.no_key,
    }
    for option, is_given in used.items():
        is_of_sheets = option in ("--each", "--no-key")
        if is_given and not (format_.has_each if is_of_sheets else format_.is_task):
            raise CommandError(f"--to {format_.id} has no use for {option}")
    if not format_.is_task:
        return
    if given.variants is not None and given.roster is not None:
        raise CommandError("expected --variants or --roster, got both")
    how = [f"--{name}" for name in _HOW if used[f"--{name}"]]
    how += ["--iteration"] * (iteration is not None) + ["--iterations"] * (iterations is not None)
    if given.questions is None and how:
        raise CommandError(f"{how[0]} says how --questions asks, and there are none; the file's own have theirs")
    if given.each and given.variants is None and given.roster is None:
        raise CommandError("--each is a file for each variant: say how many with --variants, or who with --roster")


def task_options(given: Namespace, iterations: int | None, iteration: int | None) -> TaskOptions:
    """Return what the options of a command ask for."""
    from chainrule.lessons.assignments.asking import parsed_tolerance  # noqa: PLC0415 - loads torch
    from chainrule.lessons.assignments.variants import letters  # noqa: PLC0415 - loads torch

    names = letters(given.variants) if given.variants else ()
    if given.roster is not None:
        names = roster_of(given.roster)
    return TaskOptions(
        given.questions or "",
        iteration,
        iterations or 1,
        given.whole,
        1.0 if given.points is None else given.points,
        None if given.tolerance is None else parsed_tolerance(given.tolerance),
        given.seed,
        names,
        given.each,
        not given.no_key,
    )


def roster_of(path: Path) -> tuple[str, ...]:
    """Return the names in a file; a `SpecError` with its name says what is wrong."""
    from chainrule.lessons.assignments.roster import roster_names  # noqa: PLC0415 - few commands need it
    from chainrule.model.files.text_file import read_text  # noqa: PLC0415 - few commands need it

    try:
        return roster_names(read_text(path, _LONGEST_ROSTER))
    except SpecError as error:
        raise error.at(str(path)) from None


def _variants(text: str) -> int:
    return _whole_number(text, 1, MOST_VARIANTS)


def _seed(text: str) -> int:
    return _whole_number(text, 0, MOST_SEED)


def _whole_number(text: str, least: int, most: int) -> int:
    try:
        number = int(text)
    except ValueError:
        number = least - 1
    if not least <= number <= most:
        raise argparse.ArgumentTypeError(f"expected an integer from {least} to {most}, got {describe(text)}")
    return number


def _points(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = -1.0
    if not 0 <= number <= MOST_POINTS:
        raise argparse.ArgumentTypeError(f"expected a number from 0 to 1e6, got {describe(text)}")
    return number
