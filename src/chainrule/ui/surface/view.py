"""The loss over two weights, or two directions of all: where is downhill, and which way does training take?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QElapsedTimer, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QHideEvent, QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from chainrule.catalog.arguments import SpecError
from chainrule.explain.names.notation import Notation
from chainrule.explain.sentences.refusals import refusal_in_words
from chainrule.explain.writing.numbers import format_number, format_short
from chainrule.model.navigation import Cursor
from chainrule.session.background.slicer import TimeSlicer
from chainrule.session.screen.change import Change
from chainrule.session.screen.moment import Moment
from chainrule.session.screen.surfaces import (
    PlaneKind,
    here_in,
    loss_there,
    parameters_there,
    path_in,
    plane_of,
    surface_of,
    surface_side_of,
    walk_from,
    walkers_of,
)
from chainrule.session.session import Session
from chainrule.translation import gettext, gettext_noop
from chainrule.ui.numbers.numbers_table import NumbersTable
from chainrule.ui.plots.chart.axes_chart import AxesCard
from chainrule.ui.plots.chart.legend import Legend, LegendEntry
from chainrule.ui.plots.chart.palette import Marker, curve_color
from chainrule.ui.plots.path_chart import OtherPath, PathChart, Picture
from chainrule.ui.plots.subject import Subject
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.surface.choices import WALKERS, SurfaceChoices
from chainrule.ui.surface.ground import Heights, ground, heights
from chainrule.ui.surface.ranges import AxisRanges
from chainrule.ui.widgets.controls import SMALL, Label
from chainrule.ui.widgets.plain_text import plain_tip

if TYPE_CHECKING:
    from chainrule.model.curves.path import ParameterPath
    from chainrule.model.curves.surface import ParameterPlane
    from chainrule.model.timeline.downsampled_series import Floats

# A first, rough surface comes so long after what it shows, and where it takes long so many times as long as that, up to
# the most. It is never put off: in a run the next moment comes sooner.
IDLE_MS, MOST_MS, PAUSE = 30, 1000, 5
NOT_READY = gettext_noop("The surface appears once the engine is loaded")
ONE_WEIGHT = gettext_noop("There is one weight alone: the tab Slope shows the loss along it")
NOT_MOVED = gettext_noop("Training has not moved the weights in two directions yet: run some iterations")
TIP = gettext_noop(
    "The loss with the weights elsewhere, and everything else as in this iteration. The ring is where training began,\n"
    "the dot where this iteration begins, the line the way between. Click a place to set the weights there; undo\n"
    "takes it back. Double-click a point of the way to go to its iteration. Rest the mouse on a place for its loss.\n"
    "Ctrl and the wheel zooms, a drag then moves what is in sight, and all shows everything again"
)
STYLES = (Qt.PenStyle.DashLine, Qt.PenStyle.DotLine, Qt.PenStyle.DashDotLine, Qt.PenStyle.DashDotDotLine)
DASHES = ("– –", "···", "– ·", "– ··")
_SETTINGS = Change.EXPERIMENT | Change.NETWORK | Change.PROGRAM


class SurfaceView(AxesCard):
    """Draws a rough surface at once and a fine one behind it, as long as it is in sight."""

    shows = _SETTINGS | Change.NUMBERS | Change.BY_HAND | Change.ITERATION | Change.SELECTION | Change.COURSE
    about_to_move = Signal()
    about_to_edit = Signal()

    def __init__(self, session: Session, appearance: Appearance, parent: QWidget | None = None) -> None:
        super().__init__(session, appearance, parent)
        self.setObjectName("surface_view")
        self._session, self._moment = session, session.moment
        self._plane: ParameterPlane | None = None
        self._axes: tuple[Floats, Floats] | None = None
        self._losses: Floats | None = None
        self._path: ParameterPath | None = None
        self._here = (0.0, 0.0)
        self._ranges = AxisRanges()
        self._walks: dict[str, list[tuple[float, float]]] = {}
        self._drawn: object = None
        self.choices = SurfaceChoices(appearance, self)
        self.said = Label(appearance, gettext(NOT_READY), self, size=SMALL, color="muted")
        self.said.setObjectName("surface_view.said")
        self.said.setWordWrap(True)
        self.legend = Legend(appearance, self)
        self.legend.setToolTip(plain_tip(gettext(TIP)))
        self.chart = PathChart(appearance, self._tell_iteration, self, self._tell_place)
        self.chart.setAccessibleName(gettext("Loss surface"))
        self.chart.chosen.connect(self._go)
        self.chart.placed.connect(self._place)
        column = QVBoxLayout(self)
        column.setContentsMargins(13, 2, 13, 7)
        column.setSpacing(2)
        for part in (self.choices, self.said):
            column.addWidget(part)
        column.addLayout(self.let_zoom(self.chart, self.legend))
        column.addWidget(self.chart, 1)
        self.setMinimumSize(180, 130)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(IDLE_MS)
        self._timer.timeout.connect(self.draw)
        self.slicer = TimeSlicer(self)
        self.slicer.finished.connect(self._show)
        self._clock = QElapsedTimer()
        self.choices.changed.connect(self.draw)
        self.choices.restyled.connect(self._show)
        appearance.changed.connect(self._show)

    def show_moment(self, moment: Moment, change: Change) -> None:
        """Draw a moment when nothing else is to be done."""
        self._moment = moment
        if change & _SETTINGS:
            # What is drawn may be of parameters that are no longer there, or of other shapes.
            self.slicer.cancel()
            self._plane = self._drawn = None
        if moment.is_ready and change & (_SETTINGS | Change.SELECTION):
            self.choices.offer(moment)
        self._follow()

    def _follow(self) -> None:
        if not self._moment.is_ready or not self.isVisible() or self._timer.isActive():
            return
        if self._wanted() != self._drawn:
            self._timer.start()

    def hideEvent(self, event: QHideEvent) -> None:
        """Compute nothing that is not looked at."""
        super().hideEvent(event)
        self._timer.stop()
        if self.slicer.is_active:
            self.slicer.cancel()
            self._drawn = None

    def showEvent(self, event: QShowEvent) -> None:
        """Draw what was new when it went out of sight."""
        super().showEvent(event)
        self._follow()

    def look_like(self, other: SurfaceView) -> None:
        """Show what another one shows, without the fields that choose it."""
        self.choices.look_like(other.choices)
        self._ranges.look_like(other._ranges)
        self.choices.log.setChecked(other.choices.log.isChecked())

    def _wanted(self) -> object:
        """Return all that the drawing is of."""
        moment, choices = self._moment, self.choices
        question = choices.question if choices.is_possible else None
        walks = choices.chosen_walkers, choices.steps
        return moment.numbers, moment.overrides, question, walks, moment.course.segments, moment.course.trained

    def _meaning(self) -> object:
        """Return what the axes are of, whatever the numbers are."""
        question, shapes = self.choices.question, self._moment.experiment.network.parameter_shapes()
        of_weights = (question.across, question.up) if question.kind is PlaneKind.WEIGHTS else None
        return question.kind, of_weights, question.seed, shapes

    def place_on_screen(self) -> tuple[float, float] | None:
        """Return where the iteration begins."""
        return self._here

    def draw_part(self) -> None:
        """Compute the surface in sight: roughly at once."""
        self.draw()

    # Drawing

    def draw(self) -> None:
        """Compute a rough surface and show it, and begin with a fine one."""
        self._timer.stop()
        self.slicer.cancel()
        moment, choices = self._moment, self.choices
        if not moment.is_ready:
            return
        if not choices.is_possible:
            choices.offer(moment)
        self._clock.start()
        wanted = self._wanted()
        if self._plane is None or wanted != self._drawn:
            self._plane, self._walks = plane_of(moment, choices.question) if choices.is_possible else None, {}
        self._drawn = wanted
        if self._plane is None:
            self._show_nothing(gettext(NOT_MOVED) if choices.is_possible else gettext(ONE_WEIGHT))
            return
        self._path, self._here = path_in(moment, self._plane), here_in(moment, self._plane)
        across, up = self.chart.zoom.take(self._meaning(), (self._range(0), self._range(1)))
        first, second, losses = _grid(moment, self._plane, (across, up), rough=True)
        self._axes = first, second
        for self._losses in losses:
            pass
        self._show()
        self.slicer.start(self._finely(moment, self._plane, (across, up)))
        self._timer.setInterval(max(IDLE_MS, min(MOST_MS, PAUSE * self._clock.elapsed())))

    def draw_finely(self) -> None:
        """Draw all of it before anything else is done: for a picture."""
        self.draw()
        if self.slicer.is_active and self._plane is not None and self._axes is not None:
            self.slicer.cancel()
            across, up = ((float(axis[0]), float(axis[-1])) for axis in self._axes)
            for _ in self._finely(self._moment, self._plane, (across, up)):
                pass
            self._show()

    def _finely(self, moment: Moment, plane: ParameterPlane, ranges: tuple[tuple[float, float], ...]) -> Iterator[None]:
        """Go the ways of other optimizers, and compute the fine surface, of the moment that the plane is of."""
        choices = self.choices
        for walker in walkers_of(moment):
            # Those that were gone to their ends are the same in another part of the plane.
            if walker.name in choices.chosen_walkers and walker.name not in self._walks:
                points = []
                for point in walk_from(moment, plane, walker, choices.steps):
                    points.append(point)
                    yield
                self._walks[walker.name] = points
        first, second, losses = _grid(moment, plane, ranges, rough=False)
        found = self._losses
        for part in losses:
            found = part
            yield
        self._axes, self._losses = (first, second), found

    def _range(self, axis: int) -> tuple[float, float]:
        assert self._path is not None
        return self._ranges.of_axis(self.choices.question, axis, self._path.points[:, axis], self._here[axis])

    def _show(self) -> None:
        """Draw what is computed."""
        if self._losses is None or self._axes is None or self._path is None or not self.choices.is_possible:
            return
        log, look = self.choices.log.isChecked(), self.appearance
        shown = heights(self._losses, log=log)
        others = tuple(
            OtherPath(np.array(points), curve_color(look, place, 0, 1), STYLES[place], name)
            for place, (name, points) in enumerate((n, self._walks.get(n, [])) for n in WALKERS)
            if len(points) > 1
        )
        name = self._scale_name()
        self.chart.show_picture(
            Picture(
                self._names(),
                self._axes[0],
                self._axes[1],
                shown.values,
                self._path.iterations,
                self._path.points,
                self._here,
                ground(shown, look.theme, name, log=log),
                others,
            )
        )
        self._show_legend()
        self._describe(shown, log=log)
        self.redrawn.emit()

    def _show_nothing(self, why: str) -> None:
        """Take away what was drawn of another experiment or other directions, and say why there is nothing."""
        self._losses = None
        self.chart.show_picture(None)
        self.legend.set_entries(())
        self._say(why)
        self.setAccessibleName(gettext("Loss surface"))
        self.chart.setAccessibleDescription(why)
        self.redrawn.emit()

    def numbers(self) -> NumbersTable | None:
        """Return the way of training, those of other optimizers, and the losses around them; never their logarithms."""
        picture = self.chart.picture
        if picture is None or self._losses is None:
            return None
        return picture.numbers(self._scale_name(), self._losses)

    def _names(self) -> tuple[str, str]:
        """Return what stands at the axes: the weights with their numbers, or the directions."""
        question, notation = self.choices.question, Notation.of(self._moment.experiment)
        if question.kind is PlaneKind.WEIGHTS:
            pairs = zip((question.across, question.up), self._here, strict=True)
            first, second = (f"{notation.text(*one)} (now {format_number(number)})" for one, number in pairs)
            return first, second
        if question.kind is PlaneKind.RANDOM or self._plane is None or self._plane.shares is None:
            return "random direction 1", "random direction 2"
        shares = (f"{100 * share:.3g} %" for share in self._plane.shares)
        first, second = (f"{place} direction ({s})" for place, s in zip(("1st", "2nd"), shares, strict=True))
        return first, second

    # In words

    def _show_legend(self) -> None:
        theme, look = self.appearance.theme, self.appearance
        began = LegendEntry(gettext("began"), QColor(theme.update), Marker(0, filled=False))
        entries = [began, LegendEntry(gettext("here"), QColor(theme.backward), Marker(0))]
        for place, name in enumerate(WALKERS):
            if name in self.choices.chosen_walkers:
                entries.append(LegendEntry(f"{name} {DASHES[place]}", curve_color(look, place, 0, 1)))
        self.legend.set_entries(tuple(entries))

    def _say(self, text: str) -> None:
        """Say what is not seen in the picture, for there is little room."""
        self.said.setText(text)
        self.said.setVisible(bool(text))

    def _scale_name(self) -> str:
        """Return what the colours are: the loss of the batch where that is not all rows."""
        moment, data = self._moment, self._moment.experiment.data
        is_batch = bool(data.inputs) and 0 < len(moment.rows) < data.training_rows
        return "batch loss" if is_batch else Subject.of(moment.experiment).short

    def _describe(self, shown: Heights, *, log: bool) -> None:
        kind, parts = self.choices.question.kind, []
        if shown.missing:
            what = "not above 0, which has no logarithm, or not finite" if log else "not finite (NaN or infinite)"
            parts.append(f"Hatched: {what}.")
        if kind is not PlaneKind.WEIGHTS:
            parts.append("The way is drawn as its shadow.")
        if self._path is not None and not len(self._path.points):
            parts.append("Of a network of this size the way is not remembered.")
        self._say(" ".join(parts))
        axes, ends = self._names(), ("", "")
        if shown.missing < 1:
            low, high = float(np.nanmin(shown.values)), float(np.nanmax(shown.values))
            first, second = (format_short(10.0**end if log else end) for end in (low, high))
            ends = first, second
        name = f"{self._scale_name()} over {axes[0]} and {axes[1]}"
        self.setAccessibleName(gettext("Loss surface: {name}", name=name))
        self.chart.setAccessibleDescription(
            gettext("{name}, from {ends} to {ends_2}", name=name, ends=ends[0], ends_2=ends[1])
        )

    def _tell_iteration(self, iteration: int) -> str:
        path, plane = self._path, self._plane
        if path is None or plane is None:
            return ""
        x, y = path.points[int(np.searchsorted(path.iterations, iteration))].tolist()
        return f"iteration {iteration} begins here\n{self._place_in_words(x, y)}"

    def _tell_place(self, x: float, y: float) -> str:
        if self._plane is None or not self._moment.is_ready:
            return ""
        noun = Subject.of(self._moment.experiment).noun
        loss = loss_there(self._moment, self._plane, (x, y))
        return f"{noun} {format_number(loss, None)}\n{self._place_in_words(x, y)}\nClick to set the weights there"

    def _place_in_words(self, x: float, y: float) -> str:
        names = self._names()
        return "\n".join(
            f"{name.split(' (')[0]} = {format_number(number, None)}" for name, number in zip(names, (x, y), strict=True)
        )

    # What one does here

    def _go(self, iteration: int) -> None:
        """Go to where the parameters of a point came to be: the end of the iteration before."""
        self.about_to_move.emit()
        course = self._moment.course
        before = course.end_of(iteration - 1) if iteration > course.first else Cursor(course.first)
        self._session.navigator.go_to(before)

    def _place(self, x: float, y: float) -> None:
        """Set the weights of a place, where this iteration starts."""
        if self._plane is None:
            return
        self.about_to_edit.emit()
        weights = self.choices.question.kind is PlaneKind.WEIGHTS
        try:
            self._session.number_editor.set_parameters(
                "Set two weights" if weights else "Set the weights", parameters_there(self._plane, (x, y))
            )
        except SpecError as error:
            said = refusal_in_words(error, self._moment.experiment)
            self._session.signals.noticed.emit(f"The weights cannot be set there. {said}")


def _grid(
    moment: Moment, plane: ParameterPlane, ranges: tuple[tuple[float, float], ...], *, rough: bool
) -> tuple[Floats, Floats, Iterator[Floats]]:
    """Return the places of both axes, and what computes the losses there."""
    side = surface_side_of(moment, rough=rough)
    across, up = (np.linspace(*ends, side) for ends in ranges)
    return across, up, surface_of(moment, plane, across, up)
