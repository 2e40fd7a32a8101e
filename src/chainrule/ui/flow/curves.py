"""A curve for each layer over the iterations: the norm of its gradient, or how large its updates are."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING

from PySide6.QtCore import QPointF, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QWidget

from chainrule.explain.writing.numbers import format_number
from chainrule.session.screen.change import Change
from chainrule.session.screen.moment import Moment
from chainrule.session.session import Session
from chainrule.translation import gettext, gettext_noop
from chainrule.ui.flow.words import layer_name
from chainrule.ui.plots.chart.palette import Dot, Stroke, curve_color, curve_mark, receding
from chainrule.ui.plots.chart.plot_card import LEAST, PlotCard
from chainrule.ui.style.appearance import Appearance

if TYPE_CHECKING:
    from chainrule.model.timeline.downsampled_series import Outline

NONE_YET = gettext_noop("Run or step through two iterations to see the curves of the layers")
CHANGED = gettext_noop("The curves begin anew with the change at iteration {start}")
NO_WEIGHTS = gettext_noop("No weights are trained: there is no gradient to be seen")
NOTHING = gettext_noop("None of these numbers so far is finite and other than 0")
# The usual size of an update beside the weights, of which the base-10 logarithm is −3.
USUAL, USUAL_NAME = 1e-3, gettext_noop("usual: 10⁻³, log₁₀ = −3")
GRADIENTS, UPDATES = gettext_noop("gradients"), gettext_noop("updates")
TITLES = {GRADIENTS: gettext_noop("Gradient of the weights"), UPDATES: gettext_noop("Update beside the weights")}
AXES = {GRADIENTS: "norm", UPDATES: "‖update‖ / ‖weight‖"}


class LayerCurves(PlotCard):
    """Curves on a logarithmic axis. A click on one picks its layer; a double click goes to the iteration."""

    picked = Signal(int)
    least_height = 96

    def __init__(self, session: Session, appearance: Appearance, kind: str, parent: QWidget) -> None:
        self._kind = kind
        super().__init__(session, appearance, gettext(TITLES[kind]), parent)
        self.setObjectName(f"flow_view.{kind}")
        self.is_framed = False
        self.column.setContentsMargins(0, 0, 0, 0)
        self._start = 0
        self._values: Outline | None = None
        self._layers: tuple[int, ...] = ()
        self._selected: int | None = None

    def show_steps(
        self, moment: Moment, layers: tuple[int, ...], start: int, values: Outline, selected: int | None
    ) -> None:
        """Draw the curves of the layers from an iteration on."""
        self._moment, self._layers, self._start, self._selected = moment, layers, start, selected
        self._values = values
        if not layers:
            self.show_message(gettext(NO_WEIGHTS))
        elif len(values.begins) < LEAST:
            self.show_message(
                gettext(CHANGED).format(start=start) if start > moment.course.first else gettext(NONE_YET)
            )
        elif self._draw(values):
            self.chart.name_values(AXES[self._kind])
            self.show_chart()
            self.restyle_curves()
        else:
            self.show_message(gettext(NOTHING))
        self._describe()

    def _draw(self, values: Outline) -> bool:
        from chainrule.ui.plots.chart.dots import ReferenceLine  # noqa: PLC0415 - NumPy, after the first paint

        self.chart.dots.reference = ReferenceLine(USUAL, gettext(USUAL_NAME)) if self._kind == UPDATES else None
        return self.chart.show_data(self._start, values, log=True)

    def show_moment(self, moment: Moment, change: Change) -> None:
        """Show nothing by itself: the view that it is in gives it its curves."""

    def restyle_curves(self) -> None:
        """Draw the curves in the colours of the theme, the selected layer's strongest."""
        if not self.shows_chart:
            return
        strokes = []
        for layer, color in zip(self._layers, self._colors(), strict=True):
            mark = curve_mark(layer)
            if layer == self._selected:
                strokes.append(Stroke(color, width=2.8, level=1, mark=mark))
            elif self._selected is None:
                strokes.append(Stroke(color, mark=mark))
            else:
                strokes.append(Stroke(receding(self.appearance, color), width=1.2, mark=mark))
        self.chart.set_strokes(strokes)
        iteration, dots = self._moment.cursor.iteration, []
        for place, color in enumerate(self._colors()):
            known = self._measured(iteration, place)
            if known is not None and known[0] == iteration:
                dots.append(Dot(iteration, known[1], color, 9 if self._layers[place] == self._selected else 6))
        self.chart.dots.show_cursor(iteration, dots)

    def _colors(self) -> list[QColor]:
        return [curve_color(self.appearance, layer, 0, 1) for layer in self._layers]

    def _measured(self, iteration: int, place: int) -> tuple[int, float] | None:
        """Return the number that was measured last up to an iteration, and in which; None before the first."""
        piece = -1 if self._values is None else self._values.piece(iteration - self._start)
        if self._values is None or piece < 0:
            return None
        value = float(self._values.high[piece, place])
        return self._start + int(self._values.begins[piece]), value

    def _describe(self) -> None:
        """Write the selected layer's number, and the same of all for those who hear it."""
        iteration, digits = self._moment.cursor.iteration, self._moment.digits
        texts = []
        name = number = ""
        for place, layer in enumerate(self._layers):
            known = self._measured(iteration, place) if self.shows_chart else None
            if known is not None and isfinite(known[1]):
                text = format_number(known[1], digits)
                texts.append(f"{layer_name(layer)} {text}")
                name, number = (layer_name(layer), text) if layer == self._selected else (name, number)
        self.header.set_texts(gettext("by layer") if self.shows_chart else "", name, number)
        self.setAccessibleName(gettext("{titles} by layer and iteration", titles=gettext(TITLES[self._kind])))
        self.setAccessibleDescription(", ".join(texts))

    def pick(self, point: QPointF) -> None:
        """Tell whose curve was clicked."""
        place = self.chart.curve_at(point)
        if place is not None:
            self.picked.emit(self._layers[place])

    def describe(self, point: QPointF) -> str:
        """Return the layer and the full value of the curve under the mouse, and where that was measured."""
        iteration, place = self.chart.iteration_at(point), self.chart.curve_at(point)
        known = None if place is None else self._measured(iteration, place)
        if place is None or known is None:
            self.chart.dots.show_mouse(())
            return f"iteration {iteration}"
        at, value = known
        self.chart.dots.show_mouse([Dot(at, value, QColor(self.appearance.theme.text), 7)])
        return f"iteration {at}\n{layer_name(self._layers[place])}: {AXES[self._kind]} = {format_number(value, None)}"
