"""Reading: the table in a file of any kind that can be imported, by its suffix."""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO

from chainrule.catalog.arguments import SpecError
from chainrule.model.files.disk import exhaust, reason_of
from chainrule.model.files.file_format import size_in_words
from chainrule.model.files.json_text import short_line
from chainrule.model.importing.kinds import SUFFIXES, TEXTS, WORKBOOKS
from chainrule.model.importing.sheets import read_sheet, sheet_names
from chainrule.model.importing.table import ColumnTable, Tell, tell_nobody
from chainrule.model.importing.text_tables import TextFormat, finding_format, finding_size, reading_text

# Of a file of text or of arrays; what is larger than the other is not kept, but read again where that is asked for.
MOST_BYTES = 400 * 2**20
MOST_KEPT = 64 * 2**20
# So many bytes of text are read in about half a second.
LONG_TEXT = 2**21


# Reads a file of text that is written in some way, under a name.
TextReader = Callable[[IO[bytes], TextFormat, str], Generator[None, None, ColumnTable]]


@dataclass(frozen=True, slots=True)
class TableSource:
    """A file that holds a table, or what was on the clipboard, with its name; what it is is said by the suffix.

    `data` are its bytes; of a large file they stay where they are, at `path`.
    """

    name: str
    suffix: str
    data: bytes = b""
    path: Path | None = None

    @property
    def size(self) -> int:
        """How many bytes it has; of a file that is gone none."""
        with suppress(OSError):
            return self.path.stat().st_size if self.path else len(self.data)
        return 0

    @property
    def takes_long(self) -> bool:
        """Whether reading it takes longer than anybody likes to wait without a word, and can be done in pieces."""
        return self.suffix not in WORKBOOKS and self.size > (LONG_TEXT if self.is_text else MOST_KEPT)

    @contextmanager
    def opened(self) -> Iterator[IO[bytes]]:
        """Give its bytes as a file. `SpecError` where that cannot be read."""
        if self.path is None:
            yield io.BytesIO(self.data)
            return
        try:
            with self.path.open("rb") as file:
                yield file
        except OSError as error:
            raise SpecError(self.name, f"cannot be read: {reason_of(error)}") from None

    @property
    def is_text(self) -> bool:
        """Whether it is split into cells by signs, which can be chosen."""
        return self.suffix in TEXTS

    @property
    def sheets(self) -> list[str]:
        """The names of its sheets; none where it has no sheets."""
        return sheet_names(self.data, self.name) if self.suffix in WORKBOOKS else []


@dataclass(frozen=True, slots=True)
class ReadTable:
    """A table, and how it was read: the format of a text, the sheet of a workbook."""

    table: ColumnTable
    text_format: TextFormat
    sheet: str | None = None


def open_source(path: Path) -> TableSource:
    """Return the bytes of a file that can hold a table; `SpecError` of one line where it cannot."""
    name, suffix = short_line(path.name), path.suffix.lower()
    if suffix not in SUFFIXES:
        wanted = ".csv, .tsv, .xlsx, .npy or .npz"
        hint = "; save it as .xlsx or .csv" if suffix in (".xls", ".ods") else ""
        raise SpecError(name, f"expected a file that ends with {wanted}, got {suffix or 'none of these'}{hint}")
    try:
        if path.is_dir():
            raise SpecError(name, "this is a folder, not a file")
        if path.exists() and not path.is_file():
            raise SpecError(name, "this is not a file")
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            data = file.read(min(size, MOST_KEPT) + 1)
    except (OSError, ValueError) as error:
        if isinstance(error, SpecError):
            raise
        raise SpecError(name, f"cannot be read: {reason_of(error)}") from None
    most = MOST_KEPT if suffix in WORKBOOKS else MOST_BYTES
    if size > most:
        raise SpecError(name, f"expected a file of at most {size_in_words(most)}, got {size_in_words(size)}")
    if len(data) > MOST_KEPT:
        return TableSource(name, suffix, path=path)
    if not data.strip():
        raise SpecError(name, "the file is empty")
    return TableSource(name, suffix, data)


def text_source(text: str) -> TableSource:
    """Return text that was pasted, as a source of a table."""
    data = text.encode("utf-8", "replace")
    if len(data) > MOST_KEPT:
        raise SpecError("clipboard", f"expected text of at most {size_in_words(MOST_KEPT)}, got more")
    return TableSource("clipboard", ".csv", data)


def read_source(
    source: TableSource, text_format: TextFormat | None = None, *, sheet: str | None = None, header: bool | None = None
) -> ReadTable:
    """Return the table in a source: written as it is said, or as it looks. `SpecError` where there is none."""
    return exhaust(reading_source(source, text_format, sheet=sheet, header=header))


def reading_source(
    source: TableSource,
    text_format: TextFormat | None = None,
    *,
    sheet: str | None = None,
    header: bool | None = None,
    tell: Tell = tell_nobody,
) -> Generator[None, None, ReadTable]:
    """Do the same in pieces, each some milliseconds' work; only a workbook is read at once."""
    if source.suffix in WORKBOOKS:
        table, named = read_sheet(source.data, source.name, sheet, header=header)
        return ReadTable(table, TextFormat(header=named), sheet)
    with source.opened() as file:
        if source.is_text:
            found = text_format or (yield from finding_format(file, source.name))
            found = found if header is None else replace(found, header=header)
            work = (yield from _choosing_reader(file, found))(file, found, source.name)
        else:
            from chainrule.model.importing.arrays import reading_array, reading_arrays  # noqa: PLC0415 - loads numpy

            found = TextFormat(header=False)
            work = (reading_array if source.suffix == ".npy" else reading_arrays)(file, source.size, source.name)
        return ReadTable((yield from _told(work, file, source.size, tell)), found)


def _choosing_reader(file: IO[bytes], text_format: TextFormat) -> Generator[None, None, TextReader]:
    """Return what reads a text of its size."""
    if (yield from finding_size(file, text_format)):
        from chainrule.model.importing.large_texts import reading_large_text  # noqa: PLC0415 - loads numpy

        return reading_large_text
    return reading_text


def _told(
    work: Generator[None, None, ColumnTable], file: IO[bytes], size: int, tell: Tell
) -> Generator[None, None, ColumnTable]:
    """Do work that reads a file, and tell how much of that is read."""
    while True:
        try:
            next(work)
        except StopIteration as end:
            table: ColumnTable = end.value
            return table
        tell(file.tell() / max(size, 1))
        yield
