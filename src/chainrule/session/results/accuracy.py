"""The accuracy by iteration: measured beside a run for a small share of the time, and in full once all is still."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from math import ceil
from time import perf_counter
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from chainrule.session.background.lazy_engine import engine
from chainrule.session.background.sharing import STILL_S, ShareOfTime
from chainrule.session.screen.moment import Moment

if TYPE_CHECKING:
    from chainrule.model.curves.accuracy import AccuracyCurve


def accuracy_of(moment: Moment) -> AccuracyCurve:
    """Return the accuracy of training and test rows at the iterations at which it is measured."""
    course = moment.course
    assert course.timeline is not None
    found: AccuracyCurve = engine().accuracy.measured(course.timeline, course.document, course.horizon)
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
        if before is not None and before.course.segments != moment.course.segments:
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
        course, here = moment.course, moment.cursor.iteration
        assert course.timeline is not None

        def goes_on() -> bool:
            self._is_new = True
            return moment is self._moment and is_still == self._share.is_still

        found: bool = yield from engine().accuracy.measuring(
            course.timeline, course.document, course.horizon, here, is_still=is_still, goes_on=goes_on
        )
        return found

    def _tell(self) -> None:
        """Tell of what is new, but not at each slice: drawing would take more time than measuring."""
        now = perf_counter()
        if self._is_new and (not self._share.is_active or now >= self._next_telling):
            self._is_new, self._next_telling = False, now + TELLING_S
            self.changed.emit()
