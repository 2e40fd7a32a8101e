"""The way from the inputs to a layer: played, dragged, and, where nothing may move by itself, gone in strides."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QStyle
from pytestqt.qtbot import QtBot

from chainrule.ui.style.appearance import LIGHT
from chainrule.ui.warp.morph import PAUSE, PLAY, STAY_MS, STEPS, WAY_MS
from tests.ui.warp.planes import Bench, Make, go, xor


def test_it_plays_from_the_inputs_to_the_layer_slowly_at_each_end_and_stops_there(qtbot: QtBot, make: Make) -> None:
    bench = make(xor())
    way = bench.view.way
    QTest.mouseClick(way.button, Qt.MouseButton.LeftButton)
    assert way.player.is_playing
    assert way.button.text() == PAUSE
    assert way.slider.value() == 0
    way.player.advance(STAY_MS + WAY_MS / 2)
    assert way.slider.value() == STEPS // 2
    way.player.advance(WAY_MS / 2 + STAY_MS / 2)
    assert way.slider.value() == STEPS
    way.player.advance(10 * WAY_MS)
    assert way.slider.value() == 2 * STEPS
    assert not way.player.is_playing
    assert way.button.text() == PLAY
    # From between two stages it goes on.
    go(bench, 0.5)
    way.toggle()
    way.player.advance(1)
    assert STEPS * 0.45 < way.slider.value() < STEPS * 0.55
    way.toggle()
    assert not way.player.is_playing


def test_time_alone_moves_it(qtbot: QtBot, make: Make) -> None:
    bench = make(xor())
    bench.view.way.toggle()
    qtbot.waitUntil(lambda: 0 < bench.view.way.slider.value() < 2 * STEPS, timeout=10_000)


def test_where_nothing_may_move_it_goes_from_stage_to_stage(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    style, asked = QApplication.style(), QStyle.StyleHint.SH_Widget_Animation_Duration

    class Still:
        def styleHint(self, hint: QStyle.StyleHint) -> int:  # noqa: N802 - Qt's name
            return 0 if hint == asked else style.styleHint(hint)

    monkeypatch.setattr(QApplication, "style", Still)
    bench = make(xor())
    assert _places(bench) == {0, STEPS, 2 * STEPS}
    # What somebody chose here counts more than what the system says.
    bench.appearance.motion.toggle()
    assert len(_places(bench)) > 10


def test_less_motion_has_it_go_from_stage_to_stage(make: Make) -> None:
    bench = make(xor())
    assert len(_places(bench)) > 10
    bench.appearance.motion.toggle()
    assert _places(bench) == {0, STEPS, 2 * STEPS}


def _places(bench: Bench) -> set[int]:
    """Play the way from the inputs; return where the slider was meanwhile."""
    way, values = bench.view.way, set()
    go(bench, 0)
    way.toggle()
    for _ in range(60):
        way.player.advance(100)
        values.add(way.slider.value())
    return values


def test_a_hand_on_the_slider_or_a_look_elsewhere_stops_it(make: Make) -> None:
    bench = make(xor())
    way = bench.view.way
    way.toggle()
    QTest.keyClick(way.slider, Qt.Key.Key_Right)
    assert not way.player.is_playing
    way.toggle()
    QTest.mousePress(way.slider, Qt.MouseButton.LeftButton, pos=QPoint(way.slider.width() - 4, 5))
    assert not way.player.is_playing
    assert way.slider.value() == 2 * STEPS
    QTest.mouseRelease(way.slider, Qt.MouseButton.LeftButton)
    go(bench, 0)
    way.toggle()
    bench.view.hide()
    assert not way.player.is_playing


def test_marks_stand_at_the_stages(make: Make) -> None:
    slider = make(xor()).view.way.slider
    image = slider.grab().toImage()
    x, high = round(slider.x_of(STEPS)), slider.height() // 2 - 4
    assert image.pixelColor(x, high) == QColor(LIGHT.muted)
    assert image.pixelColor(x + 6, high) != QColor(LIGHT.muted)
