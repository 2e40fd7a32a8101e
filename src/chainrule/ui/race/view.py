"""The race: what is raced, the loss of each run, and the run that is taken over."""

from __future__ import annotations

from dataclasses import replace

from numpy import isnan
from PySide6.QtCore import Signal
from PySide6.QtGui import QColor, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from chainrule.catalog.arguments import SpecError
from chainrule.explain.sentences.refusals import refusal_in_words
from chainrule.session.race_quantities import RacePlane, RaceRange, usual_plane
from chainrule.session.racing import RaceOver, RaceQuestion, Racer
from chainrule.session.screen.change import Change
from chainrule.session.screen.moment import Moment
from chainrule.session.session import Session
from chainrule.translation import gettext, gettext_noop
from chainrule.ui.numbers.copying import CopiedCell, copy_rows
from chainrule.ui.numbers.numbers_table import NumbersTable
from chainrule.ui.plots.chart.legend import Legend, LegendEntry
from chainrule.ui.race.asking import RaceFields
from chainrule.ui.race.chart import BEYOND, LOST, RaceChart
from chainrule.ui.race.curves import CurvesChart
from chainrule.ui.race.loss_scale import FAR, most_shown
from chainrule.ui.race.picturing import Looks, curves_picture, plane_picture, race_picture
from chainrule.ui.race.plane import BEYOND as PAIR_BEYOND
from chainrule.ui.race.plane import LOST as PAIR_LOST
from chainrule.ui.race.plane import PlaneChart, PlanePicture
from chainrule.ui.race.words import (
    contender_in_words,
    finish_in_words,
    foreseen_in_words,
    run_in_words,
    spoken,
    state_in_words,
    table_of_curves,
    table_of_race,
)
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.widgets.controls import SMALL, Label, LinkButton
from chainrule.ui.widgets.fields import Field
from chainrule.ui.widgets.moment_card import MomentCard
from chainrule.ui.widgets.refusal import Refusals

NOTHING = gettext_noop(
    "Trains many runs at once from the same first weights. The experiment stays as it is until you take one over."
)
RACE, CANCEL, BACK, OVER_TIME, RESULTS = "race", "cancel", "back", "over time", "results"
SETTINGS = "settings"
# A lower view has no room for the fields and a chart: it shows one or the other.
LOW = 380
DRAG = gettext_noop("Drag a rectangle to race in it")
WAITING = gettext_noop("Nothing has come out yet")
TIPS = {
    RACE: gettext_noop("Train all runs from the first weights on"),
    CANCEL: gettext_noop("Give the race up; what has come out stays"),
    BACK: gettext_noop("Show the race again that this one looks into (Backspace)"),
    OVER_TIME: gettext_noop("How the loss of each run went, iteration by iteration"),
    SETTINGS: gettext_noop("What is raced; there is room for it and the chart in a larger view (F7)"),
    RESULTS: gettext_noop("The loss that each run has come to"),
}
_BACK_TO = {
    RaceOver.RATES: "by rate",
    RaceOver.OPTIMIZERS: "by rate",
    RaceOver.SEEDS: "by seed",
    RaceOver.INITIALIZATIONS: "by seed",
    RaceOver.PLANE: "map",
}


class RaceView(MomentCard):
    """Asks what is raced, and shows how each run came out, as soon as it has."""

    shows = Change.EXPERIMENT | Change.NETWORK | Change.PROGRAM | Change.DIGITS
    about_to_edit = Signal()

    def __init__(
        self, session: Session, appearance: Appearance, refusals: Refusals, parent: QWidget | None = None
    ) -> None:
        super().__init__(appearance, parent)
        self.setObjectName("race_view")
        self._session, self._refusals, self._moment = session, refusals, session.moment
        self.racer = Racer(session, self)
        self.racer.changed.connect(self._follow)
        self._question = self.racer.question
        self._chosen: int | None = None
        self.fields = RaceFields(appearance, refusals, self)
        self.fields.asked.connect(self._ask)
        self.start = LinkButton(appearance, RACE, gettext(TIPS[RACE]), "race_view.start", self)
        self.start.clicked.connect(self._start_or_cancel)
        self.state = Label(appearance, "", self, size=SMALL, color="muted")
        self.state.setObjectName("race_view.state")
        self.state.setWordWrap(True)
        self.legend = Legend(appearance, self, most_lines=1)
        self._make_charts()
        self.chart.show_picture(None, gettext(NOTHING))
        self.way = LinkButton(appearance, OVER_TIME, gettext(TIPS[OVER_TIME]), "race_view.way", self)
        self.way.setCheckable(True)
        self.way.toggled.connect(self._show_race)
        self.settings = LinkButton(appearance, SETTINGS, gettext(TIPS[SETTINGS]), "race_view.settings", self)
        self.settings.setCheckable(True)
        self.settings.toggled.connect(self._share_room)
        self.back = LinkButton(appearance, BACK, gettext(TIPS[BACK]), "race_view.back", self)
        self.back.clicked.connect(self._back)
        tip = gettext("Give the experiment what this run has, from the first weights on; Ctrl+Z takes it back")
        self.take = LinkButton(appearance, gettext("take over"), tip, "race_view.take", self)
        self.take.clicked.connect(self._take_over)
        self._arrange()
        self.setMinimumSize(180, 150)
        self.setAccessibleName(gettext("The race"))
        appearance.changed.connect(self._show_race)
        self._show_question()

    def _make_charts(self) -> None:
        self.charts = QStackedWidget(self)
        tell, appearance = self._tell, self.appearance
        self.chart = RaceChart(appearance, tell, self.charts)
        self.chart.setAccessibleName(gettext("The loss of each run"))
        self.plane = PlaneChart(appearance, lambda run: f"{tell(run)}\n{gettext(DRAG)}", self.charts)
        self.plane.setAccessibleName(gettext("The loss of each pair of two quantities"))
        self.plane.zoomed.connect(self._zoom)
        self.plane.left.connect(self._back)
        self.curves = CurvesChart(appearance, tell, self.charts)
        self.curves.setAccessibleName(gettext("The losses of the runs over the iterations"))
        for chart in (self.chart, self.plane, self.curves):
            self.charts.addWidget(chart)
            chart.chosen.connect(self._choose)
            chart.copy_requested.connect(self._copy)

    def _arrange(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(9, 4, 9, 7)
        column.setSpacing(3)
        last = QHBoxLayout()
        last.setSpacing(8)
        self.fields.last.addWidget(self.start)
        last.addWidget(self.settings)
        last.addStretch(1)
        for part in (self.back, self.way, self.take):
            last.addWidget(part)
        column.addWidget(self.fields)
        column.addWidget(self.legend)
        column.addWidget(self.charts, 1)
        column.addWidget(self.state)
        column.addLayout(last)

    # What is asked

    def show_moment(self, moment: Moment, change: Change) -> None:
        """Say what a race would take, and whether the one on the screen is of this experiment."""
        self._moment = moment
        self._show_race()

    def _ask(self, question: RaceQuestion, field: QWidget | None = None) -> None:
        """Take what is to be raced, or say why it cannot be."""
        if question.over is RaceOver.PLANE and question.plane == RacePlane():
            # What one begins with is of the experiment.
            question = replace(question, plane=usual_plane(self.racer.base(), tuple(self.racer.quantities())))
        why = self.racer.refusal(question)
        if why and isinstance(field, Field):
            field.refuse(why)
            return
        self._question = question
        self._show_question()

    def _show_question(self) -> None:
        known = self.racer.quantities() if self._question.over is RaceOver.PLANE else {}
        self.fields.show_question(self._question, known)
        self._show_state()

    def _show_state(self) -> None:
        running, ready = self.racer.is_running, self._moment.is_ready
        words = CANCEL if running else RACE
        if self.start.text() != words:
            self.start.set_words(words, gettext(TIPS[words]))
        why = self.racer.refusal(self._question)
        self.start.setEnabled(running or (ready and not why))
        if running or (self.racer.contenders and self._question == self.racer.question):
            text = state_in_words(self.racer)
        elif why or not ready:
            text = why
        else:
            text = foreseen_in_words(self.racer, self._question)
        run = self._run
        self.take.setVisible(run is not None)
        if run is not None:
            which = "Chosen" if self._chosen is not None else "Best"
            words = contender_in_words(self.racer.contenders[run], self.racer.question.over, self._moment.digits)
            words = f"{which}: {words}, {finish_in_words(self.racer, run, self._moment.digits)}"
            text = f"{words}. {text}" if text else words
        self.state.setText(text)

    # The race

    def _start_or_cancel(self) -> None:
        if self.racer.is_running:
            self.racer.cancel()
            return
        self.about_to_edit.emit()
        self._chosen = None
        self.settings.setChecked(False)
        try:
            self.racer.start(self._question)
        except (SpecError, RuntimeError, MemoryError) as error:
            self._refuse(self.start, error)

    def _follow(self) -> None:
        """Draw what has come out, where it is looked at, and in the end."""
        if self.isVisible() or not self.racer.is_running:
            self._show_race()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Show the fields beside the chart where there is room for both."""
        super().resizeEvent(event)
        self._share_room()

    def _share_room(self) -> None:
        is_low = self.height() < self.appearance.size(LOW) and bool(self.racer.contenders)
        self.settings.setVisible(is_low)
        asks = not is_low or self.settings.isChecked()
        self.fields.setVisible(asks)
        for part in (self.charts, self.legend):
            part.setVisible((not is_low or not asks) and (part is self.charts or bool(self.legend.entries)))

    def showEvent(self, event: QShowEvent) -> None:
        """Draw what came out while nobody looked."""
        super().showEvent(event)
        self._show_race()

    def _show_race(self) -> None:
        """Draw what has come out so far."""
        racer = self.racer
        if not racer.contenders:
            self._chosen = None
        self._show_state()
        is_plane, over_time = racer.question.over is RaceOver.PLANE, self.way.isChecked()
        self.back.setVisible(racer.can_go_back)
        self.way.setVisible(bool(racer.contenders))
        words = _BACK_TO[racer.question.over] if over_time else OVER_TIME
        if self.way.text() != words:
            self.way.set_words(words, gettext(TIPS[OVER_TIME if words == OVER_TIME else RESULTS]))
        if not racer.contenders:
            self._show_nothing()
            return
        chart = self.curves if over_time else self.plane if is_plane else self.chart
        self.charts.setCurrentWidget(chart)
        self._share_room()
        looks = Looks.of(racer, self.appearance)
        most = most_shown(racer.first_loss)
        if over_time:
            curves = curves_picture(racer, looks, self._run, most, self._moment.digits)
            self.curves.show_picture(curves, "" if curves.runs else gettext(WAITING))
            self.legend.set_entries(looks.entries)
        elif is_plane:
            self._show_plane(plane_picture(racer, self._run, most))
        else:
            self._show_runs(looks, most)
        if not racer.is_running:
            chart.setAccessibleDescription(spoken(racer))
        self.redrawn.emit()

    def _show_nothing(self) -> None:
        """Take away the race of another experiment."""
        self.charts.setCurrentWidget(self.chart)
        self.chart.show_picture(None, gettext(NOTHING))
        self.legend.set_entries(())
        self._share_room()
        self.chart.setAccessibleDescription("")
        self.redrawn.emit()

    def numbers(self) -> NumbersTable | None:
        """Return how each run came out, or over time the loss of each run by iteration."""
        return NumbersTable.of_rows(self._rows()) if self.racer.contenders else None

    def _show_plane(self, picture: PlanePicture) -> None:
        theme, entries = self.appearance.theme, list[LegendEntry]()
        if picture.lost.any():
            entries.append(
                LegendEntry(gettext("no {noun}", noun=picture.subject.noun), QColor(theme.error), pattern=PAIR_LOST)
            )
        if picture.is_beyond.any():
            entries.append(LegendEntry(f"over {FAR:.0f} times the first", QColor(theme.muted), pattern=PAIR_BEYOND))
        self.legend.set_entries(tuple(entries))
        nothing = isnan(picture.losses).all() and not picture.lost.any()
        self.plane.show_picture(picture, gettext(WAITING) if nothing else "")

    def _show_runs(self, looks: Looks, most: float) -> None:
        picture = race_picture(self.racer, looks, self._run, most)
        theme, entries = self.appearance.theme, list(looks.entries)
        if any(point.loss is None for point in picture.points):
            entries.insert(0, LegendEntry(gettext("no {noun}", noun=picture.subject.noun), QColor(theme.error), LOST))
        if any(point.loss is not None and picture.is_above(point) for point in picture.points):
            entries.insert(0, LegendEntry(gettext("beyond the axis"), picture.groups[0][0], BEYOND))
        self.legend.set_entries(tuple(entries))
        self.chart.show_picture(picture, "" if picture.points else gettext(WAITING))

    @property
    def _run(self) -> int | None:
        """The run that is about to be taken over: the chosen one, or the best."""
        return self.racer.best if self._chosen is None else self._chosen

    def _choose(self, run: int) -> None:
        self._chosen = run
        self._show_race()

    def _tell(self, run: int) -> str:
        return run_in_words(self.racer, run, None)

    def _zoom(self, across: RaceRange, up: RaceRange) -> None:
        """Race again in a part of the plane."""
        question = self.racer.question
        question = replace(question, plane=replace(question.plane, across=across, up=up))
        if why := self.racer.refusal(question):
            self._refusals.show(self.plane, why)
            return
        self._chosen, self._question = None, question
        try:
            self.racer.zoom(question)
        except (SpecError, RuntimeError, MemoryError) as error:
            self._refuse(self.plane, error)
        self._show_question()

    def _back(self) -> None:
        """Show the wider plane again."""
        if self.racer.can_go_back:
            self._chosen = None
            self.racer.back()
            self._question = self.racer.question
            self._show_question()

    def _take_over(self) -> None:
        run = self._run
        if run is None:
            return
        self.about_to_edit.emit()
        try:
            self.racer.take_over(run)
        except (SpecError, RuntimeError, MemoryError) as error:
            self._refuse(self.take, error)
            return
        words = contender_in_words(self.racer.contenders[run], self.racer.question.over, None)
        self._session.signals.informed.emit(f"Taken over from the race: {words}. Training begins at its first weights.")

    def _refuse(self, beside: QWidget, error: Exception) -> None:
        said = refusal_in_words(error, self._moment.experiment) if isinstance(error, SpecError) else str(error)
        self._refusals.show(beside, said)

    def _rows(self) -> list[tuple[CopiedCell, ...]]:
        picture = self.curves.picture
        if self.way.isChecked() and picture is not None:
            return table_of_curves(self.racer, picture.runs)
        return table_of_race(self.racer)

    def _copy(self) -> None:
        copy_rows(self._rows(), self._session.signals.informed.emit)

    def look_like(self, other: RaceView) -> None:
        """Show the race of another view, without the fields that ask for one."""
        self.racer, self._question, self._chosen = other.racer, other._question, other._chosen
        for part in (self.fields, self.start):
            part.hide()
        self.way.setChecked(other.way.isChecked())
        self._show_race()
        for part in (self.fields, self.settings, self.take, self.way, self.back):
            part.hide()
