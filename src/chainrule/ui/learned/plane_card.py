"""What Fit and Warp share: they draw quickly while something changes, and with all precision once it stands still."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QTimer
from PySide6.QtGui import QColor, QHideEvent, QShowEvent
from PySide6.QtWidgets import QWidget

from chainrule.session.session import Session
from chainrule.ui.learned.chart import MarkedPoints
from chainrule.ui.learned.remembered import Remembered
from chainrule.ui.plots.chart.axes_chart import AxesCard
from chainrule.ui.plots.chart.header import PlotHeader
from chainrule.ui.plots.chart.legend import Legend, LegendEntry
from chainrule.ui.plots.chart.palette import Marker
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.widgets.plain_text import plain_tip

if TYPE_CHECKING:
    from chainrule.model.curves.data_points import DataPoints

# What was drawn quickly is drawn with all precision once nothing has changed for so long.
REST_MS = 70


class PlaneCard(AxesCard):
    """A chart of the rows of the data, with a legend. Out of sight it computes nothing."""

    def __init__(
        self, session: Session, appearance: Appearance, tip: str, waiting: str, parent: QWidget | None = None
    ) -> None:
        """`tip` says what the legend shows, and `waiting` what stands there before the engine is loaded."""
        super().__init__(session, appearance, parent)
        self._session, self._moment = session, session.moment
        # The points and their marks, and the experiment that the choices are of.
        self._points: Remembered[DataPoints] = Remembered()
        self._marks: Remembered[MarkedPoints] = Remembered()
        self._offered: object = None
        self.header = PlotHeader(appearance, "", self)
        self.header.setVisible(False)
        self.legend = Legend(appearance, self)
        self.legend.setToolTip(plain_tip(tip))
        self.setMinimumSize(180, 130)
        self.setAccessibleName(waiting)
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(REST_MS)
        self._rest.timeout.connect(self.draw)
        appearance.changed.connect(self._restyle)

    @property
    def is_ready(self) -> bool:
        """Whether there is something to draw."""
        raise NotImplementedError

    def draw(self) -> None:
        """Draw the moment with all precision."""
        raise NotImplementedError

    def hideEvent(self, event: QHideEvent) -> None:
        """Compute nothing that is not looked at."""
        super().hideEvent(event)
        self._rest.stop()

    def showEvent(self, event: QShowEvent) -> None:
        """Draw what is other than when it went out of sight: the colours, too."""
        super().showEvent(event)
        if self.is_ready:
            self._rest.start()

    def _restyle(self) -> None:
        if self.isVisible():
            self.draw()

    def _group_entries(self, marked: MarkedPoints) -> list[LegendEntry]:
        """Return what the legend says of the rows: their groups, and which of them are held back."""
        there = set(marked.of.tolist())
        entries = [
            LegendEntry(group.name, group.color, Marker(group.shape))
            for place, group in enumerate(marked.groups)
            if place in there
        ]
        if marked.is_test.any():
            entries.append(LegendEntry("test rows", QColor(self.appearance.theme.muted), Marker(0, filled=False)))
        return entries
