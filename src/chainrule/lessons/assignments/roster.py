"""The list of a class: a name in each line, or a table with a column of names."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence

from chainrule.catalog.arguments import SpecError, describe
from chainrule.lessons.assignments.friendly import plain_name

MOST_NAMES, LONGEST_NAME = 5000, 100
# The column that says who it is, likeliest first, and those that are two parts of a name.
_ALONE = (
    "name",
    "full name",
    "student",
    "student name",
    "username",
    "id",
    "id number",
    "student id",
    "email",
    "email address",
)
_PARTS = (("first name", "last name"), ("first name", "surname"), ("given name", "family name"))
_NO_FILE = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]+')
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)", re.IGNORECASE)


def roster_names(text: str) -> tuple[str, ...]:
    """Return the names in a list, in their order; a `SpecError` says which line is wrong.

    A table has commas, semicolons or tabs between its cells, and a first line that names a column: Moodle's and most
    others' do. Without such a line the first cell of each is the name.
    """
    lines = [line for line in text.splitlines() if line.strip()]
    if not lines:
        raise SpecError("roster", "there is no name in it")
    delimiter = max("\t;,", key=lines[0].count)
    try:
        rows = list(csv.reader(lines, delimiter=delimiter, skipinitialspace=True))
    except csv.Error as error:
        raise SpecError("roster", f"cannot be read as a table: {error}") from None
    head = [plain_name(cell) for cell in rows[0]]
    columns = _columns(head)
    if not columns:
        # A name may be written "Lovelace, Ada".
        found = [" ".join(line.split()) for line in lines] if delimiter == "," else [_joined(row, (0,)) for row in rows]
    else:
        found = [_joined(row, columns) for row in rows[1:]]
    return checked_names([name for name in found if name])


def checked_names(names: Sequence[str]) -> tuple[str, ...]:
    """Refuse lists in which a name is missing, too long or there twice."""
    if not names:
        raise SpecError("roster", "there is no name in it")
    if len(names) > MOST_NAMES:
        raise SpecError("roster", f"expected at most {MOST_NAMES} names, got {len(names)}")
    known = set[str]()
    for name in names:
        if len(name) > LONGEST_NAME:
            raise SpecError("roster", f"expected names of at most {LONGEST_NAME} characters, got {describe(name)}")
        if not name.isprintable():
            raise SpecError("roster", f"there are control characters in the name {describe(name)}")
        if plain_name(name) in known:
            raise SpecError("roster", f"{describe(name)} is there twice: add what tells them apart, as an id")
        known.add(plain_name(name))
    return tuple(names)


def _columns(head: Sequence[str]) -> tuple[int, ...]:
    for parts in _PARTS:
        if all(part in head for part in parts):
            return tuple(head.index(part) for part in parts)
    return next(((head.index(name),) for name in _ALONE if name in head), ())


def _joined(row: Sequence[str], columns: Sequence[int]) -> str:
    return " ".join(" ".join(row[column].split()) for column in columns if column < len(row)).strip()


def names_of_files(names: Sequence[str]) -> dict[str, str]:
    """Return for each name one that every system takes as part of a file's, and no two of them the same."""
    found, taken = dict[str, str](), set[str]()
    for name in names:
        plain = _NO_FILE.sub("_", name).strip(" .")[:80] or "_"
        plain = f"_{plain}" if _RESERVED.fullmatch(plain) else plain
        number, candidate = 1, plain
        while plain_name(candidate) in taken:
            number += 1
            candidate = f"{plain} {number}"
        taken.add(plain_name(candidate))
        found[name] = candidate
    return found
