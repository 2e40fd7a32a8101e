"""The plane of a sketch: points are set into it, sprayed along a stroke, and erased, with the mouse or the keys."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QSizePolicy, QWidget

from chainrule.catalog.experiment.spec_error import plural
from chainrule.explain.writing.numbers import format_short
from chainrule.model.importing.sketch import MOST_CLASSES, Plane, Sketch, SketchPoint
from chainrule.translation import gettext
from chainrule.ui.importing.spray import Spray
from chainrule.ui.plots.chart.frame import ChartAxis, Frame, ticks_down
from chainrule.ui.plots.chart.palette import class_color, class_mark
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.style.painting import drawing, painting

SPACING, SCATTER = 14, 0
# Half the size of a mark, and how far the eraser reaches, in pixels.
MARK, REACH = 4.4, 13
LEAST = QSize(300, 240)
TICK_WIDTH = 62
_LEFT, _RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.RightButton
Key = Qt.Key
_ARROWS = {Key.Key_Left: (-1, 0), Key.Key_Right: (1, 0), Key.Key_Down: (0, -1), Key.Key_Up: (0, 1)}
Place = tuple[float, float]


class SketchPad(QWidget):
    """Shows a sketch, and asks for another after each stroke with `sketched`; `grown` tells of it while one goes on.

    What the keys choose is asked for, too; `pointed` says where the mouse or the crosshair is, empty where nowhere.
    """

    sketched = Signal(object)
    grown = Signal(object)
    label_chosen = Signal(int)
    erasing_chosen = Signal(bool)
    pointed = Signal(str)

    def __init__(self, sketch: Sketch, plane: Plane, appearance: Appearance, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("sketch_pad")
        self.setAccessibleName(gettext("Sketch pad"))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMouseTracking(True)
        # The right button erases.
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.label, self.erasing = 0, False
        self.spacing, self.scatter = SPACING, SCATTER
        self._appearance, self._sketch, self._plane = appearance, sketch, plane
        # The stroke that goes on: what leaves points, None of one that erases, and the sketch before it.
        self._spray: Spray | None = None
        self._before: Sketch | None = None
        # Where the mouse or the crosshair is, and whether the keys brought it there.
        self._aim: Place | None = None
        self._by_keys = False
        self._mouse: QPointF | None = None
        # The points as they were painted last, and what that picture depends on besides them.
        self._picture = QPixmap()
        self._pictured: tuple[SketchPoint, ...] = ()
        self._key: object = None
        appearance.changed.connect(self.update)
        self._describe()

    @property
    def sketch(self) -> Sketch:
        """The sketch with what the stroke that goes on has done."""
        return self._sketch

    @property
    def plane(self) -> Plane:
        """What of the plane is in sight."""
        return self._plane

    def show_sketch(self, sketch: Sketch, plane: Plane) -> None:
        """Show another sketch, or another part of the plane; a stroke that goes on is given up."""
        self._spray = self._before = None
        self._sketch, self._plane = sketch, plane
        if self._aim is not None and not plane.holds(*self._aim):
            self._aim = None
        self._describe()
        self.update()

    def place_at(self, x: float, y: float) -> QPointF:
        """Return where in the widget a place of the plane is."""
        return self._frame().at(x, y)

    def minimumSizeHint(self) -> QSize:
        """Return room for a plane that can be drawn in."""
        return LEAST * self._appearance.scale

    def sizeHint(self) -> QSize:
        """Return a comfortable size."""
        return QSize(560, 430) * self._appearance.scale

    # Strokes

    def _plane_place(self, at: QPointF) -> Place | None:
        """Return the place of the plane at a point of the widget; None outside of it."""
        frame = self._frame()
        plot, plane = frame.plot, self._plane
        if not frame.is_possible:
            return None
        across = (at.x() - plot.left()) / plot.width()
        up = (plot.bottom() - at.y()) / plot.height()
        x = plane.across[0] + across * (plane.across[1] - plane.across[0])
        y = plane.up[0] + up * (plane.up[1] - plane.up[0])
        return plane.placed(x, y)

    def _begin(self, at: QPointF, *, erases: bool) -> None:
        self._before = self._sketch
        if erases:
            self._erase(at, at)
            return
        self._spray = Spray(at.x(), at.y(), self.spacing, self.scatter, len(self._sketch.points))
        self._set([at])

    def _go_on(self, at: QPointF, last: QPointF) -> None:
        if self._spray is None:
            self._erase(last, at)
        else:
            self._set(QPointF(*place) for place in self._spray.go_to(at.x(), at.y()))

    def _end(self) -> None:
        if self._before is not None:
            self._spray = self._before = None
            self.sketched.emit(self._sketch)

    def _set(self, places: Iterable[QPointF]) -> None:
        """Set points at places of the widget that lie in the plane."""
        found = (self._plane_place(at) for at in places)
        points = [SketchPoint(*place, self.label) for place in found if place is not None]
        self._take(self._sketch.with_points(points) if points else self._sketch)

    def _erase(self, start: QPointF, end: QPointF) -> None:
        """Erase the points that the eraser passes on its way."""
        frame, reach = self._frame(), self._appearance.size(REACH)
        points = self._sketch.points
        gone = [point for point in points if _distance(frame.at(point.x, point.y), start, end) <= reach]
        self._take(self._sketch.without(point for point in gone if self._plane.holds(point.x, point.y)))

    def _take(self, sketch: Sketch) -> None:
        if sketch is not self._sketch:
            self._sketch = sketch
            self._describe()
            self.grown.emit(sketch)
        self.update()

    def _aim_at(self, place: Place | None, *, by_keys: bool) -> None:
        self._aim, self._by_keys = place, by_keys
        self.pointed.emit("" if place is None else self._place_in_words(place))
        self._describe()
        self.update()

    def _place_in_words(self, place: Place) -> str:
        pairs = zip(self._sketch.columns, place, strict=True)
        return "   ".join(f"{name} = {format_short(number, None)}" for name, number in pairs)

    def _describe(self) -> None:
        """Tell a screen reader what is there."""
        aim = f"; at {self._place_in_words(self._aim)}" if self._aim is not None else ""
        self.setAccessibleDescription(f"{plural(len(self._sketch.points), 'point')}{aim}")

    # Qt's events

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin a stroke; the right button erases."""
        if self._before is None and event.button() in (_LEFT, _RIGHT):
            self._mouse = event.position()
            self._begin(event.position(), erases=self.erasing or event.button() == _RIGHT)
            self._aim_at(self._plane_place(event.position()), by_keys=False)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Go on with the stroke, and say where the mouse is."""
        last, self._mouse = self._mouse, event.position()
        if self._before is not None:
            self._go_on(event.position(), last or event.position())
        self._aim_at(self._plane_place(event.position()), by_keys=False)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """End the stroke."""
        if not event.buttons() & (_LEFT | _RIGHT):
            self._end()

    def leaveEvent(self, event: QEvent) -> None:
        """Forget where the mouse was."""
        self._mouse = None
        if not self._by_keys:
            self._aim_at(None, by_keys=False)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move the crosshair, set a point, erase, or choose a class."""
        key, modifiers = Key(event.key()), event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if key == Key.Key_Escape and self._before is not None:
            self._give_up_stroke()
        elif modifiers & ~Qt.KeyboardModifier.ShiftModifier:
            super().keyPressEvent(event)
        elif key in _ARROWS:
            fine = bool(modifiers & Qt.KeyboardModifier.ShiftModifier)
            self._aim_at(self._plane.moved(*self._crosshair(), _ARROWS[key], fine=fine), by_keys=True)
        elif key in (Key.Key_Space, Key.Key_Delete, Key.Key_Backspace):
            self._press(erases=key != Key.Key_Space or self.erasing)
        elif key == Key.Key_E:
            self.erasing_chosen.emit(not self.erasing)
        elif Key.Key_0 <= key <= Key.Key_9:
            # The tenth is 0, as on the keyboard.
            self.label_chosen.emit((key.value - Key.Key_1.value) % MOST_CLASSES)
        else:
            super().keyPressEvent(event)

    def _press(self, *, erases: bool) -> None:
        """Set a point at the crosshair, or erase what is there."""
        if self._before is None:
            place = self._crosshair()
            self._begin(self._frame().at(*place), erases=erases)
            self._end()
            self._aim_at(place, by_keys=True)

    def _give_up_stroke(self) -> None:
        before = self._before
        self._spray = self._before = None
        if before is not None:
            self._take(before)

    def _crosshair(self) -> Place:
        """Return where the crosshair is, in the middle at first."""
        if self._aim is not None:
            return self._aim
        (left, right), (below, above) = self._plane.across, self._plane.up
        return self._plane.moved((left + right) / 2, (below + above) / 2, (0, 0), fine=True)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show the crosshair where the Tab key leads here."""
        super().focusInEvent(event)
        if event.reason() in (Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason):
            self._aim_at(self._crosshair(), by_keys=True)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Take the mark of the focus away."""
        super().focusOutEvent(event)
        self.update()

    # How it looks

    def _frame(self) -> Frame:
        edge, (left, right), (below, above) = self._appearance.size(8), self._plane.across, self._plane.up
        area = QRectF(self.rect()).adjusted(edge, edge, -edge, -edge)
        x, y = self._sketch.columns
        most = max(2, int(area.width() / self._appearance.size(TICK_WIDTH)))
        down = ChartAxis.linear(y, below, above, ticks_down(self._appearance, area.height()))
        return Frame(self._appearance, area, ChartAxis.linear(x, left, right, most), down)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the plane, the points, and the crosshair or the eraser."""
        with painting(self) as painter:
            frame, theme = self._frame(), self._appearance.theme
            painter.fillRect(self.rect(), QColor(theme.surface))
            painter.setPen(QPen(QColor(theme.link if self.hasFocus() else theme.border), 1))
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
            if frame.is_possible:
                self._paint_grid(painter, frame)
                frame.paint(painter)
                painter.drawPixmap(0, 0, self._points_picture(frame))
                self._paint_aim(painter, frame)

    def _paint_grid(self, painter: QPainter, frame: Frame) -> None:
        theme, plot = self._appearance.theme, frame.plot
        across = [(frame.at(value, frame.down.low).x(), value) for value, _ in frame.across.ticks]
        down = [(frame.at(frame.across.low, value).y(), value) for value, _ in frame.down.ticks]
        for (far, value), is_across in [*((each, True) for each in across), *((each, False) for each in down)]:
            axis = frame.across if is_across else frame.down
            # The axes through the origin are stronger.
            is_zero = abs(value) < (axis.high - axis.low) * 1e-9
            painter.setPen(QPen(QColor(theme.dimmed) if is_zero else QColor(theme.border), 1))
            if is_across:
                painter.drawLine(QPointF(far, plot.top()), QPointF(far, plot.bottom()))
            else:
                painter.drawLine(QPointF(plot.left(), far), QPointF(plot.right(), far))

    def _points_picture(self, frame: Frame) -> QPixmap:
        """Return all points as a picture. In a stroke the new ones are painted on the one of before."""
        ratio, appearance, sketch = self.devicePixelRatioF(), self._appearance, self._sketch
        look = (self.size(), ratio, appearance.is_dark, appearance.scale)
        key = (*look, self._plane, sketch.curve, sketch.columns, len(sketch.classes))
        known = len(self._pictured)
        if key != self._key or sketch.points[:known] != self._pictured:
            self._picture = QPixmap(self.size() * ratio)
            self._picture.setDevicePixelRatio(ratio)
            self._picture.fill(Qt.GlobalColor.transparent)
            known = 0
        if len(sketch.points) > known:
            with drawing(self._picture) as painter:
                painter.setRenderHint(QPainter.RenderHint.Antialiasing)
                self._paint_points(painter, frame, sketch.points[known:])
        self._key, self._pictured = key, sketch.points
        return self._picture

    def _paint_points(self, painter: QPainter, frame: Frame, points: Sequence[SketchPoint]) -> None:
        surface, size = QColor(self._appearance.theme.surface), MARK * self._appearance.scale
        count = 1 if self._sketch.curve else len(self._sketch.classes)
        for point in points:
            if self._plane.holds(point.x, point.y):
                label = 0 if self._sketch.curve else point.label
                color = class_color(self._appearance, label, count)
                class_mark(label).paint(painter, frame.at(point.x, point.y), color, surface, size)

    def _paint_aim(self, painter: QPainter, frame: Frame) -> None:
        theme, plot = self._appearance.theme, frame.plot
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if self._by_keys and self._aim is not None and self.hasFocus():
            at = frame.at(*self._aim)
            painter.setPen(QPen(QColor(theme.link), 1))
            painter.drawLine(QPointF(plot.left(), at.y()), QPointF(plot.right(), at.y()))
            painter.drawLine(QPointF(at.x(), plot.top()), QPointF(at.x(), plot.bottom()))
        elif self._mouse is not None and (self.erasing or (self._before is not None and self._spray is None)):
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(QColor(theme.error), 1.5))
            reach = self._appearance.size(REACH)
            painter.drawEllipse(self._mouse, reach, reach)


def _distance(point: QPointF, start: QPointF, end: QPointF) -> float:
    """Return how far a point is from a way between two."""
    way_x, way_y = end.x() - start.x(), end.y() - start.y()
    to_x, to_y = point.x() - start.x(), point.y() - start.y()
    length = way_x * way_x + way_y * way_y
    share = min(max((to_x * way_x + to_y * way_y) / length, 0.0), 1.0) if length else 0.0
    return math.hypot(to_x - share * way_x, to_y - share * way_y)
