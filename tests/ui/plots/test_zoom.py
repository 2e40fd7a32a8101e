"""A part of a chart's iterations: zoomed to by the wheel and by keys, moved by a drag, and all of them again."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from chainrule.model.navigation import Cursor
from chainrule.model.timeline.downsampled_series import DownsampledSeries, Outline
from chainrule.ui.plots.chart.chart import Chart
from chainrule.ui.plots.chart.zoom import LEAST, Zoom
from chainrule.ui.window.main_window import MainWindow

ITERATIONS = 40
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def plot(window: MainWindow) -> MainWindow:
    window.session.navigator.go_to(Cursor(ITERATIONS, 0))
    window.resize(1280, 800)
    QApplication.processEvents()
    return window


def wheel(chart: Chart, at: QPointF, notches: int) -> None:
    view = chart.viewport()
    turned = QPoint(0, 120 * notches)
    control, phase = Qt.KeyboardModifier.ControlModifier, Qt.ScrollPhase.NoScrollPhase
    place = QPointF(view.mapToGlobal(at.toPoint()))
    event = QWheelEvent(at, place, QPoint(), turned, Qt.MouseButton.NoButton, control, phase, False)
    QApplication.sendEvent(view, event)
    QApplication.processEvents()


def losses_seen(chart: Chart) -> dict[int, float]:
    at, places = chart.curve_data(0)
    low, high = chart.zoom.seen
    return {round(x): y for x, y in zip(at.tolist(), places.tolist(), strict=True) if low <= x <= high}


def test_the_wheel_zooms_around_the_mouse_and_the_axis_of_values_fits(plot: MainWindow) -> None:
    chart, course = plot.loss_plot.chart, plot.session.moment.course
    all_up = chart.getPlotItem().getViewBox().viewRange()[1]
    at = chart.to_widget(30, course.loss_at(30))
    wheel(chart, at, 6)
    low, high = chart.zoom.seen
    assert 0 < low < 30 < high < ITERATIONS - 1
    # What was under the mouse is there still.
    assert chart.to_widget(30, course.loss_at(30)).x() == pytest.approx(at.x(), abs=6)
    assert losses_seen(chart) == {i: course.loss_at(i) for i in range(int(np.ceil(low)), int(high) + 1)}
    up = chart.getPlotItem().getViewBox().viewRange()[1]
    assert up[1] < all_up[1] / 2
    assert plot.loss_plot.all_button.isVisible()
    QTest.mouseClick(plot.loss_plot.all_button, LEFT)
    assert chart.zoom.part is None
    assert chart.getPlotItem().getViewBox().viewRange()[1] == pytest.approx(all_up)
    assert not plot.loss_plot.all_button.isVisible()


def test_the_wheel_alone_is_not_the_charts(plot: MainWindow) -> None:
    chart = plot.loss_plot.chart
    view, at = chart.viewport(), QPointF(80, 40)
    phase, none = Qt.ScrollPhase.NoScrollPhase, Qt.KeyboardModifier.NoModifier
    event = QWheelEvent(at, at, QPoint(), QPoint(0, 120), Qt.MouseButton.NoButton, none, phase, False)
    QApplication.sendEvent(view, event)
    assert chart.zoom.part is None


def test_a_drag_moves_what_is_in_sight_and_a_click_is_a_click(plot: MainWindow) -> None:
    plot.board.show("gradients")
    chart = plot.gradient_plot.chart
    wheel(chart, QPointF(chart.width() / 2, chart.height() / 2), 6)
    low, high = chart.zoom.seen
    clicks: list[QPointF] = []
    chart.clicked.connect(clicks.append)
    view, middle = chart.viewport(), QPoint(chart.width() // 2, chart.height() // 2)
    QTest.mousePress(view, LEFT, pos=middle)
    for way in (20, 40, 60):
        QTest.mouseMove(view, middle + QPoint(way, 0))
    QTest.mouseRelease(view, LEFT, pos=middle + QPoint(60, 0))
    moved = chart.zoom.seen
    pixel = chart.getPlotItem().getViewBox().viewPixelSize()[0]
    assert moved[0] == pytest.approx(max(0.0, low - 60 * pixel), abs=pixel)
    assert moved[1] - moved[0] == pytest.approx(high - low)
    assert not clicks
    QTest.mouseClick(view, LEFT, pos=middle)
    assert len(clicks) == 1


def test_keys_zoom_around_the_cursor_which_stays_in_sight(plot: MainWindow) -> None:
    plot.board.touch("loss")
    plot.session.navigator.go_to(Cursor(10, 0))
    chart = plot.loss_plot.chart
    for _ in range(4):
        plot.actions_by_id["board.zoom_in"].trigger()
    low, high = chart.zoom.seen
    assert low < 10 < high < 30
    assert plot.loss_plot.chart.accessibleDescription().startswith("Iterations ")
    plot.session.navigator.go_to(Cursor(35, 0))
    assert chart.zoom.seen[0] <= 35 <= chart.zoom.seen[1]
    for _ in range(9):
        plot.actions_by_id["board.zoom_out"].trigger()
    assert chart.zoom.part is None
    plot.board.show("code")
    assert not plot.actions_by_id["board.zoom_in"].isEnabled()


def test_another_experiment_is_seen_whole(plot: MainWindow) -> None:
    plot.board.touch("loss")
    plot.actions_by_id["board.zoom_in"].trigger()
    assert plot.loss_plot.is_zoomed
    plot.session.file.open(plot.session.experiment, None)
    assert not plot.loss_plot.is_zoomed


def test_a_part_goes_along_with_a_run_only_where_it_ends_with_the_last_iteration() -> None:
    zoom = Zoom()
    zoom.take(0, 99)
    zoom.step(4, 99)
    zoom.take(0, 199)
    assert zoom.seen[1] == 199
    zoom.move(-50)
    before = zoom.seen
    zoom.take(0, 299)
    assert zoom.seen == before


@given(st.lists(st.tuples(st.sampled_from(["step", "move", "bring", "take"]), st.floats(-300, 300)), max_size=20))
def test_a_part_is_always_of_iterations_that_there_are(acts: list[tuple[str, float]]) -> None:
    zoom, last = Zoom(), 100.0
    zoom.take(0, last)
    for name, number in acts:
        if name == "step":
            zoom.step(number / 50, sum(zoom.seen) / 2)
        elif name == "take":
            last = abs(number)
            zoom.take(0, last)
        else:
            getattr(zoom, name)(number)
        low, high = zoom.seen
        assert 0 <= low <= high <= last
        assert zoom.part is None or high - low >= LEAST - 1e-9


def test_a_part_of_a_long_series_has_its_rows_and_one_piece_more_on_each_side() -> None:
    series, numbers = DownsampledSeries(1, whole=8, most=4), np.arange(100.0)[:, None]
    series.extend(numbers)
    outline: Outline = series.outline(100)
    start, part = outline.part(20, 60)
    assert start <= 20
    assert start + len(part) >= 60
    for place, (low, high) in enumerate(zip(part.low[:, 0], part.high[:, 0], strict=True)):
        begin = start + int(part.begins[place])
        end = start + (int(part.begins[place + 1]) if place + 1 < len(part.begins) else len(part))
        assert (low, high) == (begin, end - 1)
