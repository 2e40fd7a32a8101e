"""Slow motion: micro-steps at a pace at which one can follow the values on their way."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from chainrule.session.training import Pace, Trainer

# Seconds for a micro-step, the slowest first.
SECONDS = (8, 5, 3, 2, 1)
USUAL = SECONDS.index(3)


def _pace(seconds: int) -> Pace:
    return Pace(f"{seconds} s a step", 1000 * seconds, by_micro_step=True)


class SlowMotion(QObject):
    """Steps on by itself until it is paused, as whatever stops a run does.

    `changed` says that it goes on or has stopped, or goes at another pace.
    """

    changed = Signal()

    def __init__(self, trainer: Trainer, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._trainer, self._place, self._told = trainer, USUAL, False
        trainer.running_changed.connect(self._follow)
        trainer.pace_changed.connect(self._follow)

    @property
    def is_playing(self) -> bool:
        """Whether it goes on: what walks at another pace, or trains, is none of it."""
        return self._trainer.running_pace == _pace(self.seconds)

    @property
    def seconds(self) -> int:
        """How long a micro-step takes."""
        return SECONDS[self._place]

    def toggle(self) -> None:
        """Go on from the cursor, or pause."""
        if self.is_playing:
            self._trainer.pause()
        else:
            self._walk()

    def pause(self) -> None:
        """Pause, if it goes on."""
        if self.is_playing:
            self._trainer.pause()

    def change_pace(self, steps: int) -> None:
        """Go faster by a step, or slower by one below 0."""
        place = max(0, min(self._place + steps, len(SECONDS) - 1))
        if place == self._place:
            return
        was_playing, self._place = self.is_playing, place
        if was_playing:
            self._walk()
        self.changed.emit()

    def _walk(self) -> None:
        self._trainer.walk(_pace(self.seconds))
        # What walked already at another pace says nothing of it.
        self._follow()

    def _follow(self) -> None:
        """Tell that a run of ours has begun or ended, or goes on as another one."""
        if self.is_playing != self._told:
            self._told = self.is_playing
            self.changed.emit()
