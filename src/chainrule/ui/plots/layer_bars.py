"""The size of each layer's gradient in one iteration, side by side: one that vanishes is seen at a glance."""

from __future__ import annotations

from math import ceil, floor, isfinite, log10

from PySide6.QtCore import QEvent, QPoint, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from chainrule.explain.writing.numbers import format_number
from chainrule.model.curves.layer_norms import LayerNorm
from chainrule.translation import gettext
from chainrule.ui.events import ask_about_events, shows_tip
from chainrule.ui.plots.chart.frame import FONT, ChartAxis, Frame, ticks_down
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.style.painting import painting

NAME_ACROSS = "layer"
NAME_DOWN = "norm"
# Equal norms look equal: the axis never has fewer decades.
LEAST_DECADES = 2.0
WIDEST = 7.0


class LayerBars(QWidget):
    """A stem for each layer on a logarithmic axis; 0 lies below it, what is not finite is written above it."""

    picked = Signal(int)

    def __init__(self, appearance: Appearance, parent: QWidget) -> None:
        super().__init__(parent)
        ask_about_events(self, self._take_event)
        self.setObjectName("gradient_plot.layers")
        self._appearance = appearance
        self._norms: tuple[LayerNorm, ...] = ()
        self._count = 0
        self._digits: int | None = 4
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        appearance.changed.connect(self.update)

    def show_norms(self, norms: tuple[LayerNorm, ...], count: int, digits: int | None) -> None:
        """Show the norms of a network of so many layers; a layer that is not trained has none."""
        if (norms, count, digits) == (self._norms, self._count, self._digits):
            return
        self._norms, self._count, self._digits = norms, count, digits
        spoken = ", ".join(f"layer {each.layer + 1} {format_number(each.norm, digits)}" for each in norms)
        self.setAccessibleName(gettext("Norm of the gradient by layer"))
        self.setAccessibleDescription(spoken)
        self.update()

    @property
    def norms(self) -> tuple[LayerNorm, ...]:
        """What is shown."""
        return self._norms

    # Places

    def _frame(self) -> tuple[Frame, float, float]:
        """Return the axes, the exponent below which there is only 0, and the one that stands for 0."""
        exponents = [log10(each.norm) for each in self._norms if isfinite(each.norm) and each.norm > 0]
        low: float = floor(min(exponents, default=-1.0) - 0.05)
        high = ceil(max(exponents, default=0.0) + 0.05)
        low = min(low, high - LEAST_DECADES)
        zero = low - max(0.6, 0.12 * (high - low)) if any(each.norm == 0 for each in self._norms) else low
        room = max(1.0, self.height() - self._appearance.size(52))
        down = ChartAxis.decades(NAME_DOWN, low, high, ticks_down(self._appearance, room))
        ticks = ((zero, "0"), *down.ticks) if zero < low else down.ticks
        below = 0.0 if zero < low else 0.03 * (high - low)
        # The highest number stands over its head.
        down = ChartAxis(NAME_DOWN, zero - below, high + 0.1 * (high - low), ticks)
        across = ChartAxis(
            NAME_ACROSS, 0.4, self._count + 0.6, tuple((n + 1.0, str(n + 1)) for n in range(self._count))
        )
        frame = Frame(self._appearance, QRectF(self.rect()).adjusted(0, 0, -2, 0), across, down)
        return frame, low, zero

    def place_of(self, layer: int) -> QPointF | None:
        """Return where a layer's norm is drawn."""
        frame, _, zero = self._frame()
        found = next((each for each in self._norms if each.layer == layer), None)
        return None if found is None else self._place(frame, found, zero)

    def _place(self, frame: Frame, found: LayerNorm, zero: float) -> QPointF:
        if not isfinite(found.norm):
            return frame.at(found.layer + 1.0, frame.down.high)
        return frame.at(found.layer + 1.0, log10(found.norm) if found.norm > 0 else zero)

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the axes, and a stem with its head for each layer."""
        with painting(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            frame, low, zero = self._frame()
            if not self._norms or not frame.is_possible:
                return
            frame.paint(painter)
            if zero < low:
                painter.setPen(QPen(QColor(self._appearance.theme.dimmed), 1, Qt.PenStyle.DotLine))
                painter.drawLine(frame.at(frame.across.low, low), frame.at(frame.across.high, low))
            width = min(self._appearance.size(WIDEST), frame.plot.width() / max(1, self._count) / 2)
            for each in self._norms:
                self._paint_stem(painter, frame, each, self._place(frame, each, zero), width)
            self._write_norms(painter, frame, zero)

    def _paint_stem(self, painter: QPainter, frame: Frame, each: LayerNorm, head: QPointF, width: float) -> None:
        theme = self._appearance.theme
        color = QColor(theme.backward if isfinite(each.norm) else theme.error)
        painter.setPen(QPen(color, max(1.0, width / 2.5)))
        painter.drawLine(QPointF(head.x(), frame.plot.bottom()), head)
        painter.setPen(QPen(color, 1.5))
        painter.setBrush(color if each.norm != 0 else QColor(theme.surface))
        painter.drawEllipse(head, width / 1.6, width / 1.6)

    def _write_norms(self, painter: QPainter, frame: Frame, zero: float) -> None:
        """Write the numbers over the heads, where there is room for all of them; what is not finite in any case."""
        look, above = self._appearance, self._appearance.size(WIDEST)
        painter.setFont(look.font(FONT))
        painter.setPen(QColor(look.theme.text))
        metrics, room = painter.fontMetrics(), frame.plot.width() / max(1, self._count) - 4
        texts, fit = [], False
        for digits in (self._digits, 2, 1) if room > metrics.horizontalAdvance("0.1") else (1,):
            texts = [format_number(each.norm, digits) for each in self._norms]
            fit = fit or all(metrics.horizontalAdvance(text) <= room for text in texts)
            if fit:
                break
        for each, text in zip(self._norms, texts, strict=True):
            if fit or not isfinite(each.norm):
                head, width = self._place(frame, each, zero), metrics.horizontalAdvance(text) + 2.0
                left = min(head.x() - width / 2, self.width() - width)
                top = max(0.0, head.y() - metrics.height() - above)
                painter.drawText(QRectF(left, top, width, metrics.height()), Qt.AlignmentFlag.AlignCenter, text)

    # The mouse

    def layer_at(self, place: QPointF) -> LayerNorm | None:
        """Return the layer whose column is under the mouse."""
        frame = self._frame()[0]
        if not self._norms or not frame.is_possible:
            return None
        share = (place.x() - frame.plot.left()) / frame.plot.width()
        layer = round(frame.across.low + share * (frame.across.high - frame.across.low)) - 1
        return next((each for each in self._norms if each.layer == layer), None)

    def describe(self, found: LayerNorm) -> str:
        """Return what a layer's stem shows."""
        return f"layer {found.layer + 1}: norm of the gradient of all its parameters\n{format_number(found.norm, None)}"

    def _take_event(self, event: QEvent) -> bool:
        """Say the whole number of the layer under the mouse."""
        return shows_tip(event, self, self._tip_at)

    def _tip_at(self, at: QPoint) -> str:
        found = self.layer_at(QPointF(at))
        return "" if found is None else self.describe(found)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Tell which layer was clicked, by its first curve."""
        found = self.layer_at(event.position())
        if event.button() == Qt.MouseButton.LeftButton and found is not None:
            self.picked.emit(found.curves[0])
