"""A formula's graph in columns: what stands where, from left to right and from top to bottom, without any lengths.

Ranks of nodes and gaps take turns: nodes stand in the even ranks, and a wire's numbers in the odd one behind its
source. A wire has a box in each rank that it crosses, so that nothing else stands in its way (Sugiyama's layers); the
order within a rank is that of fewest crossings that sorting by the mean place of the neighbours finds. The wires of one
source are one trunk, from which each branches off before its reader, and has its numbers there.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from chainrule.formula.graph import Graph, Step, backward_steps, grad_name, graph_of
from chainrule.formula.tree import Expr

# Sweeps from left to right and back; of more boxes fewer, for nobody follows so many wires.
SWEEPS, MOST_SWEPT = 8, 4000
# In a deeper formula an input stands just before what reads it first: from the left its wire would cross all else.
DEEP = 12


@dataclass(frozen=True, slots=True)
class NodePlace:
    """A node: its name, the formula of its operator (None of an input), and its rank."""

    name: str
    rule: Expr | None
    rank: int


@dataclass(frozen=True, slots=True)
class CircuitWire:
    """From a node to one that reads it, or (None) to nowhere: the output, and what nothing reads.

    `gradient` is the name of the derivative of the output by what the wire carries: the share of its reader where there
    are several, and None where the output does not depend on it this way.
    """

    source: str
    target: str | None
    gradient: str | None


class Box(NamedTuple):
    """What takes room in a rank: a node by its name, a wire by its number, or the trunk of a source by its name."""

    name: str = ""
    wire: int = -1
    trunk: str = ""


@dataclass(frozen=True, slots=True)
class Columns:
    """Nodes and wires, and the boxes of each rank from top to bottom.

    `paths` are the ranks that each wire crosses, with its box there; in one of them, `numbers`, stand its numbers.
    `shared` are the names whose gradient is a sum of shares.
    """

    nodes: dict[str, NodePlace]
    wires: tuple[CircuitWire, ...]
    ranks: tuple[tuple[Box, ...], ...]
    paths: tuple[tuple[tuple[int, Box], ...], ...]
    numbers: tuple[int, ...]
    shared: frozenset[str]


@lru_cache(maxsize=16)
def columns_of(lines: tuple[str, ...]) -> Columns:
    """Return the columns of a formula's lines; a `FormulaError` where they make no graph."""
    graph = graph_of(lines)
    ranks = _ranks(graph)
    nodes = {name: NodePlace(name, None, ranks[name]) for name in graph.inputs}
    nodes |= {step.writes: NodePlace(step.writes, step.rule, ranks[step.writes]) for step in graph.nodes}
    written = {step.writes for step in backward_steps(graph)}
    wires = tuple(_wires(graph, written))
    count = Counter(wire.source for wire in wires)
    paths = tuple(_path(ranks, number, wire, count[wire.source] > 1) for number, wire in enumerate(wires))
    order = _Order(nodes, wires, paths)
    order.sweep()
    numbers = tuple(next(rank for rank, box in path if not box.trunk) for path in paths)
    shared = {wire.source for wire in wires if wire.gradient not in (None, grad_name(wire.source))}
    return Columns(nodes, wires, tuple(map(tuple, order.ranks)), paths, numbers, frozenset(shared))


def _ranks(graph: Graph) -> dict[str, int]:
    """Return the even rank of each node: by the longest way to it.

    The output, which nobody reads, stands in the last.
    """
    column = dict.fromkeys(graph.inputs, 0)
    for step in graph.nodes:
        column[step.writes] = 1 + max((column[name] for name in step.reads), default=-1)
    if not any(graph.output in step.reads for step in graph.nodes):
        column[graph.output] = max(column.values())
    if max(column.values()) > DEEP:
        first = _first_reader(graph.nodes, column)
        column |= {name: first[name] - 1 for name in graph.inputs}
    return {name: 2 * place for name, place in column.items()}


def _first_reader(nodes: Sequence[Step], column: dict[str, int]) -> dict[str, int]:
    found: dict[str, int] = {}
    for step in nodes:
        for name in step.reads:
            found[name] = min(found.get(name, column[step.writes]), column[step.writes])
    return found


def _wires(graph: Graph, written: set[str]) -> Iterable[CircuitWire]:
    """Yield the wires in the order of their readers' operands, and the loose ends."""
    read: set[str] = set()
    for step in graph.nodes:
        for name in step.reads:
            read.add(name)
            share = f"{grad_name(name)}.from.{step.writes}"
            # What is no share is the whole gradient, unless the output does not depend on this reader.
            whole = grad_name(name) if grad_name(name) in written and grad_name(step.writes) in written else None
            yield CircuitWire(name, step.writes, share if share in written else whole)
    for step in graph.nodes:
        if step.writes not in read:
            yield CircuitWire(step.writes, None, grad_name(step.writes) if grad_name(step.writes) in written else None)
        elif step.writes == graph.output:
            yield CircuitWire(step.writes, None, grad_name(step.writes))


WirePath = tuple[tuple[int, Box], ...]


def _path(ranks: dict[str, int], number: int, wire: CircuitWire, branches: bool) -> WirePath:
    first = ranks[wire.source] + 1
    last = first if wire.target is None else ranks[wire.target] - 1
    own = Box(wire=number)
    if not branches:
        return tuple((rank, own) for rank in range(first, last + 1))
    trunk = Box(trunk=wire.source)
    return (*((rank, trunk) for rank in range(first, last)), (last, own))


class _Order:
    """The order of boxes within their ranks, made better by sweeps."""

    def __init__(self, nodes: dict[str, NodePlace], wires: Sequence[CircuitWire], paths: Sequence[WirePath]) -> None:
        last = max([node.rank for node in nodes.values()] + [path[-1][0] for path in paths])
        # What stands in a rank, and what is linked with the next: each once, in the order in which it comes.
        boxes: list[dict[Box, None]] = [{} for _ in range(last + 1)]
        links: list[dict[tuple[Box, Box], None]] = [{} for _ in range(last + 1)]
        for node in nodes.values():
            boxes[node.rank][Box(node.name)] = None
        for wire, path in zip(wires, paths, strict=True):
            at = Box(wire.source)
            for rank, box in path:
                boxes[rank][box] = None
                links[rank - 1][at, box] = None
                at = box
            if wire.target is not None:
                links[path[-1][0]][at, Box(wire.target)] = None
        self.ranks = [list(found) for found in boxes]
        self._links = [list(found) for found in links]

    def sweep(self) -> None:
        """Sort each rank by the rank beside it, from both sides in turn, and keep the best that came by."""
        best, fewest = [list(rank) for rank in self.ranks], self._crossings()
        for turn in range(SWEEPS if sum(map(len, self.ranks)) <= MOST_SWEPT else 2):
            if not fewest:
                break
            self._sort(rightwards=turn % 2 == 0)
            crossings = self._crossings()
            if crossings < fewest:
                best, fewest = [list(rank) for rank in self.ranks], crossings
        self.ranks = best

    def _sort(self, *, rightwards: bool) -> None:
        last = len(self.ranks) - 1
        for rank in range(1, last + 1) if rightwards else range(last - 1, -1, -1):
            beside = rank - 1 if rightwards else rank + 1
            place = {box: number for number, box in enumerate(self.ranks[beside])}
            found: defaultdict[Box, list[int]] = defaultdict(list)
            for left, right in self._links[min(rank, beside)]:
                box, neighbour = (right, left) if rightwards else (left, right)
                found[box].append(place[neighbour])
            now = {box: number for number, box in enumerate(self.ranks[rank])}
            # What has no neighbour there keeps its place.
            mean = {box: sum(found[box]) / len(found[box]) if box in found else float(now[box]) for box in now}
            self.ranks[rank].sort(key=mean.__getitem__)

    def _crossings(self) -> int:
        return sum(_inversions(self._ends(rank)) for rank in range(len(self.ranks) - 1))

    def _ends(self, rank: int) -> list[int]:
        """Return where the links behind a rank end, from top to bottom of where they begin."""
        left, right = ({box: number for number, box in enumerate(self.ranks[at])} for at in (rank, rank + 1))
        return [end for _, end in sorted((left[one], right[other]) for one, other in self._links[rank])]


def _inversions(ends: list[int]) -> int:
    """Return how many pairs are out of order, by merging."""
    if len(ends) < 2:
        return 0
    half = len(ends) // 2
    left, right = ends[:half], ends[half:]
    count = _inversions(left) + _inversions(right)
    left.sort()
    right.sort()
    at = 0
    for end in left:
        while at < len(right) and right[at] < end:
            at += 1
        count += at
    return count
