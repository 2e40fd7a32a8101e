"""How large the parts of a formula's picture are at scale 1, and where they stand there: before there is any room."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from chainrule.explain.circuit.operators import sign_of
from chainrule.ui.circuit.columns import Box, Columns
from chainrule.ui.circuit.contents import CircuitDetail, CircuitRows, CircuitValues
from chainrule.ui.stage.layout.geometry import Metrics, Slot
from chainrule.ui.stage.layout.labels import spread

# The width of a text in letters of a size, at scale 1.
Measure = Callable[[str, float], float]

# The heights of a sign and of a name, and what is free above and below them.
SIGN, NAME, PAD = 20.0, 15.0, 3.0
# The sizes of their letters.
SIGN_FONT, NAME_FONT = 13.0, 11.0
# Beside a sign, a name and a number; between a number's name and the number.
BESIDE, INSIDE, LETTER = 7.0, 4.0, 10.0
# A longer name is cut, and is whole in its tip.
WIDEST_NAME, LEAST_WIDTH = 150.0, 30.0
# What a wire bends in before its numbers and behind them, and where it has none.
BEND = 13.0
APART_AT = {
    CircuitDetail.FULL: 26.0,
    CircuitDetail.COMPACT: 24.0,
    CircuitDetail.TIGHT: 14.0,
    CircuitDetail.OVERVIEW: 13.0,
}
# How high the rows of a tight picture are.
TIGHT_ROW = 15.5
# How high a wire without numbers is, how far apart boxes are, and the side of a dot.
PASS, APART, DOT = 9.0, 3.0, 13.0
# How often the places follow their neighbours, at last those at their left, so that wires begin level.
# Of more boxes less often.
TURNS, MOST_TURNED = 9, 800
_FAR = 1e9


@dataclass(frozen=True, slots=True)
class Lengths:
    """A picture at scale 1: how large nodes, a wire's numbers and rows are, and where ranks and boxes stand."""

    detail: CircuitDetail
    columns: Columns
    contents: CircuitRows
    signs: Mapping[str, str]
    sizes: Mapping[str, tuple[float, float]]
    label: float
    row: float
    widths: tuple[float, ...]
    centers: tuple[Mapping[Box, float], ...]
    width: float
    height: float


def lengths(
    shown: CircuitValues, detail: CircuitDetail, metrics: Metrics, measure: Measure, narrowed: float = 1.0
) -> Lengths:
    """Measure and place everything; the result is the same for every size of the stage.

    `narrowed` is how much there is for a number in a tight picture, of what one with a power of ten needs.
    """
    columns, contents = shown.columns, shown.contents(detail)
    if detail is CircuitDetail.TIGHT:
        metrics = replace(metrics, number=metrics.number * narrowed, row=TIGHT_ROW)
    signs = {name: "" if node.rule is None else sign_of(node.rule, shown.named) for name, node in columns.nodes.items()}
    rows = (slots for found in contents.wires.values() for slots in found)
    label = max((row_width(slots, metrics) for slots in rows), default=0.0)
    sizes = {}
    for name, sign in signs.items():
        sizes[name] = (DOT, DOT)
        if detail is not CircuitDetail.OVERVIEW:
            sizes[name] = _node_size(shown.named(name), sign, contents.nodes[name], metrics, measure)
    widths = []
    for rank, boxes in enumerate(columns.ranks):
        nodes = [sizes[box.name][0] for box in boxes if box.name]
        numbered = any(_has_numbers(columns, contents, rank, box) for box in boxes)
        wide = label + 2 * BEND if numbered else APART_AT[detail]
        widths.append(max(nodes, default=0.0) if rank % 2 == 0 else wide)
    if not widths or len(widths) % 2:
        # The picture ends with what leaves the last node, or a little behind it.
        widths.append(BEND)
    centers, height = _centers(columns, lambda rank, box: _height(columns, contents, sizes, metrics, rank, box))
    return Lengths(
        detail, columns, contents, signs, sizes, label, metrics.row, tuple(widths), centers, sum(widths), height
    )


def row_width(slots: tuple[Slot, ...], metrics: Metrics) -> float:
    """Return how wide one number with its name is."""
    return metrics.number + 2 * INSIDE + LETTER * max(len(slot.label) for slot in slots)


def _node_size(
    name: str, sign: str, rows: tuple[tuple[Slot, ...], ...], metrics: Metrics, measure: Measure
) -> tuple[float, float]:
    # The name of an input stands in the place of a sign.
    widths = (measure(sign, SIGN_FONT), measure(name, NAME_FONT)) if sign else (measure(name, SIGN_FONT),)
    width = max(min(each, WIDEST_NAME) for each in widths) + 2 * BESIDE
    width = max(width, LEAST_WIDTH, *(row_width(slots, metrics) + 4 for slots in rows), 0.0)
    head = SIGN + NAME if sign else SIGN
    return width, head + 2 * PAD + len(rows) * metrics.row


def _height(
    columns: Columns,
    contents: CircuitRows,
    sizes: Mapping[str, tuple[float, float]],
    metrics: Metrics,
    rank: int,
    box: Box,
) -> float:
    if box.name:
        return sizes[box.name][1] + APART
    return 2 * metrics.row + APART if _has_numbers(columns, contents, rank, box) else PASS


def _has_numbers(columns: Columns, contents: CircuitRows, rank: int, box: Box) -> bool:
    """Return whether a wire's numbers stand in a rank."""
    return box.wire in contents.wires and columns.numbers[box.wire] == rank


def _centers(columns: Columns, height: Callable[[int, Box], float]) -> tuple[tuple[Mapping[Box, float], ...], float]:
    """Return the center of each box from the top: none over another, each near to what it is connected with."""
    heights = [[height(rank, box) for box in boxes] for rank, boxes in enumerate(columns.ranks)]
    centers: list[dict[Box, float]] = []
    for boxes, high in zip(columns.ranks, heights, strict=True):
        top, found = -sum(high) / 2, {}
        for box, each in zip(boxes, high, strict=True):
            found[box] = top + each / 2
            top += each
        centers.append(found)
    left, right = _neighbours(columns)
    few = sum(map(len, columns.ranks)) <= MOST_TURNED
    for turn in range(TURNS if few else 3):
        rightwards = turn % 2 == 0
        order = range(1, len(centers)) if rightwards else range(len(centers) - 2, -1, -1)
        for rank in order:
            beside, links = (centers[rank - 1], left) if rightwards else (centers[rank + 1], right)
            boxes = columns.ranks[rank]
            wanted = [_mean([beside[box] for box in links[rank][each]], centers[rank][each]) for each in boxes]
            centers[rank] = dict(zip(boxes, spread(wanted, heights[rank], -_FAR, _FAR), strict=True))
    tops, bottoms = [], []
    for found, boxes, high in zip(centers, columns.ranks, heights, strict=True):
        tops += [found[box] - each / 2 for box, each in zip(boxes, high, strict=True)]
        bottoms += [found[box] + each / 2 for box, each in zip(boxes, high, strict=True)]
    top = min(tops)
    return tuple({box: at - top for box, at in found.items()} for found in centers), max(bottoms) - top


def _mean(places: list[float], otherwise: float) -> float:
    return sum(places) / len(places) if places else otherwise


Links = list[defaultdict[Box, list[Box]]]


def _neighbours(columns: Columns) -> tuple[Links, Links]:
    """Return what each box is connected with in the rank at its left, and in that at its right."""
    left: Links = [defaultdict(list) for _ in columns.ranks]
    right: Links = [defaultdict(list) for _ in columns.ranks]
    seen = set()
    for wire, path in zip(columns.wires, columns.paths, strict=True):
        at = Box(wire.source)
        ends = [(path[-1][0] + 1, Box(wire.target))] if wire.target is not None else []
        for rank, box in (*path, *ends):
            # The wires of a trunk are one as long as they are in it.
            if (rank, at, box) not in seen:
                seen.add((rank, at, box))
                left[rank][box].append(at)
                right[rank - 1][at].append(box)
            at = box
    return left, right
