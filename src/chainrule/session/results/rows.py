"""What came out for each row at the moment on the screen: read beside a run, and never in the way of the window."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from math import ceil
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from chainrule.catalog.experiment.spec import Experiment
from chainrule.session.background.lazy_engine import engine
from chainrule.session.background.sharing import STILL_S, ShareOfTime
from chainrule.session.screen.moment import Moment

if TYPE_CHECKING:
    from chainrule.model.curves.row_table import RowTable


class RowsReader(QObject):
    """Reads all rows under the parameters that the iteration starts from; `changed` tells that there is a new table.

    While a run goes on the table is of a moment that was on the screen a little before; once it ends, of the last one.
    `sort` is given each table in a piece of its own, before it is told of: of many rows that takes a moment.
    """

    changed = Signal()

    def __init__(self, sort: Callable[[RowTable], object], parent: QObject) -> None:
        super().__init__(parent)
        self._sort = sort
        self.table: RowTable | None = None
        # What the table is of.
        self.experiment: Experiment | None = None
        self.iteration = 0
        # Why the rows on the screen could not be read, such as that memory was short.
        self.failed = ""
        self._moment: Moment | None = None
        self._read: Moment | None = None
        self._share = ShareOfTime(self)
        self._share.finished.connect(self._finish)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(ceil(1000 * STILL_S) + 1)
        self._timer.timeout.connect(self._begin)

    @property
    def is_done(self) -> bool:
        """Whether the table is of what is on the screen, or nobody looks."""
        return not (self._share.is_active or self._timer.isActive())

    def follow(self, moment: Moment) -> None:
        """Read the rows of a moment whose parameters, rows or settings are others than before."""
        before, self._moment = self._moment, moment
        if before is None or before.experiment is not moment.experiment:
            # An edit: what is being read is of no use any more.
            self._share.cancel()
            if self.experiment is None or not _fits(self.experiment, moment.experiment):
                self.table = self.experiment = None
        else:
            self._share.tell_change()
        self._begin()

    def look_like(self, other: RowsReader) -> None:
        """Have the table that another one has read, and read none."""
        self.rest()
        self._moment = self._read = other._read
        self.table, self.experiment, self.iteration = other.table, other.experiment, other.iteration
        self.failed = other.failed

    def rest(self) -> None:
        """Read nothing: nobody looks."""
        self._timer.stop()
        self._share.cancel()
        self._read = None

    def _begin(self) -> None:
        if not self._share.is_active and self._moment is not None and self._read is not self._moment:
            self._share.start(self._work(self._moment), at_once=True)

    def _work(self, moment: Moment) -> Iterator[None]:
        self.failed = ""
        try:
            yield from self._reading(moment)
        except (RuntimeError, MemoryError) as error:
            # The next moment is tried again.
            self.failed, self.table, self.experiment, self._read = str(error), None, None, moment

    def _reading(self, moment: Moment) -> Iterator[None]:
        iteration, row_table = moment.cursor.iteration, engine().row_table
        history = moment.course.history(iteration)
        values = history.state(iteration).values
        yield
        table = yield from row_table.reading(history.executor, values)
        yield
        self._sort(table)
        yield
        self.table = table
        self.experiment, self.iteration, self._read = moment.experiment, iteration, moment

    def _finish(self) -> None:
        self.changed.emit()
        if self._moment is not self._read:
            # Another moment has come meanwhile: in a run the next one will, too.
            self._timer.start()


def _fits(table_of: Experiment, experiment: Experiment) -> bool:
    """Return whether what came out for an experiment's rows can stand beside those of another one for a moment."""
    before, after = ((len(each.data.inputs), each.network.outputs, each.loss.name) for each in (table_of, experiment))
    return before == after
