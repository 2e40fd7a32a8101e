"""Arguments of table entries: what a user may set, with its range, and the check that refuses the rest."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NoReturn, TypeAlias

from chainrule.catalog.experiment.spec_error import SpecError, describe, expected, number_text, one_line
from chainrule.translation import gettext

__all__ = [
    "Argument",
    "ArgumentValue",
    "Choice",
    "Flag",
    "Integer",
    "NamedNumbers",
    "NonZero",
    "Number",
    "Numbers",
    "SpecError",
    "Word",
    "argument_values",
    "check_choice",
    "check_length",
    "chosen",
    "describe",
    "one_line",
    "one_of",
    "suggested",
]

# What an argument can be. None stands for torch's own None; a tuple for a pair, a list, or a list of choices; numbers
# by name for what an optimizer of the user's own keeps.
ArgumentValue: TypeAlias = (
    "float | int | bool | str | tuple[ArgumentValue, ...] | Mapping[str, ArgumentValue] | Choice | None"
)

LEAST_DIVISOR = 1e-30
MAX_LENGTH = 10_000
# Integers are counts of steps. In formulas they are floats: these are exact, and far from where floats overflow.
MAX_INTEGER = 10**15


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of a table's entry, by torch's name; its class says what it can be.

    `optional` allows None. A `required` one has no default in torch: a file must give it, and the window begins with
    `default`. `since` is the version of the file that it came with: an older file has the default.
    """

    name: str
    default: ArgumentValue
    label: str
    symbol: str = ""
    optional: bool = field(default=False, kw_only=True)
    required: bool = field(default=False, kw_only=True)
    since: int = field(default=1, kw_only=True)

    def check(self, value: object, path: str) -> ArgumentValue:
        """Return the value as it is stored, or raise `SpecError` that says what is allowed."""
        if value is None and self.optional:
            return None
        return self.check_given(value, path)

    def check_given(self, value: object, path: str) -> ArgumentValue:
        """Check a value that is not None."""
        raise NotImplementedError

    def refuse(self, value: object, path: str, allowed: str = "") -> NoReturn:
        """Raise the `SpecError` that says what is allowed and what was given."""
        otherwise = "null or " if self.optional else ""
        raise expected(path, f"{otherwise}{allowed or self.allowed}", describe(value))

    @property
    def allowed(self) -> str:
        """What can be given, in words: `a number of at least 0`."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Number(Argument):
    """A finite number, from `minimum` to `maximum`, strictly more than `above` and less than `below`."""

    minimum: float | None = None
    maximum: float | None = None
    above: float | None = None
    below: float | None = None

    def check_given(self, value: object, path: str) -> ArgumentValue:
        """Return a float."""
        if isinstance(value, bool) or not isinstance(value, int | float) or not _is_finite(value):
            self.refuse(value, path, "a finite number")
        number = float(value)
        if not _in_range(number, self.minimum, self.maximum, self.above, self.below):
            raise expected(path, self.allowed, number_text(number))
        return number

    @property
    def allowed(self) -> str:
        """The range, in words."""
        return (
            gettext("a number{range}", range=_range(self.minimum, self.maximum, self.above, self.below))
            if self._bounded
            else gettext("any number")
        )

    @property
    def _bounded(self) -> bool:
        return any(bound is not None for bound in (self.minimum, self.maximum, self.above, self.below))


class NonZero(Number):
    """A finite number that a formula divides by: so far from 0 that float32 holds its reciprocal."""

    __slots__ = ()

    def check_given(self, value: object, path: str) -> ArgumentValue:
        """Return a float."""
        if isinstance(value, int | float) and not _in_range(value, self.minimum, self.maximum, None, None):
            self.refuse(value, path, f"a number{_range(self.minimum, self.maximum, None, None)}")
        number = Number.check_given(self, value, path)
        if abs(number) < LEAST_DIVISOR:  # type: ignore[arg-type]
            self.refuse(value, path)
        return number

    @property
    def allowed(self) -> str:
        """What can be given, in words."""
        return f"a number of at least {LEAST_DIVISOR:g}, or of at most {-LEAST_DIVISOR:g}"


@dataclass(frozen=True, slots=True)
class Integer(Argument):
    """A whole number from `minimum` to `maximum`."""

    minimum: int | None = None
    maximum: int | None = None

    def check_given(self, value: object, path: str) -> ArgumentValue:
        """Return an int; a float without a fraction counts."""
        if isinstance(value, bool) or not isinstance(value, int | float) or not _is_finite(value):
            self.refuse(value, path)
        if abs(value) > MAX_INTEGER:
            self.refuse(value, path, f"an integer of at most {MAX_INTEGER:g}")
        if value != int(value) or not _in_range(value, self.minimum, self.maximum, None, None):
            self.refuse(value, path)
        return int(value)

    @property
    def allowed(self) -> str:
        """The range, in words."""
        return gettext("an integer{range}", range=_range(self.minimum, self.maximum, None, None))


class Flag(Argument):
    """True or false."""

    __slots__ = ()

    def check_given(self, value: object, path: str) -> ArgumentValue:
        """Return a bool."""
        if not isinstance(value, bool):
            self.refuse(value, path)
        return value

    @property
    def allowed(self) -> str:
        """What can be given, in words."""
        return gettext("true or false")


@dataclass(frozen=True, slots=True)
class Word(Argument):
    """One of several words."""

    choices: tuple[str, ...] = ()

    def check_given(self, value: object, path: str) -> ArgumentValue:
        """Return a str."""
        if not isinstance(value, str) or value not in self.choices:
            self.refuse(value, path)
        return value

    @property
    def allowed(self) -> str:
        """The words."""
        return one_of(self.choices)


@dataclass(frozen=True, slots=True)
class Numbers(Argument):
    """Several numbers: as many as `symbols`, the first `symbols[0]` and so on; or any, `increasing` integers."""

    item: Number | Integer = Number("", 0.0, "")
    symbols: tuple[str, ...] = ()
    increasing: bool = False

    def check_given(self, value: object, path: str) -> ArgumentValue:
        """Return a tuple of floats, or of ints."""
        if not isinstance(value, list | tuple) or (self.symbols and len(value) != len(self.symbols)):
            self.refuse(value, path)
        check_length(value, path)
        numbers = tuple(self.item.check(item, f"{path}[{index}]") for index, item in enumerate(value))
        if self.increasing and any(a >= b for a, b in pairwise(numbers)):  # type: ignore[operator]
            self.refuse(list(value), path, f"{self.allowed}, each larger than the one before")
        return numbers

    @property
    def allowed(self) -> str:
        """How many of what, in words."""
        what = self.item.allowed.removeprefix("any ").removeprefix("a ").removeprefix("an ")
        noun, _, bounds = what.partition(" ")
        count = f"{len(self.symbols)} " if self.symbols else gettext("a list of ")
        return f"{count}{noun}s {bounds}".rstrip()


@dataclass(frozen=True, slots=True)
class NamedNumbers(Argument):
    """Finite numbers by names of the user's own, at most so many."""

    most: int = field(default=MAX_LENGTH, kw_only=True)

    def check_given(self, value: object, path: str) -> ArgumentValue:
        """Return a dict of floats."""
        if not isinstance(value, Mapping):
            self.refuse(value, path)
        if len(value) > self.most:
            raise expected(path, f"at most {self.most} numbers", len(value))
        number = Number("", 0.0, "")
        return {str(name): number.check(item, f"{path}.{name}") for name, item in value.items()}

    @property
    def allowed(self) -> str:
        """What can be given, in words."""
        return gettext("an object of numbers by name")


@dataclass(frozen=True, slots=True)
class Choice:
    """An entry of a table, by name, with its arguments: `Choice("SGD", {"lr": 0.01})`."""

    name: str
    arguments: Mapping[str, ArgumentValue] = field(default_factory=dict)

    def __getitem__(self, name: str) -> ArgumentValue:
        return self.arguments[name]

    def number(self, name: str) -> float:
        """Return a numeric argument."""
        return float(self.arguments[name])  # type: ignore[arg-type]

    def numbers(self, name: str) -> tuple[float, ...]:
        """Return an argument that is several numbers, such as Adam's betas."""
        return tuple(self.arguments[name])  # type: ignore[arg-type]

    def replace(self, **changes: ArgumentValue) -> Choice:
        """Return the same entry with some arguments changed."""
        return Choice(self.name, {**self.arguments, **changes})


def check_choice(choice: Choice, arguments: Iterable[Argument], path: str) -> Choice:
    """Check each argument and fill in the defaults; unknown arguments are refused by name."""
    known = {argument.name: argument for argument in arguments}
    for name in choice.arguments:
        if name not in known:
            allowed = f"takes {', '.join(known)}" if known else "takes no arguments"
            raise SpecError(f"{path}.{name}", f"unknown key; {choice.name} {allowed}")
    for name, argument in known.items():
        if argument.required and name not in choice.arguments:
            raise SpecError(path, f'missing key "{name}": {choice.name} needs {argument.allowed}')
    try:
        checked = {
            name: argument.check(choice.arguments.get(name, argument.default), f"{path}.{name}")
            for name, argument in known.items()
        }
    except SpecError as error:
        error.who = error.who or choice.name
        raise
    return Choice(choice.name, checked)


def argument_values(choice: Choice) -> dict[str, float]:
    """Return the numbers of an entry's arguments by their names in formulas; what is None has none."""
    found: dict[str, float] = {}
    for name, value in choice.arguments.items():
        several = {f"{name}_{place}": item for place, item in enumerate(value)} if isinstance(value, tuple) else {}
        found |= {key: float(item) for key, item in {name: value, **several}.items() if isinstance(item, int | float)}
    return found


def check_length(items: Sequence[object], path: str) -> None:
    """Refuse a list that is longer than any argument needs: every step of a schedule looks through it."""
    if len(items) > MAX_LENGTH:
        raise expected(path, f"at most {MAX_LENGTH} items", len(items))


def one_of(names: Iterable[str]) -> str:
    """Return `MSELoss or HalfSquaredError`, for messages."""
    *first, last = names
    return f"{', '.join(first)} or {last}" if first else last


def suggested(name: str, arguments: Iterable[Argument], kept: Mapping[str, ArgumentValue]) -> Choice:
    """Return an entry with what it can take of the `kept` arguments, and defaults for what it requires: an editor's
    start.
    """
    known = tuple(arguments)
    taken = {a.name: kept[a.name] for a in known if a.name in kept and _takes(a, kept[a.name])}
    return Choice(name, {a.name: taken.get(a.name, a.default) for a in known if a.required or a.name in taken})


def chosen(choice: Choice, arguments: Iterable[Argument]) -> dict[str, ArgumentValue]:
    """Return those of a choice's arguments that are not at their default: someone wanted them so."""
    defaults = {argument.name: argument.default for argument in arguments}
    return {name: value for name, value in choice.arguments.items() if name not in defaults or value != defaults[name]}


def _takes(argument: Argument, value: ArgumentValue) -> bool:
    try:
        argument.check(value, argument.name)
    except SpecError:
        return False
    return True


def _range(minimum: float | None, maximum: float | None, above: float | None, below: float | None) -> str:
    if minimum is not None and maximum is not None:
        return f" from {minimum:g} to {maximum:g}"
    low = f"of at least {minimum:g}" if minimum is not None else f"above {above:g}" if above is not None else ""
    high = f"of at most {maximum:g}" if maximum is not None else f"below {below:g}" if below is not None else ""
    text = " and ".join(part for part in (low, high) if part)
    return f" {text}" if text else ""


def _in_range(
    number: float, minimum: float | None, maximum: float | None, above: float | None, below: float | None
) -> bool:
    return (
        (minimum is None or number >= minimum)
        and (maximum is None or number <= maximum)
        and (above is None or number > above)
        and (below is None or number < below)
    )


def _is_finite(value: float) -> bool:
    # A comparison, unlike math.isfinite, takes an integer of any length.
    return abs(value) <= sys.float_info.max
