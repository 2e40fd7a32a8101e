"""Files written a slice at a time, one after the other, while the window stays alive."""

from __future__ import annotations

import errno
import os
from collections import deque
from collections.abc import Callable, Generator, Iterator

from PySide6.QtCore import QObject, Signal

from chainrule.catalog.arguments import SpecError
from chainrule.model.files.disk import FileChangedError, Written
from chainrule.session.background.slicer import TimeSlicer

Work = Generator[None, None, Written]
# What came of it: what was written, or why it was not.
Outcome = Written | SpecError | FileChangedError | OSError
Done = Callable[[Outcome], None]


class Writer(QObject):
    """Does one work of writing after the other: what is short at once, what is long in slices.

    What is written is frozen, so that it may be edited meanwhile.
    """

    active_changed = Signal(bool)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._slicer = TimeSlicer(self)
        self._slicer.finished.connect(self._go_on)
        self._works: deque[tuple[Work, Done]] = deque()
        self._current: Work | None = None
        self._waiting: list[Callable[[], None]] = []

    @property
    def is_active(self) -> bool:
        """Whether anything is being written, or waits for that."""
        return self._slicer.is_active

    def write(self, work: Work, done: Done) -> None:
        """Begin, or wait for what is being written. `done` is told how it ended."""
        self._works.append((work, done))
        if not self._slicer.is_active:
            self._slicer.start(self._all(), at_once=True)
            if self._slicer.is_active:
                self.active_changed.emit(True)

    def when_idle(self, then: Callable[[], None]) -> None:
        """Go on with something once nothing is left to write: at once, if nothing is."""
        if self._slicer.is_active:
            self._waiting.append(then)
        else:
            then()

    def cancel(self) -> None:
        """Write no more: the old files stay, and nothing is left beside them."""
        self._slicer.cancel()
        works = [work for work, _ in self._works]
        self._works.clear()
        self._waiting.clear()
        for work in (self._current, *works):
            if work is not None:
                work.close()
        self._current = None

    def _all(self) -> Iterator[None]:
        while self._works:
            work, done = self._works.popleft()
            self._current = work
            try:
                outcome: Outcome = yield from work
            except (SpecError, FileChangedError, OSError) as error:
                outcome = error
            except MemoryError:
                outcome = OSError(errno.ENOMEM, os.strerror(errno.ENOMEM))
            self._current = None
            done(outcome)

    def _go_on(self) -> None:
        if self._works:
            # One before it ended in an error that nobody expected.
            self._slicer.start(self._all())
            return
        self.active_changed.emit(False)
        waiting, self._waiting = self._waiting, []
        for then in waiting:
            then()
