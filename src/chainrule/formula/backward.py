"""The way back through computations that read each other's results: which derivatives there are, in which order."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar


class Computation(Protocol):
    """One computation: it writes a value by its name, and reads others."""

    @property
    def reads(self) -> tuple[str, ...]:
        """The names of what it reads."""

    @property
    def writes(self) -> str:
        """The name of what it gives."""


N = TypeVar("N", bound=Computation)


@dataclass(frozen=True, slots=True)
class Pull(Generic[N]):
    """What comes back through one node to one of the values that it reads, by the chain rule.

    It `is_share` where other nodes read the value, too: its derivative is then the sum of what comes back through each,
    and is known once the share that `is_last` is.
    """

    node: N
    name: str
    is_share: bool = False
    is_last: bool = True


def pulls(nodes: Sequence[N], output: str, wanted: Collection[str]) -> Iterator[Pull[N]]:
    """Yield all that comes back from the output to the values that are `wanted`, in an order in which it can be
    computed.

    `nodes` stand in an order in which each comes after what it reads. What the output does not depend on gets nothing,
    nor does what depends on none of the wanted.
    """
    readers, needed, found = readers_of(nodes, output), _needed(nodes, wanted), dict[str, int]()
    for node in reversed(nodes):
        if node.writes != output and node.writes not in readers:
            continue
        for name in node.reads:
            if name in needed:
                found[name] = found.get(name, 0) + 1
                yield Pull(node, name, readers[name] > 1, found[name] == readers[name])


def readers_of(nodes: Sequence[N], output: str) -> dict[str, int]:
    """Return how many nodes read each value, of those that the output depends on."""
    found: dict[str, int] = {}
    for node in reversed(nodes):
        if node.writes == output or node.writes in found:
            for name in node.reads:
                found[name] = found.get(name, 0) + 1
    return found


def _needed(nodes: Sequence[N], wanted: Collection[str]) -> set[str]:
    """Return the names whose derivatives are asked for: the wanted ones, and what is computed from them."""
    needed = set(wanted)
    for node in nodes:
        if not needed.isdisjoint(node.reads):
            needed.add(node.writes)
    return needed
