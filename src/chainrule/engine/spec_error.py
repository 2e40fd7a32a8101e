"""What is said of an experiment that cannot be accepted. It stands apart: the command line needs no more to begin."""

from __future__ import annotations

import json

# Characters of a refused value that a message shows.
LONGEST_VALUE = 40


class SpecError(ValueError):
    """An experiment that cannot be accepted: where (`$.data.targets[1]`), and what is allowed there."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(one_line(f"{path}: {message}"))
        self.path = path
        self.message = message


def describe(value: object) -> str:
    """A short form of a refused value, as a file has it, for messages."""
    if isinstance(value, str):
        text = f'"{one_line(value)}"'
    else:
        text = (
            {None: "null", True: "true", False: "false"}[value]
            if value is None or isinstance(value, bool)
            else str(value)
        )
    return text if len(text) <= LONGEST_VALUE else f"{text[: LONGEST_VALUE - 3]}..."


def one_line(text: str) -> str:
    """The text with line ends and other control characters escaped, as JSON does it: a file can hold any."""
    return text if text.isprintable() else json.dumps(text)[1:-1]
