"""Where the timeline's marks and labels are: pure geometry, in pixels."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from PySide6.QtCore import QRectF

PHASES = ("forward", "loss", "backward", "update")
# Marks closer than this keep a pixel between them, and none where they are closer still.
NARROW = 14.0
NARROWEST = 3.0
# The space between labels, at least.
LABEL_GAP = 5.0


@dataclass(frozen=True, slots=True)
class PhaseMarks:
    """The marks of one phase: `count` of them from the step `first` on, side by side."""

    phase: str
    first: int
    count: int
    left: float
    width: float

    @property
    def indices(self) -> range:
        """The steps whose marks they are."""
        return range(self.first, self.first + self.count)

    @property
    def right(self) -> float:
        """Where it ends."""
        return self.left + self.width

    @property
    def space(self) -> float:
        """Between two marks."""
        share = self.width / self.count
        if share < NARROW:
            return 1.0 if share >= NARROWEST else 0.0
        return min(5.0, 0.2 * share)

    @property
    def pitch(self) -> float:
        """From one mark to the next."""
        return (self.width + self.space) / self.count

    def mark(self, index: int, top: float, height: float) -> QRectF:
        """Return the mark of a step; narrow ones begin and end with whole pixels, or their edges would blur."""
        left = self.left + (index - self.first) * self.pitch
        right = left + self.pitch
        if self.pitch < NARROW:
            left, right = round(left), round(right)
        return QRectF(left, top, right - left - self.space, height)

    def step_at(self, x: float) -> int:
        """Return the step whose mark is nearest to x."""
        return self.first + max(0, min(int((x - self.left) / self.pitch), self.count - 1))


def lay_out_marks(
    phases: Sequence[str], least: Mapping[str, float], left: float, width: float, space: float
) -> tuple[PhaseMarks, ...]:
    """Put the phases of the steps side by side, `space` apart, each in proportion to its steps.

    `least` is the width that a phase's heading needs: no group is narrower, as long as there is room for all.
    """
    present = [name for name in PHASES if name in phases]
    counts = {name: phases.count(name) for name in present}
    room = max(1.0, width - space * (len(present) - 1))
    widths = _shares(counts, {name: least[name] for name in present}, room)
    groups, first = [], 0
    for name in present:
        groups.append(PhaseMarks(name, first, counts[name], left, widths[name]))
        first += counts[name]
        left += widths[name] + space
    return tuple(groups)


def _shares(counts: Mapping[str, int], least: Mapping[str, float], room: float) -> dict[str, float]:
    """Divide the room in proportion to the counts, and give none less than it needs."""
    if sum(least.values()) >= room:
        return {name: room * least[name] / sum(least.values()) for name in counts}
    fixed: dict[str, float] = {}
    while True:
        free = {name: count for name, count in counts.items() if name not in fixed}
        pitch = (room - sum(fixed.values())) / max(1, sum(free.values()))
        narrow = {name: least[name] for name, count in free.items() if count * pitch < least[name]}
        if not narrow:
            return {name: fixed.get(name, n * pitch) for name, n in counts.items()}
        fixed |= narrow


def group_at(groups: Sequence[PhaseMarks], x: float) -> PhaseMarks:
    """Return the group whose marks are nearest to x."""
    middles = [(before.right + after.left) / 2 for before, after in pairwise(groups)]
    return groups[bisect_right(middles, x)]


def marks_of(groups: Sequence[PhaseMarks], index: int) -> PhaseMarks:
    """Return the group of a step."""
    return next(group for group in reversed(groups) if group.first <= index)


def position_at(groups: Sequence[PhaseMarks], x: float) -> int:
    """Return how many steps are done at x: 0 to the left of all marks, else up to and with the mark there."""
    if not groups or x < groups[0].left:
        return 0
    return group_at(groups, x).step_at(x) + 1


def centers(groups: Sequence[PhaseMarks]) -> list[float]:
    """Return the middle of each mark, from left to right."""
    marks = [group.mark(group.first + n, 0, 0) for group in groups for n in range(group.count)]
    return [mark.center().x() for mark in marks]


def label_left(center: float, width: float, left: float, right: float) -> float:
    """Return where a label begins: centred, and within the bounds."""
    return max(left, min(center - width / 2, right - width))


def labels_that_fit(lefts: Sequence[float], widths: Sequence[float], leaders: Sequence[int]) -> tuple[int, ...]:
    """Return the steps whose labels are shown without overlap: all, or as many as there is room for.

    First come those of the `leaders`, every one or every second, third, ...; then others between them.
    """
    everything = range(len(lefts))
    if not _overlap(everything, lefts, widths):
        return tuple(everything)
    shown = _evenly(leaders, lefts, widths)
    for place in (*leaders, *everything):
        at = bisect_left(shown, place)
        before, after = shown[max(0, at - 1) : at], shown[at : at + 1]
        if place not in after and not _overlap((*before, place, *after), lefts, widths):
            shown.insert(at, place)
    return tuple(shown)


def with_label_of(
    current: int, shown: Sequence[int], lefts: Sequence[float], widths: Sequence[float]
) -> tuple[int, ...]:
    """Return the steps whose labels are shown when that of one has to be.

    It takes the room of those that it lies on.
    """
    if current in shown:
        return tuple(shown)
    kept = (place for place in shown if not _overlap(sorted((place, current)), lefts, widths))
    return tuple(sorted((current, *kept)))


def _evenly(places: Sequence[int], lefts: Sequence[float], widths: Sequence[float]) -> list[int]:
    """Return every one of some places, or every second, third, ...: the most that have room."""
    for stride in range(1, len(places)):
        if not _overlap(places[::stride], lefts, widths):
            return list(places[::stride])
    return list(places[:1])


def _overlap(shown: Sequence[int], lefts: Sequence[float], widths: Sequence[float]) -> bool:
    return any(lefts[i] + widths[i] + LABEL_GAP > lefts[j] for i, j in pairwise(shown))
