"""XLSX: a sheet as a table. What it would take is counted in its XML before the library that reads it sees it."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
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
_BASE = 26
_DAMAGED = "this is no workbook in the format XLSX, or it is damaged"


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


def sheet_rows(data: bytes, path: str, most: int = MOST_CELLS) -> list[list[str | float | None]]:
    """Return the cells of the first sheet that are there, row by row without empty rows; at most so many cells.

    Of a formula it is the result that the file keeps.
    """
    return _cells(_checked(data, path, most), path, None)


def _checked(data: bytes, path: str, most: int = MOST_CELLS) -> bytes:
    """Return the parts of a workbook that hold its cells, unpacked and counted, in an archive of our own."""
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
                checked.writestr(name, content)
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
