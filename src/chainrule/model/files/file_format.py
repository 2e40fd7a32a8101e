"""What every experiment file has in common: its name, its version, and how large it may be."""

from __future__ import annotations

import math

from chainrule.catalog.arguments import SpecError

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
)
MAX_BYTES = 32 * 2**20
# What keeps the memory of reading it within 300 MB beyond its size, and the time within seconds: a number takes 40
# bytes however short it is, and a list a hundred. Rows are those of the data; lists are all that numbers stand in.
MOST_NUMBERS = 4_000_000
MOST_ROWS = 300_000
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


def check_size(size: int, path: str) -> None:
    """Refuse a file that is too large to be read or written; `path` is the place that the error names."""
    if size > MAX_BYTES:
        raise SpecError(path, f"expected a file of at most {size_in_words(MAX_BYTES)}, got {size_in_words(size)}")


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
