"""Tables of published numbers: CSV with a line for each, beside the experiment that they are of."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from pathlib import Path

from chainrule.catalog.arguments import SpecError
from chainrule.catalog.experiment.question import MOST_ITERATION
from chainrule.catalog.experiment.spec_error import describe
from chainrule.catalog.values.refs import ValueRef
from chainrule.formula.errors import FormulaError
from chainrule.lessons.calculation import Index
from chainrule.lessons.given_number import GivenNumber, given_number
from chainrule.model.files.json_text import short_line
from chainrule.model.files.text_file import read_text

MOST_LINES = 1000
LONGEST_NOTE = 400
_COLUMNS = ("ref", "index", "iteration", "published", "note")
_NEEDED = ("ref", "published")
_INDEX = re.compile(r"\s*(\d{1,9}(?:[\s,;]+\d{1,9})*)?\s*")


@dataclass(frozen=True, slots=True)
class PublishedNumber:
    """A number as it was printed, and which number of which iteration it is of. `line` is where the table says it."""

    line: int
    ref: ValueRef
    index: Index
    iteration: int
    given: GivenNumber
    note: str = ""


def read_published(path: Path) -> tuple[PublishedNumber, ...]:
    """Return the numbers of a table; a `SpecError` of one line, with the file's name and the line, says what is wrong.

    The first line names the columns: ref and published, and as they are wanted index, iteration and note. Lines that
    begin with # are left out.
    """
    name = short_line(str(path))
    try:
        return published_numbers(read_text(path), name)
    except SpecError as error:
        raise error if error.path != "$" else error.at(name) from None


def published_numbers(text: str, name: str) -> tuple[PublishedNumber, ...]:
    """Return the numbers of a table that is a text."""
    rows = csv.reader(io.StringIO(text), skipinitialspace=True)
    columns: list[str] = []
    found = list[PublishedNumber]()
    try:
        for row in rows:
            if not any(map(str.strip, row)) or row[0].startswith("#"):
                continue
            if not columns:
                columns = _columns(row, name)
                continue
            if len(found) == MOST_LINES:
                raise SpecError(name, f"expected at most {MOST_LINES} numbers, got more")
            cells = {column: cell.strip() for column, cell in zip(columns, row, strict=False)}
            found.append(_number(cells, rows.line_num, f"{name}, line {rows.line_num}"))
    except csv.Error as error:
        raise SpecError(f"{name}, line {rows.line_num}", f"cannot be split into cells: {error}") from None
    if not found:
        raise SpecError(name, "there is no published number in it")
    return tuple(found)


def _columns(row: list[str], name: str) -> list[str]:
    columns = [cell.strip().lower() for cell in row]
    for column in columns:
        if column not in _COLUMNS:
            raise SpecError(name, f"unknown column {describe(column)}; there can be {', '.join(_COLUMNS)}")
    for column in _NEEDED:
        if column not in columns:
            raise SpecError(name, f"there is no column {column}")
    if len(set(columns)) < len(columns):
        raise SpecError(name, "two columns have one name")
    return columns


def _number(cells: dict[str, str], line: int, path: str) -> PublishedNumber:
    try:
        given = given_number(cells.get("published", ""))
    except FormulaError as error:
        raise SpecError(path, f"the published number cannot be read: {error.message}") from None
    index = _INDEX.fullmatch(cells.get("index", ""))
    if index is None:
        raise SpecError(path, f"expected an index such as 0,1, got {describe(cells['index'])}")
    places = tuple(int(place) for place in re.findall(r"\d+", index[0]))
    iteration = cells.get("iteration") or "0"
    if not (iteration.isascii() and iteration.isdigit()) or len(iteration) > len(str(MOST_ITERATION)):
        raise SpecError(path, f"expected an iteration from 0 to {MOST_ITERATION}, got {describe(iteration)}")
    if int(iteration) > MOST_ITERATION:
        raise SpecError(path, f"expected an iteration from 0 to {MOST_ITERATION}, got {iteration}")
    note = short_line(cells.get("note", ""))[:LONGEST_NOTE]
    return PublishedNumber(line, ValueRef(cells["ref"]), places, int(iteration), given, note)
