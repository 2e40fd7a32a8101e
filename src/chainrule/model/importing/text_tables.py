"""CSV and TSV: how a text is split into cells, found by looking at it, and the table that it holds."""

from __future__ import annotations

import codecs
import csv
import io
from collections import Counter
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import IO

from chainrule.catalog.arguments import SpecError
from chainrule.model.files.disk import exhaust
from chainrule.model.importing.table import (
    MOST_CELLS,
    MOST_COLUMNS,
    ColumnTable,
    check_extent,
    is_ambiguous,
    is_missing,
    parsed_number,
    typing_table,
)

# What may stand between cells, likeliest first where several would do.
DELIMITERS = {"\t": "tab", ";": "semicolon", ",": "comma", "|": "bar", " ": "blank"}
DECIMALS = {".": "point", ",": "comma"}
ENCODINGS = ("utf-8", "utf-16", "cp1252", "latin-1", "cp1250", "cp1251", "shift_jis", "gb18030", "mac_roman")
# How much of a text is looked at to find out how it is written.
SAMPLE = 2**16
MOST_LINES = 200
# Bytes, and cells, that are read at once.
PIECE = 2**20
CELLS_AT_ONCE = 2**14
LONGEST_LINE = 2**24


@dataclass(frozen=True, slots=True)
class TextFormat:
    """How a text holds a table: its encoding, what stands between cells, the decimal sign, and whether names come
    first.
    """

    encoding: str = "utf-8"
    delimiter: str = ","
    decimal: str = "."
    header: bool = True


def found_format(file: IO[bytes], path: str, encoding: str = "") -> TextFormat:
    """Return how a text is written, as far as that can be seen; `SpecError` where it is no text.

    `encoding` is that of the text where it is known.
    """
    return exhaust(finding_format(file, path, encoding))


def finding_format(file: IO[bytes], path: str, encoding: str = "") -> Generator[None, None, TextFormat]:
    """Do the same in pieces."""
    encoding = encoding or (yield from _encoding(file, path))
    lines = _sample(_beginning(file, encoding, path))
    if not lines:
        raise SpecError(path, "the file is empty")
    delimiter = _delimiter(lines)
    rows = list(split_rows(iter(lines), delimiter, path))
    if not rows:
        raise SpecError(path, "all cells are empty")
    decimal = _decimal(rows)
    return TextFormat(encoding, delimiter, decimal, _has_header(rows, decimal))


def finding_size(file: IO[bytes], text_format: TextFormat) -> Generator[None, None, bool]:
    """Look in pieces whether a text may have more cells than Python has room for."""
    between, ends = 0, Counter[bytes]()
    for piece in _pieces(file):
        between += piece.count(text_format.delimiter.encode())
        ends.update({mark: piece.count(mark) for mark in (b"\n", b"\r")})
        yield
    return between + max(ends.values(), default=0) > MOST_CELLS


def reading_text(file: IO[bytes], text_format: TextFormat, path: str) -> Generator[None, None, ColumnTable]:
    """Read a text that is not large; return its table. `SpecError` where it is too large, or no table."""
    rows: list[list[str]] = []
    cells = told = 0
    for row in split_rows(TextLines(file, text_format.encoding, path), text_format.delimiter, path):
        cells += len(row)
        if len(row) > MOST_COLUMNS or cells > MOST_CELLS:
            check_extent(len(rows) + 1, max(len(row), cells // (len(rows) + 1)), path)
        rows.append(row)
        if cells - told > CELLS_AT_ONCE:
            told = cells
            yield
    if not rows:
        raise SpecError(path, "the file is empty")
    check_extent(len(rows) - text_format.header, len(rows[0]), path)
    return (yield from typing_table(rows, header=text_format.header, decimal=text_format.decimal, path=path))


class TextLines:
    """The lines of a file of text; `given` are those that were asked for since that was emptied."""

    def __init__(self, file: IO[bytes], encoding: str, path: str) -> None:
        file.seek(0)
        self._text = io.TextIOWrapper(file, "utf-8-sig" if encoding == "utf-8" else encoding, newline="")
        self._encoding, self._path, self._number = encoding, path, 0
        self._has_ended = False
        self.given: list[str] = []

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if self._has_ended:
            raise StopIteration
        try:
            line = self._text.readline(LONGEST_LINE)
        except UnicodeError:
            raise encoding_error(self._path, self._encoding) from None
        self._number += 1
        if not line:
            # Otherwise the file is closed with the text.
            self._text.detach()
            self._has_ended = True
            raise StopIteration
        if "\0" in line:
            raise no_text_error(self._path)
        if len(line) == LONGEST_LINE:
            raise SpecError(self._path, f"line {self._number:,} is longer than {LONGEST_LINE:,} characters")
        self.given.append(line)
        return line

    def piece(self, length: int) -> list[str]:
        """Return the next lines, together about so many characters; none at the end."""
        self.given = []
        for line in self:
            length -= len(line)
            if length <= 0:
                break
        return list(self.given)


def encoding_error(path: str, encoding: str) -> SpecError:
    """Return what is said of bytes that are no text in an encoding."""
    return SpecError(path, f"this is no text in {encoding}; choose another encoding")


def no_text_error(path: str) -> SpecError:
    """Return what is said of bytes that are no text in any."""
    return SpecError(path, "this is no text: it has zero bytes in it")


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    file.seek(0)
    while piece := file.read(PIECE):
        yield piece


def _beginning(file: IO[bytes], encoding: str, path: str) -> str:
    """Return the beginning of a text, somewhat more than is looked at of it."""
    file.seek(0)
    try:
        decoder = codecs.getincrementaldecoder("utf-8-sig" if encoding == "utf-8" else encoding)()
        text = decoder.decode(file.read(4 * SAMPLE), False)
    except (UnicodeError, LookupError):
        raise encoding_error(path, encoding) from None
    if "\0" in text:
        raise no_text_error(path)
    return text


def _is_text(file: IO[bytes], encoding: str) -> Generator[None, None, bool]:
    """Return whether all bytes are text in an encoding."""
    try:
        decoder = codecs.getincrementaldecoder(encoding)()
        for piece in _pieces(file):
            decoder.decode(piece)
            yield
        decoder.decode(b"", True)
    except (UnicodeError, LookupError):
        return False
    return True


def _encoding(file: IO[bytes], path: str) -> Generator[None, None, str]:
    file.seek(0)
    start = file.read(SAMPLE)
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    if (yield from _is_text(file, "utf-8-sig")):
        return "utf-8"
    if b"\0" in start:
        raise no_text_error(path)
    return (yield from _guessed_encoding(file, start))


def _guessed_encoding(file: IO[bytes], start: bytes) -> Generator[None, None, str]:
    """Return the encoding in which an older text reads best; any bytes are text in the last one."""
    from charset_normalizer import from_bytes  # noqa: PLC0415 - for the few texts that are not in UTF-8

    best = from_bytes(start, cp_isolation=list(ENCODINGS[2:])).best()
    likeliest = () if best is None else (str(best.encoding),)
    for encoding in (*likeliest, "cp1252"):
        if (yield from _is_text(file, encoding)):
            return str(encoding)
    return "latin-1"


def _sample(text: str) -> list[str]:
    """Return the first lines, without one that is cut."""
    lines = text[:SAMPLE].splitlines(keepends=True)
    if len(text) > SAMPLE and len(lines) > 1:
        lines.pop()
    return [line for line in lines if line.strip()][:MOST_LINES]


def split_rows(lines: Iterator[str], delimiter: str, path: str) -> Iterator[list[str]]:
    """Yield the cells of each line that is not blank. `SpecError` for what cannot be split, or is no text."""
    reader = csv.reader(lines, delimiter=delimiter, skipinitialspace=True)
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise SpecError(path, f"line {reader.line_num} cannot be split into cells: {error}") from None
        if delimiter == " ":
            row = [cell for cell in row if cell]
        if any(map(str.strip, row)):
            yield row


def _delimiter(lines: list[str]) -> str:
    """Return what splits most lines into as many cells as each other, two at least."""
    best, most = ",", (0.0, 0)
    for delimiter in DELIMITERS:
        try:
            counts = Counter(len(row) for row in split_rows(iter(lines), delimiter, ""))
        except SpecError:
            continue
        width, often = max(counts.items(), key=lambda pair: (pair[1], pair[0]), default=(0, 0))
        score = (round(often / max(1, counts.total()), 1), min(width, 2))
        if width > 1 and score > most:
            best, most = delimiter, score
    return best


def _decimal(rows: list[list[str]]) -> str:
    """Return the decimal sign with which most cells are numbers."""
    cells = [cell for row in rows for cell in row if not is_missing(cell)]
    counts = {
        sign: sum(parsed_number(cell, sign) is not None and not is_ambiguous(cell, sign) for cell in cells)
        for sign in DECIMALS
    }
    return "," if counts[","] > counts["."] else "."


def _has_header(rows: list[list[str]], decimal: str) -> bool:
    """Return whether the first row names the columns: it has no number, where there are some below it, and repeats
    nothing that is below it.
    """
    first, *rest = rows
    if not rest or any(parsed_number(cell, decimal) is not None or not cell.strip() for cell in first[1:]):
        return False
    if parsed_number(first[0], decimal) is not None:
        return False
    columns = list(zip(*(row for row in rest if len(row) == len(first)), strict=True))
    if any(any(parsed_number(cell, decimal) is not None for cell in column) for column in columns):
        return True
    return all(name not in column for name, column in zip(first, columns, strict=False))
