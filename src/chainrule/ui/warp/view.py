"""How a layer bends the plane of two inputs, until a straight line parts what is on different sides."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtGui import QColor, QResizeEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from chainrule.session.background.lazy_engine import engine
from chainrule.session.screen.change import Change
from chainrule.session.screen.learning import is_classified, points_of, shown_row, straight_lines, warped_layers
from chainrule.session.screen.moment import Moment
from chainrule.session.session import Session
from chainrule.translation import gettext, gettext_noop
from chainrule.ui.learned.chart import COPYING, TOO_LARGE, LearnedChart, MarkedPoints
from chainrule.ui.learned.composing import FitQuestion, mark_points
from chainrule.ui.learned.plane_card import PlaneCard
from chainrule.ui.learned.words import place_in_words
from chainrule.ui.numbers.copying import copy_rows
from chainrule.ui.numbers.numbers_table import NumbersTable
from chainrule.ui.plots.chart.legend import LegendEntry
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.warp.choices import WarpChoices
from chainrule.ui.warp.composing import BOTH, StageRanges, WarpShape, picture_at, ranges_between, side_colors, warp_of
from chainrule.ui.warp.morph import WayBar
from chainrule.ui.warp.words import (
    line_name,
    lines_in_words,
    middles_in_words,
    place_on_plane,
    row_in_words,
    stage_in_words,
    table_of_rows,
    way_in_words,
)
from chainrule.ui.widgets.controls import SMALL, Label
from chainrule.ui.window.hints import BACK_TO_STAGE

if TYPE_CHECKING:
    from chainrule.model.curves.data_points import DataPoints
    from chainrule.model.curves.readings import OutputReading
    from chainrule.model.warp.lines import PlaneLine

# A view that is less high has no legend, and says less: there is the plane first.
ROOMY = 300
NOT_READY = gettext_noop("The plane appears once the engine is loaded")
NO_PLANE = gettext_noop("There is no plane to be bent: it takes two inputs, and a layer of two units or more")
TIP = gettext_noop(
    "The lines of the grid are straight over the inputs. Each is drawn where the layer takes it, in the colour of\n"
    "what the network answers there; the black line is where the answer turns, the other one the straight line that\n"
    "the next layer draws. Drag the slider, or play it. Click a row to see it on the stage, rest the mouse on it for\n"
    "its numbers. Ctrl and the wheel zooms, a drag then moves what is in sight, and all shows everything again"
)
_SETTINGS = Change.EXPERIMENT | Change.NETWORK | Change.PROGRAM


class WarpView(PlaneCard):
    """Follows a run; which layer, and which two of its units, is chosen where there are several."""

    shows = _SETTINGS | Change.NUMBERS | Change.SAMPLE

    def __init__(self, session: Session, appearance: Appearance, parent: QWidget | None = None) -> None:
        super().__init__(session, appearance, TIP, NOT_READY, parent)
        self.setObjectName("warp_view")
        self._shape: WarpShape | None = None
        self._is_smooth = True
        self._lines: tuple[PlaneLine, ...] = ()
        self._ranges = StageRanges()
        self.choices = WarpChoices(appearance, self)
        self.choices.setVisible(False)
        self.choices.changed.connect(self._choose)
        self.way = WayBar(appearance, self)
        self.way.moved.connect(self.draw_part)
        self.way.put_before(self.choices.layer)
        self.said = Label(appearance, "", self, size=SMALL, color="text")
        self.said.setObjectName("warp_view.said")
        self.said.setWordWrap(True)
        hints = (COPYING, BACK_TO_STAGE)
        self.chart = LearnedChart(appearance, self._tell, self, "warp_view.chart", hints)
        self.chart.chosen.connect(session.selector.show_row)
        self.chart.copy_requested.connect(self._copy)
        self.chart.show_picture(None, gettext(NOT_READY))
        self._lay_out()

    @property
    def is_ready(self) -> bool:
        """Whether there is something to draw."""
        return self._moment.is_ready and self.choices.is_ready and bool(warped_layers(self._moment.experiment.network))

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(13, 2, 13, 7)
        column.setSpacing(2)
        for part in (self.header, self.way, self.choices, self.said):
            column.addWidget(part)
        column.addLayout(self.let_zoom(self.chart, self.legend))
        column.addWidget(self.chart, 1)

    def show_moment(self, moment: Moment, change: Change) -> None:
        """Draw a moment at once, and with all precision when nothing else is to be done."""
        if moment.experiment.data is not self._moment.experiment.data:
            self._ranges.forget()
        self._moment = moment
        if not moment.is_ready:
            return
        if not warped_layers(moment.experiment.network):
            self._shape, self._offered = None, None
            self.chart.show_picture(None, gettext(NO_PLANE))
            return
        if self._offered is not moment.experiment or change & _SETTINGS:
            self._offer()
        self._compute(quick=True)
        self._rest.start()

    def _offer(self) -> None:
        """Offer what there is now; the way has as many stages as its layer is deep."""
        before = self.choices.layer.choice if self._offered is not None else None
        self.choices.offer(self._moment)
        self._offered = self._moment.experiment
        stages = len(self._stages_now())
        if before != self.choices.layer.choice or self.way.slider.maximum() + 1 != stages:
            self._set_stages(stages)

    def _stages_now(self) -> tuple[object, ...]:
        found: tuple[object, ...] = engine().warp_plane.stages_of(
            self._moment.experiment.network, self.choices.chosen_layer, self.choices.units
        )
        return found

    def _set_stages(self, count: int) -> None:
        # What is drawn has other stages until it is computed.
        self._shape = None
        self.way.set_stages(count)

    def _choose(self) -> None:
        self._set_stages(len(self._stages_now()))
        self.draw()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Say as much as there is room for."""
        super().resizeEvent(event)
        self.draw_part()

    @property
    def _is_low(self) -> bool:
        return self.height() < self.appearance.size(ROOMY)

    def look_like(self, other: WarpView) -> None:
        """Show what another one shows, without the fields that choose it."""
        self.choices.look_like(other.choices, self._moment)
        self._set_stages(len(self._stages_now()))
        self.way.slider.setValue(other.way.slider.value())
        self.way.hide()
        self.draw()
        self.header.setVisible(True)

    # Drawing

    @property
    def row(self) -> int:
        """The row of the ring, which is that on the stage."""
        return shown_row(self._moment) if self._moment.rows else 0

    def draw(self) -> None:
        """Draw the moment with all precision."""
        self._rest.stop()
        if self.is_ready:
            self._compute(quick=False)

    def _compute(self, *, quick: bool) -> None:
        points = self._data_points()
        if not points.can_be_drawn:
            self._shape = None
            self.chart.show_picture(None, gettext(TOO_LARGE))
            return
        choices, self._is_smooth = self.choices, not quick
        self._shape = warp_of(
            self._moment, choices.chosen_layer, choices.units, choices.chosen_reading, points, self.row, quick=quick
        )
        self._draw()

    def draw_part(self) -> None:
        """Draw how far the plane has come, and what of it is in sight."""
        if self._shape is not None:
            self._draw()

    def _draw(self) -> None:
        shape, look, reading = self._shape, self.appearance, self.choices.chosen_reading
        assert shape is not None
        every = [self._ranges.of_stage(*pair) for pair in zip(shape.stages, self._all_places(shape), strict=True)]
        ranges = tuple(pair for pair in every if pair is not None)
        if len(ranges) < len(every):
            self.chart.show_picture(None, gettext(TOO_LARGE))
            return
        stage, share = self.way.place
        meaning = (shape.stages, stage, bool(share))
        seen = self.chart.zoom.take(meaning, ranges_between(ranges, stage, share))
        in_sight = seen[0], seen[1]
        middle = self._middle(reading)
        self._lines = (
            () if share else straight_lines(self._moment, shape.stages[stage], reading, middle, self.row, in_sight)
        )
        straight = np.array([line.ends for line in self._lines]).reshape(-1, 2, 2)
        marked, colors = self._marked_points(), side_colors(self._moment.experiment, reading, look)
        self.chart.show_picture(
            picture_at(shape, (stage, share), in_sight, marked, colors, straight, is_smooth=self._is_smooth)
        )
        self.chart.say("" if self.chart.frame else gettext(TOO_LARGE))
        self._say(shape, (reading, middle), marked)
        self.redrawn.emit()

    def _all_places(self, shape: WarpShape) -> list[np.ndarray]:
        return [np.concatenate([grid.reshape(-1, 2), rows]) for grid, rows in zip(shape.grid, shape.rows, strict=True)]

    def _middle(self, reading: OutputReading) -> float:
        return float(engine().readings.middle_of(self._moment.experiment, reading, self._data_points()))

    def _data_points(self) -> DataPoints:
        experiment = self._moment.experiment
        return self._points.get((experiment.data, experiment.loss), lambda: points_of(self._moment, BOTH))

    def _marked_points(self) -> MarkedPoints:
        points, experiment, reading = self._data_points(), self._moment.experiment, self.choices.chosen_reading
        look, question = self.appearance, FitQuestion(reading, BOTH, self.row)
        return self._marks.get(
            (points, experiment.network, look.theme, (reading,)),
            lambda: mark_points(experiment, question, points, look, of_classes=is_classified(self._moment)),
        )

    # In words

    def _say(self, shape: WarpShape, answer: tuple[OutputReading, float], marked: MarkedPoints) -> None:
        """Say what is drawn, above it and for screen readers."""
        experiment, (stage, share) = self._moment.experiment, self.way.place
        words = way_in_words(shape, stage) if share else stage_in_words(experiment, shape.stages, stage)
        lines = lines_in_words(experiment, shape.stages[stage], self._lines, answer, self.row)
        said = f"{words} {lines}".strip()
        # Where there is little room, the line says more than how it came about.
        shown = (lines or words) if self._is_low else said
        if shown != self.said.text():
            self.said.setText(shown)
        self._show_legend(shape, answer, marked)
        note = gettext("{up} over {across}", up=" and ".join(shape.names[-1]), across=" and ".join(shape.names[0]))
        self.header.set_texts(note, "", "")
        self.setAccessibleName(gettext("Warp: {said}", said=said))
        self.chart.setAccessibleName(note)
        self.chart.setAccessibleDescription(middles_in_words(shape, marked))
        self.way.slider.setAccessibleDescription(words)

    def _show_legend(self, shape: WarpShape, answer: tuple[OutputReading, float], marked: MarkedPoints) -> None:
        theme, entries = self.appearance.theme, self._group_entries(marked)
        entries.append(LegendEntry(gettext("boundary"), QColor(theme.text)))
        if self._lines:
            name = line_name(self._moment.experiment, shape.stages[self.way.place[0]], answer)
            entries.append(LegendEntry(name, QColor(theme.link)))
        self.legend.set_entries(() if self._is_low else tuple(entries))

    def numbers(self) -> NumbersTable | None:
        """Return where each row of the data is at each stage."""
        if self._shape is None or self.chart.picture is None:
            return None
        return NumbersTable.of_rows(table_of_rows(self._shape, self._marked_points()))

    def _tell(self, place: tuple[float, float], row: int | None) -> str:
        shape, picture = self._shape, self.chart.picture
        if shape is None or picture is None:
            return ""
        if row is not None:
            marked = self._marked_points()
            return row_in_words(shape, marked, int(np.flatnonzero(marked.rows == row)[0]))
        if self.way.place == (0, 0.0):
            question = FitQuestion(self.choices.chosen_reading, BOTH, self.row)
            return place_in_words(self._moment, question, place, None)
        return place_on_plane(picture.names, place)

    def _copy(self) -> None:
        if self._shape is not None:
            rows = table_of_rows(self._shape, self._marked_points())
            copy_rows(rows, self._session.signals.informed.emit)

    # What keys zoom around

    def place_on_screen(self) -> tuple[float, float] | None:
        """Return where the ring is."""
        return None if self.chart.picture is None else self.chart.picture.here
