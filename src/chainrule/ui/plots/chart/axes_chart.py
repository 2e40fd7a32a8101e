"""A chart between two axes of values, of which a part can be zoomed to, and the card that it is in."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QApplication, QHBoxLayout, QWidget

from chainrule.explain.writing.numbers import format_short
from chainrule.session.session import Session
from chainrule.translation import gettext, gettext_noop
from chainrule.ui.plots.chart.frame import Frame
from chainrule.ui.plots.chart.zoom import WHEEL, PlaneZoom
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.widgets.controls import LinkButton
from chainrule.ui.widgets.moment_card import MomentCard

ALL_TIP = gettext_noop("Show all again (Ctrl and the wheel zooms, a drag moves what is in sight)")
# So many pixels from the mouse a place is still under it.
NEAR = 1.0
_LEFT = Qt.MouseButton.LeftButton


# So many lines of text a chart is high at least, and as wide.
LINES = 4


class AxesChart(QWidget):
    """Zooms with Ctrl and the wheel around the mouse; a drag moves the part.

    While all is in sight, a press of the button is a click; of a part, that can be moved, it is one once the button is
    up again where it was pressed. The axes that `zoom` has not are fitted to what is in sight by who draws.
    """

    zoomed = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.zoom = PlaneZoom()
        self._pressed_at: QPointF | None = None
        self._dragged_to: QPointF | None = None

    def minimumSizeHint(self) -> QSize:
        """Return room for the axes and something between them."""
        least = LINES * self.fontMetrics().lineSpacing()
        return QSize(least, least)

    @property
    def frame(self) -> Frame | None:
        """The axes, and where points are in them; None where there is no range."""
        raise NotImplementedError

    def place_at(self, position: QPointF) -> tuple[float, float] | None:
        """Return which place between the axes is under a point."""
        frame = self.frame
        if frame is None or not frame.plot.contains(position):
            return None
        x, y = frame.shares_at(position)
        return frame.across.place(x), frame.down.place(y)

    def click(self, at: QPointF) -> None:
        """Take a click."""

    def zoom_around(self, steps: float, place: tuple[float, float]) -> None:
        """Show less around a place of the axes, or more where `steps` is negative; around the middle where it is not
        in sight.
        """
        frame = self.frame
        if frame is not None:
            shares = frame.across.share(place[0]), frame.down.share(place[1])
            x, y = (share if 0 <= share <= 1 else 0.5 for share in shares)
            self.zoom.step(steps, (x, y))
            self.zoomed.emit()

    # Qt's events

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take a click; of a part that can be moved once the button is up again."""
        if event.button() != _LEFT:
            super().mousePressEvent(event)
            return
        if self.zoom.part is None:
            self.click(event.position())
        else:
            self._pressed_at, self._dragged_to = event.position(), None

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Move the part in sight along with the mouse."""
        at, frame, pressed = event.position(), self.frame, self._pressed_at
        if pressed is None or frame is None or not frame.is_possible:
            return
        far = (at - pressed).manhattanLength() >= QApplication.startDragDistance()
        if self._dragged_to is not None or far:
            way = at - (self._dragged_to or pressed)
            self._dragged_to = at
            self.zoom.move((-way.x() / frame.plot.width(), way.y() / frame.plot.height()))
            self.zoomed.emit()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """End a drag, or take the click that it was."""
        if event.button() != _LEFT:
            return
        pressed, dragged, self._pressed_at, self._dragged_to = self._pressed_at, self._dragged_to, None, None
        if pressed is not None and dragged is None:
            self.click(event.position())

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom with Ctrl around the mouse; alone the wheel is left to whatever the chart stands in."""
        frame, turned = self.frame, event.angleDelta().y()
        is_zoom = event.modifiers() & Qt.KeyboardModifier.ControlModifier and turned
        if not is_zoom or frame is None or not frame.is_possible:
            event.ignore()
            return
        x, y = (min(max(share, 0.0), 1.0) for share in frame.shares_at(event.position()))
        self.zoom.step(turned / WHEEL, (x, y))
        self.zoomed.emit()
        self._bring_under(event.position(), frame.across.place(x), frame.down.place(y))
        event.accept()

    def _bring_under(self, position: QPointF, across: float, up: float) -> None:
        """Move a place back under the mouse, where wider numbers at the axes have moved it away."""
        frame, before = self.frame, self.zoom.part
        if frame is None or not frame.is_possible:
            return
        (x, y), plot = frame.shares_at(position), frame.plot
        by = frame.across.share(across) - min(max(x, 0.0), 1.0), frame.down.share(up) - min(max(y, 0.0), 1.0)
        away = abs(by[0]) * plot.width(), abs(by[1]) * plot.height()
        if max(away[: len(self.zoom.seen)]) > NEAR:
            self.zoom.move(by)
            if self.zoom.part != before:
                self.zoomed.emit()


class AxesCard(MomentCard):
    """What the views with such a chart share: `all`, which shows all of it again, and the keys."""

    def __init__(self, session: Session, appearance: Appearance, parent: QWidget | None = None) -> None:
        super().__init__(appearance, parent)
        self._axes_chart: AxesChart | None = None
        self.all_button = LinkButton(appearance, gettext("all"), gettext(ALL_TIP), "", self)
        self.all_button.clicked.connect(self.show_all)
        self.all_button.hide()
        self._is_picture = False
        self._whole_again = QTimer(self)
        self._whole_again.setSingleShot(True)
        self._whole_again.setInterval(0)
        self._whole_again.timeout.connect(self._draw_whole)
        session.signals.replaced.connect(self._forget)
        self.redrawn.connect(self._show_zoom)

    def let_zoom(self, chart: AxesChart, beside: QWidget) -> QHBoxLayout:
        """Let a chart be zoomed; return a row of a part of the card with `all` at its end."""
        self._axes_chart = chart
        chart.zoomed.connect(self.draw_part)
        self.all_button.setObjectName(f"{self.objectName()}.all")
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(beside, 1)
        row.addWidget(self.all_button)
        return row

    @property
    def is_zoomed(self) -> bool:
        """Whether no more than a part is in sight."""
        return self._axes_chart is not None and self._axes_chart.zoom.part is not None

    def show_part_of(self, other: AxesCard) -> None:
        """Have in sight, when it is next drawn, what another one has; without the button, for it is a picture."""
        self._is_picture = True
        if self._axes_chart is not None and other._axes_chart is not None:
            self._axes_chart.zoom.look_like(other._axes_chart.zoom)

    def draw_part(self) -> None:
        """Compute and draw what is in sight now."""
        raise NotImplementedError

    def place_on_screen(self) -> tuple[float, float] | None:
        """Return where between the axes that is which keys zoom around."""
        raise NotImplementedError

    def zoom(self, steps: int) -> None:
        """Show less around what is on the screen, or more where `steps` is negative."""
        place = self.place_on_screen()
        if self._axes_chart is not None and self._axes_chart.isVisible() and place is not None:
            self._axes_chart.zoom_around(steps, place)

    def show_all(self) -> None:
        """Show all again."""
        if self._axes_chart is not None and self.is_zoomed:
            self._axes_chart.zoom.part = None
            self.draw_part()

    def _forget(self) -> None:
        """Show all of another experiment, once it is there."""
        if self._axes_chart is not None and self.is_zoomed:
            self._axes_chart.zoom.part = None
            self._whole_again.start()

    def _draw_whole(self) -> None:
        if self.isVisible():
            self.draw_part()

    def _show_zoom(self) -> None:
        chart = self._axes_chart
        if chart is None:
            return
        self.all_button.setVisible(self.is_zoomed and not chart.isHidden() and not self._is_picture)
        frame = chart.frame
        axes = (frame.across, frame.down) if frame is not None else ()
        parts = [f"{axis.name} from {format_short(axis.low)} to {format_short(axis.high)}" for axis in axes]
        self.all_button.setAccessibleDescription(
            gettext("In sight: {names}", names=", ".join(parts)) if self.is_zoomed else ""
        )
