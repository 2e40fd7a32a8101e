"""An experiment with many numbers as a file: a ZIP with `experiment.json`, and .safetensors files that it names.

Nothing of it is unpacked to a disk, and nothing is read before its sizes are known and bounded.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from os import SEEK_END
from typing import IO
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipExtFile, ZipFile, ZipInfo

from chainrule.catalog.arguments import SpecError
from chainrule.catalog.experiment.row_blocks import DOUBLE, NOTHING
from chainrule.catalog.experiment.rows import Rows
from chainrule.model.arrays.array_file import (
    PIECE_BYTES,
    ReadableFile,
    StoredArray,
    array_bytes,
    array_header,
    array_pieces,
    read_header,
    read_stored,
)
from chainrule.model.files.converting import read_fields
from chainrule.model.files.decoding import decode_contents
from chainrule.model.files.file_format import MAX_BYTES, MOST_ARCHIVE, FileContents, size_in_words
from chainrule.model.files.json_text import short_line

EXPERIMENT = "experiment.json"
MOST_MEMBERS = 16
MOST_DIRECTORY = 2**16
# The numbers of data hardly get smaller; what gets smaller by this was made to.
MOST_RATIO = 200
_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}\.safetensors")
# Of the end of a ZIP (4.3.16 of its specification): how many members there are, twice, and the directory's size.
_END = struct.Struct("<4s2H2H2LH")
_END_MARK = b"PK\x05\x06"
_ENCRYPTED = 1


@dataclass(frozen=True, slots=True)
class StoredReference:
    """What stands in an experiment in the place of rows: a file beside it, and an array in that."""

    file: str
    array: str


class Archive:
    """An archive that was opened, with every size in it checked."""

    def __init__(self, file: IO[bytes], size: int) -> None:
        """`file` can be read at any place, and has so many bytes. Raises `SpecError`."""
        _check_end(file, size)
        self._headers: dict[str, dict[str, StoredArray]] = {}
        self._rows: dict[str, dict[str, Rows]] = {}
        with _said():
            self._zip = ZipFile(file)
            self._members = _checked(self._zip.infolist(), size)

    def experiment(self) -> bytes:
        """Return the JSON of the experiment."""
        with _said(), self._zip.open(self._members[EXPERIMENT]) as source:
            return source.read()

    def shape(self, raw: object, path: str) -> tuple[int, int]:
        """Return how many rows and columns an array has that stands at a path of the experiment."""
        file, array = self._reference(raw, path)
        stored = self._headers[file][array]
        return stored.rows, stored.columns

    def rows(self, raw: object, path: str) -> Rows:
        """Return the rows of an array that stands at a path of the experiment."""
        return self._read(*self._reference(raw, path), is_finite=True)

    def numbers(self, raw: object, path: str, most: int) -> memoryview:
        """Return at most so many numbers of an array, all of them float64 and one after the other; they may be
        infinite, or none.
        """
        file, array = self._reference(raw, path)
        stored = self._headers[file][array]
        if stored.format != DOUBLE or stored.rows * stored.columns > most:
            raise SpecError(path, f"expected at most {most} numbers of float64")
        blocks = self._read(file, array, is_finite=False).blocks
        return blocks[0].memory if blocks else NOTHING

    def _read(self, file: str, array: str, *, is_finite: bool) -> Rows:
        if file not in self._rows:
            with self._opened(file) as source:
                header = read_header(source, self._members[file].file_size, file)
                try:
                    self._rows[file] = read_stored(source, header, file, is_finite=is_finite)
                except SpecError as error:
                    if error.path == "$":
                        raise
                    raise SpecError(f"$.data.{error.path}", error.message) from None
                # The end, where it is checked that all came as it was written.
                source.read(1)
        return self._rows[file][array]

    @contextmanager
    def _opened(self, name: str) -> Iterator[ReadableFile]:
        with _said(), self._zip.open(self._members[name]) as source:
            assert isinstance(source, ZipExtFile)
            yield source

    def check_all_used(self) -> None:
        """Refuse files that the experiment does not name."""
        for name in self._members.keys() - {EXPERIMENT} - self._rows.keys():
            raise SpecError("$", f"{name} is in the file, but the experiment does not name it")

    def _reference(self, raw: object, path: str) -> tuple[str, str]:
        found = read_fields(StoredReference, raw, path, {}, keys=("file", "array"), required=("file", "array"))
        file, array = found["file"], found["array"]
        if file not in self._members or file == EXPERIMENT:
            raise SpecError(f"{path}.file", f"there is no {short_line(file)} in the file")
        if file not in self._headers:
            with self._opened(file) as source:
                self._headers[file] = read_header(source, self._members[file].file_size, file)
        if array not in self._headers[file]:
            raise SpecError(f"{path}.array", f"there is no array {short_line(array)} in {file}")
        return file, array


def read_archive(file: IO[bytes]) -> FileContents:
    """Return what is in a file that begins as a ZIP does; raises `SpecError`."""
    archive = Archive(file, file.seek(0, SEEK_END))
    contents = decode_contents(archive.experiment(), archive)
    archive.check_all_used()
    return contents


def _check_end(file: IO[bytes], size: int) -> None:
    """Look at the end, which says how large the directory is: it is read in one go."""
    if size < _END.size:
        raise _damaged("it ends too early")
    file.seek(size - _END.size)
    mark, _, _, here, count, directory, _, comment = _END.unpack(file.read(_END.size))
    if mark != _END_MARK or comment:
        raise _damaged("it does not end as a ZIP does")
    if here != count or count > MOST_MEMBERS:
        raise SpecError("$", f"expected a ZIP of at most {MOST_MEMBERS} files, got {count}")
    if directory > MOST_DIRECTORY:
        raise SpecError("$", f"expected a directory of at most {MOST_DIRECTORY} bytes, got {directory}")


def _checked(members: list[ZipInfo], size: int) -> dict[str, ZipInfo]:
    found: dict[str, ZipInfo] = {}
    for member in members:
        name = short_line(member.filename)
        if member.orig_filename != EXPERIMENT and not _NAME.fullmatch(member.orig_filename):
            raise SpecError("$", f"expected {EXPERIMENT} and .safetensors files, got {name}")
        if member.filename in found:
            raise SpecError("$", f"{name} is in the file twice")
        if member.flag_bits & _ENCRYPTED or member.compress_type not in (ZIP_STORED, ZIP_DEFLATED):
            raise SpecError("$", f"{name} is encrypted, or compressed in a way that is not read here")
        most = MAX_BYTES if member.filename == EXPERIMENT else MOST_ARCHIVE
        if member.file_size > most:
            got = size_in_words(member.file_size)
            raise SpecError("$", f"expected {name} of at most {size_in_words(most)}, got {got}")
        if member.file_size > MOST_RATIO * (member.compress_size + 1):
            raise SpecError("$", f"{name} is compressed to less than a {MOST_RATIO}th, as no data are")
        found[member.filename] = member
    if EXPERIMENT not in found:
        raise SpecError("$", f"there is no {EXPERIMENT} in it; is this an experiment of Chainrule?")
    if sum(member.compress_size for member in members) > size:
        raise _damaged("its files overlap")
    return found


@contextmanager
def _said() -> Iterator[None]:
    """Say what is wrong with a ZIP in a line."""
    try:
        yield
    except SpecError:
        raise
    except (BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, struct.error, ValueError) as error:
        raise _damaged(short_line(str(error))) from None


def _damaged(what: str) -> SpecError:
    return SpecError("$", f"the file is damaged: {what}")


def archive_pieces(text: Iterable[bytes], files: Mapping[str, Mapping[str, Rows]]) -> Iterator[bytes]:
    """Yield the bytes of an archive, of the JSON of an experiment that names arrays of some files."""
    sink = _Sink()
    with ZipFile(sink, "w", ZIP_STORED) as archive:
        with archive.open(_member(EXPERIMENT), "w") as target:
            for piece in text:
                target.write(piece)
                if sink.size > PIECE_BYTES // 16:
                    yield sink.taken()
        yield sink.taken()
        for name, arrays in files.items():
            info, header = _member(name), array_header(arrays)
            info.file_size = len(header) + array_bytes(arrays)
            with archive.open(info, "w") as target:
                target.write(header)
                for piece in array_pieces(arrays.values()):
                    target.write(piece)
                    yield sink.taken()
    yield sink.taken()


def _member(name: str) -> ZipInfo:
    # The same experiment makes the same bytes at any time.
    info = ZipInfo(name, (1980, 1, 1, 0, 0, 0))
    info.external_attr = 0o644 << 16
    return info


class _Sink:
    """A file that hands on what is written to it."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, data: bytes, /) -> int:
        self._pieces.append(bytes(data))
        return len(data)

    @property
    def size(self) -> int:
        """How many bytes wait to be taken."""
        return sum(map(len, self._pieces))

    def flush(self) -> None:
        """Do nothing: what is written is taken."""

    def close(self) -> None:
        """Do nothing: there is nothing to be closed."""

    def taken(self) -> bytes:
        data, self._pieces = b"".join(self._pieces), []
        return data
