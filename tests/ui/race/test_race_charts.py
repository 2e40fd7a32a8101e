"""The race over two quantities as a map, and the runs over time: what is seen, and what the mouse and keys do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QGuiApplication
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from chainrule.session.race_quantities import RacePlane, RaceRange
from chainrule.session.racing import RaceOver, RaceQuestion
from chainrule.ui.plots.chart.palette import Marker
from chainrule.ui.race.chart import RaceChart, RacePicture, RacePoint
from chainrule.ui.race.curves import CurvesChart, CurvesPicture
from chainrule.ui.race.loss_scale import most_shown
from chainrule.ui.race.plane import PlaneChart, PlanePicture
from chainrule.ui.race.view import LOW, RaceView
from chainrule.ui.style.appearance import DARK, LIGHT
from tests.experiments import dense
from tests.ui.plots.view_bench import ViewBench, benches
from tests.ui.race.test_race_view import near, race, view_of

RaceBench = ViewBench[RaceView]
SPEC = dense((2, 4, 1), 6)
PLANE = RaceQuestion(
    RaceOver.PLANE,
    iterations=40,
    plane=RacePlane(RaceRange("lr", 0.01, 1e8), RaceRange("momentum", 0.0, 0.8), 5),
)
CURVES = RaceQuestion(low=0.001, high=0.5, count=6, iterations=40)


@pytest.fixture
def make(qtbot: QtBot) -> Iterator[Callable[..., RaceBench]]:
    with benches(view_of, (460, 460)) as bench_of:
        yield bench_of


@pytest.fixture
def bench(make: Callable[..., RaceBench]) -> RaceBench:
    return make(SPEC)


def chart_of(bench: RaceBench, losses: list[list[float]], lost: list[list[bool]], most: float = 1e9) -> PlaneChart:
    chart = PlaneChart(bench.appearance, str, bench.view)
    chart.resize(300, 240)
    plane = replace(PLANE.plane, side=len(losses))
    chart.show_picture(PlanePicture(plane, np.array(losses), np.array(lost), most, None))
    return chart


def test_a_pair_has_the_shade_of_its_loss_and_what_has_none_a_pattern(bench: RaceBench) -> None:
    chart = chart_of(bench, [[1e-4, 1.0], [np.nan, 1e5]], [[False, False], [True, False]], most=10.0)
    image, frame = chart.grab().toImage(), chart.frame
    assert frame is not None
    middles = [chart.cell(frame, run).center().toPoint() for run in range(4)]
    lowest, highest = (image.pixelColor(middles[run]) for run in (0, 1))
    assert lowest == LIGHT.tint(LIGHT.loss, 0.03)
    assert highest == LIGHT.tint(LIGHT.loss, 0.75)
    # In the rows upwards: the first is the lowest.
    assert middles[0].y() > middles[2].y()
    assert near(image, middles[2], QColor(LIGHT.error), 6)
    assert near(image, middles[3], QColor(LIGHT.muted), 6)
    assert not near(image, middles[3], QColor(LIGHT.error), 6)
    bench.appearance.set_scheme(Qt.ColorScheme.Dark)
    assert near(chart.grab().toImage(), middles[2], QColor(DARK.error), 6)
    assert chart.grab().toImage().pixelColor(middles[0]) == DARK.tint(DARK.loss, 0.03)


def test_a_loss_of_zero_is_as_good_as_the_best_other(bench: RaceBench) -> None:
    chart = chart_of(bench, [[0.0, 1.0], [0.01, 0.0]], [[False] * 2] * 2)
    image, frame = chart.grab().toImage(), chart.frame
    assert frame is not None
    colors = {run: image.pixelColor(chart.cell(frame, run).center().toPoint()).name() for run in range(4)}
    assert colors[0] == colors[2] == colors[3] != colors[1]
    assert not chart_of(bench, [[0.0, 0.0], [0.0, 0.0]], [[False] * 2] * 2).grab().isNull()


def test_a_race_over_two_quantities_is_a_map_with_a_frame_around_the_best(bench: RaceBench, qtbot: QtBot) -> None:
    race(bench, PLANE, qtbot)
    view, chart = bench.view, bench.view.plane
    assert view.charts.currentWidget() is chart
    best, frame, found = view.racer.best, chart.frame, chart.picture
    assert best is not None
    assert frame is not None
    assert found is not None
    image = chart.grab().toImage()
    assert near(image, chart.cell(frame, best).topLeft().toPoint(), QColor(LIGHT.text))
    assert view.legend.entries[0].name == "no loss"
    assert found.lost[:, -1].all()
    assert not found.lost[:, 0].any()
    assert near(image, chart.cell(frame, 4).center().toPoint(), QColor(LIGHT.error), 6)
    assert chart.run_at(chart.cell(frame, 7).center()) == 7
    finish = view.racer.finish_of(5)
    assert finish is not None
    told = chart._tip_at(chart.cell(frame, 5).center().toPoint())
    assert told == f"lr 0.01, momentum 0.2\nloss {finish.loss!r}\nDrag a rectangle to race in it"


def test_a_pair_is_chosen_by_click_and_arrows_and_taken_over(bench: RaceBench, qtbot: QtBot) -> None:
    race(bench, PLANE, qtbot)
    chart, frame = bench.view.plane, bench.view.plane.frame
    assert frame is not None
    QTest.mouseClick(chart, Qt.MouseButton.LeftButton, pos=chart.cell(frame, 0).center().toPoint())
    assert bench.view.state.text().startswith("Chosen: lr 0.01000, momentum 0, loss")
    chart.setFocus()
    for key in (Qt.Key.Key_Up, Qt.Key.Key_Right, Qt.Key.Key_Left):
        QTest.keyClick(chart, key)
    assert chart.picture is not None
    assert chart.picture.chosen == 5
    bench.view.take.click()
    optimizer = bench.session.experiment.optimizer
    assert (optimizer.number("lr"), optimizer.number("momentum")) == (0.01, 0.2)
    bench.session.undo_stack.undo()
    assert bench.session.experiment == SPEC


def test_a_rectangle_is_raced_anew_and_back_shows_the_wider_map(bench: RaceBench, qtbot: QtBot) -> None:
    race(bench, PLANE, qtbot)
    view, chart = bench.view, bench.view.plane
    frame = chart.frame
    assert frame is not None
    assert view.back.isHidden()
    begin, end = frame.at(-1.0, 0.6).toPoint(), frame.at(1.0, 0.3).toPoint()
    QTest.mousePress(chart, Qt.MouseButton.LeftButton, pos=begin)
    chart._to = QPointF(end)
    assert near(chart.grab().toImage(), QPoint((begin.x() + end.x()) // 2, begin.y()), QColor(LIGHT.link), 8)
    QTest.mouseRelease(chart, Qt.MouseButton.LeftButton, pos=end)
    qtbot.waitUntil(lambda: not view.racer.is_running, timeout=30_000)
    plane = view.racer.question.plane
    assert (plane.across.low, plane.across.high) == pytest.approx((0.1, 10.0), rel=0.15)
    assert (plane.up.low, plane.up.high) == pytest.approx((0.3, 0.6), abs=0.02)
    assert view.fields.axes[0][1].value == plane.across.low
    view.back.click()
    assert view.racer.question == PLANE
    assert view.fields.axes[0][1].value == 0.01
    assert view.back.isHidden()


def test_keys_look_closer_and_back_and_copy(bench: RaceBench, qtbot: QtBot) -> None:
    race(bench, PLANE, qtbot)
    view, chart = bench.view, bench.view.plane
    chart.chosen.emit(6)
    chart.setFocus()
    QTest.keyClick(chart, Qt.Key.Key_Plus)
    qtbot.waitUntil(lambda: not view.racer.is_running, timeout=30_000)
    plane = view.racer.question.plane
    assert plane.across.low < PLANE.plane.across.numbers(5)[1] < plane.across.high
    assert plane.up.low < 0.2 < plane.up.high
    QTest.keyClick(chart, Qt.Key.Key_Backspace)
    assert view.racer.question == PLANE
    QTest.keyClick(chart, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    first, *rows = QGuiApplication.clipboard().text().splitlines()
    assert first.split("\t") == ["lr", "momentum", "loss", "what became of it"]
    assert len(rows) == 25


def test_ranges_are_asked_for_by_the_quantity_that_is_chosen(bench: RaceBench) -> None:
    view = bench.view
    view.fields.over.choose("two quantities")
    assert view._question.plane.up.name == "momentum"
    name, low, high = view.fields.axes[1]
    name.choose("weight_decay")
    assert (low.value, high.value) == (1e-5, 1.0)
    low.value_edited.emit(2.0)
    assert view._refusals.message == "Each quantity goes from a number to a larger one."
    view.fields.count.value_edited.emit(16)
    assert view._question.plane.side == 16
    assert view.state.text().startswith("256 runs")


def test_runs_over_time_are_curves_with_the_best_named(bench: RaceBench, qtbot: QtBot) -> None:
    race(bench, CURVES, qtbot)
    view, chart = bench.view, bench.view.curves
    view.way.click()
    assert view.charts.currentWidget() is chart
    found, frame, raced = chart.picture, chart.frame, view.racer.race
    assert found is not None
    assert frame is not None
    assert raced is not None
    assert found.runs[0] == found.chosen == view.racer.best
    assert found.name.startswith("lr ")
    assert found.losses[:, 0].tolist() == raced.losses[:, found.runs[0]].tolist()
    end = frame.at(39, np.log10(found.losses[-1, 0])).toPoint()
    assert near(chart.grab().toImage(), end, found.looks[0][0], 4)
    other = frame.at(39, np.log10(found.losses[-1, 3])).toPoint()
    assert chart._tip_at(other).endswith(f"iteration 39: loss {float(found.losses[-1, 3])!r}")
    QTest.mouseClick(chart, Qt.MouseButton.LeftButton, pos=other)
    assert view.state.text().startswith("Chosen: lr ")
    chart.setFocus()
    QTest.keyClick(chart, Qt.Key.Key_Up)
    assert chart.picture is not None
    assert chart.picture.chosen == found.runs[2]
    QTest.keyClick(chart, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    head, *rows = QGuiApplication.clipboard().text().splitlines()
    assert head.split("\t")[0] == "iteration"
    assert rows[-1].split("\t")[:2] == ["39", repr(float(found.losses[-1, 0]))]
    view.way.click()
    assert view.charts.currentWidget() is view.chart


def test_the_curve_under_the_mouse_comes_to_the_front(bench: RaceBench, qtbot: QtBot) -> None:
    race(bench, CURVES, qtbot)
    bench.view.way.click()
    chart, frame = bench.view.curves, bench.view.curves.frame
    assert frame is not None
    assert chart.picture is not None
    at = frame.at(20, np.log10(chart.picture.losses[20, 4]))
    assert chart.point_at(at) == (4, round(20 / 39 * 39))
    before = chart.grab().toImage()
    chart._hover(4)
    assert chart.grab().toImage() != before


def test_of_many_runs_the_best_are_drawn_and_what_diverged_ends(bench: RaceBench, qtbot: QtBot) -> None:
    race(bench, RaceQuestion(low=0.01, high=1e9, count=100, iterations=60), qtbot)
    bench.view.way.click()
    found = bench.view.curves.picture
    assert found is not None
    assert len(found.runs) == 64
    bench.view._choose(99)
    found = bench.view.curves.picture
    assert found is not None
    assert found.runs[-1] == 99
    assert np.isnan(found.losses[-1, -1])
    assert not bench.view.curves.grab().isNull()


def test_a_low_view_shows_the_fields_or_the_chart(bench: RaceBench, qtbot: QtBot) -> None:
    race(bench, PLANE, qtbot)
    view = bench.view
    assert view.settings.isHidden()
    view.resize(300, LOW - 100)
    assert not view.settings.isHidden()
    assert view.fields.isHidden()
    assert not view.charts.isHidden()
    view.settings.click()
    assert not view.fields.isHidden()
    assert view.charts.isHidden()
    view.start.click()
    assert view.fields.isHidden()
    qtbot.waitUntil(lambda: not view.racer.is_running, timeout=30_000)
    view.resize(460, LOW + 60)
    assert not view.fields.isHidden()
    assert not view.charts.isHidden()


def test_a_race_of_initializations_has_a_mark_for_each(bench: RaceBench, qtbot: QtBot) -> None:
    race(bench, RaceQuestion(RaceOver.INITIALIZATIONS, count=3, iterations=5), qtbot)
    assert {"xavier_uniform", "kaiming_normal", "zeros"} <= {entry.name for entry in bench.view.legend.entries}
    assert ", seed " in bench.view.state.text()


def test_it_is_drawn_in_any_size(bench: RaceBench, qtbot: QtBot) -> None:
    race(bench, PLANE, qtbot)
    bench.view.way.click()
    for size in ((180, 150), (60, 40), (900, 700)):
        for chart in (bench.view.plane, bench.view.curves):
            chart.resize(*size)
            assert not chart.grab().isNull()


def falling(chart: RaceChart) -> list[QPointF]:
    """Three runs whose losses are below 0, as a formula's may be, and where they stand."""
    points = tuple(RacePoint(run, 10.0**run, loss, 0) for run, loss in enumerate((2.0, 0.0, -7.5)))
    chart.resize(300, 240)
    chart.show_picture(RacePicture("lr", True, points, ((QColor("red"), Marker(0)),)))
    assert chart.frame is not None
    return [chart.at(chart.frame, point) for point in points]


def test_losses_below_0_stand_on_a_scale_of_plain_numbers(bench: RaceBench) -> None:
    chart = RaceChart(bench.appearance, str, bench.view)
    places = falling(chart)
    assert chart.frame is not None
    assert "−4" in [text for _, text in chart.frame.down.ticks]
    # As far from each other as their losses.
    first, second, third = (at.y() for at in places)
    assert (third - second) / (second - first) == pytest.approx(7.5 / 2.0)
    image = chart.grab().toImage()
    for run, at in enumerate(places):
        assert chart.run_at(at) == run
        assert near(image, at.toPoint(), QColor("red"))


def test_where_every_run_diverged_their_crosses_are_found_by_a_click(bench: RaceBench) -> None:
    """No loss stands on the axis then: the mean of none was taken."""
    chart = RaceChart(bench.appearance, str, bench.view)
    chart.resize(300, 240)
    points = tuple(RacePoint(run, 0.1 * 10**run, None, 0) for run in range(3))
    chart.show_picture(RacePicture("lr", True, points, ((QColor("red"), Marker(0)),)))
    frame = chart.frame
    assert frame is not None
    for point in points:
        at = chart.at(frame, point)
        assert chart.run_at(at) == point.run
        assert near(chart.grab().toImage(), at.toPoint(), QColor(LIGHT.error))


def test_curves_go_below_0(bench: RaceBench) -> None:
    chart = CurvesChart(bench.appearance, str, bench.view)
    chart.resize(300, 240)
    losses = np.array([[3.0, 1.0], [0.0, 0.5], [-3.0, 0.25]])
    looks = ((QColor("red"), Marker(0)), (QColor("blue"), Marker(1)))
    chart.show_picture(CurvesPicture((0, 1), losses, 1, looks, 0, "lr 1", most_shown(3.0)))
    frame = chart.frame
    assert frame is not None
    for point in range(3):
        at = QPointF(frame.plot.left() + frame.plot.width() * point / 2, frame.at(0, losses[point, 0]).y())
        assert chart.point_at(at) == (0, point)


def test_a_pair_below_0_has_a_shade_of_its_own(bench: RaceBench) -> None:
    chart = chart_of(bench, [[-4.0, 0.0], [4.0, np.nan]], [[False, False], [False, True]])
    image, frame = chart.grab().toImage(), chart.frame
    assert frame is not None
    shades = [image.pixelColor(chart.cell(frame, run).center().toPoint()) for run in range(3)]
    assert shades[0] == LIGHT.tint(LIGHT.loss, 0.03)
    assert shades[2] == LIGHT.tint(LIGHT.loss, 0.75)
    assert len({shade.rgba() for shade in shades}) == 3


def test_the_first_loss_says_what_is_beyond_the_axis_whatever_its_sign() -> None:
    assert most_shown(2.0) == most_shown(-2.0) == 20.0
    assert most_shown(0.0) == most_shown(None) == np.inf
