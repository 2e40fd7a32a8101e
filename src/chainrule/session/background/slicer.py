"""Long work on the GUI thread, a slice at a time, so that the window stays alive and no lock is needed."""

from __future__ import annotations

from collections.abc import Iterator
from time import perf_counter

from PySide6.QtCore import QObject, QTimer, Signal

# A key or a click waits for one slice at most.
SLICE_S = 0.010
# Work that begins at once may take so long: what is short is then done before anything else goes on.
FIRST_SLICE_S = 0.020
# Frames come this often, a little more than 30 a second, so that none is lost to what a timer is late.
FRAME_S = 1 / 32
# Not even the slowest drawing puts the next frame off longer than that.
LONGEST_WAIT_S = 1.0


class TimeSlicer(QObject):
    """Advances one generator from a timer: for about 10 ms each time, or by one item where an interval is set.

    `sliced` is for those who look at every slice, `frame` for those who draw: 30 times a second, and with an interval
    after each item. What is drawn then takes its time from the work, but never more than half of it.
    """

    sliced = Signal()
    frame = Signal()
    finished = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._advance)
        self._work: Iterator[object] | None = None
        self._drawing_since: float | None = None
        self._next_frame = 0.0

    @property
    def is_active(self) -> bool:
        """Whether there is work going on."""
        return self._work is not None

    def start(self, work: Iterator[object], interval: int = 0, *, at_once: bool = False) -> None:
        """Begin; `interval` in milliseconds takes one item each time, 0 takes as many as fit into a slice.

        With `at_once` the first slice, a longer one, is over when this returns: short work is then done.
        """
        self._work = work
        self._drawing_since, self._next_frame = None, perf_counter() + FRAME_S
        self._timer.start(interval)
        if at_once:
            self._take(FIRST_SLICE_S)

    def set_interval(self, interval: int) -> None:
        """Change the pace of the work that goes on."""
        self._timer.setInterval(interval)

    def cancel(self) -> None:
        """Stop where it is; `finished` is not emitted."""
        self._timer.stop()
        self._work = None

    def _advance(self) -> None:
        self._take(SLICE_S)

    def _take(self, length: float) -> None:
        work, start = self._work, perf_counter()
        if self._drawing_since is not None:
            # Where drawing takes longer than a frame is long, the work gets as much time as the drawing.
            self._next_frame = max(self._next_frame, 2 * start - self._drawing_since)
            self._drawing_since = None
        # A clock that has jumped, as some do where the machine was asleep, does not put frames off for hours.
        self._next_frame = min(self._next_frame, start + LONGEST_WAIT_S)
        end = min(start + length, self._next_frame)
        while work is not None:
            ended = next(work, self) is self
            if work is not self._work:
                # What listens to the work has cancelled it, or started other work.
                return
            if ended:
                self.cancel()
                self.finished.emit()
                return
            if self._timer.interval() or perf_counter() >= end:
                break
        self.sliced.emit()
        self._show_frame()

    def _show_frame(self) -> None:
        now = perf_counter()
        if self._work is None or not (self._timer.interval() or now >= self._next_frame):
            return
        # A frame that comes late does not put off all that follow, but those that are lost are lost.
        self._next_frame = max(self._next_frame + FRAME_S, now)
        self._drawing_since = now
        self.frame.emit()
