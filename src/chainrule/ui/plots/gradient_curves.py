"""What the curves of the gradient plot are: their names, colours and marks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtGui import QColor

from chainrule.explain.names.notation import Notation
from chainrule.explain.names.steps import step_mark
from chainrule.explain.writing.plain_text import latex_to_text
from chainrule.session.screen.moment import Moment
from chainrule.translation import gettext, gettext_noop
from chainrule.ui.plots.chart.palette import Marker, curve_color, curve_mark
from chainrule.ui.style.appearance import Appearance

if TYPE_CHECKING:
    from chainrule.catalog.values.refs import ValueRef
    from chainrule.catalog.values.value import Value
    from chainrule.engine.trace import Executor
    from chainrule.model.timeline.records import Curve

ELEMENTS = "each element"
NORMS = gettext_noop("norm of each parameter")


@dataclass(frozen=True, slots=True, eq=False)
class GradientCurves:
    """What the curves are: those of one segment of the document. `gradients` are the values that they are of."""

    curves: tuple[Curve, ...]
    gradients: tuple[Value, ...]
    names: tuple[str, ...]
    parameters: tuple[ValueRef, ...]
    marks: tuple[str, ...]

    @classmethod
    def of(cls, executor: Executor, curves: tuple[Curve, ...]) -> GradientCurves:
        """Name the curves of what an executor computes."""
        program, notation = executor.program, Notation.of(executor.experiment)
        names = tuple(
            f"‖{latex_to_text(notation.tensor_latex(curve.ref))}‖"
            if curve.index is None
            else notation.text(curve.ref, curve.index)
            for curve in curves
        )
        parameters = tuple(dict.fromkeys(curve.ref for curve in curves))
        marks = tuple(step_mark(notation, program.steps[program.index[ref]]) for ref in parameters)
        gradients = tuple(program.values[curve.ref] for curve in curves)
        return cls(curves, gradients, names, parameters, marks)

    @property
    def mode(self) -> str:
        """What a curve shows."""
        return gettext(NORMS) if self.curves and self.curves[0].index is None else ELEMENTS

    def selected(self, moment: Moment) -> int | None:
        """Return the curve of the selected parameter, or of its gradient or new value."""
        value = None if moment.selection is None else moment.value(moment.selection.ref)
        if moment.selection is None or value is None:
            return None
        for place, (curve, gradient) in enumerate(zip(self.curves, self.gradients, strict=True)):
            if gradient.owner.ref == value.owner.ref and curve.index in (None, moment.selection.index):
                return place
        return None

    @property
    def curve_marks(self) -> list[Marker]:
        """A mark for each curve: that of its parameter."""
        return [curve_mark(self.parameters.index(curve.ref)) for curve in self.curves]

    def colors(self, appearance: Appearance) -> list[QColor]:
        """Return a colour for each curve."""
        colors = []
        for number, ref in enumerate(self.parameters):
            count = sum(curve.ref == ref for curve in self.curves)
            colors += [curve_color(appearance, number, element, count) for element in range(count)]
        return colors
