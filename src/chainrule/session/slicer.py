"""Long work on the GUI thread, a slice at a time, so that the window stays alive and no lock is needed."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QElapsedTimer, QObject, QTimer, Signal

SLICE_MS = 10


class TimeSlicer(QObject):
    """Advances one generator from a timer: for about 10 ms each time, or by one item where an interval is set."""

    sliced = Signal()
    finished = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._advance)
        self._work: Iterator[object] | None = None

    @property
    def is_active(self) -> bool:
        """Whether there is work going on."""
        return self._work is not None

    def start(self, work: Iterator[object], interval: int = 0) -> None:
        """Begin; `interval` in milliseconds takes one item each time, 0 takes as many as fit into a slice."""
        self._work = work
        self._timer.start(interval)

    def set_interval(self, interval: int) -> None:
        """Change the pace of the work that goes on."""
        self._timer.setInterval(interval)

    def cancel(self) -> None:
        """Stop where it is; `finished` is not emitted."""
        self._timer.stop()
        self._work = None

    def _advance(self) -> None:
        work, clock = self._work, QElapsedTimer()
        clock.start()
        while work is not None:
            ended = next(work, self) is self
            if work is not self._work:
                # What listens to the work has cancelled it, or started other work.
                return
            if ended:
                self.cancel()
                self.finished.emit()
                return
            if self._timer.interval() or clock.elapsed() >= SLICE_MS:
                break
        self.sliced.emit()
