"""The gradients of the parameters by iteration: each element for itself, or the norm of each parameter's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QWidget

from chainrule.engine import refs
from chainrule.explain.numbers import format_number
from chainrule.model.document import Document
from chainrule.session.moment import Moment
from chainrule.session.session import Session
from chainrule.ui.appearance import Appearance
from chainrule.ui.plots.legend import Entry, Legend
from chainrule.ui.plots.palette import Dot, Mark, Stroke, curve_color, curve_mark, receding
from chainrule.ui.plots.plot_card import LEAST, PlotCard

if TYPE_CHECKING:
    from chainrule.engine.refs import ValueRef
    from chainrule.engine.spec import Experiment
    from chainrule.model.history import Curve
    from chainrule.model.thinned import Outline

NONE_YET = "Run or step through an iteration to see its gradients here"
ONE_YET = "The curves begin with the second iteration"
CHANGED = "The curves begin anew with the change at iteration {start}"
NO_CURVES = "Nothing is trained: every parameter is frozen"
NOT_FINITE = "No gradient so far is a finite number"
ELEMENTS = "each element"
NORMS = "norm of each parameter"


@dataclass(frozen=True, slots=True, eq=False)
class _Curves:
    """What the curves are: those of one segment of the document."""

    experiment: Experiment
    curves: tuple[Curve, ...]
    names: tuple[str, ...]
    parameters: tuple[ValueRef, ...]
    marks: tuple[str, ...]

    @classmethod
    def of(cls, session: Session, start: int, curves: tuple[Curve, ...]) -> _Curves:
        """Name the curves of the segment that begins at `start`."""
        from chainrule.explain.notation import Notation  # noqa: PLC0415 - loads torch
        from chainrule.explain.plain import to_text  # noqa: PLC0415 - only for curves

        experiment = session.document.experiment_at(start)
        program = session.timeline.history(session.document, start).executor.program
        notation = Notation(experiment.network)
        names = tuple(
            f"‖{to_text(notation.tensor_latex(curve.ref))}‖"
            if curve.index is None
            else notation.text(curve.ref, curve.index)
            for curve in curves
        )
        parameters = tuple(dict.fromkeys(curve.ref for curve in curves))
        marks = tuple(notation.mark(program.steps[program.index[ref]]) for ref in parameters)
        return cls(experiment, curves, names, parameters, marks)

    @property
    def mode(self) -> str:
        """What a curve shows."""
        return NORMS if self.curves and self.curves[0].index is None else ELEMENTS

    def selected(self, moment: Moment) -> int | None:
        """The curve of the selected parameter, or of its gradient or new value."""
        if moment.selection is None:
            return None
        base, index = refs.parse(moment.selection.ref).base, moment.selection.index
        for place, curve in enumerate(self.curves):
            if refs.parse(curve.ref).base == base and curve.index in (None, index):
                return place
        return None

    @property
    def curve_marks(self) -> list[Mark]:
        """A mark for each curve: that of its parameter."""
        return [curve_mark(self.parameters.index(curve.ref)) for curve in self.curves]

    def colors(self, appearance: Appearance) -> list[QColor]:
        """A colour for each curve."""
        colors = []
        for number, ref in enumerate(self.parameters):
            count = sum(curve.ref == ref for curve in self.curves)
            colors += [curve_color(appearance, number, element, count) for element in range(count)]
        return colors


class GradientPlot(PlotCard):
    """Gradients by iteration. The selected parameter's curve is drawn stronger; a click on a curve selects it."""

    def __init__(self, session: Session, appearance: Appearance, parent: QWidget | None = None) -> None:
        super().__init__(session, appearance, "Gradients", parent)
        self.setObjectName("gradient_plot")
        self.legend = Legend(appearance, self)
        self.column.insertWidget(1, self.legend)
        self._moment = session.moment
        self._drawn: object = None
        self._curves: _Curves | None = None
        self._curves_of: object = None
        self._colored: object = None
        self._found_colors: list[QColor] = []
        self._start = 0
        self._gradients: Outline | None = None
        self.show_moment(self._moment)

    def show_moment(self, moment: Moment) -> None:
        """Draw a moment: gradients that are new, the cursor's iteration, and the selected curve."""
        before, self._moment = self._moment, moment
        drawn = self._draw()
        if self.shows_chart:
            if not drawn and before.selection != moment.selection:
                self._set_strokes()
            self._mark_cursor()
        self._describe()

    def _draw(self) -> bool:
        """Give the chart its data where they have changed; return whether they have."""
        document, horizon = self.session.document, self._moment.horizon
        state = (self.session.is_ready, document.segments, horizon)
        if state == self._drawn:
            return False
        self._drawn = None
        self._draw_gradients(document, horizon)
        # Only then is it drawn: what fails is drawn with the next moment.
        self._drawn = state
        return True

    def _draw_gradients(self, document: Document, horizon: int) -> None:
        self._gradients = None
        if not self.session.is_ready:
            self.show_message(NONE_YET)
            return
        curves, self._start, self._gradients = self.session.timeline.gradients(document, horizon)
        if self._curves_of is not document.segment_at(self._start):
            self._curves_of = document.segment_at(self._start)
            self._curves = _Curves.of(self.session, self._start, curves)
        message = self._reason_for_none()
        if not message and self.chart.show_data(self._start, self._gradients):
            self.show_chart()
            self._set_strokes()
        else:
            self.show_message(message or NOT_FINITE)
            self.legend.set_entries(())

    def _reason_for_none(self) -> str:
        if self._curves is not None and not self._curves.curves:
            return NO_CURVES
        if self._gradients is None or len(self._gradients) < LEAST:
            if self._start:
                return CHANGED.format(start=self._start)
            return ONE_YET if self._moment.horizon else NONE_YET
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
        """The colours of the curves, found once for each theme."""
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

    def _entries(self, colors: list[QColor]) -> tuple[Entry, ...]:
        assert self._curves is not None
        first = {curve.ref: color for curve, color in zip(self._curves.curves[::-1], colors[::-1], strict=True)}
        named = zip(self._curves.marks, self._curves.parameters, strict=True)
        return tuple(Entry(name, first[ref], curve_mark(place)) for place, (name, ref) in enumerate(named))

    def _mark_cursor(self) -> None:
        assert self._curves is not None
        iteration, selected = self._moment.cursor.iteration, self.selected_curve
        dots = []
        for place, color in enumerate(self._colors()):
            value = self._value(iteration, place)
            if value is not None and selected in (None, place):
                dots.append(Dot(iteration, value, color, 6 if selected is None else 9))
        self.chart.show_cursor(iteration, dots)

    def _describe(self) -> None:
        """The title row, and the same for those who hear it."""
        mode = self._curves.mode if self._curves and self.shows_chart else ""
        selected, name, number, color = self.selected_curve, "", "", None
        if self._curves is not None and selected is not None:
            value = self._value(self._moment.cursor.iteration, selected)
            number = "" if value is None else format_number(value, self._moment.digits)
            name = self._curves.names[selected]
            if value is not None and self._curves.mode == ELEMENTS:
                color = self.appearance.theme.signed(value)
        self.header.set_texts(mode, name, number, color)
        spoken = f"Gradients, {mode}" if mode else "Gradients, not computed yet"
        if name:
            spoken += f": {name} {number or 'not computed'} at iteration {self._moment.cursor.iteration}"
        if self.accessibleName() != spoken:
            self.setAccessibleName(spoken)

    def _value(self, iteration: int, curve: int) -> float | None:
        row = iteration - self._start
        if self._gradients is None or not 0 <= row < len(self._gradients):
            return None
        known = self._gradients.row(row)
        if known is None:
            # Long ago: computed once more from the nearest checkpoint.
            _, known, _ = self.session.timeline.history(self.session.document, iteration).numbers(iteration)
        return float(known[curve])

    # The mouse

    def pick(self, point: QPointF) -> None:
        """Select the gradient whose curve was clicked; of a norm, the first element."""
        place = self.chart.curve_at(point)
        if place is None or self._curves is None:
            return
        curve = self._curves.curves[place]
        shape = self._curves.experiment.network.parameter_shapes()[refs.parse(curve.ref).base]
        self.session.select(curve.ref, (0,) * len(shape) if curve.index is None else curve.index)

    def describe(self, point: QPointF) -> str:
        """The name and the full value of the curve under the mouse."""
        iteration, place = self.chart.iteration_at(point), self.chart.curve_at(point)
        value = None if place is None else self._value(iteration, place)
        if place is None or value is None or self._curves is None:
            self.chart.mark(())
            return f"iteration {iteration}"
        self.chart.mark([Dot(iteration, value, QColor(self.appearance.theme.text), 7)])
        return f"iteration {iteration}\n{self._curves.names[place]} = {format_number(value, None)}"
