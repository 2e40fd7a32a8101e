"""Looking an entry up in a table of functions by its torch name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol, TypeVar

from chainrule.engine.arguments import Argument, Choice, check_choice, describe, one_of
from chainrule.engine.spec_error import expected


class Entry(Protocol):
    """What every table's entries have."""

    @property
    def name(self) -> str:
        """The name in torch, and in files."""

    @property
    def arguments(self) -> tuple[Argument, ...]:
        """What can be set."""


E = TypeVar("E", bound=Entry)


def table(*entries: E) -> dict[str, E]:
    """A table of entries by name."""
    return {entry.name: entry for entry in entries}


def lookup(entries: Mapping[str, E], name: str, path: str = "$", key: str = "name") -> E:
    """The entry of that name, or `SpecError` that lists the names there are."""
    if name not in entries:
        raise expected(f"{path}.{key}", one_of(entries), describe(name))
    return entries[name]


def complete(entries: Mapping[str, E], choice: Choice, path: str, key: str = "name") -> Choice:
    """Check a choice against its table and fill in the defaults of the arguments it leaves out."""
    return check_choice(choice, lookup(entries, choice.name, path, key).arguments, path)


def names(entries: Iterable[str]) -> tuple[str, ...]:
    """The names of a table, in its order."""
    return tuple(entries)
