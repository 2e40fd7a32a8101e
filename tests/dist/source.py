"""What the source tree says to the same command: the bundle must say the same, letter by letter."""

from __future__ import annotations

import io
from contextlib import redirect_stdout

from chainrule.cli import main


def source_output(*arguments: str) -> tuple[int, str]:
    """Exit status and output of the command in this process; all commands but the window's."""
    output = io.StringIO()
    with redirect_stdout(output):
        status = main(arguments)
    return status, output.getvalue()


def first_difference(found: str, expected: str) -> str:
    """The first line that differs, both ways, or the empty string: pytest takes minutes to compare long texts."""
    if found == expected:
        return ""
    one, other = found.splitlines(), expected.splitlines()
    pairs = enumerate(zip(one, other, strict=False), 1)
    number = next((number for number, (a, b) in pairs if a != b), min(len(one), len(other)) + 1)
    lines = [next(iter(text[number - 1 :]), "(nothing)")[:300] for text in (one, other)]
    return f"line {number}: {lines[0]!r} is not {lines[1]!r}"
