"""The way that training takes: of one parameter on the curve of the output, of two through its contour lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QElapsedTimer, QTimer, Signal
from PySide6.QtGui import QColor, QHideEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from chainrule.catalog.values.refs import ValueRef
from chainrule.explain.writing.numbers import format_number
from chainrule.model.navigation import Cursor
from chainrule.session.background.lazy_engine import engine
from chainrule.session.screen.change import Change
from chainrule.session.screen.computing import traced
from chainrule.session.screen.moment import Moment
from chainrule.session.session import Session
from chainrule.translation import gettext, gettext_noop
from chainrule.ui.numbers.numbers_table import NumbersTable
from chainrule.ui.plots.chart.axes_chart import AxesCard
from chainrule.ui.plots.chart.header import PlotHeader
from chainrule.ui.plots.chart.legend import Legend, LegendEntry
from chainrule.ui.plots.chart.palette import Marker
from chainrule.ui.plots.path_chart import PathChart, Picture
from chainrule.ui.plots.subject import Subject
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.widgets.choice_field import ChoiceField
from chainrule.ui.widgets.controls import SMALL, Label
from chainrule.ui.widgets.plain_text import plain_tip

if TYPE_CHECKING:
    from chainrule.model.timeline.downsampled_series import Floats, Positions

# The output is computed on so many places of a curve, and on so many a side of a plane.
CURVE, SIDE = 241, 61
# It is drawn so long after what it shows, and where it takes long so many times as long as that, up to the most.
IDLE_MS, MOST_MS, PAUSE = 30, 500, 5
# The range is so much wider than the path, and at least so much of the number that it is around.
AROUND, LEAST_SHARE, LEAST = 0.3, 0.25, 0.5
# A path that takes less than this part of the range is looked at more closely.
SMALLEST = 0.2
# So many other parameters are named; the tip has all of them.
MOST_HELD = 4
TIP = gettext_noop(
    "The ring is where training began, the dot is where it is. Double-click a point to go to its iteration.\n"
    "Ctrl and the wheel zooms, a drag then moves what is in sight, and all shows everything again"
)


class PathPlot(AxesCard):
    """Draws the output around the path, of parameters that can be chosen where there are more than two."""

    shows = (
        Change.EXPERIMENT
        | Change.PROGRAM
        | Change.NUMBERS
        | Change.ITERATION
        | Change.MICRO_STEP
        | Change.DIGITS
        | Change.COURSE
    )

    about_to_move = Signal()

    def __init__(self, session: Session, appearance: Appearance, parent: QWidget | None = None) -> None:
        super().__init__(session, appearance, parent)
        self.setObjectName("path_plot")
        self._session, self._moment = session, session.moment
        self._ranges: dict[ValueRef, tuple[float, float]] = {}
        self._surface: tuple[object, Floats, Floats | None, Floats] | None = None
        self.header = PlotHeader(appearance, "", self)
        self.header.setToolTip(plain_tip(gettext(TIP)))
        self.across = self._make_choice("across", "Parameter across")
        self.up = self._make_choice("up", "Parameter upwards")
        self._chooser = QWidget(self)
        row = QHBoxLayout(self._chooser)
        row.setContentsMargins(0, 0, 0, 0)
        for text, field in (("across", self.across), ("up", self.up)):
            label = Label(appearance, text, self._chooser, size=SMALL, color="muted")
            label.setBuddy(field)
            row.addWidget(label)
            row.addWidget(field, 1)
        self.legend = Legend(appearance, self)
        self.held = Label(appearance, "", self, size=SMALL, color="muted")
        self.held.setObjectName("path_plot.held")
        self.held.setWordWrap(True)
        appearance.changed.connect(self._show_legend)
        self.chart = PathChart(appearance, self._tip, self)
        self.chart.setAccessibleName(gettext("Path of training"))
        self.chart.chosen.connect(self._go)
        column = QVBoxLayout(self)
        column.setContentsMargins(13, 2, 13, 7)
        column.setSpacing(2)
        column.addWidget(self.header)
        column.addWidget(self.held)
        column.addWidget(self._chooser)
        column.addLayout(self.let_zoom(self.chart, self.legend))
        column.addWidget(self.chart, 1)
        self.setMinimumSize(180, 130)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(IDLE_MS)
        self._timer.timeout.connect(self.draw)
        self._clock = QElapsedTimer()
        self._show_chooser()
        self._show_legend()

    def _make_choice(self, name: str, words: str) -> ChoiceField:
        field = ChoiceField(self.appearance, f"path_plot.{name}", words, self)
        field.choice_edited.connect(lambda chosen: self._choose(field, chosen))
        return field

    @property
    def parameters(self) -> tuple[ValueRef, ...]:
        """What the axes show: one parameter, or two."""
        chosen = (self.across.choice, self.up.choice)
        return tuple(ValueRef(name) for name in chosen if name)

    def show_moment(self, moment: Moment, change: Change) -> None:
        """Draw a moment when nothing else is to be done."""
        self._moment = moment
        self._show_chooser()
        self._follow()

    def _follow(self) -> None:
        if self._moment.is_ready and self.parameters and not self._timer.isActive():
            self._timer.start()

    def hideEvent(self, event: QHideEvent) -> None:
        """Compute nothing that is not looked at."""
        super().hideEvent(event)
        self._timer.stop()

    def showEvent(self, event: QShowEvent) -> None:
        """Draw what was new when it went out of sight."""
        super().showEvent(event)
        self._follow()

    def forget(self) -> None:
        """Compute the output anew when it is next drawn."""
        self._surface = None

    # What is chosen

    def _show_chooser(self) -> None:
        """Offer the parameters that are trained; the first two are shown until others are chosen."""
        experiment = self._moment.experiment
        names = [str(ref) for ref in experiment.network.parameter_shapes() if ref not in experiment.frozen]
        if not experiment.network.formula:
            names = []
        self._chooser.setVisible(len(names) > 2)
        taken: list[str] = []
        for field in (self.across, self.up):
            free = [name for name in names if name not in taken]
            chosen = field.choice if field.choice in free else next(iter(free), "")
            taken.append(chosen)
            field.set_choices(dict.fromkeys(names, ""))
            field.set_choice(chosen)

    def _choose(self, field: ChoiceField, name: str) -> None:
        """Show another parameter; one that the other axis shows changes places with it."""
        other = self.up if field is self.across else self.across
        if other.choice == name:
            other.set_choice(field.choice)
        field.set_choice(name)
        self.draw()

    def look_like(self, other: PathPlot) -> None:
        """Show the parameters that another one shows, in its ranges, without the fields that choose them."""
        for field, chosen in ((self.across, other.across), (self.up, other.up)):
            field.set_choice(chosen.choice)
        self._ranges = dict(other._ranges)
        self._chooser.hide()

    def place_on_screen(self) -> tuple[float, float] | None:
        """Return where training is."""
        return None if self.chart.picture is None else self.chart.picture.here

    def draw_part(self) -> None:
        """Compute and draw what is in sight now."""
        self.draw()

    # Drawing

    def draw(self) -> None:
        """Compute the path, and the output around it where that is another, and show them."""
        self._timer.stop()
        self._clock.start()
        if not self._moment.is_ready or not self.parameters:
            return
        wanted, here = self.parameters, self._here()
        iterations, points = self._path(wanted)
        for place, ref in enumerate(wanted):
            self._fit_range(ref, [*points[:, place], here[place]])
        across, up, values = self._output(wanted)
        output = Subject.of(self._moment.experiment).short
        if up is None:
            # The height of a point is the output there.
            heights = self._outputs({wanted[0]: np.array([*points[:, 0], here[0]])})
            points = np.column_stack([points[:, 0], heights[:-1]])
            here = (here[0], float(heights[-1]))
        names = (str(wanted[0]), output if up is None else str(wanted[1]))
        self.chart.show_picture(Picture(names, across, up, values, iterations, points, (here[0], here[1])))
        self.header.set_texts(f"{output} around {' and '.join(wanted)}", "", "")
        self._describe(wanted, here)
        self._say_held(wanted)
        self._timer.setInterval(max(IDLE_MS, min(MOST_MS, PAUSE * self._clock.elapsed())))
        self.redrawn.emit()

    def numbers(self) -> NumbersTable | None:
        """Return the way of training, and the output around it."""
        picture = self.chart.picture
        return None if picture is None else picture.numbers(Subject.of(self._moment.experiment).short, picture.values)

    def _here(self) -> tuple[float, ...]:
        """Return the newest numbers of the parameters."""
        moment = self._moment
        found = (moment.number(moment.latest(ref), ()) for ref in self.parameters)
        return tuple(float("nan") if number is None else number for number in found)

    def _path(self, wanted: tuple[ValueRef, ...]) -> tuple[Positions, Floats]:
        moment, course = self._moment, self._moment.course
        reached = moment.cursor.iteration + moment.is_over
        last = max(reached, course.trained, course.horizon - 1)
        found = course.path(moment.experiment.network, wanted, last)
        return found.iterations, found.points

    def _fit_range(self, ref: ValueRef, numbers: list[float]) -> None:
        """Keep the range of a parameter as long as the path is in it, and not small in it."""
        finite = [number for number in numbers if np.isfinite(number)]
        if not finite:
            return
        low, high = min(finite), max(finite)
        least = max(LEAST, LEAST_SHARE * max(abs(low), abs(high)))
        known = self._ranges.get(ref)
        fits = known is not None and known[0] <= low and high <= known[1]
        if known is not None and fits and max(high - low, least) >= SMALLEST * (known[1] - known[0]):
            return
        reach = max((1 + 2 * AROUND) * (high - low), 2 * least) / 2
        middle = low / 2 + high / 2
        self._ranges[ref] = middle - reach, middle + reach

    def _output(self, wanted: tuple[ValueRef, ...]) -> tuple[Floats, Floats | None, Floats]:
        """Return the output over the ranges; it is computed anew where they, or the other parameters, have changed."""
        moment, network = self._moment, self._moment.experiment.network
        whole = tuple(self._ranges.get(ref, (-1.0, 1.0)) for ref in wanted)
        ranges = self.chart.zoom.take((wanted, network.formula), whole)
        others = tuple(moment.number(ref, ()) for ref in network.parameter_shapes() if ref not in wanted)
        key = (network.formula, moment.experiment.dtype, wanted, ranges, others)
        if self._surface is None or self._surface[0] != key:
            across = np.linspace(*ranges[0], CURVE if len(wanted) == 1 else SIDE)
            if len(wanted) == 1:
                self._surface = key, across, None, self._outputs({wanted[0]: across})
            else:
                up = np.linspace(*ranges[1], SIDE)
                values = self._outputs({wanted[0]: across[None, :], wanted[1]: up[:, None]})
                self._surface = key, across, up, values
        return self._surface[1:]

    def _outputs(self, grid: dict[ValueRef, Floats]) -> Floats:
        history, trace = traced(self._moment)
        return engine().output_over(history.executor.program, trace, grid)

    # In words

    def _show_legend(self) -> None:
        theme = self.appearance.theme
        began = LegendEntry(gettext("where training began"), QColor(theme.update), Marker(0, filled=False))
        self.legend.set_entries((began, LegendEntry(gettext("where it is"), QColor(theme.backward), Marker(0))))

    def _say_held(self, wanted: tuple[ValueRef, ...]) -> None:
        """Say at which numbers the other parameters are while these two go through their ranges."""
        moment = self._moment
        others = {
            ref: moment.number(ref, ()) for ref in moment.experiment.network.parameter_shapes() if ref not in wanted
        }
        texts = [
            f"{ref} = {format_number(number, moment.digits)}" for ref, number in others.items() if number is not None
        ]
        more = [f"{len(texts) - MOST_HELD} more"] if len(texts) > MOST_HELD else []
        held = ", ".join([*texts[:MOST_HELD], *more])
        self.held.setText(gettext("{note}, held at {held}", note=self.header.note, held=held) if texts else "")
        self.held.setToolTip(plain_tip("\n".join([*texts, gettext(TIP)])))
        # It says what the header does.
        self.held.setVisible(bool(texts))
        self.header.setVisible(not texts)

    def _describe(self, wanted: tuple[ValueRef, ...], here: tuple[float, ...]) -> None:
        numbers = zip(wanted, here, strict=False)
        at = ", ".join(f"{ref} = {format_number(number, self._moment.digits)}" for ref, number in numbers)
        self.setAccessibleName(gettext("Path of training, now at {at}", at=at))

    def _tip(self, iteration: int) -> str:
        """Return the parameters at the beginning of an iteration, with all digits."""
        picture = self.chart.picture
        if picture is None:
            return ""
        place = int(np.searchsorted(picture.iterations, iteration))
        lines = [
            f"{name} = {format_number(float(number), None)}"
            for name, number in zip(picture.names, picture.points[place], strict=True)
        ]
        return "\n".join([gettext("iteration {iteration} begins here", iteration=iteration), *lines])

    def _go(self, iteration: int) -> None:
        """Go to where the parameters of a point came to be: the end of the iteration before."""
        self.about_to_move.emit()
        course = self._moment.course
        before = course.end_of(iteration - 1) if iteration > course.first else Cursor(course.first)
        self._session.navigator.go_to(before)
