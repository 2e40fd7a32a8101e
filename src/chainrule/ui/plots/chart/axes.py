"""Axes with few, readable ticks: whole iterations, and values written as everywhere else."""

from __future__ import annotations

import math

import pyqtgraph as pg
from PySide6.QtCore import QPointF
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QGraphicsSceneResizeEvent, QStyleOptionGraphicsItem, QWidget

from chainrule.explain.writing.numbers import FULL_PRECISION, format_short
from chainrule.ui.plots.chart.ticks import linear_ticks, power_texts, tick_texts
from chainrule.ui.style.painting import painting_part

# So many numbers stand at a logarithmic axis of less than a decade; powers of ten beyond the last have no number.
FEW, FAR = 4, 300
Ticks = tuple[float, list[float]]


class _Axis(pg.AxisItem):
    def updateAutoSIPrefix(self) -> None:
        """Do without prefixes: pyqtgraph would set the label anew with each change of the range."""

    def tickValues(self, minVal: float, maxVal: float, size: float) -> list[Ticks]:
        """Return pyqtgraph's values.

        None where its arithmetic overflows: in a huge range, or beside the largest number there is.
        """
        least, most = sorted((minVal * self.scale, maxVal * self.scale))
        span, far = 4 * (most - least), max(abs(least), abs(most))
        spacings = [spacing for spacing, _ in self.tickSpacing(least, most, size)] if math.isfinite(span) else []
        fit = (spacing > 0 and math.isfinite(span / spacing) and math.isfinite(far + spacing) for spacing in spacings)
        ticks: list[Ticks] = super().tickValues(minVal, maxVal, size) if spacings and all(fit) else []
        return ticks

    def paint(self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget) -> None:
        """Paint pyqtgraph's axis."""
        with painting_part(painter, widget, self.boundingRect()):
            super().paint(painter, option, widget)


class IterationAxis(_Axis):
    """Iterations: whole numbers only."""

    def tickSpacing(
        self,
        minVal: float,
        maxVal: float,
        size: float,
    ) -> list[tuple[float, float]]:
        """Return pyqtgraph's spacing, without parts of an iteration."""
        levels = [level for level in super().tickSpacing(minVal, maxVal, size) if level[0] >= 1]
        return levels[:2] or [(1.0, 0.0)]

    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:
        """Return plain integers."""
        return [format_short(value, FULL_PRECISION) for value in values]


class ValueAxis(_Axis):
    """Values, or powers of ten in log mode; there 0 may have a place of its own, below `floor`."""

    def __init__(self, orientation: str) -> None:
        super().__init__(orientation)
        self.zero: float | None = None
        self.floor = 0.0

    def resizeEvent(self, event: QGraphicsSceneResizeEvent | None = None) -> None:
        """Put the name in the middle of the axis; one that is longer stays in sight, beside the axis below too."""
        super().resizeEvent(event)
        if self.label is not None and self.scene() is not None:
            long, height = self.label.boundingRect().width(), self.scene().sceneRect().height()
            top = self.mapToScene(QPointF(0, 0)).y()
            # The label is turned: it goes up from its place.
            self.label.setY(max(long, min(self.label.y() + top, height)) - top)

    def set_zero(self, zero: float | None, floor: float) -> None:
        """Set where 0 is in log mode, and the place under which no other number is."""
        if (zero, floor) != (self.zero, self.floor):
            self.zero, self.floor = zero, floor
            self.picture = None
            self.update()

    def logTickValues(
        self,
        minVal: float,
        maxVal: float,
        size: float,
        stdTicks: list[Ticks],
    ) -> list[Ticks]:
        """Return whole powers of ten; where there are fewer than two, what is between them too.

        And 0, where that is drawn.
        """
        if self.zero is None:
            return self._powers(minVal, maxVal, stdTicks)
        found = self._powers(max(minVal, self.floor), maxVal, stdTicks)
        return [(spacing, [self.zero, *(tick for tick in values if tick >= self.floor)]) for spacing, values in found]

    def _powers(self, low: float, high: float, usual: list[Ticks]) -> list[Ticks]:
        for spacing, values in usual:
            if spacing >= 1 and sum(low <= value <= high for value in values) > 1:
                return [(spacing, values)]
        decades = range(math.floor(low), math.ceil(high) + 1)
        for factors in ((1,), (1, 2, 5), range(1, 10)):
            ticks = [decade + math.log10(factor) for decade in decades for factor in factors]
            inside = [tick for tick in ticks if low <= tick <= high]
            if len(inside) > 1:
                return [(1.0, inside)]
        # Less than a decade: round numbers, which lie nearly even.
        round_numbers, _ = linear_ticks(10.0**low, 10.0**high, FEW) if abs(low) < FAR else ([], 0.0)
        return [(1.0, [math.log10(number) for number in round_numbers if number > 0])]

    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:
        """Return as few digits as tell the ticks apart."""
        if self.logMode:
            known = [value for value in values if value != self.zero]
            texts = iter(power_texts(known))
            return ["0" if value == self.zero else next(texts) for value in values]
        return tick_texts([value * scale for value in values], spacing * scale)
