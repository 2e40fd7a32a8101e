"""The loss by iteration."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QWidget

from chainrule.explain.numbers import format_number
from chainrule.session.moment import Moment
from chainrule.session.session import Session
from chainrule.ui.appearance import Appearance
from chainrule.ui.plots.header import Toggle
from chainrule.ui.plots.palette import Dot, Stroke
from chainrule.ui.plots.plot_card import LEAST, PlotCard

if TYPE_CHECKING:
    from chainrule.model.series import Floats

NONE_YET = "Run or step through an iteration to see its loss here"
ONE_YET = "The curve begins with the second iteration"
NOT_FINITE = "No loss so far is a finite number"
NOT_POSITIVE = "No loss so far is above 0: a logarithmic axis has nothing to show"


class LossPlot(PlotCard):
    """The loss of each iteration before its update, on a linear or a logarithmic axis."""

    def __init__(self, session: Session, appearance: Appearance, parent: QWidget | None = None) -> None:
        super().__init__(session, appearance, "Loss", parent)
        self.setObjectName("loss_plot")
        self.log = Toggle(appearance, "log", self)
        self.log.setObjectName("loss_plot.log")
        self.log.setAccessibleName("Logarithmic loss axis")
        self.log.setToolTip("Logarithmic axis: equal distances are equal ratios")
        self.log.toggled.connect(lambda: self.show_moment(self.session.moment))
        self.heading.addWidget(self.log)
        self._moment = session.moment
        self._losses: Floats | None = None
        self._drawn: object = None
        self.show_moment(self._moment)

    def show_moment(self, moment: Moment) -> None:
        """Draw a moment: losses that are new, the cursor's iteration, and the loss there."""
        self._moment = moment
        self._draw()
        loss = self._loss_at(moment.cursor.iteration)
        text = "" if loss is None else format_number(loss, moment.digits)
        self.header.set_texts("", "", text)
        if self.shows_chart:
            self._mark_cursor()
        known = f"{text} at iteration {moment.cursor.iteration}" if text else "not computed yet"
        if self.accessibleName() != f"Loss {known}":
            self.setAccessibleName(f"Loss {known}")
            self.setAccessibleDescription(f"The losses of {moment.horizon} iterations as a curve")

    def _draw(self) -> None:
        """Give the chart its data where they have changed."""
        document, horizon, log = self.session.document, self._moment.horizon, self.log.isChecked()
        state = (self.session.is_ready, document.segments, horizon, log)
        if state == self._drawn:
            return
        self._drawn, self._losses = state, None
        if self.session.is_ready:
            self._losses = self.session.timeline.losses(document, horizon)
        count = 0 if self._losses is None else len(self._losses)
        self.log.setVisible(count >= LEAST)
        if self._losses is None or count < LEAST:
            self.show_message(ONE_YET if count else NONE_YET)
        elif self.chart.show_data(document.segments, 0, self._losses[:, None], log=log, from_zero=True):
            self.show_chart()
            self.restyle_curves()
        else:
            self.show_message(NOT_POSITIVE if log else NOT_FINITE)

    def restyle_curves(self) -> None:
        """The curve has the colour of the loss phase."""
        if self.shows_chart:
            self.chart.set_strokes([Stroke(QColor(self.appearance.theme.loss), width=2)])
            self._mark_cursor()

    def describe(self, point: QPointF) -> str:
        """The full loss of the iteration under the mouse."""
        iteration = self.chart.iteration_at(point)
        loss = self._loss_at(iteration)
        assert loss is not None
        self.chart.mark([Dot(iteration, loss, QColor(self.appearance.theme.text), 7)])
        return f"iteration {iteration}\nloss {format_number(loss, None)}"

    def _mark_cursor(self) -> None:
        iteration = self._moment.cursor.iteration
        loss, color = self._loss_at(iteration), QColor(self.appearance.theme.loss)
        self.chart.show_cursor(iteration, () if loss is None else (Dot(iteration, loss, color, 9),))

    def _loss_at(self, iteration: int) -> float | None:
        if self._losses is None or iteration >= len(self._losses):
            return None
        return float(self._losses[iteration])
