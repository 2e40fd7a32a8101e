"""The way from the inputs to a layer: a slider over its stages, and what plays it."""

from __future__ import annotations

from PySide6.QtCore import QElapsedTimer, QObject, QRectF, QTimer, Signal
from PySide6.QtGui import QColor, QHideEvent, QPainter
from PySide6.QtWidgets import QHBoxLayout, QWidget

from chainrule.translation import gettext, gettext_noop
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.style.motion import Motion
from chainrule.ui.timeline.slim_slider import SlimSlider
from chainrule.ui.widgets.controls import LinkButton
from chainrule.ui.window.hints import BACK_TO_STAGE

# The slider counts so many steps from one stage to the next.
STEPS = 100
FRAME_MS = 33
# From stage to stage, and how long each stage is looked at.
WAY_MS, STAY_MS = 1400, 700
PLAY, PAUSE = gettext_noop("play"), gettext_noop("pause")
PLAY_TIP = gettext_noop("Play the way from the inputs to the layer")


class StageSlider(SlimSlider):
    """Stands at a stage, or between two."""

    def __init__(self, appearance: Appearance, parent: QWidget) -> None:
        super().__init__(appearance, "warp_view.way", gettext("How far the plane has come"), parent)
        self.setSingleStep(STEPS // 20)
        self.setPageStep(STEPS)
        self.set_stages(2)

    def set_stages(self, count: int) -> None:
        """Have so many stages."""
        self.setRange(0, (count - 1) * STEPS)

    def key_hints(self) -> tuple[str, ...]:
        """Return what the keys do here."""
        return (
            gettext_noop("→ ← further, back"),
            gettext_noop("Home the inputs"),
            gettext_noop("End the layer"),
            BACK_TO_STAGE,
        )

    def paint_marks(self, painter: QPainter) -> None:
        """Paint a mark at each stage."""
        painter.setBrush(QColor(self.appearance.theme.muted))
        for value in range(0, self.maximum() + 1, STEPS):
            painter.drawRoundedRect(QRectF(self.x_of(value) - 1.5, self.height() / 2 - 5, 3, 10), 1, 1)


class Player(QObject):
    """Tells where the way has come as time goes by; `moved` has the slider's value.

    Where nothing may move by itself, it goes from stage to stage without what is between.
    """

    moved = Signal(int)
    changed = Signal()

    def __init__(self, motion: Motion, parent: QObject) -> None:
        super().__init__(parent)
        self._motion = motion
        self._clock = QElapsedTimer()
        self._timer = QTimer(self)
        self._timer.setInterval(FRAME_MS)
        self._timer.timeout.connect(lambda: self.advance(self._clock.restart()))
        self._passed, self._last = 0.0, 0

    @property
    def is_playing(self) -> bool:
        """Whether it plays."""
        return self._timer.isActive()

    def start(self, value: int, last: int) -> None:
        """Play from a value of the slider to the last, or from the first where that is there already."""
        begin = 0 if value >= last else value
        self._last = last
        # One that was left between two stages goes on from there.
        stage, part = divmod(begin, STEPS)
        self._passed = stage * (WAY_MS + STAY_MS) + (STAY_MS + WAY_MS * _time_of(part / STEPS) if part else 0.0)
        self._clock.start()
        self._timer.start()
        self.moved.emit(begin)
        self.changed.emit()

    def stop(self) -> None:
        """Stay where it is."""
        if self.is_playing:
            self._timer.stop()
            self.changed.emit()

    def advance(self, milliseconds: float) -> None:
        """Go on by so much time."""
        self._passed += milliseconds
        stage, rest = divmod(self._passed, WAY_MS + STAY_MS)
        share = max(0.0, rest - STAY_MS) / WAY_MS
        way = 0.0 if self._motion.is_reduced else _eased(share)
        value = min(self._last, round((stage + way) * STEPS))
        self.moved.emit(value)
        if value >= self._last:
            self.stop()


def _eased(share: float) -> float:
    """Return how far one has come that starts slowly and ends slowly."""
    return share * share * (3 - 2 * share)


def _time_of(way: float) -> float:
    """Return at which share of the time a way has been gone: what `_eased` is the way of."""
    low, high = 0.0, 1.0
    for _ in range(30):
        middle = (low + high) / 2
        low, high = (middle, high) if _eased(middle) < way else (low, middle)
    return low


class WayBar(QWidget):
    """The button and the slider in a row. `moved` tells where the way has come, by hand or by itself."""

    moved = Signal()

    def __init__(self, appearance: Appearance, parent: QWidget) -> None:
        super().__init__(parent)
        self.button = LinkButton(appearance, gettext(PLAY), gettext(PLAY_TIP), "warp_view.play", self)
        self.slider = StageSlider(appearance, self)
        self.player = Player(appearance.motion, self)
        self.button.clicked.connect(self.toggle)
        self.player.moved.connect(self.slider.setValue)
        self.player.changed.connect(self._show_words)
        self.slider.valueChanged.connect(self.moved)
        # Who takes hold of it wants it to stay there.
        self.slider.sliderPressed.connect(self.player.stop)
        self.slider.actionTriggered.connect(self.player.stop)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self.button)
        row.addWidget(self.slider, 1)
        self._row = row

    def put_before(self, widget: QWidget) -> None:
        """Have a widget stand before the button."""
        self._row.insertWidget(0, widget)

    @property
    def place(self) -> tuple[int, float]:
        """The stage behind, and the share of the way to the next."""
        stage, part = divmod(self.slider.value(), STEPS)
        return stage, part / STEPS

    def toggle(self) -> None:
        """Play, or pause."""
        if self.player.is_playing:
            self.player.stop()
        else:
            self.player.start(self.slider.value(), self.slider.maximum())

    def set_stages(self, count: int) -> None:
        """Have so many stages; at the last one it stays there, and at first it is there."""
        self.player.stop()
        self.slider.set_stages(count)
        self.slider.setValue(self.slider.maximum())

    def _show_words(self) -> None:
        is_playing = self.player.is_playing
        self.button.set_words(
            gettext(PAUSE if is_playing else PLAY), gettext("Stay where it is") if is_playing else gettext(PLAY_TIP)
        )

    def hideEvent(self, event: QHideEvent) -> None:
        """Play nothing that is not looked at."""
        super().hideEvent(event)
        self.player.stop()
