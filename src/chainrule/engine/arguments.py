"""Arguments of table entries: what a user may set, with its range, and the check that refuses the rest."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

Value = float | bool | str

# Characters of a refused value that a message shows.
LONGEST_VALUE = 40


class SpecError(ValueError):
    """An experiment that cannot be accepted: where (`$.data.targets[1]`), and what is allowed there."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(one_line(f"{path}: {message}"))
        self.path = path
        self.message = message


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of an activation, loss or optimizer, by torch's name.

    `choices` makes it one of several words; otherwise it is a finite number between `minimum` and `maximum`.
    """

    name: str
    default: Value
    label: str
    symbol: str = ""
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()

    def check(self, value: object, path: str) -> Value:
        """Return the value as it is stored, or raise `SpecError` that says what is allowed."""
        if self.choices:
            if not isinstance(value, str) or value not in self.choices:
                raise SpecError(path, f"expected {one_of(self.choices)}, got {describe(value)}")
            return value
        if isinstance(value, bool) or not isinstance(value, int | float) or not _is_finite(value):
            raise SpecError(path, f"expected a finite number, got {describe(value)}")
        number = float(value)
        if self.minimum is not None and number < self.minimum:
            raise SpecError(path, f"expected a number of at least {self.minimum:g}, got {number:g}")
        if self.maximum is not None and number > self.maximum:
            raise SpecError(path, f"expected a number of at most {self.maximum:g}, got {number:g}")
        return number


@dataclass(frozen=True, slots=True)
class Choice:
    """An entry of a table, by name, with its arguments: `Choice("SGD", {"lr": 0.01})`."""

    name: str
    arguments: Mapping[str, Value] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Value:
        return self.arguments[name]

    def number(self, name: str) -> float:
        """A numeric argument."""
        return float(self.arguments[name])

    def replace(self, **changes: Value) -> Choice:
        """The same entry with some arguments changed."""
        return Choice(self.name, {**self.arguments, **changes})


def check_choice(choice: Choice, arguments: Iterable[Argument], path: str) -> Choice:
    """Check each argument and fill in the defaults; unknown arguments are refused by name."""
    known = {argument.name: argument for argument in arguments}
    for name in choice.arguments:
        if name not in known:
            allowed = f"takes {', '.join(known)}" if known else "takes no arguments"
            raise SpecError(f"{path}.{name}", f"unknown key; {choice.name} {allowed}")
    checked = {
        name: argument.check(choice.arguments.get(name, argument.default), f"{path}.{name}")
        for name, argument in known.items()
    }
    return Choice(choice.name, checked)


def one_of(names: Iterable[str]) -> str:
    """`MSELoss or HalfSquaredError`, for messages."""
    *first, last = names
    return f"{', '.join(first)} or {last}" if first else last


def _is_finite(value: float) -> bool:
    # A comparison, unlike math.isfinite, takes an integer of any length.
    return abs(value) <= sys.float_info.max


def describe(value: object) -> str:
    """A short form of a refused value, for messages."""
    text = f'"{one_line(value)}"' if isinstance(value, str) else str(value)
    return text if len(text) <= LONGEST_VALUE else f"{text[: LONGEST_VALUE - 3]}..."


def one_line(text: str) -> str:
    """The text with line ends and other control characters escaped, as JSON does it: a file can hold any."""
    return text if text.isprintable() else json.dumps(text)[1:-1]
