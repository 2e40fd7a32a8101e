"""A whole calculation by hand, line by line: where it first goes wrong, and what follows from that consistently."""

from __future__ import annotations

import csv
import re
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from enum import Enum

from chainrule.catalog.values.refs import ValueRef
from chainrule.formula.errors import FormulaError
from chainrule.lessons.answer import NumberAnswer, number_answer
from chainrule.lessons.calculation import Calculation, Index
from chainrule.lessons.check import NumberVerdict, checking_number
from chainrule.lessons.given_number import GivenNumber, given_number
from chainrule.lessons.hand_names import HandNames, UnknownNameError
from chainrule.model.files.disk import exhaust

# Nobody works out more by hand; what is pasted may be anything.
MOST_LINES = 500
_SEPARATOR = re.compile(r"\s*(?:=|:|\t|;|≈)\s*")


class LineVerdict(Enum):
    """What a line of a hand calculation is."""

    RIGHT = "right"
    ROUNDED = "right but for rounding"
    # What comes out of the wrong numbers before it, worked out rightly.
    CONSEQUENTIAL = "consequential"
    WRONG = "wrong"
    UNREAD = "not read"


@dataclass(frozen=True, slots=True)
class CalculationLine:
    """A line as it was written: its number from 1, a name, and a number as text."""

    number: int
    name: str
    given: str


@dataclass(frozen=True, slots=True)
class CheckedLine:
    """A line and its verdict. `answer` is what is said of its number, given the numbers before it; `reason` is why a
    line could not be read.
    """

    line: CalculationLine
    verdict: LineVerdict
    answer: NumberAnswer | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class CheckedCalculation:
    """All lines in their order, and the first that goes wrong by itself, by its place; None where none does."""

    lines: tuple[CheckedLine, ...]
    first_wrong: int | None


@dataclass(frozen=True, slots=True)
class _Read:
    line: CalculationLine
    ref: ValueRef
    index: Index
    given: GivenNumber


def calculation_lines(text: str) -> tuple[CalculationLine, ...]:
    """Return the lines of a table: `w1 = 0.38`, or a name and a number with a tab, a comma or a semicolon between.

    Empty lines, and those that begin with #, are left out, and a first line without a digit is a heading.
    """
    found = list[CalculationLine]()
    for number, line in enumerate(text.splitlines(), 1):
        if len(found) == MOST_LINES:
            break
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        name, given = _split(line)
        if not found and not any(sign.isdigit() for sign in given):
            continue
        found.append(CalculationLine(number, name, given))
    return tuple(found)


def _split(line: str) -> tuple[str, str]:
    """Return the name and the number of a line: what stands before the last sign between them, and behind it."""
    parts = [part for part in _SEPARATOR.split(line.strip()) if part]
    if len(parts) > 1:
        return parts[0], parts[-1]
    cells = next(csv.reader([line.strip()], skipinitialspace=True), [])
    if len(cells) > 1:
        # A name may have a comma of its own: w_1,2 or layers.0.weight[0,1].
        *names, given = cells
        return ",".join(names).strip(), given.strip()
    name, _, given = line.strip().rpartition(" ")
    return name.strip(), given


def checking_calculation(
    calculation: Calculation, lines: Sequence[CalculationLine], sample: int = 0, digits: int | None = 4
) -> Generator[None, None, CheckedCalculation]:
    """Check a calculation in slices: each line first as it is, then by the student's own numbers before it."""
    names, read, unread = HandNames(calculation, sample), list[_Read](), dict[CalculationLine, CheckedLine]()
    for line in lines:
        found = _read(calculation, names, line)
        if isinstance(found, CheckedLine):
            unread[line] = found
        else:
            read.append(found)
    checked = dict(unread)
    for one in read:
        checked[one.line] = yield from _checked(calculation, one, read, digits)
    ordered = tuple(checked[line] for line in lines)
    wrong = (place for place, each in enumerate(ordered) if each.verdict is LineVerdict.WRONG)
    return CheckedCalculation(ordered, next(wrong, None))


def checked_calculation(
    calculation: Calculation, lines: Sequence[CalculationLine], sample: int = 0, digits: int | None = 4
) -> CheckedCalculation:
    """Check a calculation at once."""
    return exhaust(checking_calculation(calculation, lines, sample, digits))


def _read(calculation: Calculation, names: HandNames, line: CalculationLine) -> _Read | CheckedLine:
    try:
        ref, index = names.place(line.name)
        return _Read(line, ref, index, given_number(line.given))
    except (UnknownNameError, FormulaError) as error:
        reason = error.message if isinstance(error, FormulaError) else str(error)
        return CheckedLine(line, LineVerdict.UNREAD, reason=reason)


def _checked(
    calculation: Calculation, one: _Read, read: Sequence[_Read], digits: int | None
) -> Generator[None, None, CheckedLine]:
    own = _before(calculation, one, read)
    if own:
        right = calculation.number(one.ref, one.index)
        if one.given.stands_for(right) and one.given.value:
            found = yield from checking_number(calculation, one.ref, one.index, one.given)
            return CheckedLine(one.line, LineVerdict.RIGHT, number_answer(calculation, found, digits))
        # Rounded numbers carried on are right, and wrong ones may be worked on rightly.
        followed = calculation.with_numbers(own)
        found = yield from checking_number(followed, one.ref, one.index, one.given)
        if found.verdict in (NumberVerdict.RIGHT, NumberVerdict.ROUNDED):
            is_close = abs(one.given.value - right) <= _ROUNDED * abs(right)
            return CheckedLine(
                one.line,
                LineVerdict.ROUNDED if is_close else LineVerdict.CONSEQUENTIAL,
                number_answer(followed, found, digits),
            )
        return CheckedLine(one.line, LineVerdict.WRONG, number_answer(followed, found, digits))
    found = yield from checking_number(calculation, one.ref, one.index, one.given)
    return CheckedLine(one.line, _VERDICTS[found.verdict], number_answer(calculation, found, digits))


# What carrying rounded numbers on may make of a number.
_ROUNDED = 0.02
_VERDICTS = {
    NumberVerdict.RIGHT: LineVerdict.RIGHT,
    NumberVerdict.ROUNDED: LineVerdict.ROUNDED,
    NumberVerdict.WRONG: LineVerdict.WRONG,
    NumberVerdict.NO_NUMBER: LineVerdict.UNREAD,
}


def _before(calculation: Calculation, one: _Read, read: Sequence[_Read]) -> dict[ValueRef, dict[Index, float]]:
    """Return the student's own numbers that a number is computed from."""
    steps = {step.writes for step in calculation.ancestors(one.ref)}
    needed = steps | {ref for step in calculation.ancestors(one.ref) for ref in step.reads}
    found: dict[ValueRef, dict[Index, float]] = {}
    for other in read:
        if other is not one and other.ref in needed and other.ref != one.ref:
            found.setdefault(other.ref, {})[other.index] = other.given.value
    return found
