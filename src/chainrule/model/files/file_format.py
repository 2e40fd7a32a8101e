"""What every experiment file has in common: its name, its version, and how large it may be."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chainrule.catalog.arguments import SpecError
from chainrule.catalog.experiment.spec import DataSpec, Experiment

if TYPE_CHECKING:
    from chainrule.model.reopening.saved_history import SavedHistory

FORMAT = "chainrule-experiment"
SUFFIX = ".chainrule"
# The keys of a file, in their order.
KEYS = (
    "format",
    "version",
    "title",
    "network",
    "initialization",
    "parameters",
    "frozen",
    "data",
    "loss",
    "optimizer",
    "clipping",
    "scheduler",
    "dtype",
    "device",
    "penalties",
    "parameter_groups",
    "state",
    "board",
    "questions",
    "history",
)
# Those of the data: the names of columns and of classes come last.
NAME_KEYS = ("input_columns", "target_columns", "class_names")
DATA_KEYS = ("inputs", "targets", "batch_size", "shuffle", "seed", "test_size", "accumulate", *NAME_KEYS)
MAX_BYTES = 32 * 2**20
# What keeps the memory of reading it within 300 MB beyond its size, and the time within seconds: a number takes 40
# bytes however short it is, and a list a hundred. Rows are those of the data; lists are all that numbers stand in.
MOST_NUMBERS = 4_000_000
MOST_ROWS = 300_000
# Data of more numbers go into a file of arrays, of which such an archive may have so many, and be so large.
MOST_IN_JSON = 2**20
ARRAY_FILE = "data.safetensors"
ARRAYS_SINCE = 3
# What training has come to, beside the experiment; many numbers of it go into a file of their own.
HISTORY_SINCE = 4
# Runs that are pinned beside a document, in its history.
PINNED_SINCE = 6
HISTORY_FILE = "history.safetensors"
HISTORY_ARRAY = "numbers"
# How such an archive begins: no JSON does.
ARCHIVE_START = b"PK\x03\x04"
MOST_STORED = 100_000_000
MOST_ARCHIVE = 2**30
MOST_LISTS = 2 * MOST_ROWS + 100_000
# Far more than any experiment has. An object takes 250 bytes, a text 70.
MOST_KEYS = 300_000
MOST_QUOTES = 4 * MOST_KEYS
_MARKS = {
    ",": (MOST_NUMBERS, "numbers and other items"),
    "[": (MOST_LISTS, "lists"),
    '"': (MOST_QUOTES, "quotation marks"),
    "{": (MOST_KEYS, "objects"),
    ":": (MOST_KEYS, "keys"),
}


@dataclass(frozen=True, slots=True, eq=False)
class FileContents:
    """What a file holds: an experiment, and what its document was trained to, where that was kept."""

    experiment: Experiment
    history: SavedHistory | None = None


def check_size(size: int, path: str) -> None:
    """Refuse a file that is too large to be read or written; `path` is the place that the error names."""
    if size > MAX_BYTES:
        raise SpecError(path, f"expected a file of at most {size_in_words(MAX_BYTES)}, got {size_in_words(size)}")


def check_archive_size(size: int, path: str) -> None:
    """Refuse a file with large data that is too large to be read."""
    if size > MOST_ARCHIVE:
        raise SpecError(path, f"expected a file of at most {size_in_words(MOST_ARCHIVE)}, got {size_in_words(size)}")


def goes_apart(data: DataSpec) -> bool:
    """Return whether data are so many numbers that they are kept as arrays."""
    return sum(len(rows) * rows.columns for rows in (data.inputs, data.targets)) > MOST_IN_JSON


def check_marks(text: str, path: str, numbers: int = 0, lists: int = 0) -> None:
    """Refuse JSON that takes far more memory than its text, before any of it is made; so many more are elsewhere."""
    elsewhere = {",": numbers, "[": lists}
    for mark, (most, what) in _MARKS.items():
        count = text.count(mark) + elsewhere.get(mark, 0)
        if count > most:
            raise SpecError(path, f"expected at most {most} {what}, got {count}")


def has_few_marks(characters: int, numbers: int, lists: int) -> bool:
    """Return whether JSON of so many characters, and with so many numbers and lists elsewhere,
    has no mark too often.
    """
    elsewhere = {",": numbers, "[": lists}
    return all(characters + elsewhere.get(mark, 0) <= most for mark, (most, _) in _MARKS.items())


def size_in_words(size: int) -> str:
    """Return a size as people read it, rounded up."""
    return f"{math.ceil(size / 2**20 * 10) / 10:g} MiB"
