"""The gradients of the parameters by iteration: each element for itself, or the norm of each parameter's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QWidget

from chainrule.explain.writing.numbers import format_number
from chainrule.model.curves.layer_norms import layer_norms
from chainrule.session.screen.change import Change
from chainrule.session.screen.course import Course
from chainrule.session.screen.moment import Moment
from chainrule.session.session import Session
from chainrule.translation import gettext, gettext_noop
from chainrule.ui.flow.mark import FlowMark
from chainrule.ui.numbers.numbers_table import NumbersTable
from chainrule.ui.plots.chart.header import Toggle
from chainrule.ui.plots.chart.legend import Legend, LegendEntry
from chainrule.ui.plots.chart.palette import Dot, Stroke, curve_mark, receding
from chainrule.ui.plots.chart.plot_card import LEAST, PlotCard
from chainrule.ui.plots.gradient_curves import ELEMENTS, GradientCurves
from chainrule.ui.plots.layer_bars import LayerBars
from chainrule.ui.style.appearance import Appearance

if TYPE_CHECKING:
    from chainrule.model.timeline.downsampled_series import Floats, Outline

NONE_YET = gettext_noop("Run or step through an iteration to see its gradients here")
ONE_YET = gettext_noop("The curves begin with the second iteration")
CHANGED = gettext_noop("The curves begin anew with the change at iteration {start}")
NO_CURVES = gettext_noop("Nothing is trained: every parameter is frozen")
NOT_FINITE = gettext_noop("No gradient so far is a finite number")
NOTHING_TO_SHOW = gettext_noop("No gradient so far is other than 0: a logarithmic axis has nothing to show")
NOT_YET = gettext_noop("Step through the backward pass to see the gradient of each layer here")
# Of the axis of values, where it is linear and where it is logarithmic.
SIGNED_AXES = ("gradient", "|gradient|")
NORM_AXES = ("norm", "norm")
# So many decades make the axis logarithmic: of norms, and of elements, which then lose their signs. With fewer than
# the last it is linear again.
APART, SIGNED_APART, STAY = 2.0, 3.0, 1.0
# So many layers are shown side by side until the user chooses: their curves over time are a tangle.
MANY_LAYERS = 6


class GradientPlot(PlotCard):
    """Gradients by iteration. The selected parameter's curve is drawn stronger; a click on a curve selects it."""

    looks_ahead = False
    shows = (
        Change.EXPERIMENT | Change.PROGRAM | Change.ITERATION | Change.SELECTION | Change.DIGITS | Change.COURSE
    ) | FlowMark.shows
    # The selected value may have a line of its own, and the legend two.
    least_height = 186

    def __init__(self, session: Session, appearance: Appearance, parent: QWidget | None = None) -> None:
        super().__init__(session, appearance, "Gradients", parent)
        self.setObjectName("gradient_plot")
        self.mark = FlowMark(session.moment, appearance, self)
        self.heading.addWidget(self.mark)
        self.header.resized.connect(self._fit_mark)
        self._make_toggles()
        self.legend = Legend(appearance, self)
        self.put_legend(self.legend, 2)
        self.layers = LayerBars(appearance, self)
        self.layers.picked.connect(self._select)
        self._stack.addWidget(self.layers)
        # What the user has chosen for this experiment; None is by itself.
        self._log_chosen: bool | None = None
        self._by_layer_chosen: bool | None = None
        session.signals.replaced.connect(self._forget_choices)
        self._curves: GradientCurves | None = None
        self._curves_of: object = None
        self._colored: object = None
        self._found_colors: list[QColor] = []
        self._start = 0
        self._gradients: Outline | None = None

    def _fit_mark(self) -> None:
        self.mark.fit(self.header.width() - self.header.title_width + self.mark.link.width())

    def _make_toggles(self) -> None:
        """Make what sets how the curves are looked at: beside the layers' names, and on which axis."""
        self.by_layer = Toggle(self.appearance, gettext("by layer"), self)
        self.by_layer.setObjectName("gradient_plot.by_layer")
        self.by_layer.setAccessibleName(gettext("Gradients by layer"))
        self.by_layer.setToolTip(
            gettext("The size of each layer's gradient in this iteration: one that vanishes or explodes is seen")
        )
        self.by_layer.clicked.connect(self._choose_by_layer)
        self.log = Toggle(self.appearance, gettext("log"), self)
        self.log.setObjectName("gradient_plot.log")
        self.log.setAccessibleName(gettext("Logarithmic axis of the gradients"))
        self.log.setToolTip(
            gettext(
                "Logarithmic axis of the sizes of the gradients: equal distances are equal ratios, and 0 lies below "
                "all. Until you choose, it is on where gradients lie decades apart"
            )
        )
        self.log.clicked.connect(self._choose_log)
        for toggle in (self.by_layer, self.log):
            toggle.setVisible(False)
            self.heading.addWidget(toggle)

    def _choose_by_layer(self, chosen: bool) -> None:
        self._by_layer_chosen = chosen
        self.show_moment(self._moment, Change.COURSE)

    def _choose_log(self, chosen: bool) -> None:
        self._log_chosen = chosen
        self.show_moment(self._moment, Change.COURSE)

    def _forget_choices(self) -> None:
        self._log_chosen = self._by_layer_chosen = None

    def show_moment(self, moment: Moment, change: Change) -> None:
        """Draw a moment: gradients that are new, the cursor's iteration, and the selected curve."""
        self._moment = moment
        self.mark.show_moment(moment, change)
        drawn = change & (Change.COURSE | Change.PROGRAM | Change.NETWORK)
        if drawn:
            self._draw(moment.course)
        if self.shows_layers:
            self._show_layers()
        elif self.shows_chart:
            if not drawn and change & Change.SELECTION:
                self._set_strokes()
            self._mark_cursor()
            if change & Change.ITERATION:
                self.bring_cursor_into_sight()
        self._describe()
        self.redrawn.emit()

    def numbers(self) -> NumbersTable | None:
        """Return the gradients of each iteration, or the norm of each layer's in the one on the screen."""
        if self._curves is None or self._gradients is None or not self._curves.curves:
            return None
        if not self.shows_layers:
            return NumbersTable.of_outline(self._start, self._curves.names, self._gradients)
        norms = self.layers.norms
        return NumbersTable(("layer", "norm"), ([each.layer + 1 for each in norms], [each.norm for each in norms]))

    def _draw(self, course: Course) -> None:
        """Give the chart its data."""
        self._gradients = None
        if not self._moment.is_ready:
            self.show_message(gettext(NONE_YET))
            return
        curves, self._start, self._gradients = course.gradients()
        history = course.history(self._start)
        if self._curves_of is not history:
            self._curves_of, self._curves = history, GradientCurves.of(history.executor, curves)
        message = self._reason_for_none()
        has_layers = not self._moment.experiment.network.formula
        self.by_layer.setVisible(bool(curves) and course.horizon > course.first and has_layers)
        self.by_layer.setChecked(self.shows_layers)
        self.log.setVisible(not message and not self.shows_layers)
        if self.shows_layers:
            self.legend.set_entries(())
        elif not message and self._show_curves(self._gradients):
            self.show_chart()
            self._set_strokes()
        else:
            self.show_message(message or (gettext(NOTHING_TO_SHOW) if self.log.isChecked() else gettext(NOT_FINITE)))
            self.legend.set_entries(())

    def _show_curves(self, gradients: Outline) -> bool:
        """Draw them, on a logarithmic axis where that was chosen, or where they lie decades apart."""
        assert self._curves is not None
        decide = self._lie_decades_apart if self._log_chosen is None else self._log_chosen
        shown = self.chart.show_data(self._start, gradients, log=decide, magnitudes=True)
        self.log.setChecked(self.chart.is_log)
        names = SIGNED_AXES if self._curves.mode == ELEMENTS else NORM_AXES
        self.chart.name_values(names[self.chart.is_log])
        return shown

    def _lie_decades_apart(self, points: Floats) -> bool:
        from chainrule.ui.plots.chart.scales import decades  # noqa: PLC0415 - NumPy, after the first paint

        assert self._curves is not None
        signed = self._curves.mode == ELEMENTS
        found = decades(points, over_time=not signed)
        # Once it is logarithmic it stays so for a while: it is not to jump to and fro in a run.
        return found >= (STAY if self.log.isChecked() else SIGNED_APART if signed else APART)

    # By layer

    @property
    def shows_layers(self) -> bool:
        """Whether the layers' gradients are side by side: as was chosen, or where there are many layers."""
        if not self._moment.is_ready or self._moment.course.horizon == self._moment.course.first:
            return False
        if self._moment.experiment.network.formula:
            return False
        many = len(self._moment.experiment.network.layers) >= MANY_LAYERS
        return many if self._by_layer_chosen is None else self._by_layer_chosen

    def _show_layers(self) -> None:
        iteration = self._moment.cursor.iteration
        row = self._row(iteration)
        if self._curves is None or not self._curves.curves:
            self.show_message(gettext(NO_CURVES))
        elif row is None:
            self.show_message(
                gettext(CHANGED).format(start=self._start) if iteration < self._start else gettext(NOT_YET)
            )
        else:
            count = len(self._moment.experiment.network.layers)
            self.layers.show_norms(layer_norms(self._curves.gradients, row), count, self._moment.digits)
            self._stack.setCurrentWidget(self.layers)

    def _reason_for_none(self) -> str:
        if self._curves is not None and not self._curves.curves:
            return gettext(NO_CURVES)
        if self._gradients is None or len(self._gradients) < LEAST:
            first = self._moment.course.first
            if self._start > first:
                return gettext(CHANGED).format(start=self._start)
            return gettext(ONE_YET) if self._moment.course.horizon > first else gettext(NONE_YET)
        return ""

    # The selected curve

    @property
    def selected_curve(self) -> int | None:
        """The curve that is drawn stronger."""
        return self._curves.selected(self._moment) if self._curves and self.shows_chart else None

    def restyle_curves(self) -> None:
        """Draw the curves in the colours of the theme."""
        if self.shows_chart:
            self._set_strokes()
            self._mark_cursor()
            self._describe()

    def _colors(self) -> list[QColor]:
        """Return the colours of the curves, found once for each theme."""
        assert self._curves is not None
        if self._colored != (self._curves, self.appearance.theme):
            self._colored, self._found_colors = (
                (self._curves, self.appearance.theme),
                self._curves.colors(self.appearance),
            )
        return self._found_colors

    def _set_strokes(self) -> None:
        assert self._curves is not None
        selected, colors, marks = self.selected_curve, self._colors(), self._curves.curve_marks
        strokes = []
        for place, color in enumerate(colors):
            if place == selected:
                strokes.append(Stroke(color, width=2.8, level=1, mark=marks[place]))
            elif selected is None:
                strokes.append(Stroke(color, mark=marks[place]))
            else:
                strokes.append(Stroke(receding(self.appearance, color), width=1.2, mark=marks[place]))
        self.chart.set_strokes(strokes)
        self.legend.set_entries(self._entries(colors))

    def _entries(self, colors: list[QColor]) -> tuple[LegendEntry, ...]:
        assert self._curves is not None
        first = {curve.ref: color for curve, color in zip(self._curves.curves[::-1], colors[::-1], strict=True)}
        named = zip(self._curves.marks, self._curves.parameters, strict=True)
        return tuple(LegendEntry(name, first[ref], curve_mark(place)) for place, (name, ref) in enumerate(named))

    def _mark_cursor(self) -> None:
        assert self._curves is not None
        iteration, selected = self._moment.cursor.iteration, self.selected_curve
        dots = []
        for place, color in enumerate(self._colors()):
            value = self._value(iteration, place)
            if value is not None and selected in (None, place):
                dots.append(Dot(iteration, value, color, 6 if selected is None else 9))
        self.chart.dots.show_cursor(iteration, dots)

    def _describe(self) -> None:
        """Write the title row, and the same for those who hear it."""
        mode = self._curves.mode if self._curves and self.shows_chart else ""
        if self._stack.currentWidget() is self.layers:
            mode = f"iteration {self._moment.cursor.iteration}"
        selected, name, number, color = self.selected_curve, "", "", None
        if self._curves is not None and selected is not None:
            value = self._value(self._moment.cursor.iteration, selected)
            number = "" if value is None else format_number(value, self._moment.digits)
            name = self._curves.names[selected]
            if value is not None and self._curves.mode == ELEMENTS:
                color = self.appearance.theme.signed(value)
        self.header.set_texts(mode, name, number, color)
        spoken = gettext("Gradients, {mode}", mode=mode) if mode else gettext("Gradients, not computed yet")
        if name:
            spoken += f": {name} {number or 'not computed'} at iteration {self._moment.cursor.iteration}"
        if self.accessibleName() != spoken:
            self.setAccessibleName(spoken)

    def _value(self, iteration: int, curve: int) -> float | None:
        known = self._row(iteration)
        return None if known is None else float(known[curve])

    def _row(self, iteration: int) -> Floats | None:
        """Return the numbers of all curves; None where they are not computed, or before the curves begin."""
        row = iteration - self._start
        if self._gradients is None or not 0 <= row < len(self._gradients):
            return None
        known = self._gradients.row(row)
        if known is None:
            # Long ago: computed once more from the nearest checkpoint.
            known = self._moment.course.gradients_at(iteration)
        return known

    # The mouse

    def pick(self, point: QPointF) -> None:
        """Select the gradient whose curve was clicked; of a norm, the first element."""
        place = self.chart.curve_at(point)
        if place is not None:
            self._select(place)

    def _select(self, place: int) -> None:
        if self._curves is None:
            return
        curve, gradient = self._curves.curves[place], self._curves.gradients[place]
        self._session.selector.select(curve.ref, (0,) * len(gradient.sizes) if curve.index is None else curve.index)

    def describe(self, point: QPointF) -> str:
        """Return the name and the full value of the curve under the mouse."""
        iteration, place = self.chart.iteration_at(point), self.chart.curve_at(point)
        value = None if place is None else self._value(iteration, place)
        if place is None or value is None or self._curves is None:
            self.chart.dots.show_mouse(())
            return f"iteration {iteration}"
        self.chart.dots.show_mouse([Dot(iteration, value, QColor(self.appearance.theme.text), 7)])
        return f"iteration {iteration}\n{self._curves.names[place]} = {format_number(value, None)}"
