"""Work beside a run: as fast as it goes while the screen stands still, else for a small share of the time."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil
from time import perf_counter

from PySide6.QtCore import QObject, Signal

from chainrule.session.background.slicer import TimeSlicer

# For each second of work so many seconds are left to whatever changes the screen.
REST = 10
# Seconds without a change after which the screen stands still.
STILL_S = 0.25


class ShareOfTime(QObject):
    """Advances one generator a slice at a time. `sliced` tells of each slice, `finished` of the end."""

    sliced = Signal()
    finished = Signal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._slicer = TimeSlicer(self)
        self._slicer.sliced.connect(self.sliced)
        self._slicer.finished.connect(self.finished)
        self._interval = 0
        self._changed_at = 0.0

    @property
    def is_active(self) -> bool:
        """Whether there is work going on."""
        return self._slicer.is_active

    @property
    def is_still(self) -> bool:
        """Whether the screen stands still: nobody steps, and no run goes on."""
        return perf_counter() - self._changed_at >= STILL_S

    def tell_change(self) -> None:
        """Take note that the screen has changed."""
        self._changed_at = perf_counter()

    def start(self, work: Iterator[object], *, at_once: bool = False) -> None:
        """Begin with other work than before; its items are short ones. With `at_once` short work is done by then."""
        self._interval = 0
        self._slicer.start(self._paced(work), at_once=at_once)

    def cancel(self) -> None:
        """Stop where it is; `finished` is not emitted."""
        self._slicer.cancel()

    def _paced(self, work: Iterator[object]) -> Iterator[None]:
        while True:
            began = perf_counter()
            if next(work, self) is self:
                return
            self._rest(0 if self.is_still else ceil(1000 * REST * (perf_counter() - began)))
            yield

    def _rest(self, interval: int) -> None:
        if interval != self._interval:
            self._interval = interval
            self._slicer.set_interval(interval)
