"""What is said of an experiment that cannot be accepted. It stands apart: the command line needs no more to begin."""

from __future__ import annotations

import json

from chainrule.translation import ngettext

# Characters of a refused value that a message shows, and items of a list.
LONGEST_VALUE = 40
MOST_ITEMS = 8
# Characters of a path and of a message: both together are what a line holds. A file can make either a megabyte long.
LONGEST_PATH, LONGEST_MESSAGE = 120, 280


class SpecError(ValueError):
    """An experiment that cannot be accepted: where (`$.data.targets[1]`), and what is allowed there.

    Where something was wanted and something else given, `wanted` and `got` are these, `who` is the function that wants
    it, and `hint` what else is to be said: a window makes a sentence of them. Elsewhere they are empty.
    """

    def __init__(self, path: str, message: str) -> None:
        self.path = shortened(one_line(path), LONGEST_PATH)
        self.message = shortened(one_line(message), LONGEST_MESSAGE)
        self.wanted = self.got = self.who = self.hint = ""
        super().__init__(f"{self.path}: {self.message}")

    def at(self, path: str) -> SpecError:
        """Return the same, said of another place."""
        error = SpecError(path, self.message)
        error.wanted, error.got, error.who, error.hint = self.wanted, self.got, self.who, self.hint
        return error


def expected(path: str, wanted: object, got: object, hint: str = "", *, who: str = "") -> SpecError:
    """Return the error that one thing was wanted and another given: `expected 1 or -1, got 3; hint`."""
    error = SpecError(path, f"expected {wanted}, got {got}{f'; {hint}' if hint else ''}")
    error.wanted, error.got = (shortened(one_line(str(text)), LONGEST_MESSAGE) for text in (wanted, got))
    error.who, error.hint = who, hint
    return error


def number_text(number: float) -> str:
    """Return every digit of a number in a message, without those that say nothing: `2`, `0.30000000000000004`,
    `1e-07`.
    """
    return repr(number).removesuffix(".0")


def describe(value: object) -> str:
    """Return a short form of a refused value, as a file has it, for messages."""
    # What is cut off is not made printable before: it may be a megabyte.
    text = f'"{one_line(value[: LONGEST_VALUE + 1])}"' if isinstance(value, str) else _literal(value)
    return text if len(text) <= LONGEST_VALUE else f"{text[: LONGEST_VALUE - 3]}..."


def _literal(value: object) -> str:
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, list | tuple):
        more = ", ..." if len(value) > MOST_ITEMS else ""
        return f"[{', '.join(map(describe, value[:MOST_ITEMS]))}{more}]"
    return str(value) if isinstance(value, int | float) else "an object"


def shortened(text: str, longest: int) -> str:
    """Return text of at most so many characters.

    Where it is longer, begin and end are kept, which say where and what.
    """
    if len(text) <= longest:
        return text
    begin, end = (longest - 3) * 2 // 3, (longest - 3) // 3
    return f"{text[:begin]}...{text[-end:]}"


def one_line(text: str) -> str:
    """Return the text with line ends and other control characters escaped, as JSON does it: a file can hold any."""
    return text if text.isprintable() else json.dumps(text)[1:-1]


def plural(count: int, noun: str) -> str:
    """Return `1 row`, `2 rows`; as a text it is `{count} row` and `{count} rows`."""
    return ngettext(f"{{count}} {noun}", f"{{count}} {noun}s", count)
