"""A plot in its card: a title row, and the chart, or a sentence as long as there is nothing to draw.

pyqtgraph is not imported until there is something to draw, or `populate` asks for it: the window is painted first.
"""

from __future__ import annotations

from math import ceil, floor
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtGui import QCursor
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QToolTip, QVBoxLayout, QWidget

from chainrule.session.session import Session
from chainrule.translation import gettext, gettext_noop
from chainrule.ui.plots.chart.header import PlotHeader, ValueLine
from chainrule.ui.plots.chart.legend import LINE, Legend
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.widgets.controls import LinkButton
from chainrule.ui.widgets.moment_card import MomentCard
from chainrule.ui.widgets.plain_text import PlainLabel, plain_tip

if TYPE_CHECKING:
    from chainrule.ui.plots.chart.chart import Chart

# A curve has two points at least.
LEAST = 2
ALL_TIP = gettext_noop("Show all iterations again (Ctrl and the wheel zooms, a drag moves what is in sight)")


class PlotCard(MomentCard):
    """What the loss and the gradient plot share. A double click goes to the end of the iteration under the mouse."""

    about_to_move = Signal()
    # Room for the title, a line of a legend and a chart, at text size 1.
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
        self._legend: Legend | None = None
        self._stack = QStackedWidget(self)
        self._stack.addWidget(self.message)
        self.heading = QHBoxLayout()
        self.heading.setSpacing(8)
        self.heading.addWidget(self.header)
        self.all_button = LinkButton(appearance, gettext("all"), gettext(ALL_TIP), "", self)
        self.all_button.clicked.connect(self.show_all)
        self.all_button.hide()
        self.heading.addWidget(self.all_button)
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
        chart.zoomed.connect(self._follow_zoom)
        self._session.signals.replaced.connect(self.show_all)
        return chart

    # A part of the iterations

    @property
    def is_zoomed(self) -> bool:
        """Whether no more than a part of the iterations is in sight."""
        return self._chart is not None and self._chart.zoom.part is not None

    def zoom(self, steps: int) -> None:
        """Show fewer iterations around the one on the screen, or more where `steps` is negative."""
        if self.shows_chart:
            low, high = self.chart.zoom.seen
            self.chart.zoom.step(steps, min(max(self._moment.cursor.iteration, low), high))
            self.chart.draw_part()

    def show_all(self) -> None:
        """Show all iterations again."""
        if self._chart is not None and self._chart.zoom.part is not None:
            self._chart.zoom.part = None
            self._chart.draw_part()

    def _follow_zoom(self) -> None:
        self.all_button.setObjectName(f"{self.objectName()}.all")
        self.all_button.setVisible(self.is_zoomed)
        self.chart.setAccessibleDescription(self._in_sight())
        self.restyle_curves()

    def _in_sight(self) -> str:
        if not self.is_zoomed:
            return ""
        low, high = self.chart.zoom.seen
        return f"Iterations {ceil(low)} to {floor(high)}"

    def bring_cursor_into_sight(self) -> None:
        """Move the part in sight to the iteration on the screen, where that is beside it."""
        if self.is_zoomed:
            before = self.chart.zoom.part
            self.chart.zoom.bring(self._moment.cursor.iteration)
            if self.chart.zoom.part != before:
                self.chart.draw_part()

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
        course = self._moment.course
        # A pinned run may be longer than the one on the screen.
        iteration = min(self.chart.iteration_at(point), course.horizon - 1)
        if iteration >= course.first:
            self.about_to_move.emit()
            self._session.navigator.go_to(course.end_of(iteration))

    def put_legend(self, legend: Legend, place: int) -> None:
        """Put a legend into the column; the card makes room for its second line."""
        self._legend = legend
        self.column.insertWidget(place, legend)
        legend.lines_changed.connect(self._fit_legend)

    def _fit_legend(self) -> None:
        more = 0 if self._legend is None else self._legend.lines - 1
        self.setMinimumSize(180, self.appearance.size(self.least_height) + more * self.appearance.size(LINE))

    def _restyle(self) -> None:
        self._fit_legend()
        self.message.setFont(self.appearance.font(12))
        self.message.setStyleSheet(f"color: {self.appearance.theme.muted}")
        if self._chart is not None:
            self._chart.restyle()
            self.restyle_curves()
