"""What a hall sees beside the numbers, in one place: for the projector's screen and for the lecturer's own."""

from __future__ import annotations

from PySide6.QtCore import QElapsedTimer, QObject, Signal

from chainrule.session.hall.pen import Pen, Spot
from chainrule.session.hall.spotlight import Curtain, Spotlight


class Show(QObject):
    """The pen, the spotlight, of which one is on at a time, and the curtain; and how long it has gone on.

    `changed` says that there is something else to be seen, `ended` that it is over.
    """

    changed = Signal()
    ended = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.pen, self.spotlight, self.curtain = Pen(self), Spotlight(self), Curtain(self)
        for part in (self.pen, self.spotlight, self.curtain):
            part.changed.connect(self.changed)
        self._clock = QElapsedTimer()
        self._clock.start()

    @property
    def seconds(self) -> int:
        """How long it has gone on."""
        return self._clock.elapsed() // 1000

    @property
    def follows_mouse(self) -> bool:
        """Whether the mouse points or draws, rather than choosing numbers."""
        return self.pen.is_on or self.spotlight.is_on

    def toggle_pen(self) -> None:
        """Take the pen up, or put it down."""
        self.spotlight.set_on(False)
        self.pen.set_on(not self.pen.is_on)

    def choose_color(self, color: int) -> None:
        """Take the pen up in a colour."""
        self.spotlight.set_on(False)
        self.pen.choose(color)

    def toggle_spotlight(self) -> None:
        """Switch the spotlight on or off."""
        self.pen.set_on(False)
        self.spotlight.set_on(not self.spotlight.is_on)

    def press(self, spot: Spot) -> None:
        """Begin to draw, where the pen is up."""
        if self.pen.is_on:
            self.pen.press(spot)

    def move(self, spot: Spot) -> None:
        """Draw on, or light another place."""
        if self.pen.is_on:
            self.pen.move(spot)
        elif self.spotlight.is_on:
            self.spotlight.move(spot)

    def release(self) -> None:
        """End what is drawn."""
        self.pen.release()
