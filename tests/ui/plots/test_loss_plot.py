"""The loss plot: its data, the cursor, the axis, the mouse, and what it says when there is nothing to draw."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt, QTimer
from PySide6.QtGui import QColor, QWheelEvent
from PySide6.QtWidgets import QApplication, QToolTip, QWidget
from pytestqt.qtbot import QtBot

from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.spec import PenaltySpec
from chainrule.catalog.values.refs import ValueRef
from chainrule.explain.writing.numbers import format_number
from chainrule.model.editing import edits
from chainrule.model.navigation import Cursor
from chainrule.model.timeline.downsampled_series import Outline
from chainrule.ui.plots import loss_plot
from chainrule.ui.plots.loss_plot import LossPlot
from chainrule.ui.style.appearance import DARK, LIGHT
from tests.experiments import article, sgd
from tests.ui.plots.conftest import LossBench
from tests.ui.plots.losses import STEPS, MakeLoss, drawn, losses
from tests.ui.plots.view_bench import ViewBench


def point_of(bench: LossBench, iteration: int) -> QPoint:
    return bench.view.chart.to_widget(iteration, losses(bench)[iteration]).toPoint()


# Data


def test_it_shows_the_loss_of_every_iteration(make_loss: MakeLoss) -> None:
    bench = make_loss(article(), train=50)

    assert drawn(bench) == (list(range(50)), losses(bench))
    assert bench.view.shows_chart


def test_it_grows_with_training_and_with_steps(make_loss: MakeLoss) -> None:
    bench = make_loss(article(), train=10)
    bench.train(30)
    assert drawn(bench) == (list(range(30)), losses(bench))

    bench.session.navigator.go_to(Cursor(30, 5))
    assert drawn(bench) == (list(range(31)), losses(bench))


def test_an_edit_in_the_middle_drops_the_future_and_undo_brings_it_back(make_loss: MakeLoss) -> None:
    bench = make_loss(article(), train=1)
    bench.session.navigator.go_to(Cursor(20, STEPS))
    whole = losses(bench)
    bench.session.navigator.go_to(Cursor(8, 0))
    bench.session.number_editor.edit_number(ValueRef("layers.0.weight"), (0, 0), 3.0)
    assert drawn(bench)[1] == whole[:8]

    bench.session.navigator.go_to(Cursor(12, STEPS))
    assert drawn(bench)[1] == losses(bench)
    assert len(losses(bench)) == 13


@pytest.mark.parametrize(("last", "dash"), [(8, True), (12, False)])
def test_no_line_joins_what_two_losses_measure(make_loss: MakeLoss, last: int, dash: bool) -> None:
    """A curve from one to the other would say that training has moved the loss by that."""
    bench = make_loss(article(), train=8)
    bench.session.navigator.go_to(Cursor(8, 0))
    bench.session.editor.edit("Choose loss", edits.set_loss(Choice("L1Loss", {"reduction": "mean"})))
    bench.session.navigator.go_to(Cursor(last, STEPS))
    iterations, values = drawn(bench)

    assert losses(bench)[7] != losses(bench)[8]
    gap = [math.isnan(value) for value in values]
    assert gap == [False] * 8 + [True] + [False] * (2 if dash else last - 7)
    assert values[:8] == losses(bench)[:8]
    assert values[9:] == losses(bench)[8:] * (2 if dash else 1)
    assert iterations[9:] == ([7.75, 8.25] if dash else [8, 9, 10, 11, 12])
    bench.session.undo_stack.undo()
    bench.session.navigator.go_to(Cursor(12, STEPS))
    assert not any(map(math.isnan, drawn(bench)[1]))


def test_another_factor_of_a_penalty_begins_another_curve(make_loss: MakeLoss) -> None:
    bench = make_loss(article(), train=4)
    for iteration, factor in ((4, 0.1), (8, 0.2)):
        bench.session.navigator.go_to(Cursor(iteration, 0))
        penalty = PenaltySpec(Choice("L2", {"factor": factor}))
        bench.session.editor.edit("", lambda experiment, new=penalty: replace(experiment, penalties=(new,)))
        bench.session.navigator.go_to(Cursor(iteration + 3, STEPS))
    assert [math.isnan(value) for value in drawn(bench)[1]] == ([False] * 4 + [True]) * 2 + [False] * 4


@pytest.mark.parametrize("count", [2, 3, 60])
def test_a_loss_alone_is_a_mark_inside_the_axes(make_loss: MakeLoss, count: int) -> None:
    """Where another loss was chosen after one iteration, half of its mark was beyond the axis."""
    bench = make_loss(article(), train=count - 1)
    bench.session.navigator.go_to(Cursor(count - 1, 0))
    bench.session.editor.edit("", lambda experiment: replace(experiment, loss=Choice("L1Loss")))
    bench.session.navigator.go_to(Cursor(count - 1, STEPS))
    chart = bench.view.chart
    at, values = chart.curve_data(0)
    low, high = chart.viewRange()[0]
    last = at[~np.isnan(values)][-2:]
    assert low <= at[0]
    assert at[-1] <= high
    assert last.mean() == count - 1
    assert chart.to_widget(last[1], values[-1]).x() - chart.to_widget(last[0], values[-1]).x() >= 4
    # The dot of the cursor is whole, too.
    axis = chart.getPlotItem().getViewBox().sceneBoundingRect()
    for iteration in (0, count - 1):
        bench.session.navigator.go_to(Cursor(iteration, STEPS))
        ((x, y),) = chart.dots.places
        assert axis.left() + 4.5 <= chart.to_widget(x, y).x() <= axis.right() - 4.5


def test_long_runs_are_drawn_with_few_points_and_all_their_extremes(make_loss: MakeLoss) -> None:
    bench = make_loss(article(optimizer=sgd(0.05, 0.9)), train=3000)
    iterations, values = drawn(bench)

    assert len(values) < 1700
    assert iterations[-1] <= 2999
    assert (max(values), min(values)) == (max(losses(bench)), min(losses(bench)))


def test_a_cursor_move_draws_no_curve_anew(make_loss: MakeLoss, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = make_loss(article(), train=40)
    monkeypatch.setattr(bench.view.chart, "show_data", lambda *a, **k: pytest.fail("drawn anew"))

    bench.session.navigator.go_to(Cursor(20, 3))
    bench.session.selector.select(ValueRef("layers.0.weight"), (0, 1))


# Where nothing can be drawn


def test_it_says_what_to_do_as_long_as_there_is_no_curve(make_loss: MakeLoss) -> None:
    bench = make_loss(article())
    assert bench.view.message.text() == loss_plot.NONE_YET.format(noun="loss")
    assert bench.view.accessibleName() == "Loss not computed yet"
    assert not bench.view.log.isVisible()

    bench.session.navigator.go_to(Cursor(0, 5))
    assert bench.view.message.text() == loss_plot.ONE_YET
    assert bench.view.header.number == "4.919"
    assert not bench.view.shows_chart

    bench.session.navigator.go_to(Cursor(1, 5))
    assert bench.view.shows_chart
    assert bench.view.log.isVisible()


def test_restart_empties_it(make_loss: MakeLoss) -> None:
    bench = make_loss(article())
    bench.session.navigator.go_to(Cursor(5, STEPS))
    assert bench.view.shows_chart

    bench.session.editor.restart()
    assert not bench.view.shows_chart


def test_without_the_engine_it_asks_for_nothing(make_loss: MakeLoss) -> None:
    bench = make_loss(article(), ready=False)
    assert not bench.session.is_ready
    assert bench.view.message.text() == loss_plot.NONE_YET.format(noun="loss")
    assert not bench.view.grab().isNull()


def test_losses_that_are_not_finite_leave_the_axes_in_order(
    make_loss: MakeLoss, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = make_loss(article(), train=6)
    values = np.array([3.0, math.inf, 2.0, math.nan, 1.0, -math.inf])
    monkeypatch.setattr(bench.session.timeline, "losses", lambda document, length: Outline.of(values[:, None]))
    bench.session.navigator.go_to(Cursor(6, 5))

    assert [math.isnan(y) for y in drawn(bench)[1]] == [False, True, False, True, False, True]
    (_, _), (low, high) = bench.view.chart.getPlotItem().getViewBox().viewRange()
    assert -1 < low < 1
    assert 3 < high < 4
    assert not bench.view.grab().isNull()

    bench.session.navigator.go_to(Cursor(3, 5))
    assert bench.view.header.number == "NaN"

    values[:] = math.nan
    bench.view.log.setChecked(True)
    assert bench.view.message.text() == loss_plot.NOT_POSITIVE.format(noun="loss")
    bench.view.log.setChecked(False)
    assert bench.view.message.text() == loss_plot.NOT_FINITE.format(noun="loss")


def test_a_run_that_diverges_is_drawn_to_its_end(make_loss: MakeLoss) -> None:
    bench = make_loss(article(optimizer=sgd(5.0)), train=140)
    assert max(losses(bench)) > 1e250

    for log in (True, False):
        bench.view.log.setChecked(log)
        _, values = drawn(bench)
        assert np.isfinite(values).all()
        (_, _), room = bench.view.chart.getPlotItem().getViewBox().viewRange()
        assert room[0] <= min(values) < max(values) <= room[1]
        assert not bench.view.grab().isNull()


# The axis


def test_the_log_button_shows_powers_of_ten(qtbot: QtBot, make_loss: MakeLoss) -> None:
    bench = make_loss(article(), train=50)
    button = bench.view.log
    assert button.objectName() == "loss_plot.log"

    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)

    assert drawn(bench)[1] == pytest.approx(np.log10(losses(bench)).tolist())


# The cursor


def test_the_loss_at_the_cursor_is_written_and_spoken(make_loss: MakeLoss) -> None:
    bench = make_loss(article(), train=20)
    bench.session.navigator.go_to(Cursor(0, 5))
    assert bench.view.header.number == "4.919"
    assert bench.view.accessibleName() == "Loss 4.919 at iteration 0, before its update"

    bench.session.navigator.go_to(Cursor(12, 0))
    assert bench.view.header.number == format_number(losses(bench)[12])

    bench.session.selector.set_digits(None)
    assert bench.view.header.number == format_number(losses(bench)[12], None)


def test_a_line_and_a_dot_stand_at_the_cursor(make_loss: MakeLoss) -> None:
    bench = make_loss(article(), train=20)
    bench.session.navigator.go_to(Cursor(7, 3))

    assert bench.view.chart.dots.cursor_at == 7
    assert bench.view.chart.dots.places == [(7.0, losses(bench)[7])]


def turn(view: QWidget, at: QPoint) -> None:
    """Turn the wheel."""
    place, none = QPointF(at), Qt.MouseButton.NoButton
    begin, keys = Qt.ScrollPhase.NoScrollPhase, Qt.KeyboardModifier.NoModifier
    wheel = QWheelEvent(place, view.mapToGlobal(place), QPoint(), QPoint(0, 120), none, keys, begin, False)
    QApplication.sendEvent(view, wheel)


# The mouse


def test_a_double_click_goes_to_the_end_of_that_iteration(qtbot: QtBot, make_loss: MakeLoss) -> None:
    bench = make_loss(article(), train=20)
    view = bench.view.chart.viewport()

    with qtbot.waitSignals([bench.view.about_to_move, bench.session.signals.cursor_moved], order="strict"):
        qtbot.mouseDClick(view, Qt.MouseButton.LeftButton, pos=point_of(bench, 6))

    assert bench.session.cursor == Cursor(6, STEPS)


@pytest.mark.qt_log_ignore(r"This plugin does not support raise\(\)", extend=True)
def test_clicks_drags_and_the_wheel_move_nothing(qtbot: QtBot, make_loss: MakeLoss) -> None:
    bench = make_loss(article(), train=20)
    box = bench.view.chart.getPlotItem().getViewBox()
    before, view = box.viewRange(), bench.view.chart.viewport()

    with qtbot.assertNotEmitted(bench.session.signals.cursor_moved):
        qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=point_of(bench, 6))
        qtbot.mouseClick(view, Qt.MouseButton.RightButton, pos=point_of(bench, 6))
        qtbot.mousePress(view, Qt.MouseButton.LeftButton, pos=point_of(bench, 6))
        qtbot.mouseMove(view, point_of(bench, 12))
        qtbot.mouseRelease(view, Qt.MouseButton.LeftButton, pos=point_of(bench, 12))
        turn(view, point_of(bench, 6))

    assert box.viewRange() == before


@pytest.mark.qt_log_ignore(r"This plugin does not support raise\(\)", extend=True)
def test_hovering_tells_the_full_value(qtbot: QtBot, make_loss: MakeLoss) -> None:
    bench = make_loss(article(), train=20)
    view = bench.view.chart.viewport()
    qtbot.mouseMove(view, point_of(bench, 3))
    qtbot.mouseMove(view, point_of(bench, 6))

    assert QToolTip.text() == f"iteration 6\nloss {format_number(losses(bench)[6], None)}, before its update"


# Themes, and the end


def test_the_theme_changes_live(make_loss: MakeLoss) -> None:
    bench = make_loss(article(), train=20)
    for scheme, theme in ((Qt.ColorScheme.Dark, DARK), (Qt.ColorScheme.Light, LIGHT)):
        bench.appearance.set_scheme(scheme)
        image = bench.view.grab().toImage()
        colors = {image.pixelColor(x, y).name() for x in range(image.width()) for y in range(30, image.height())}
        assert QColor(theme.surface).name() in colors
        assert QColor(theme.loss).name() in colors
        assert bench.view.chart.stroke(0).color == QColor(theme.loss)


def test_nothing_is_left_behind(qtbot: QtBot) -> None:
    before = set(QApplication.topLevelWidgets())
    bench = ViewBench(LossPlot, article(), (320, 260), ready=True)
    bench.train(20)
    bench.view.grab()
    # One that fires once may wait for the loss after the update: it goes with the view.
    timers = [timer for timer in bench.view.findChildren(QTimer) if not timer.isSingleShot()]

    assert [timer for timer in timers if timer.isActive()] == []
    with qtbot.waitSignal(bench.view.destroyed):
        bench.close()
    assert set(QApplication.topLevelWidgets()) - before == set()


def test_a_wider_chart_shows_the_same_curve_more_finely(make_loss: MakeLoss, qtbot: QtBot) -> None:
    bench = make_loss(article(), train=2000)
    coarse = len(bench.view.chart.curve_data(0)[0])
    bench.view.resize(1280, 720)
    qtbot.waitUntil(lambda: len(bench.view.chart.curve_data(0)[0]) >= 4 * coarse)
    at, values = bench.view.chart.curve_data(0)
    assert np.diff(at).max() <= 2
    assert [values.min(), values.max()] == [min(losses(bench)), max(losses(bench))]
