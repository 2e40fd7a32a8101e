"""`chainrule check`: numbers that were worked out by hand, each right, or wrong with the mistake that gives it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from chainrule.commands.console import CommandError
from chainrule.commands.experiments import load
from chainrule.commands.json_text import json_text
from chainrule.engine.trace import Executor
from chainrule.explain.writing.numbers import as_typed, format_number
from chainrule.lessons.calculation import Calculation
from chainrule.lessons.hand_calculation import (
    CalculationLine,
    CheckedCalculation,
    CheckedLine,
    LineVerdict,
    calculation_lines,
    checked_calculation,
)
from chainrule.lessons.published.summary import found_in_words
from chainrule.model.files.json_text import short_line

if TYPE_CHECKING:
    from chainrule.lessons.published.comparison import ComparedNumber

# The exit status where a number is wrong.
WRONG = 1
# What a table of published numbers beside an experiment is called.
PUBLISHED = ".published.csv"
# Nobody writes a longer calculation by hand.
MOST_BYTES = 1_000_000


def check(path: Path, numbers: list[str], table: Path | None, iteration: int, output: str) -> int:
    """Check numbers of one iteration, those of a table first, and print what each is."""
    lines = _lines(numbers, table)
    if not lines:
        raise CommandError("check needs a number: NAME=NUMBER, or --lines with a file of them")
    calculation = Calculation.of_iteration(Executor(load(path)), iteration)
    found = checked_calculation(calculation, lines)
    print(json_text(_as_object(found)) if output == "json" else "\n".join(map(_in_words, found.lines)))
    is_right = all(line.verdict not in (LineVerdict.WRONG, LineVerdict.UNREAD) for line in found.lines)
    return 0 if is_right else WRONG


def check_published(path: Path, table: Path | None, output: str) -> int:
    """Print the numbers of a table of published ones beside ours; without a table it is the one beside the file."""
    from chainrule.lessons.published.comparison import compare  # noqa: PLC0415 - for tables alone
    from chainrule.lessons.published.table import read_published  # noqa: PLC0415 - for tables alone

    beside = table if table is not None else path.with_suffix(PUBLISHED)
    numbers, experiment = read_published(beside), load(path)
    found = compare(experiment, numbers, short_line(str(beside)))
    if output == "json":
        print(json_text({"numbers": [_published_object(each) for each in found]}))
    else:
        for line in _published_lines(found):
            print(line)
    return 0 if all(each.is_right for each in found) else WRONG


def _published_lines(found: Sequence[ComparedNumber]) -> Iterator[str]:
    rows = [("number", "iteration", "published", "ours", "")]
    for each in found:
        given = each.published.given
        # As many digits as were printed, and two more where these are wrong.
        digits = None if given.digits is None else given.digits + (0 if each.is_right else 2)
        ours = as_typed(format_number(each.ours, digits))
        said = "right" if each.is_right else "rounded" if each.is_rounded else "wrong"
        rows.append((each.name, str(each.published.iteration), given.text, ours, f"{said}  {each.published.note}"))
    widths = [max(len(row[place]) for row in rows) for place in range(4)]
    before = ""
    for row, compared in zip(rows, (None, *found), strict=True):
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=False))
        yield f"{'  '.join(cells)}  {row[4]}".rstrip()
        if compared is not None and not compared.is_right:
            told = " ".join(compared.said)
            gives = "" if compared.by_method is None else f" This gives {compared.by_method!r}."
            yield f"    {told if told != before else 'The same.'}{gives}"
            before = told
    yield found_in_words(found)


def _published_object(each: ComparedNumber) -> dict[str, object]:
    published = each.published
    return {
        "name": each.name,
        "ref": published.ref,
        "index": list(published.index),
        "iteration": published.iteration,
        "published": published.given.text,
        "ours": each.ours,
        "is_right": each.is_right,
        "is_rounded": each.is_rounded,
        "said": " ".join(each.said),
        "by_method": each.by_method,
        "note": published.note,
    }


def _lines(numbers: list[str], table: Path | None) -> tuple[CalculationLine, ...]:
    text = ""
    if table is not None:
        with table.open("rb") as file:
            given = file.read(MOST_BYTES + 1)
        if len(given) > MOST_BYTES:
            raise CommandError(f"{table} is larger than any calculation by hand")
        try:
            text = given.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise CommandError(f"{table} is no text in UTF-8") from None
    for number in numbers:
        if "=" not in number:
            raise CommandError(f"{number} is no NAME=NUMBER")
    return calculation_lines("\n".join((text, *numbers)))


def _in_words(line: CheckedLine) -> str:
    if line.reason:
        return f"{line.line.name} = {line.line.given}  not read: {line.reason}"
    assert line.answer is not None
    said = f": {line.answer.text}" if line.answer.text and line.verdict is not LineVerdict.RIGHT else ""
    return f"{line.answer.name} = {line.line.given}  {line.verdict.value}{said}"


def _as_object(found: CheckedCalculation) -> dict[str, object]:
    return {
        "lines": [
            {
                "line": each.line.number,
                "name": each.line.name,
                "given": each.line.given,
                "ref": None if each.answer is None else each.answer.ref,
                "index": None if each.answer is None else list(each.answer.index),
                "verdict": each.verdict.value,
                "said": each.reason or (each.answer.text if each.answer is not None else ""),
            }
            for each in found.lines
        ],
        "first_wrong": None if found.first_wrong is None else found.lines[found.first_wrong].line.number,
    }
