"""What the network has learned: its output over one or two inputs, with the data on it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtGui import QColor, QResizeEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from chainrule.explain.names.notation import Notation
from chainrule.explain.writing.numbers import format_count, format_short
from chainrule.session.screen.change import Change
from chainrule.session.screen.learning import is_as_good, is_classified, points_of, shown_row
from chainrule.session.screen.moment import Moment
from chainrule.session.session import Session
from chainrule.translation import gettext, gettext_noop
from chainrule.ui.learned.chart import NOTHING, TOO_LARGE, LearnedChart, MarkedPoints
from chainrule.ui.learned.choices import LearnedChoices
from chainrule.ui.learned.composing import CLASSES, FitQuestion, compose, mark_points, middle_in_own_units, reading_name
from chainrule.ui.learned.pixels_part import PixelsPart
from chainrule.ui.learned.plane_card import PlaneCard
from chainrule.ui.learned.remembered import Remembered
from chainrule.ui.learned.words import held_in_words, place_in_words, spoken_table, table_of
from chainrule.ui.numbers.copying import copy_rows
from chainrule.ui.numbers.numbers_table import NumbersTable
from chainrule.ui.plots.chart.legend import LegendEntry
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.widgets.controls import SMALL, Label

if TYPE_CHECKING:
    from chainrule.model.curves.data_points import DataPoints

NOT_READY = gettext_noop("What the network has learned appears once the engine is loaded")
TIP = gettext_noop(
    "Under the parameters that the iteration starts from. The ring is the row that is shown; click another one to\n"
    "see it on the stage. Rest the mouse on a place to read the output there. Ctrl and the wheel zooms, a drag then\n"
    "moves what is in sight, and all shows everything again"
)
_SETTINGS = Change.EXPERIMENT | Change.NETWORK | Change.PROGRAM


class LearnedView(PlaneCard):
    """The decision boundary over two inputs, or the curve over one; which are chosen where there are more."""

    shows = _SETTINGS | Change.NUMBERS | Change.SAMPLE | Change.SELECTION
    about_to_edit = Signal()

    def __init__(self, session: Session, appearance: Appearance, parent: QWidget | None = None) -> None:
        super().__init__(session, appearance, gettext(TIP), gettext(NOT_READY), parent)
        self.setObjectName("learned_view")
        # The row of the ring, which is any that was clicked until the stage shows another one than then.
        self._row: int | None = None
        self._on_stage: int | None = None
        # A picture has a title.
        self._is_twin = False
        # Of what the picture is that is drawn, and whether with all precision.
        self._drawn: Remembered[bool] = Remembered()
        self._said: Remembered[str] = Remembered()
        self.choices = LearnedChoices(appearance, self)
        self.choices.changed.connect(self.draw)
        self.held = Label(appearance, "", self, size=SMALL, color="muted")
        self.held.setObjectName("learned_view.held")
        self.held.setWordWrap(True)
        self.chart = LearnedChart(appearance, self._tell, self)
        self.chart.chosen.connect(self._choose_row)
        self.chart.copy_requested.connect(self._copy)
        self.pixels = PixelsPart(session, appearance, self)
        self.pixels.about_to_edit.connect(self.about_to_edit)
        for hidden in (self.held, self.pixels):
            hidden.setVisible(False)
        self.chart.show_picture(None, gettext(NOT_READY))
        column = QVBoxLayout(self)
        column.setContentsMargins(13, 2, 13, 7)
        column.setSpacing(2)
        for part in (self.header, self.choices, self.held):
            column.addWidget(part)
        column.addLayout(self.let_zoom(self.chart, self.legend))
        column.addWidget(self.chart, 1)
        column.addWidget(self.pixels, 1)

    @property
    def is_ready(self) -> bool:
        """Whether there is something to draw."""
        return self._moment.is_ready and self.choices.is_ready and not self._moment.experiment.network.formula

    @property
    def question(self) -> FitQuestion:
        """What is drawn: what of the outputs, over which inputs, and at which row."""
        return self.choices.question(self._moment.experiment, self._row or 0)

    def show_moment(self, moment: Moment, change: Change) -> None:
        """Draw a moment at once, and with all precision when nothing else is to be done."""
        is_other = moment.experiment.data is not self._moment.experiment.data
        self._moment = moment
        if not change & ~Change.SELECTION and not self.choices.shows_weights:
            return
        on_stage = shown_row(moment) if moment.rows else 0
        # The same place in the batch is another row in each iteration where they are shuffled, or many batches.
        if is_other or change & Change.SAMPLE or on_stage != self._on_stage:
            self._row = self._on_stage = on_stage
        if not moment.is_ready or moment.experiment.network.formula:
            return
        # Of an experiment that came before the engine was there only what follows is told.
        if self._offered is not moment.experiment or change & _SETTINGS:
            self.choices.offer(moment)
            self._offered = moment.experiment
        self._draw(quick=True)
        self._rest.start()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Draw for the new room, as fine as it is."""
        super().resizeEvent(event)
        if self._drawn.value is not None:
            self._rest.start()

    def look_like(self, other: LearnedView) -> None:
        """Show what another one shows, without the fields that choose it."""
        self._is_twin = True
        # One that is out of sight may know of an earlier row.
        if other._row is not None and other._on_stage == self._on_stage:
            self._row = other._row
        self.choices.look_like(other.choices)
        self.draw()

    def _choose_row(self, row: int) -> None:
        """Show a row of the data, on the stage, too, where it is in the batch."""
        self._row = row
        self._session.selector.show_row(row)
        self.draw()

    def place_on_screen(self) -> tuple[float, float] | None:
        """Return where the ring is."""
        return None if self.chart.picture is None else self.chart.picture.here

    def draw_part(self) -> None:
        """Draw what is in sight at once, and with all precision when nothing else is to be done."""
        if self.is_ready:
            self._draw(quick=True)
            self._rest.start()

    # Drawing

    def draw(self) -> None:
        """Draw the moment with all precision."""
        self._rest.stop()
        if self.is_ready:
            self._draw(quick=False)
            if self.chart.picture is not None and not self.choices.shows_weights:
                table = spoken_table(self._moment, self.question, self._points_in_sight())
                self.chart.setAccessibleDescription(table)

    def _draw(self, *, quick: bool) -> None:
        moment, question, look = self._moment, self.question, self.appearance
        shows_pixels = self.choices.shows_weights
        self.pixels.setVisible(shows_pixels)
        self.chart.setVisible(not shows_pixels)
        self.legend.setVisible(not shows_pixels and bool(self.legend.entries))
        if shows_pixels:
            self._drawn.forget()
            self._said.forget()
            self.held.setVisible(False)
            self.pixels.show_row(moment, question.row, self.choices.picture)
            self.setAccessibleName(gettext("Learned: {name}", name=self.pixels.chart.accessibleName()))
            self.redrawn.emit()
            return
        seen = self._points_in_sight()
        of = (moment.numbers, moment.experiment, look.theme, (question, self.chart.size().toTuple(), seen.ranges))
        if self._drawn.is_of(of) and (quick or self._drawn.value):
            return
        points = self._data_points()
        if not points.can_be_drawn:
            self._drawn.forget()
            self.chart.show_picture(None, gettext(TOO_LARGE))
            return
        picture = compose(moment, question, seen, self._marked_points(points), look, self.chart.size(), quick=quick)
        self._drawn.keep(of, not quick or is_as_good(moment.experiment, len(question.columns)))
        self._said.get((moment.experiment, points, (question,)), lambda: self._say(question, points))
        self.chart.show_picture(picture)
        self.chart.say(gettext(NOTHING) if picture.is_empty else "" if self.chart.frame else gettext(TOO_LARGE))
        self.redrawn.emit()

    def numbers(self) -> NumbersTable | None:
        """Return the output over the places of the picture, as it is copied."""
        if self.choices.shows_weights:
            return self.pixels.numbers()
        if self.chart.picture is None:
            return None
        return NumbersTable.of_rows(table_of(self._moment, self.question, self._points_in_sight()))

    def _data_points(self) -> DataPoints:
        experiment, columns = self._moment.experiment, self.question.columns
        of = (experiment.data, experiment.loss, (columns,))
        return self._points.get(of, lambda: points_of(self._moment, columns))

    def _points_in_sight(self) -> DataPoints:
        """Return the points with the ranges of what is in sight."""
        points, columns = self._data_points(), self.question.columns
        ranges = self.chart.zoom.take((columns, points.ranges), points.ranges)
        return points if ranges == points.ranges else replace(points, ranges=ranges)

    def _marked_points(self, points: DataPoints) -> MarkedPoints:
        question, experiment, look = self.question, self._moment.experiment, self.appearance

        def mark() -> MarkedPoints:
            marked = mark_points(experiment, question, points, look, of_classes=is_classified(self._moment))
            self._show_legend(marked, points)
            return marked

        return self._marks.get((points, experiment.network, look.theme, (question.reading, question.columns)), mark)

    # In words

    def _show_legend(self, marked: MarkedPoints, points: DataPoints) -> None:
        line = LegendEntry(self._line_name(points), QColor(self.appearance.theme.text))
        self.legend.set_entries((*self._group_entries(marked), line))

    def _line_name(self, points: DataPoints) -> str:
        experiment, question = self._moment.experiment, self.question
        name = reading_name(experiment, question.reading)
        if question.reading.kind.value == CLASSES:
            return "boundary"
        if len(question.columns) == 1:
            return name
        return f"{name} = {format_short(middle_in_own_units(experiment, question.reading, points))}"

    def _say(self, question: FitQuestion, points: DataPoints) -> str:
        """Say what is drawn, in the header, below it and for screen readers; return it."""
        experiment = self._moment.experiment
        notation = Notation.of(experiment)
        over = " and ".join(notation.neuron(-1, column) for column in question.columns)
        note = gettext("{reading} over {over}", reading=reading_name(experiment, question.reading), over=over)
        drawn = len(points.rows)
        some = f"{format_count(drawn)} of {format_count(points.count)} rows" if drawn < points.count else ""
        self.header.set_texts(note, "", some)
        # The axes and the legend say the rest.
        self.header.setVisible(bool(some) or self._is_twin)
        held = held_in_words(self._moment, question)
        self.held.setText(held)
        self.held.setVisible(bool(held))
        self.setAccessibleName(gettext("Learned: {note}{number}", note=note, number=", " + held if held else ""))
        self.chart.setAccessibleName(note)
        return note

    def _tell(self, place: tuple[float, float], row: int | None) -> str:
        return place_in_words(self._moment, self.question, place, row)

    def _copy(self) -> None:
        rows = table_of(self._moment, self.question, self._points_in_sight())
        copy_rows(rows, self._session.signals.informed.emit)
