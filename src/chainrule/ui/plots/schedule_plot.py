"""The learning rate by iteration: what was used, and what the schedule will set."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor, QResizeEvent
from PySide6.QtWidgets import QWidget

from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.schedules.schedulers import SCHEDULERS
from chainrule.explain.writing.numbers import format_number
from chainrule.session.screen.change import Change
from chainrule.session.screen.moment import Moment
from chainrule.session.session import Session
from chainrule.translation import gettext, gettext_noop
from chainrule.ui.numbers.numbers_table import NumbersTable
from chainrule.ui.plots.chart.header import Toggle
from chainrule.ui.plots.chart.legend import Legend, LegendEntry
from chainrule.ui.plots.chart.palette import Dot, Marker, Stroke, curve_color, receding
from chainrule.ui.plots.chart.plot_card import LEAST, PlotCard
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.widgets.plain_text import PlainLabel

if TYPE_CHECKING:
    from chainrule.catalog.values.value import Value
    from chainrule.model.curves.learning_rates import LearningRates

LOADING = gettext_noop("The schedule is shown as soon as the engine is loaded")
NO_SCHEDULER = gettext_noop(
    "The learning rate stays as it is. A scheduler, chosen at the left, changes it during training."
)
NOT_FINITE = gettext_noop("No learning rate here is a finite number")
NOT_POSITIVE = gettext_noop("No learning rate here is above 0: a logarithmic axis has nothing to show")
# Below this height the sentence gives its place to the curve.
ROOM_FOR_WORDS = 176


class SchedulePlot(PlotCard):
    """The learning rates that were used, over what the schedule sets from the start on; one hue a parameter group."""

    shows = Change.EXPERIMENT | Change.PROGRAM | Change.NUMBERS | Change.ITERATION | Change.DIGITS | Change.COURSE

    def __init__(self, session: Session, appearance: Appearance, parent: QWidget | None = None) -> None:
        super().__init__(session, appearance, "", parent)
        self.setObjectName("schedule_plot")
        self.log = Toggle(appearance, "log", self)
        self.log.setObjectName("schedule_plot.log")
        self.log.setAccessibleName(gettext("Logarithmic axis of the learning rate"))
        self.log.setToolTip(gettext("Logarithmic axis: equal distances are equal ratios"))
        self.log.toggled.connect(lambda: self.show_moment(self._moment, Change.COURSE))
        self.heading.addWidget(self.log)
        self.legend = Legend(appearance, self)
        self.put_legend(self.legend, 1)
        self.words = PlainLabel(parent=self)
        self.words.setWordWrap(True)
        self.column.addWidget(self.words)
        self.column.setContentsMargins(13, 2, 13, 6)
        self._learning_rates: LearningRates | None = None
        self._restyle()
        self.show_moment(self._moment, Change.everything())

    def show_moment(self, moment: Moment, change: Change) -> None:
        """Draw a moment: learning rates that are new, another schedule, the cursor's iteration."""
        self._moment = moment
        if change & (Change.COURSE | Change.PROGRAM | Change.EXPERIMENT):
            self._draw(log=self.log.isChecked())
        iteration = moment.cursor.iteration
        rate = self._rate(iteration, 0)
        text = "" if rate is None else format_number(rate, moment.digits)
        self.header.set_texts(_note(moment.experiment), "lr", text)
        if self.shows_chart:
            self._mark_cursor()
            if change & Change.ITERATION:
                self.bring_cursor_into_sight()
        spoken = (
            gettext("Learning rate {words} at iteration {iteration}", words=text, iteration=iteration)
            if text
            else gettext("Learning rate, not known yet")
        )
        if self.accessibleName() != spoken:
            self.setAccessibleName(spoken)
            self.setAccessibleDescription(self.words.text())
        self.redrawn.emit()

    def numbers(self) -> NumbersTable | None:
        """Return the learning rates that each iteration used, and those that are planned."""
        found = self._learning_rates
        if found is None:
            return None
        names = [_name(rate) for rate in found.described]
        planned = [f"{name}, planned" for name in names] if len(found.ahead) else []
        return NumbersTable.of_outline(found.first, [*names, *planned], found.together())

    def _draw(self, *, log: bool) -> None:
        """Give the chart its data."""
        moment, before, self._learning_rates = self._moment, self._learning_rates, None
        if not moment.is_ready:
            self.show_message(gettext(LOADING))
            return
        found = moment.course.learning_rates(moment.experiment, before)
        self._learning_rates = found
        self._set_words(self._sentence(found))
        values = found.together()
        self.log.setVisible(len(values) >= LEAST)
        if len(values) < LEAST:
            self.show_message(found.note or gettext(LOADING))
        elif self.chart.show_data(found.first, values, log=log, from_zero=True):
            self.chart.name_values("lr")
            self.show_chart()
            self.restyle_curves()
        else:
            self.show_message(gettext(NOT_POSITIVE) if log else gettext(NOT_FINITE))

    def _sentence(self, found: LearningRates) -> str:
        scheduler = self._moment.experiment.scheduler
        if scheduler is None:
            return gettext(NO_SCHEDULER)
        if found.note:
            return found.note
        words = SCHEDULERS[scheduler.name].words
        return f"{words[0].upper()}{words[1:]}."

    # The curves: first what was used by each group, then what lies ahead

    def _colors(self) -> list[QColor]:
        assert self._learning_rates is not None
        own = [curve_color(self.appearance, place, 0, 1) for place in range(len(self._learning_rates.refs) - 1)]
        return [QColor(self.appearance.theme.update), *own]

    def restyle_curves(self) -> None:
        """Draw the curves in the colours of the theme."""
        if not self.shows_chart or self._learning_rates is None:
            return
        colors = self._colors()
        several = len(colors) > 1
        shapes = [place if several else None for place in range(len(colors))]
        marks = [None if shape is None else Marker(shape) for shape in shapes]
        strokes = [Stroke(color, width=2.6, level=1, mark=mark) for color, mark in zip(colors, marks, strict=True)]
        if len(self._learning_rates.ahead):
            # What is only planned has hollow marks, of one group too.
            strokes += [
                Stroke(receding(self.appearance, color), width=1.8, mark=Marker(shape or 0, filled=False))
                for color, shape in zip(colors, shapes, strict=True)
            ]
        self.chart.set_strokes(strokes)
        names = [_name(rate) for rate in self._learning_rates.described]
        self.legend.set_entries(tuple(map(LegendEntry, names, colors, marks)) if several else ())
        self._mark_cursor()

    def _mark_cursor(self) -> None:
        iteration, dots = self._moment.cursor.iteration, []
        for place, color in enumerate(self._colors()):
            rate = self._rate(iteration, place)
            if rate is not None:
                dots.append(Dot(iteration, rate, color, 9 if not place else 7))
        self.chart.dots.show_cursor(iteration, dots)

    def _rate(self, iteration: int, place: int) -> float | None:
        """Return what was used, or will be; None where nobody knows."""
        found = self._learning_rates
        if found is None:
            return None
        place_in_time = iteration - found.first
        if place_in_time < len(found.used):
            row = found.used.row(place_in_time)
            if row is None:
                # Long ago: computed once more from the nearest checkpoint.
                row = self._moment.course.rates_at(iteration, found.refs)
            return float(row[place])
        if place_in_time < len(found.ahead):
            return float(found.ahead[place_in_time, place])
        # Nobody can say more than what the iteration on the screen begins with.
        return self._moment.number(found.refs[place], ()) if iteration == self._moment.cursor.iteration else None

    def describe(self, point: QPointF) -> str:
        """Return the full learning rates of the iteration under the mouse."""
        assert self._learning_rates is not None
        iteration = self.chart.iteration_at(point)
        known = iteration - self._learning_rates.first < len(self._learning_rates.used)
        lines = [f"iteration {iteration}" + ("" if known else ", not trained yet")]
        dots = []
        for place, value in enumerate(self._learning_rates.described):
            rate = self._rate(iteration, place)
            if rate is not None:
                lines.append(f"{_name(value)} = {format_number(rate, None)}")
                dots.append(Dot(iteration, rate, QColor(self.appearance.theme.text), 7))
        self.chart.dots.show_mouse(dots)
        return "\n".join(lines)

    # The sentence below

    def _set_words(self, text: str) -> None:
        self.words.setText(text)
        self._make_room()

    def _make_room(self) -> None:
        self.words.setVisible(bool(self.words.text()) and self.height() >= self.appearance.size(ROOM_FOR_WORDS))

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave the sentence out where the curve needs its place."""
        super().resizeEvent(event)
        self._make_room()

    def _restyle(self) -> None:
        super()._restyle()
        # The base restyles before there are words.
        if hasattr(self, "words"):
            self.words.setFont(self.appearance.font(11))
            self.words.setStyleSheet(f"color: {self.appearance.theme.muted}")
            self._make_room()


def _note(experiment: Experiment) -> str:
    scheduler = experiment.scheduler
    if scheduler is None:
        return gettext("no scheduler")
    interval = scheduler.arguments.get("interval")
    if interval == "iteration" and experiment.data.accumulate > 1:
        # It steps with each update, which not every iteration has.
        interval = "update"
    return f"{scheduler.name}, each {interval}" if interval else scheduler.name


def _name(rate: Value) -> str:
    if rate.group is not None:
        return f"lr of group {rate.group + 1}"
    return "lr" if rate.layer is None else f"lr of layer {rate.layer + 1}"
