"""Looking an entry up in a table of functions by its torch name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol, TypeVar

from chainrule.catalog.arguments import Argument, Choice, check_choice, describe, one_of
from chainrule.catalog.experiment.spec_error import expected


class Entry(Protocol):
    """What every table's entries have."""

    @property
    def name(self) -> str:
        """The name in torch, and in files."""

    @property
    def arguments(self) -> tuple[Argument, ...]:
        """What can be set."""


E = TypeVar("E", bound=Entry)


class Table(dict[str, E]):
    """Entries by name. `usual` are the names that are chosen most often, in the order in which a list offers them."""

    usual: tuple[str, ...] = ()


def table(*entries: E, usual: Iterable[str] = ()) -> Table[E]:
    """Return a table of entries, some of which are the usual ones."""
    made = Table({entry.name: entry for entry in entries})
    made.usual = tuple(usual)
    return made


def offered(entries: Mapping[str, E]) -> tuple[dict[str, E], int]:
    """Return a table in the order in which its names are offered, the usual ones first and the rest by name; and how
    many of them are the usual ones.
    """
    usual = [name for name in getattr(entries, "usual", ()) if name in entries]
    rest = sorted((name for name in entries if name not in usual), key=str.casefold)
    return {name: entries[name] for name in (*usual, *rest)}, len(usual)


def lookup(entries: Mapping[str, E], name: str, path: str = "$", key: str = "name") -> E:
    """Return the entry of that name, or raise `SpecError` that lists the names there are."""
    if name not in entries:
        raise expected(f"{path}.{key}", one_of(entries), describe(name))
    return entries[name]


def complete(entries: Mapping[str, E], choice: Choice, path: str, key: str = "name") -> Choice:
    """Check a choice against its table and fill in the defaults of the arguments it leaves out."""
    return check_choice(choice, lookup(entries, choice.name, path, key).arguments, path)


def names(entries: Iterable[str]) -> tuple[str, ...]:
    """Return the names of a table, in its order."""
    return tuple(entries)
