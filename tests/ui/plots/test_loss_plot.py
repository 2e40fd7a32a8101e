"""The loss plot: its data, the cursor, the axis, the mouse, and what it says when there is nothing to draw."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from itertools import islice

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt, QTimer
from PySide6.QtGui import QColor, QWheelEvent
from PySide6.QtWidgets import QApplication, QToolTip, QWidget
from pytestqt.qtbot import QtBot

from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.spec import DataSpec, Experiment, PenaltySpec
from chainrule.catalog.values import refs
from chainrule.catalog.values.refs import ValueRef
from chainrule.engine import evaluation
from chainrule.engine.trace import Executor
from chainrule.explain.writing.numbers import format_number
from chainrule.model.editing import edits
from chainrule.model.navigation import Cursor, Stride
from chainrule.model.timeline.thinned import Outline
from chainrule.ui.plots import loss_plot
from chainrule.ui.plots.loss_after import LossAfter
from chainrule.ui.plots.loss_plot import LossPlot
from chainrule.ui.style.appearance import DARK, LIGHT
from tests.experiments import article, sgd
from tests.ui.plots.conftest import LossBench
from tests.ui.plots.view_bench import ViewBench

MakeLoss = Callable[..., LossBench]
STEPS = 17


def losses(bench: LossBench) -> list[float]:
    return bench.session.timeline.losses(bench.session.document, bench.session.horizon).rows()[:, 0].tolist()


def drawn(bench: LossBench) -> tuple[list[float], list[float]]:
    iterations, values = bench.view.chart.curve_data(0)
    return iterations.tolist(), values.tolist()


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


# Rows that are held back


def held_back(test_size: float = 0.5) -> Experiment:
    """The article's network, with one of its two rows held back."""
    return article(data=replace(article().data, test_size=test_size))


def losses_held_back(bench: LossBench) -> list[float]:
    found = bench.session.timeline.test_losses(bench.session.document, bench.session.horizon)
    assert found is not None
    return found.rows()[:, 0].tolist()


def test_the_loss_of_the_test_rows_is_a_curve_of_its_own(make_loss: MakeLoss) -> None:
    bench = make_loss(held_back(), train=20)
    assert bench.view.chart.curve_count == 2
    assert drawn(bench) == (list(range(20)), losses(bench))
    assert bench.view.chart.curve_data(1)[1].tolist() == losses_held_back(bench)
    assert bench.view.chart.stroke(0).color != bench.view.chart.stroke(1).color

    bench.session.navigator.go_to(Cursor(7, STEPS))
    assert bench.view.chart.dots.places == [(7.0, losses(bench)[7]), (7.0, losses_held_back(bench)[7])]


def test_the_legend_has_both_losses_at_the_cursor(make_loss: MakeLoss) -> None:
    bench = make_loss(held_back(), train=20)
    bench.session.navigator.go_to(Cursor(7, STEPS))
    texts = [format_number(values[7], 4) for values in (losses(bench), losses_held_back(bench))]

    assert [entry.name for entry in bench.view.legend.entries] == [f"training {texts[0]}", f"test {texts[1]}"]
    assert [entry.color for entry in bench.view.legend.entries] == [
        bench.view.chart.stroke(curve).color for curve in (0, 1)
    ]
    assert bench.view.legend.isVisible()
    assert bench.view.header.number == ""
    assert bench.view.accessibleName() == f"Loss {texts[0]} at iteration 7, before its update, test loss {texts[1]}"


def test_without_rows_held_back_there_is_no_legend(make_loss: MakeLoss) -> None:
    bench = make_loss(article(), train=3)
    assert (bench.view.chart.curve_count, bench.view.legend.isVisible()) == (1, False)

    bench.session.navigator.go_to(Cursor(2, 0))
    bench.session.editor.edit("Hold back", edits.set_test_size(0.5))
    bench.session.navigator.go_to(Cursor(4, STEPS))
    assert bench.view.legend.isVisible()
    tests = bench.view.chart.curve_data(1)[1].tolist()
    assert [math.isnan(test) for test in tests] == [True, True, False, False, False]
    bench.session.navigator.go_to(Cursor(1, STEPS))
    assert [entry.name.split()[0] for entry in bench.view.legend.entries] == ["training", "test"]
    assert bench.view.legend.entries[1].name == "test"
    assert not bench.view.grab().isNull()


def test_the_mouse_reads_both_losses_and_when_the_test_was_made(
    make_loss: MakeLoss, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evaluation, "CHEAP", 0)
    inputs, targets = ((1.0, 2.0), (2.0, 1.0), (0.5, 1.5), (1.5, 0.5)), ((1.0,), (2.0,), (0.0,), (1.0,))
    bench = make_loss(article(data=DataSpec(inputs, targets, batch_size=1, test_size=0.5)), train=6)
    said = [bench.view.describe(QPointF(iteration, 0.0)).splitlines()[2] for iteration in (2, 3)]
    test = format_number(losses_held_back(bench)[2], None)
    assert said == [f"test loss {test}", f"test loss {test} (at iteration 2)"]


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


# The mouse


def turn(view: QWidget, at: QPoint) -> None:
    """Turn the wheel."""
    place, none = QPointF(at), Qt.MouseButton.NoButton
    begin, keys = Qt.ScrollPhase.NoScrollPhase, Qt.KeyboardModifier.NoModifier
    wheel = QWheelEvent(place, view.mapToGlobal(place), QPoint(), QPoint(0, 120), none, keys, begin, False)
    QApplication.sendEvent(view, wheel)


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


# Long runs


def test_a_loss_of_long_ago_is_exact_though_only_its_block_is_remembered(make_loss: MakeLoss) -> None:
    """It is computed once more: the plot's dot, the number beside the title, and what the mouse reads."""
    bench = make_loss(held_back(), train=20_000)
    session = bench.session
    outline = session.timeline.losses(session.document, session.horizon)
    assert outline.row(5_000) is None
    session.navigator.go_to(Cursor(5_000, STEPS))
    loss = session.moment.number(ValueRef("loss"), ())
    assert loss is not None
    assert bench.view.chart.dots.places[0] == (5000.0, loss)
    fresh = Executor(session.experiment)
    state = session.timeline.history(session.document, 5_000).state(5_000)
    test = fresh.evaluator.evaluate(state.values, "test").loss.item()
    said = bench.view.describe(QPointF(5_000, 0.0)).splitlines()
    assert said[1:] == [
        f"loss {format_number(loss, None)}, before its update",
        f"test loss {format_number(test, None)}",
    ]


# Before and after the update


@pytest.mark.parametrize("batch_size", [None, 1])
def test_the_loss_is_before_the_update_and_once_the_iteration_is_over_also_after_it(
    qtbot: QtBot, make_loss: MakeLoss, batch_size: int | None
) -> None:
    experiment = article(data=replace(article().data, batch_size=batch_size))
    bench = make_loss(experiment)
    executor = Executor(experiment)
    whole = next(executor.iterations())
    header = bench.view.header
    bench.session.navigator.go_to(Cursor(0, STEPS - 1))
    before = format_number(whole.values[refs.LOSS].item())
    assert (header.note, header.number) == ("before the update", before)
    bench.session.navigator.go_to(Cursor(0, STEPS))
    after = format_number(executor.evaluator.final_losses(whole.values)[0])
    # The batch's loss, and then that of all rows: an arrow alone would say that the update has made one of the other.
    other = "all rows " if batch_size else ""
    qtbot.waitUntil(lambda: header.number == f"{before} → {other}{after}")
    assert header.note == "before → after the update"
    rows = " on all training rows" if batch_size else ""
    assert f"With the new parameters it is {after}{rows}." in header.toolTip()
    assert bench.view.accessibleName().endswith(f"before its update. With the new parameters it is {after}{rows}")
    bench.session.navigator.go_to(Cursor(1, 3))
    # Of the next iteration the loss is not computed yet: what is shown is of that, and of no other.
    assert "→" not in header.number


def test_where_gradients_are_kept_no_arrow_tells_of_an_update(qtbot: QtBot, make_loss: MakeLoss) -> None:
    bench = make_loss(article(data=replace(article().data, batch_size=1, accumulate=2)))
    header, session = bench.view.header, bench.session
    session.navigator.move(Stride.ITERATION)
    loss = format_number(session.moment.number(refs.LOSS, ()), session.selector.digits)
    assert (session.cursor.iteration, session.state.at_end) == (0, True)
    after = bench.view.findChild(LossAfter)
    assert not after.findChild(QTimer).isActive()
    assert (header.note, header.number) == ("no update yet", loss)
    assert header.toolTip().endswith("The gradients of this one are kept: the next update is that of iteration 1.")
    assert bench.view.accessibleName() == f"Loss {loss} at iteration 0"
    session.navigator.move(Stride.ITERATION)
    assert (session.cursor.iteration, session.state.at_end) == (1, True)
    qtbot.waitUntil(lambda: "→" in header.number)
    assert header.note == "before → after the update"
    kept, updated = (bench.view.describe(QPointF(iteration, 0.0)).splitlines()[1] for iteration in range(2))
    assert kept == f"loss {format_number(losses(bench)[0], None)}"
    assert updated.endswith(", before its update")


def test_what_an_update_has_led_to_is_the_next_iteration_s_loss(qtbot: QtBot, make_loss: MakeLoss) -> None:
    """Of the same rows; and with rows held back their loss is told too."""
    data = DataSpec(((1.0, 2.0), (3.0, 4.0), (2.0, 1.0), (0.5, 1.5)), ((1.0,), (2.0,), (0.5,), (1.5,)), test_size=0.5)
    experiment = article(data=data)
    bench = make_loss(experiment, train=4)
    trace = list(islice(Executor(experiment).iterations(), 5))[4]
    following = format_number(trace.values[refs.LOSS].item())
    qtbot.waitUntil(lambda: bench.view.header.number.endswith(f" → {following}"))
    tested = format_number(Executor(experiment).evaluator.evaluate(trace.values, "test").loss.item())
    assert f", and {tested} on the test rows." in bench.view.header.toolTip()


def test_while_a_run_goes_on_nothing_is_computed_after_the_update(
    qtbot: QtBot, make_loss: MakeLoss, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = make_loss(article())
    asked: list[object] = []
    monkeypatch.setattr(evaluation.Evaluator, "final_losses", lambda *_: asked.append(None) or (1.0, None))
    for iteration in range(20):
        bench.session.navigator.go_to(Cursor(iteration, STEPS))
    assert asked == []
    qtbot.waitUntil(lambda: bench.view.header.number.endswith(" → 1.000"))
    assert len(asked) == 1
    bench.show()
    assert len(asked) == 1
