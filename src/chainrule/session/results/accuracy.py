"""The accuracy by iteration: measured beside a run for a small share of the time, and in full once all is still."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from dataclasses import replace
from math import ceil
from time import perf_counter
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from chainrule.session.background.lazy_engine import engine
from chainrule.session.background.sharing import STILL_S, ShareOfTime
from chainrule.session.runs.compared import is_part_of
from chainrule.session.screen.course import Course
from chainrule.session.screen.moment import Moment

if TYPE_CHECKING:
    from chainrule.model.curves.accuracy import AccuracyCurve


def accuracy_of(course: Course) -> AccuracyCurve:
    """Return the accuracy of training and test rows at the iterations at which it is measured."""
    assert course.timeline is not None
    found: AccuracyCurve = engine().accuracy.measured(course.timeline, course.document, course.horizon)
    return found


def pinned_courses(course: Course) -> list[Course]:
    """Return the courses of the pinned runs that are shown; a part of the run on the screen is seen in that."""
    shown = [run for run in course.pinned if run.shown and not is_part_of(run, course)]
    return [replace(course, document=run.document, horizon=run.horizon) for run in shown]


def _measuring_run(
    course: Course, here: int, goes_on: Callable[[], bool], *, is_still: bool
) -> Generator[None, None, bool]:
    assert course.timeline is not None
    found: bool = yield from engine().accuracy.measuring(
        course.timeline, course.document, course.horizon, here, is_still=is_still, goes_on=goes_on
    )
    return found


# More that is known is drawn so often.
TELLING_S = 0.2


class AccuracyMeter(QObject):
    """Measures it at the iterations that are drawn; `changed` tells that more of them are known.

    It works as long as somebody tells it of moments, and until it is told to rest.
    """

    changed = Signal()

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._moment: Moment | None = None
        self._share = ShareOfTime(self)
        self._share.sliced.connect(self._tell)
        self._share.finished.connect(self._tell)
        self._is_new, self._next_telling = False, 0.0
        # Once all is still there is more to be done.
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(ceil(1000 * STILL_S) + 1)
        self._timer.timeout.connect(self._begin)

    @property
    def is_done(self) -> bool:
        """Whether nothing is left to be measured, or it rests."""
        return not (self._share.is_active or self._timer.isActive())

    def follow(self, moment: Moment) -> None:
        """Measure what is drawn of the course of a moment, which is another one than before."""
        self._share.tell_change()
        before, self._moment = self._moment, moment
        known = None if before is None else (before.course.segments, before.course.pinned)
        if before is not None and known != (moment.course.segments, moment.course.pinned):
            # What is measured now may be of iterations that are no longer there.
            self._share.cancel()
        self._timer.start()
        self._begin()

    def rest(self) -> None:
        """Measure nothing: nobody looks."""
        self._timer.stop()
        self._share.cancel()

    def _begin(self) -> None:
        if not self._share.is_active and self._moment is not None:
            self._share.start(self._work())

    def _work(self) -> Iterator[None]:
        is_more = True
        while is_more:
            is_more = yield from self._measuring()

    def _measuring(self) -> Generator[None, None, bool]:
        """Measure as long as the moment and the pace stay what they are; return whether anything was."""
        moment, is_still = self._moment, self._share.is_still
        assert moment is not None

        def stays() -> bool:
            return moment is self._moment and is_still == self._share.is_still

        def goes_on() -> bool:
            self._is_new = True
            return stays()

        found = yield from _measuring_run(moment.course, moment.cursor.iteration, goes_on, is_still=is_still)
        for course in pinned_courses(moment.course) if is_still else ():
            if not stays():
                return True
            try:
                is_new = yield from _measuring_run(course, course.horizon - 1, goes_on, is_still=True)
            except (RuntimeError, MemoryError):
                # It was of a device that is not here, or needs more memory than there is.
                continue
            found = found or is_new
        return found

    def _tell(self) -> None:
        """Tell of what is new, but not at each slice: drawing would take more time than measuring."""
        now = perf_counter()
        if self._is_new and (not self._share.is_active or now >= self._next_telling):
            self._is_new, self._next_telling = False, now + TELLING_S
            self.changed.emit()
