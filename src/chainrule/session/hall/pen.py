"""A pen: strokes over what is shown, which go with the next step unless they are kept."""

from __future__ import annotations

from dataclasses import dataclass, replace

from PySide6.QtCore import QObject, Signal

# Points nearer than this to the last one, in shares of the screen, add nothing that could be seen.
NEAR = 0.001
# Of a stroke that never ends, so much is kept; the next point begins another.
MOST_POINTS = 4000
# How many colours there are; which they are is the theme's.
COLORS = 4
# From the left to the right edge, and from the top to the bottom edge: 0 to 1.
Spot = tuple[float, float]


@dataclass(frozen=True, slots=True)
class PenStroke:
    """A line drawn in one go. Places are shares of the screen, so that it is the same on a small picture of it."""

    color: int
    points: tuple[Spot, ...]

    def to(self, place: Spot) -> PenStroke:
        """Return the stroke led on to a place; the same where that is as good as its end."""
        x, y = self.points[-1]
        is_near = abs(place[0] - x) < NEAR and abs(place[1] - y) < NEAR
        return self if is_near else replace(self, points=(*self.points, place))


class Pen(QObject):
    """Draws strokes while it is on. `changed` says that there is something else to be seen."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.is_on = False
        self.color = 0
        # Whether strokes stay when the step changes.
        self.keeps = False
        self.strokes: tuple[PenStroke, ...] = ()
        self._is_down = False

    def set_on(self, is_on: bool) -> None:
        """Take the pen up, or put it down."""
        if is_on != self.is_on:
            self.is_on, self._is_down = is_on, False
            self.changed.emit()

    def choose(self, color: int) -> None:
        """Draw in another colour from now on, counted round and round, and take the pen up."""
        self.color, self.is_on = color % COLORS, True
        self.changed.emit()

    def set_keeps(self, keeps: bool) -> None:
        """Keep strokes when the step changes, or not."""
        if keeps != self.keeps:
            self.keeps = keeps
            self.changed.emit()

    def press(self, place: Spot) -> None:
        """Begin a stroke."""
        self.strokes += (PenStroke(self.color, (place,)),)
        self._is_down = True
        self.changed.emit()

    def move(self, place: Spot) -> None:
        """Lead the stroke on that was begun."""
        if not self._is_down:
            return
        *before, last = self.strokes
        if len(last.points) >= MOST_POINTS:
            self.strokes += (PenStroke(last.color, (last.points[-1], place)),)
        elif (longer := last.to(place)) is last:
            return
        else:
            self.strokes = (*before, longer)
        self.changed.emit()

    def release(self) -> None:
        """End the stroke."""
        self._is_down = False

    def undo(self) -> None:
        """Take the last stroke back."""
        if self.strokes:
            self.strokes, self._is_down = self.strokes[:-1], False
            self.changed.emit()

    def clear(self) -> None:
        """Wipe all strokes away."""
        if self.strokes:
            self.strokes, self._is_down = (), False
            self.changed.emit()

    def turn_page(self) -> None:
        """Wipe them away, unless they are kept: another step is shown."""
        if not self.keeps:
            self.clear()
