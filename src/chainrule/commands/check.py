"""`chainrule check`: numbers that were worked out by hand, each right, or wrong with the mistake that gives it."""

from __future__ import annotations

from pathlib import Path

from chainrule.commands.console import CommandError
from chainrule.commands.experiments import load
from chainrule.commands.json_text import json_text
from chainrule.engine.trace import Executor
from chainrule.lessons.calculation import Calculation
from chainrule.lessons.hand_calculation import (
    CalculationLine,
    CheckedCalculation,
    CheckedLine,
    LineVerdict,
    calculation_lines,
    checked_calculation,
)

# The exit status where a number is wrong.
WRONG = 1
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
