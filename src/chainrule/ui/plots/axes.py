"""Axes with few, readable ticks: whole iterations, and values written as everywhere else."""

from __future__ import annotations

import math

import pyqtgraph as pg
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from chainrule.explain.numbers import FULL_PRECISION, format_number, format_short
from chainrule.ui.painting import painting_part

Ticks = tuple[float, list[float]]


class _Axis(pg.AxisItem):
    def updateAutoSIPrefix(self) -> None:  # noqa: N802 - pyqtgraph's name
        """No prefixes; pyqtgraph would set the label anew with each change of the range."""

    def tickValues(self, minVal: float, maxVal: float, size: float) -> list[Ticks]:  # noqa: N802, N803 - pyqtgraph's names
        """pyqtgraph's; none where its arithmetic overflows: in a huge range, or beside the largest number there is."""
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

    def tickSpacing(  # noqa: N802 - pyqtgraph's name
        self,
        minVal: float,  # noqa: N803
        maxVal: float,  # noqa: N803
        size: float,
    ) -> list[tuple[float, float]]:
        """pyqtgraph's, without parts of an iteration."""
        levels = [level for level in super().tickSpacing(minVal, maxVal, size) if level[0] >= 1]
        return levels[:2] or [(1.0, 0.0)]

    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:  # noqa: N802 - pyqtgraph's name
        """Plain integers."""
        return [format_short(value, FULL_PRECISION) for value in values]


class ValueAxis(_Axis):
    """Values, or powers of ten in log mode."""

    def logTickValues(  # noqa: N802 - pyqtgraph's name
        self,
        minVal: float,  # noqa: N803
        maxVal: float,  # noqa: N803
        size: float,
        stdTicks: list[Ticks],  # noqa: N803
    ) -> list[Ticks]:
        """Whole powers of ten; where there are fewer than two, what is between them too."""
        for spacing, values in stdTicks:
            if spacing >= 1:
                return [(spacing, values)]
        decades = range(math.floor(minVal), math.ceil(maxVal) + 1)
        for factors in ((1,), (1, 2, 5), range(1, 10)):
            ticks = [decade + math.log10(factor) for decade in decades for factor in factors]
            inside = [tick for tick in ticks if minVal <= tick <= maxVal]
            if len(inside) > 1:
                return [(1.0, inside)]
        return stdTicks[:1]

    def tickStrings(self, values: list[float], scale: float, spacing: float) -> list[str]:  # noqa: N802 - pyqtgraph's name
        """As few digits as tell the ticks apart."""
        if self.logMode:
            return [power_text(value) for value in values]
        return tick_texts([value * scale for value in values], spacing * scale)


def tick_texts(values: list[float], spacing: float) -> list[str]:
    """The ticks' values, with as many digits as tell them apart: `0.05`, `−2`, `1.5·10⁻⁷`."""
    return [_tick_text(value, spacing) for value in values]


def _tick_text(value: float, spacing: float) -> str:
    if abs(value) < spacing / 2:
        return "0"
    first, last = (math.floor(math.log10(abs(x)) + 1e-9) for x in (value, spacing))
    return format_number(value, first - last + 1)


def power_text(exponent: float) -> str:
    """A power of ten: `0.01`, `1`, `20`, `10⁻⁸`, `2·10⁻⁸`."""
    return format_short(10.0**exponent, 1).removeprefix("1·")
