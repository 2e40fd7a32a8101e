"""A plot in its card: a title row, and the chart, or a sentence as long as there is nothing to draw.

pyqtgraph is not imported until there is something to draw, or `populate` asks for it: the window is painted first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtGui import QCursor
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QToolTip, QVBoxLayout, QWidget

from chainrule.session.session import Session
from chainrule.ui.plots.chart.header import PlotHeader, ValueLine
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.widgets.moment_card import MomentCard
from chainrule.ui.widgets.plain_text import PlainLabel, plain_tip

if TYPE_CHECKING:
    from chainrule.ui.plots.chart.chart import Chart

# A curve has two points at least.
LEAST = 2


class PlotCard(MomentCard):
    """What the loss and the gradient plot share. A double click goes to the end of the iteration under the mouse."""

    about_to_move = Signal()
    # Room for the title, a legend and a chart, at text size 1.
    least_height = 150

    def __init__(self, session: Session, appearance: Appearance, title: str, parent: QWidget | None) -> None:
        super().__init__(appearance, parent)
        self._session, self._moment = session, session.moment
        self.value_line = ValueLine(appearance, self)
        self.header = PlotHeader(appearance, title, self, self.value_line)
        self.message = PlainLabel(parent=self)
        self.message.setWordWrap(True)
        self.message.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.message.setMargin(24)
        self._chart: Chart | None = None
        self._stack = QStackedWidget(self)
        self._stack.addWidget(self.message)
        self.heading = QHBoxLayout()
        self.heading.setSpacing(8)
        self.heading.addWidget(self.header)
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(14, 8, 14, 6)
        self.column.setSpacing(2)
        self.column.addLayout(self.heading)
        self.column.addWidget(self.value_line)
        self.column.addWidget(self._stack, 1)
        appearance.changed.connect(self._restyle)
        self._restyle()

    @property
    def chart(self) -> Chart:
        """The chart; it is made when it is first asked for."""
        if self._chart is None:
            self._chart = self._make_chart()
        return self._chart

    def populate(self) -> None:
        """Import pyqtgraph and make the chart, so that the first curve need not wait for it."""
        if self._chart is None:
            self._chart = self._make_chart()

    def _make_chart(self) -> Chart:
        from chainrule.ui.plots.chart.chart import Chart  # noqa: PLC0415 - pyqtgraph, after the first paint

        chart = Chart(self.appearance, self._stack)
        chart.setAccessibleName(self.header.title)
        self._stack.addWidget(chart)
        chart.hovered.connect(self._hover)
        chart.left.connect(self._leave)
        chart.double_clicked.connect(self._go)
        chart.clicked.connect(self.pick)
        return chart

    def restyle_curves(self) -> None:
        """Draw the curves in the colours of the theme."""
        raise NotImplementedError

    def describe(self, point: QPointF) -> str:
        """Return what is said about the place under the mouse, and marked there."""
        raise NotImplementedError

    def pick(self, point: QPointF) -> None:
        """Take a click on the chart."""

    @property
    def shows_chart(self) -> bool:
        """Whether there are curves, rather than a sentence."""
        return self._chart is not None and self._stack.currentWidget() is self._chart

    def show_chart(self) -> None:
        """Show the curves."""
        self._stack.setCurrentWidget(self.chart)

    def show_message(self, text: str) -> None:
        """Show a sentence in place of the curves."""
        self.message.setText(text)
        self._stack.setCurrentWidget(self.message)

    def _hover(self, point: QPointF) -> None:
        QToolTip.showText(QCursor.pos(), plain_tip(self.describe(point)), self.chart)

    def _leave(self) -> None:
        QToolTip.hideText()
        self.chart.dots.show_mouse(())

    def _go(self, point: QPointF) -> None:
        self.about_to_move.emit()
        self._session.navigator.go_to(self._moment.course.end_of(self.chart.iteration_at(point)))

    def _restyle(self) -> None:
        self.setMinimumSize(180, self.appearance.size(self.least_height))
        self.message.setFont(self.appearance.font(12))
        self.message.setStyleSheet(f"color: {self.appearance.theme.muted}")
        if self._chart is not None:
            self._chart.restyle()
            self.restyle_curves()
