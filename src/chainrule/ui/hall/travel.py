"""Values on their way, in slow motion: they travel on a stage to where the next micro-step takes them."""

from __future__ import annotations

from PySide6.QtCore import QAbstractAnimation, QEvent, QPointF, QRect, QRectF, Qt, QVariantAnimation
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QHideEvent, QPaintEvent, QPen, QRegion, QShowEvent
from PySide6.QtWidgets import QWidget

from chainrule.explain.writing.numbers import format_number
from chainrule.session.hall.slow_motion import SlowMotion
from chainrule.session.screen.explaining import next_moment
from chainrule.session.signals import Signals
from chainrule.ui.events import ask_about_events
from chainrule.ui.hall.routes import ValueRoute, routes
from chainrule.ui.stage.painting.numbers import SMALL
from chainrule.ui.stage.view import StageView
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.style.painting import painting

# The share of a step's time in which what it wrote is looked at, before the next values set out.
REST = 0.3
# Around a number, at scale 1.
PAD, HEIGHT, AROUND = 5.0, 17.0, 4.0


class TravellingValues(QWidget):
    """Lies over a stage. It moves as long as slow motion goes on, it is seen, and motion is not reduced."""

    def __init__(self, stage: StageView, slow_motion: SlowMotion, signals: Signals, appearance: Appearance) -> None:
        super().__init__(stage)
        self.setObjectName("travel")
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._stage, self._slow_motion = stage, slow_motion
        self._appearance = appearance
        self._routes: tuple[ValueRoute, ...] = ()
        self._hue = QColor()
        # Where they were painted last.
        self._painted = QRegion()
        self._animation = QVariantAnimation(self)
        self._animation.setStartValue(0.0)
        self._animation.setEndValue(1.0)
        self._animation.valueChanged.connect(lambda _: self._advance())
        self._is_idle = False
        ask_about_events(stage, self._follow)
        self.resize(stage.size())
        queued = Qt.ConnectionType.QueuedConnection
        # The stage has the moment by then.
        for signal in (slow_motion.changed, signals.cursor_moved, signals.document_changed):
            signal.connect(self.begin, queued)
        appearance.changed.connect(self.begin, queued)
        self.show()

    @property
    def is_moving(self) -> bool:
        """Whether values are on their way."""
        return self._animation.state() == QAbstractAnimation.State.Running

    @property
    def routes(self) -> tuple[ValueRoute, ...]:
        """What is on its way, and which way."""
        return self._routes

    def set_idle(self, is_idle: bool) -> None:
        """Let nothing travel here, as long as it does elsewhere."""
        self._is_idle = is_idle
        self.begin()

    def begin(self) -> None:
        """Let the values of the next micro-step set out, if slow motion goes on."""
        self._animation.stop()
        self._routes = ()
        following = None
        if (
            self._slow_motion.is_playing
            and not (self._is_idle or self._appearance.motion.is_reduced)
            and self.isVisible()
        ):
            following = next_moment(self._stage.moment)
        if following is not None and following.step is not None:
            part = QRectF(self._stage.visibleRegion().boundingRect())
            items = self._stage.stage_layout().between(part.left(), part.right())
            self._routes = routes(following, items)
            self._hue = self._appearance.theme.phase(following.step.phase.value)
        if self._routes:
            self._animation.setDuration(1000 * self._slow_motion.seconds)
            self._animation.start()
        self._repaint()

    def _follow(self, event: QEvent) -> bool:
        """Be as large as the stage; what is laid out anew has other ways."""
        if event.type() == QEvent.Type.Resize:
            self.resize(self._stage.size())
            if self.is_moving:
                self.begin()
        return False

    def _advance(self) -> None:
        if self._appearance.motion.is_reduced:
            self.begin()
        elif float(self._animation.currentValue()) >= REST:
            self._repaint()

    def _places(self) -> list[tuple[ValueRoute, QPointF]]:
        """Return where the values are now; none before they set out, and none once they have come."""
        passed = float(self._animation.currentValue() or 0.0) if self.is_moving else 0.0
        share = (passed - REST) / (1.0 - REST)
        if not 0.0 < share < 1.0:
            return []
        # They set out and come in slowly.
        eased = share * share * (3.0 - 2.0 * share)
        return [(route, route.at(eased)) for route in self._routes]

    def _repaint(self) -> None:
        """Paint where they were and where they are, and nothing else of the stage."""
        now = QRegion()
        for route, place in self._places():
            now += self._rect(route, place)
        if not (now | self._painted).isEmpty():
            self.update(now | self._painted)
        self._painted = now

    def _rect(self, route: ValueRoute, place: QPointF) -> QRect:
        scale = self._stage.stage_layout().scale
        width = QFontMetricsF(self._font()).horizontalAdvance(self._text(route)) + 2 * PAD * scale
        around = AROUND * scale
        rect = QRectF(0, 0, width + around, HEIGHT * scale + around)
        rect.moveCenter(place)
        return rect.toAlignedRect()

    def _font(self) -> QFont:
        size = SMALL * self._stage.stage_layout().scale / self._appearance.scale
        return self._appearance.font(size, bold=True, mono=True)

    def _text(self, route: ValueRoute) -> str:
        return format_number(route.number, self._stage.moment.digits)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint each number where it is on its way."""
        with painting(self) as painter:
            places = self._places()
            if not places:
                return
            painter.setRenderHint(painter.RenderHint.Antialiasing)
            painter.setFont(self._font())
            scale, theme = self._stage.stage_layout().scale, self._appearance.theme
            half = AROUND * scale / 2
            for route, place in places:
                rect = QRectF(self._rect(route, place)).adjusted(half, half, -half, -half)
                painter.setPen(QPen(self._hue, 1.6 * scale))
                painter.setBrush(QColor(theme.surface))
                painter.drawRoundedRect(rect, 7 * scale, 7 * scale)
                painter.setPen(theme.signed(route.number))
                painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, self._text(route))

    def showEvent(self, event: QShowEvent) -> None:
        """Go on where slow motion does."""
        super().showEvent(event)
        self.begin()

    def hideEvent(self, event: QHideEvent) -> None:
        """Move nothing that nobody sees."""
        super().hideEvent(event)
        self._animation.stop()
