"""Which part of a chart is in sight: of its iterations, or of its axes of values; all that there are, or less."""

from __future__ import annotations

from math import isfinite

Range = tuple[float, float]

# A part has so many iterations at least; of an axis of values so much of all of it.
LEAST, LEAST_PART = 4.0, 1e-4
# After one step of the wheel, or of a key, so much of what was in sight is still there.
STEP = 0.8
# What a step of the wheel turns it by.
WHEEL = 120


class Zoom:
    """A part stays where it is while more iterations come; one that ends with the last goes along with them."""

    def __init__(self) -> None:
        self._first, self._last = 0.0, 0.0
        # None is all.
        self.part: tuple[float, float] | None = None

    def take(self, first: float, last: float) -> None:
        """Know which iterations there are now."""
        known, part = (self._first, self._last), self.part
        self._first, self._last = first, last
        if part is not None:
            follows = part[1] >= known[1] and last > known[1]
            self._set(*(each + last - known[1] for each in part) if follows else part)

    def step(self, steps: float, around: float) -> None:
        """Show fewer iterations, or more where `steps` is negative; `around` stays where it is."""
        low, high = self.seen
        share = STEP**steps
        self._set(around - share * (around - low), around + share * (high - around))

    def move(self, iterations: float) -> None:
        """Show as many iterations, from so many later on."""
        if self.part is not None:
            self._set(self.part[0] + iterations, self.part[1] + iterations)

    def bring(self, iteration: float) -> None:
        """Have an iteration in sight."""
        low, high = self.seen
        if not low <= iteration <= high:
            self.move(iteration - (low + high) / 2)

    @property
    def seen(self) -> tuple[float, float]:
        """The first and the last iteration in sight."""
        return self.part or (self._first, self._last)

    def _set(self, low: float, high: float) -> None:
        """Take a part, moved to where there are iterations; None where it is all of them."""
        length = max(high - low, LEAST)
        if length >= self._last - self._first:
            self.part = None
            return
        low = min(max(low, self._first), self._last - length)
        self.part = (low, low + length)


class PlaneZoom:
    """Which part of one axis, or of two, is in sight. Places in it are shares of what is in sight, from 0 to 1.

    A part stays where it is while training widens the axes, and is forgotten once they mean something else.
    """

    def __init__(self) -> None:
        self._meaning: object = None
        self._whole: tuple[Range, ...] = ()
        # None is all.
        self.part: tuple[Range, ...] | None = None

    def take(self, meaning: object, whole: tuple[Range, ...]) -> tuple[Range, ...]:
        """Know what the axes are now, and all that there is of them; return what is in sight."""
        if meaning != self._meaning or len(whole) != len(self._whole):
            self.part = None
        self._meaning, self._whole = meaning, whole
        if self.part is not None:
            self._set(self.part)
        return self.seen

    def look_like(self, other: PlaneZoom) -> None:
        """Show the part that another one shows."""
        self._meaning, self._whole, self.part = other._meaning, other._whole, other.part

    def step(self, steps: float, around: tuple[float, float]) -> None:
        """Show less, or more where `steps` is negative; what is at `around` stays there."""
        share, found = STEP**steps, []
        for (low, high), whole, at in zip(self.seen, self._whole, around, strict=False):
            length = max((high - low) * share, LEAST_PART * (whole[1] - whole[0]))
            begin = low + at * (high - low - length)
            found.append((begin, begin + length))
        self._set(tuple(found))

    def move(self, shares: tuple[float, float]) -> None:
        """Show as much, from further on by so many times of what is in sight."""
        if self.part is not None:
            pairs = zip(self.part, shares, strict=False)
            self._set(tuple((low + by * (high - low), high + by * (high - low)) for (low, high), by in pairs))

    @property
    def seen(self) -> tuple[Range, ...]:
        """The ends of each axis in sight."""
        return self.part or self._whole

    def _set(self, part: tuple[Range, ...]) -> None:
        """Take a part, moved to where the axes are; None where it is all of them, or they have no end."""
        if not all(isfinite(high - low) for low, high in self._whole):
            self.part = None
            return
        found = tuple(_within(each, whole) for each, whole in zip(part, self._whole, strict=True))
        self.part = None if found == self._whole else found


def _within(part: Range, whole: Range) -> Range:
    """Return a range as long, moved into another one; all of that where it is no longer."""
    length = part[1] - part[0]
    # What was zoomed to by steps and back is all again, though it was rounded.
    if length >= (1 - 1e-9) * (whole[1] - whole[0]):
        return whole
    low = min(max(part[0], whole[0]), whole[1] - length)
    return low, low + length
