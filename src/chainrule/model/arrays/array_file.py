"""Rows of numbers as .safetensors: eight bytes that say how long the header is, the header, the numbers.

The format is https://huggingface.co/docs/safetensors. Its library makes and reads a file in one piece, which takes the
memory of the numbers twice; here they go in pieces, and into the memory that they are then used in.
"""

from __future__ import annotations

import json
import math
import struct
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from chainrule.catalog.arguments import SpecError
from chainrule.catalog.experiment.row_blocks import DOUBLE, SINGLE, Bounds
from chainrule.catalog.experiment.rows import Rows
from chainrule.catalog.experiment.spec_error import expected, number_text
from chainrule.model.files.converting import converted
from chainrule.model.files.file_format import MOST_ROWS, MOST_STORED
from chainrule.model.files.json_text import parse_json, short_line

LENGTH = struct.Struct("<Q")
# A few names, dtypes and shapes.
MOST_HEADER = 2**16
MOST_ARRAYS = 16
DTYPES = {"F32": SINGLE, "F64": DOUBLE}
NAMES = {kind: name for name, kind in DTYPES.items()}
# Read or written at once.
PIECE_BYTES = 2**20
# Where memory begins that computations can use as it is.
ALIGNMENT = 64


class ReadableFile(Protocol):
    """What is asked of a file."""

    def read(self, size: int, /) -> bytes:
        """Return at most so many bytes."""

    def readinto(self, buffer: memoryview, /) -> int:
        """Read into memory; return how many bytes."""


@dataclass(frozen=True, slots=True)
class StoredArray:
    """An array of a file: numbers of the format f or d in rows of `columns`, and which of its bytes they are."""

    format: str
    rows: int
    columns: int
    begin: int
    end: int


def array_header(arrays: Mapping[str, Rows]) -> bytes:
    """Return what comes before the numbers of some arrays."""
    header, begin = {}, 0
    for name, rows in arrays.items():
        kind = _format_of(rows)
        end = begin + len(rows) * rows.columns * struct.calcsize(kind)
        header[name] = {"dtype": NAMES[kind], "shape": [len(rows), rows.columns], "data_offsets": [begin, end]}
        begin = end
    text = json.dumps(header, separators=(",", ":")).encode()
    # The numbers begin where a reader can use them in place.
    text += b" " * (-len(text) % 8)
    return LENGTH.pack(len(text)) + text


def array_bytes(arrays: Mapping[str, Rows]) -> int:
    """Return how many bytes the numbers of some arrays take."""
    return sum(len(rows) * rows.columns * struct.calcsize(_format_of(rows)) for rows in arrays.values())


def array_pieces(arrays: Iterable[Rows]) -> Iterator[bytes]:
    """Yield the numbers of arrays, one after the other, each piece about a millisecond's work."""
    for rows in arrays:
        kind, pieces, held = np.dtype(_format_of(rows)).newbyteorder("<"), list[bytes](), 0
        for block in rows.blocks:
            numbers = np.frombuffer(block.numbers, block.memory.format)
            pieces.append(numbers.astype(kind, copy=False).tobytes())
            held += len(pieces[-1])
            if held >= PIECE_BYTES:
                yield b"".join(pieces)
                pieces, held = [], 0
        yield b"".join(pieces)


def _format_of(rows: Rows) -> str:
    """Return the format that holds every number to the bit."""
    return SINGLE if all(block.memory.format == SINGLE for block in rows.blocks) else DOUBLE


def read_header(source: ReadableFile, size: int, name: str) -> dict[str, StoredArray]:
    """Return the arrays of a file of so many bytes, checked against its size before any memory is taken."""
    start = source.read(LENGTH.size)
    if len(start) < LENGTH.size:
        raise _wrong(name, "it ends before its header")
    (length,) = LENGTH.unpack(start)
    if length > min(MOST_HEADER, size - LENGTH.size):
        raise _wrong(name, f"expected a header of at most {min(MOST_HEADER, size)} bytes, got {length}")
    try:
        raw = converted(parse_json(source.read(length).decode()), dict, "$")
    except UnicodeDecodeError:
        raise _wrong(name, "its header is no UTF-8 text") from None
    except SpecError as error:
        raise _wrong(name, f"its header: {error.message}") from None
    raw.pop("__metadata__", None)
    if len(raw) > MOST_ARRAYS:
        raise _wrong(name, f"expected at most {MOST_ARRAYS} arrays, got {len(raw)}")
    found = {key: _stored(item, f"{name}, array {short_line(key)}") for key, item in raw.items()}
    place = 0
    for key, array in sorted(found.items(), key=lambda item: item[1].begin):
        if array.begin != place:
            raise _wrong(name, f"array {short_line(key)}: expected it to begin at byte {place}, got {array.begin}")
        place = array.end
    if place != size - LENGTH.size - length:
        raise _wrong(name, f"expected {place} bytes of numbers, got {size - LENGTH.size - length}")
    if sum(array.rows * array.columns for array in found.values()) > MOST_STORED:
        raise _wrong(name, f"expected at most {MOST_STORED} numbers")
    return found


def _stored(raw: object, where: str) -> StoredArray:
    if not isinstance(raw, dict) or raw.keys() != {"dtype", "shape", "data_offsets"}:
        raise _wrong(where, "expected dtype, shape and data_offsets")
    kind, shape, offsets = raw["dtype"], raw["shape"], raw["data_offsets"]
    if not isinstance(kind, str) or kind not in DTYPES:
        raise _wrong(where, f"expected numbers as {' or '.join(DTYPES)}, got {short_line(str(kind))}")
    if not _are_counts(shape) or not 1 <= len(shape) <= 2:  # noqa: PLR2004 - rows and columns
        raise _wrong(where, "expected rows and columns as its shape")
    rows, columns = (*shape, 1)[:2]
    if rows > MOST_ROWS or rows * columns > MOST_STORED:
        raise _wrong(where, f"expected at most {MOST_ROWS} rows and {MOST_STORED} numbers, got {rows} x {columns}")
    if not _are_counts(offsets) or len(offsets) != 2:  # noqa: PLR2004 - a begin and an end
        raise _wrong(where, "expected two places as its data_offsets")
    begin, end = offsets
    if end - begin != rows * columns * struct.calcsize(DTYPES[kind]):
        raise _wrong(where, f"{rows} x {columns} numbers do not take {end - begin} bytes")
    return StoredArray(DTYPES[kind], rows, columns, begin, end)


def _are_counts(items: Any) -> bool:
    return isinstance(items, list) and all(type(item) is int and 0 <= item < 2**62 for item in items)


def read_stored(
    source: ReadableFile, header: Mapping[str, StoredArray], name: str, *, is_finite: bool = True
) -> dict[str, Rows]:
    """Return the rows of each array; `source` stands at the first number.

    The first number that is not finite, where all are to be, is a `SpecError` with its row and column, under the path
    that is the array's name.
    """
    found = {}
    for key, array in sorted(header.items(), key=lambda item: item[1].begin):
        numbers = aligned_memory(array.end - array.begin)
        view = numbers.data
        for start in range(0, len(view), PIECE_BYTES):
            part = view[start : start + PIECE_BYTES]
            if source.readinto(part) != len(part):
                raise _wrong(name, "it ends too early")
        flat = numbers.view(array.format)
        if sys.byteorder == "big":
            # A file has the smallest byte first.
            flat.byteswap(inplace=True)
        rows = Rows.of_memory(flat.data, array.columns, array_bounds) if len(flat) else Rows()
        found[key] = _finite(rows, key) if is_finite else rows
    return found


def aligned_memory(count: int) -> NDArray[np.uint8]:
    """Return memory of so many bytes that computations can use as it is."""
    memory = np.empty(count + ALIGNMENT, np.uint8)
    start = -memory.ctypes.data % ALIGNMENT
    return memory[start : start + count]


def array_bounds(numbers: memoryview) -> Bounds:
    """Return the smallest and the largest of some numbers."""
    flat = np.frombuffer(numbers, numbers.format)
    return float(flat.min()), float(flat.max())


def _finite(rows: Rows, path: str) -> Rows:
    first = 0
    for block in rows.blocks:
        if not (math.isfinite(block.least) and math.isfinite(block.most)):
            flat = np.frombuffer(block.numbers, block.memory.format)
            row, column = divmod(int(np.flatnonzero(~np.isfinite(flat))[0]), block.columns)
            got = number_text(float(flat[row * block.columns + column]))
            raise expected(f"{path}[{first + row}][{column}]", "a finite number", got)
        first += block.count
    return rows


def _wrong(name: str, message: str) -> SpecError:
    return SpecError("$", f"{name}: {message}")
