"""A spotlight, which leaves a disc of the screen bright, and a curtain, which leaves nothing of it."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from chainrule.session.hall.pen import Spot

# The radius, in shares of the screen's height.
RADIUS, LEAST_RADIUS, MOST_RADIUS = 0.14, 0.04, 0.6
GROWTH = 1.15
BLACK, WHITE = "black", "white"


class Spotlight(QObject):
    """Lights a disc around a place while it is on."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.is_on = False
        self.place: Spot = (0.5, 0.5)
        self.radius = RADIUS

    def set_on(self, is_on: bool) -> None:
        """Switch it on or off."""
        if is_on != self.is_on:
            self.is_on = is_on
            self.changed.emit()

    def move(self, place: Spot) -> None:
        """Light another place."""
        if place != self.place:
            self.place = place
            self.changed.emit()

    def grow(self, steps: int) -> None:
        """Make the disc larger, or smaller by steps below 0."""
        radius = max(LEAST_RADIUS, min(self.radius * GROWTH**steps, MOST_RADIUS))
        if radius != self.radius:
            self.radius = radius
            self.changed.emit()


class Curtain(QObject):
    """Covers the screen with one colour, `BLACK` or `WHITE`; "" is none."""

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.color = ""

    def toggle(self, color: str) -> None:
        """Cover the screen in a colour; where it has that already, lift the curtain."""
        self.color = "" if color == self.color else color
        self.changed.emit()

    def lift(self) -> bool:
        """Lift the curtain; return whether there was one."""
        was = bool(self.color)
        if was:
            self.toggle(self.color)
        return was
