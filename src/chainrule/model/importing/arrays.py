"""NPY and NPZ: arrays of numbers as a table, a column for each number of a row. Nothing in them is ever executed."""

from __future__ import annotations

import math
import re
import tokenize
import warnings
import zipfile
import zlib
from collections.abc import Generator, Sequence
from dataclasses import replace
from typing import IO, Any

import numpy as np
from numpy.lib import format as npy

from chainrule.catalog.arguments import SpecError
from chainrule.model.files.file_format import size_in_words
from chainrule.model.files.json_text import short_line
from chainrule.model.importing.packed import PackedNumbers, as_packable, packed
from chainrule.model.importing.table import MOST_PACKED, ColumnTable, TableColumn, check_extent, column_name

MOST_ARRAYS = 64
# As NumPy has them in all its versions.
MOST_DIMENSIONS = 32
MOST_HEADER = 10_000
# Bytes that are read at once, and that an array may have.
PIECE = 2**21
MOST_READ = 400 * 2**20
# Numbers hardly get smaller; what is large, and gets smaller by this, was made to.
LARGE = 2**26
MOST_RATIO = 200
_KINDS = "biuf"
# Rows that are kept for a test stand beside those to train with, as in Keras's mnist.npz: x_train and x_test.
_HELD_BACK = re.compile(r"(?<![a-z])(test|val|valid|validation|dev)(?![a-z])", re.IGNORECASE)
_TO_TRAIN = ("train", "training")
_DAMAGED = "this is no array in the format NPY, or it is damaged"


def reading_array(file: IO[bytes], size: int, path: str) -> Generator[None, None, ColumnTable]:
    """Read an NPY file of so many bytes; return its array as a table."""
    array = yield from _reading(file, size, path)
    return _table([("", array)], path)


def reading_arrays(file: IO[bytes], size: int, path: str) -> Generator[None, None, ColumnTable]:
    """Read an NPZ file of so many bytes; return its arrays side by side: all have as many rows.

    Of arrays to train with and others to test with the first come.
    """
    found = []
    try:
        with zipfile.ZipFile(file) as archive:
            parts = [info for info in archive.infolist() if info.filename.endswith(".npy")]
            if len(parts) > MOST_ARRAYS:
                raise SpecError(path, f"expected at most {MOST_ARRAYS} arrays, got {len(parts)}")
            names = [info.filename.removesuffix(".npy") for info in parts]
            aside, cells = held_back(names), 0
            for name, info in zip(names, parts, strict=True):
                if name in aside:
                    continue
                if info.file_size > LARGE and info.file_size > MOST_RATIO * info.compress_size:
                    raise SpecError(path, f"array {short_line(name)} gets larger than can be meant when it is unpacked")
                with archive.open(info) as part:
                    array = yield from _reading(part, info.file_size, f"{path}, array {short_line(name)}", cells)
                cells += array.rows * len(array.missing)
                found.append((column_name(name), array))
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, RuntimeError, OSError, ValueError) as error:
        if isinstance(error, SpecError):
            raise
        raise SpecError(path, "this is no archive in the format NPZ, or it is damaged") from None
    if not found:
        raise SpecError(path, "there is no array in it")
    return replace(_table(found, path), aside=tuple(map(column_name, aside)))


def held_back(names: Sequence[str]) -> tuple[str, ...]:
    """Return those of some arrays that are to test with, beside others of the same kind to train with."""
    known = {name.lower() for name in names}
    return tuple(
        name
        for name in names
        if any(_HELD_BACK.search(name) and _HELD_BACK.sub(word, name).lower() in known for word in _TO_TRAIN)
    )


def _reading(file: IO[bytes], size: int, path: str, before: int = 0) -> Generator[None, None, PackedNumbers]:
    """Read an array (rows, columns) of numbers; its header is looked at before anything else is read. `before` is how
    many numbers other arrays of the file have.
    """
    shape, order, dtype = _header(file, path)
    if dtype.hasobject or dtype.kind not in _KINDS or dtype.names is not None:
        raise SpecError(path, f"expected an array of numbers, got one of {dtype.name or 'something else'}")
    if len(shape) > MOST_DIMENSIONS:
        raise SpecError(path, f"expected at most {MOST_DIMENSIONS} dimensions, got {len(shape)}")
    if any(isinstance(length, bool) for length in shape):
        raise SpecError(path, _DAMAGED)
    if not shape or any(length < 0 for length in shape):
        raise SpecError(path, "expected an array with rows, got a single number")
    rows, columns = shape[0], math.prod(shape[1:])
    check_extent(rows, columns, path, MOST_PACKED)
    if before + rows * columns > MOST_PACKED:
        raise SpecError(path, f"expected at most {MOST_PACKED} numbers in all arrays, got more")
    too_short = f"the file is shorter than its {rows} rows of {columns} numbers"
    wanted = rows * columns * dtype.itemsize
    if wanted > size:
        raise SpecError(path, too_short)
    if wanted > MOST_READ:
        raise SpecError(path, f"expected at most {size_in_words(MOST_READ)} of numbers, got {size_in_words(wanted)}")
    if not rows or not columns:
        raise SpecError(path, "there are no numbers in it")
    found = PackedNumbers(columns)
    # Where columns come one after the other, no row is whole before the last.
    at_once = rows if order else max(1, PIECE // (columns * dtype.itemsize))
    for first in range(0, rows, at_once):
        count = min(at_once, rows - first)
        piece = bytearray(file.read(count * columns * dtype.itemsize))
        if len(piece) < count * columns * dtype.itemsize:
            raise SpecError(path, too_short)
        flat = np.frombuffer(piece, dtype)
        part = flat.reshape((count, *shape[1:]), order="F" if order else "C").reshape(count, columns)
        found.add(packed(as_packable(part)))
        yield
    return found


def _header(file: IO[bytes], path: str) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    try:
        version = npy.read_magic(file)
        read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
        with warnings.catch_warnings():
            # Of a header as Python 2 wrote it: what it says is checked all the same.
            warnings.simplefilter("ignore")
            found: tuple[tuple[int, ...], bool, np.dtype[Any]] = read(file, max_header_size=MOST_HEADER)
    except (
        ValueError,
        TypeError,
        LookupError,
        SyntaxError,
        EOFError,
        tokenize.TokenError,
        RecursionError,
        MemoryError,
    ):
        raise SpecError(path, _DAMAGED) from None
    return found


def _table(arrays: list[tuple[str, PackedNumbers]], path: str) -> ColumnTable:
    rows = arrays[0][1].rows
    for name, array in arrays:
        if array.rows != rows:
            first = f"{arrays[0][0]} has {rows}"
            raise SpecError(path, f"all arrays need as many rows: {name} has {array.rows}, and {first}")
    check_extent(rows, sum(len(array.missing) for _, array in arrays), path, MOST_PACKED)
    columns: list[TableColumn] = []
    for name, numbers in arrays:
        count = len(numbers.missing)
        for place in range(count):
            given = name if count == 1 or not name else f"{name} {place + 1}"
            columns.append(numbers.column(given, len(columns), place))
    return ColumnTable(tuple(columns))
