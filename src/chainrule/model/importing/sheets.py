"""XLSX: a sheet as a table. What it would take is counted in its XML before the library that reads it sees it."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import TYPE_CHECKING

from chainrule.catalog.arguments import SpecError
from chainrule.model.importing.shared_strings import (
    SHARED_NAME,
    check_text,
    is_shared,
    length_at,
    shared_texts,
    written_texts,
)
from chainrule.model.importing.table import MOST_CELLS, ColumnTable, check_extent, parsed_number, typed_table

if TYPE_CHECKING:
    from python_calamine import CalamineWorkbook

# Of all that is in the archive, unpacked.
MOST_UNPACKED = 128 * 2**20
MOST_PARTS = 1000
# Parts that say what is in cells; pictures, macros and the rest are left out.
_WANTED = re.compile(r"\[Content_Types\]\.xml|_rels/\.rels|xl/(?:_rels/)?[^/]+\.(?:xml|rels)|xl/worksheets/[^/]+\.xml")
# Tags of rows, cells and values in whatever namespace, with attributes, of which a quoted one may hold all other signs.
_TAG = re.compile(rb"""<(?:[^\s<>/"']*:)?(c|row|v)((?:[\s/](?:[^<>"']|"[^"]*+"|'[^']*+')*+)?)>""")
_PLACE = re.compile(rb"""(?<![:\w.-])r\s*=\s*["']([^"']*)""")
# What a cell holds; the group is empty where that may be a shared text.
_KIND = re.compile(rb"""(?<![:\w.-])t\s*=(\s*["'](?:n|str|b|e|d|inlineStr)["'])?""")
_REFERENCE = re.compile(rb"([A-Za-z]{0,3})([0-9]{0,7})")
# Where rows, cells, formulas and values begin and end; the prefix of a namespace, the name, and attributes.
_PART = re.compile(rb"""<(/?)((?:[^\s<>/"']*:)?)(c|row|f|v)((?:[\s/](?:[^<>"']|"[^"]*+"|'[^']*+')*+)?)>""")
_TEXT = re.compile(rb"""(?<![:\w.-])t\s*=\s*["'](?:str|inlineStr)["']""")
# In the place of a formula whose value was not saved, before the name of its cell; of Unicode's private use.
_UNSAVED = "\uf8e1"
_SIGN = b"&#xF8E1;"
_BASE = 26
_DAMAGED = "this is no workbook in the format XLSX, or it is damaged"


@dataclass(frozen=True, slots=True)
class UnsavedFormula:
    """A cell with a formula whose value the file does not keep, as programs write it that do not compute: `B3`."""

    cell: str

    def __str__(self) -> str:
        """Say what to do about it."""
        return (
            f"the cell {self.cell} holds a formula whose value was not saved: open and save it in a spreadsheet program"
        )


WorkbookCell = str | float | UnsavedFormula | None


def sheet_names(data: bytes, path: str) -> list[str]:
    """Return the names of a workbook's sheets."""
    return list(_workbook(_checked(data, path), path).sheet_names)


def read_sheet(
    data: bytes, path: str, sheet: str | None = None, *, header: bool | None = None
) -> tuple[ColumnTable, bool]:
    """Return the table on a sheet, or on the first, and whether its first row was taken for names (None: as it
    looks).
    """
    rows = _cells(_checked(data, path), path, sheet)
    if not rows:
        raise SpecError(path, "the sheet is empty")
    named = _has_names(rows) if header is None else header
    return typed_table(rows, header=named, decimal=".", path=path), named


def sheet_rows(data: bytes, path: str, most: int = MOST_CELLS) -> list[list[WorkbookCell]]:
    """Return the cells of the first sheet that are there, row by row without empty rows; at most so many cells.

    Of a formula it is the result that the file keeps, or that it keeps none.
    """
    return [[_told(cell) for cell in row] for row in _cells(_checked(data, path, most, tells=True), path, None)]


def _told(cell: str | float | None) -> WorkbookCell:
    return UnsavedFormula(cell[1:]) if isinstance(cell, str) and cell.startswith(_UNSAVED) else cell


def _checked(data: bytes, path: str, most: int = MOST_CELLS, *, tells: bool = False) -> bytes:
    """Return the parts of a workbook that hold its cells, unpacked and counted, in an archive of our own. With `tells`
    a text stands in the place of a formula without a value, which the library would take for an empty cell.
    """
    clean = io.BytesIO()
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive, zipfile.ZipFile(clean, "w") as checked:
            parts = {info.filename: info for info in archive.infolist() if _WANTED.fullmatch(info.filename)}
            if len(parts) > MOST_PARTS or sum(info.file_size for info in parts.values()) > MOST_UNPACKED:
                raise SpecError(path, f"expected at most {MOST_UNPACKED // 2**20} MiB unpacked, got more")
            # No more is read than was declared, and the library gets nothing but what was read.
            contents = {name: archive.read(info) for name, info in parts.items()}
            texts = _taken_texts(contents, path)
            lengths = [len(text) for text in texts]
            for name, content in contents.items():
                if name.endswith(".xml"):
                    _check_sheet(content, lengths, path, most)
                checked.writestr(name, b"".join(_with_unsaved(content)) if tells else content)
            if texts:
                checked.writestr(SHARED_NAME, written_texts(texts))
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, RuntimeError, OSError, ValueError) as error:
        if isinstance(error, SpecError):
            raise
        raise SpecError(path, _DAMAGED) from None
    return clean.getvalue()


def _taken_texts(contents: dict[str, bytes], path: str) -> list[str]:
    """Take the part with the texts that cells share out of the parts of a workbook, and return these."""
    for content in contents.values():
        if b"\0" in content or b"<!" in content:
            raise SpecError(path, _DAMAGED)
    names = [name for name, content in contents.items() if name.endswith(".xml") and is_shared(content)]
    if len(names) > 1:
        raise SpecError(path, _DAMAGED)
    return shared_texts(contents.pop(names[0])) if names else []


def _check_sheet(content: bytes, lengths: list[int], path: str, most: int) -> None:
    """Refuse cells that span more than a table may have: the library makes room for all between them; and more text
    than that, of which cells share some of these lengths. Any part may be named as a sheet.
    """
    row = column = last_row = last_column = cells = text = 0
    longest, is_text = max(lengths, default=0), False
    for tag in _TAG.finditer(content):
        if tag[1] == b"v":
            text += length_at(content, tag.end(), lengths, longest) if is_text else 0
            continue
        is_row = tag[1] == b"row"
        place = _PLACE.search(tag[2])
        letters, digits = _reference(place[1], path) if place is not None else (b"", b"")
        if is_row:
            row, column = int(digits or row + 1), 0
        else:
            cells += 1
            kinds = _KIND.findall(tag[2])
            is_text = len(kinds) > 1 or kinds == [b""]
            row, column = int(digits or row), _column_number(letters) if letters else column + 1
        last_row, last_column = max(last_row, row), max(last_column, column)
    if cells > most:
        raise SpecError(path, f"expected at most {most} cells, got {cells}")
    check_extent(last_row, max(1, last_column), path, most)
    check_text(text, path)


def _with_unsaved(content: bytes) -> Iterator[bytes]:
    """Yield a sheet in pieces, with a text in each cell that has a formula and neither a value nor a text."""
    row = column = done = 0
    begin: re.Match[bytes] | None = None
    has_formula = has_value = False
    for tag in _PART.finditer(content):
        is_end, name, is_whole = bool(tag[1]), tag[3], tag[4].endswith(b"/")
        if name == b"row" and not is_end:
            row, column = _place_of(tag)[1] or row + 1, 0
        elif name == b"c" and not is_end:
            column = _place_of(tag)[0] or column + 1
            begin = None if is_whole or _TEXT.search(tag[4]) else tag
            has_formula = has_value = False
        elif name == b"f" and not is_end:
            has_formula = True
        elif name == b"v" and not is_end:
            has_value = not is_whole and content[tag.end() : tag.end() + 1] != b"<"
        elif name == b"c" and begin is not None and has_formula and not has_value:
            cell, prefix = f"{_letters(column)}{_place_of(begin)[1] or row}".encode(), tag[2]
            yield content[done : begin.start()]
            yield b'<%bc r="%b" t="str"><%bv>%b%b</%bv></%bc>' % (prefix, cell, prefix, _SIGN, cell, prefix, prefix)
            done, begin = tag.end(), None
    yield content[done:]


def _place_of(tag: re.Match[bytes]) -> tuple[int, int]:
    """Return the column and the row that a tag names, from 1; 0 where it names none."""
    place = _PLACE.search(tag[4])
    found = _REFERENCE.fullmatch(place[1]) if place is not None else None
    return (0, 0) if found is None else (_column_number(found[1]), int(found[2] or 0))


def _letters(column: int) -> str:
    letters = ""
    while column:
        column, letter = divmod(column - 1, _BASE)
        letters = chr(ord("A") + letter) + letters
    return letters


def _reference(place: bytes, path: str) -> tuple[bytes, bytes]:
    found = _REFERENCE.fullmatch(place)
    if found is None:
        raise SpecError(path, _DAMAGED)
    return found[1], found[2]


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * _BASE + letter - ord("A") + 1
    return number


def _workbook(data: bytes, path: str) -> CalamineWorkbook:
    from python_calamine import CalamineError, load_workbook  # noqa: PLC0415 - for workbooks alone

    try:
        return load_workbook(io.BytesIO(data))
    except (CalamineError, OSError, ValueError):
        raise SpecError(path, _DAMAGED) from None


def _cells(data: bytes, path: str, sheet: str | None) -> list[list[str | float | None]]:
    workbook = _workbook(data, path)
    names = workbook.sheet_names
    if not names:
        raise SpecError(path, "the workbook has no sheet")
    if sheet is not None and sheet not in names:
        raise SpecError(path, f"there is no such sheet; the workbook has {', '.join(names)}")
    try:
        found = workbook.get_sheet_by_name(sheet or names[0])
        check_extent(found.height, found.width, path)
        rows = found.to_python()
    except (KeyboardInterrupt, SystemExit, MemoryError, SpecError):
        raise
    except BaseException:
        # What the library is written in has exceptions that are no `Exception`.
        raise SpecError(path, "the sheet cannot be read: it is damaged") from None
    return [[_cell(cell) for cell in row] for row in rows if any(cell not in ("", None) for cell in row)]


def _cell(value: object) -> str | float | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return float(value)
    if isinstance(value, date | time):
        return value.isoformat()
    return str(value) if isinstance(value, timedelta) or value else None


def _has_names(rows: list[list[str | float | None]]) -> bool:
    first, rest = rows[0], rows[1:]
    texts = [isinstance(cell, str) and parsed_number(cell, ".") is None for cell in first]
    return bool(rest) and all(texts)
