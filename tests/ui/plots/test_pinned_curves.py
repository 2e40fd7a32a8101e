"""Pinned runs in the loss plot: their curves behind that of now, what the legend calls them, and the mouse on them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QPointF
from pytestqt.qtbot import QtBot

from chainrule.explain.writing.numbers import format_number
from chainrule.model.editing import edits
from chainrule.model.navigation import Cursor
from chainrule.ui.plots.chart.palette import Stroke
from chainrule.ui.plots.pin_toggle import KEEP, PIN
from chainrule.ui.widgets.typed_numbers import parse_number
from tests.experiments import article, sgd
from tests.session.reopening.reopened import train
from tests.ui.plots.conftest import LossBench
from tests.ui.plots.losses import STEPS, MakeLoss, losses
from tests.ui.plots.test_curves_seen import rgb

SLOW = article(optimizer=sgd(0.001))


def seen(bench: LossBench, stroke: Stroke) -> int:
    """How many pixels have the colour of a curve."""
    wanted = stroke.color.red(), stroke.color.green(), stroke.color.blue()
    return int((abs(rgb(bench.view.chart) - wanted).max(axis=2) < 12).sum())


def names(bench: LossBench) -> list[str]:
    return [entry.name for entry in bench.view.legend.entries]


@pytest.fixture
def bench(make_loss: MakeLoss) -> LossBench:
    """A pinned run of 30 iterations, and one of 12 with another rate."""
    bench = make_loss(SLOW)
    train(bench.session, 30)
    bench.session.runs.pin()
    bench.session.editor.edit("Rate", edits.set_optimizer(sgd(0.05)), restart=True)
    train(bench.session, 12)
    return bench


def pinned_losses(bench: LossBench) -> list[float]:
    document = bench.session.runs.all[0].document
    return bench.session.timeline.losses(document, 30).rows()[:, 0].tolist()


def test_the_curve_lies_behind_dashed_and_with_marks(bench: LossBench) -> None:
    chart = bench.view.chart
    assert chart.curve_count == 2
    assert chart.curve_data(0)[1].tolist() == losses(bench)
    assert chart.curve_data(1)[0].tolist() == list(range(30))
    assert chart.curve_data(1)[1].tolist() == pinned_losses(bench)
    now, pinned = chart.stroke(0), chart.stroke(1)
    assert (now.dashed, pinned.dashed) == (False, True)
    assert pinned.mark != now.mark
    assert pinned.level < now.level
    assert seen(bench, pinned) > 60
    # The axis has room for the longer one.
    assert chart.to_widget(29, pinned_losses(bench)[29]).x() < chart.width()


def test_dashes_have_gaps(bench: LossBench) -> None:
    chart = bench.view.chart
    bench.view.resize(700, 400)
    chart.set_strokes([chart.stroke(0), replace(chart.stroke(1), mark=None)])
    dashed = seen(bench, chart.stroke(1))
    chart.set_strokes([chart.stroke(0), replace(chart.stroke(1), mark=None, dashed=False)])
    assert 0 < dashed < 0.85 * seen(bench, chart.stroke(1))


def test_the_legend_names_what_differs_with_the_loss_of_the_iteration(bench: LossBench) -> None:
    bench.session.navigator.go_to(Cursor(7, STEPS))
    now, before = (format_number(each[7], 4) for each in (losses(bench), pinned_losses(bench)))
    assert names(bench) == [f"now, lr 0.05: {now}", f"lr 0.001: {before}"]
    bench.session.runs.rename(0, "slow")
    assert names(bench)[1] == f"slow: {before}"
    bench.session.runs.show(0, shown=False)
    assert names(bench) == []
    assert bench.view.chart.curve_count == 1


def test_the_mouse_tells_every_loss_to_its_last_digit(bench: LossBench) -> None:
    words = bench.view.describe(QPointF(5, 0))
    now, before = losses(bench)[5], pinned_losses(bench)[5]
    assert words.splitlines() == [
        "iteration 5",
        f"now, lr 0.05: {format_number(now, None)}, before its update",
        f"lr 0.001: {format_number(before, None)}",
    ]
    # Where the run on the screen has not come to.
    assert bench.view.describe(QPointF(25, 0)).splitlines() == [
        "iteration 25",
        f"lr 0.001: {format_number(pinned_losses(bench)[25], None)}",
    ]


def test_a_double_click_behind_the_end_goes_to_the_last_iteration(bench: LossBench) -> None:
    bench.session.navigator.go_to(Cursor(3, 0))
    bench.view._go(QPointF(25, 0))
    assert bench.session.cursor == Cursor(11, STEPS)
    bench.session.editor.restart()
    bench.view._go(QPointF(25, 0))
    assert bench.session.cursor == Cursor(0)


def test_it_stays_in_sight_when_nothing_is_trained_yet(bench: LossBench) -> None:
    bench.session.editor.restart()
    assert bench.view.shows_chart
    assert bench.view.chart.curve_count == 2
    assert seen(bench, bench.view.chart.stroke(1)) > 60
    assert names(bench) == ["now, lr 0.05", f"lr 0.001: {format_number(pinned_losses(bench)[0], 4)}"]
    bench.view.log.click()
    assert bench.view.chart.is_log


def test_a_run_that_goes_on_is_one_curve(make_loss: MakeLoss) -> None:
    bench = make_loss(SLOW)
    train(bench.session, 5)
    bench.session.runs.pin()
    train(bench.session, 5)
    assert bench.view.chart.curve_count == 1
    assert names(bench) == []


def test_test_rows_have_curves_of_their_own(make_loss: MakeLoss) -> None:
    bench = make_loss(replace(SLOW, data=replace(SLOW.data, test_size=0.5)))
    train(bench.session, 8)
    bench.session.runs.pin()
    bench.session.editor.edit("Rate", edits.set_optimizer(sgd(0.05)), restart=True)
    train(bench.session, 8)
    assert bench.view.chart.curve_count == 4
    training, test = (bench.view.chart.stroke(place) for place in (2, 3))
    assert training.mark is not None
    assert test.mark is not None
    assert (training.mark.filled, test.mark.filled) == (True, False)
    assert [name.split(":")[0] for name in names(bench)] == [
        "now, lr 0.05",
        "now, lr 0.05, test",
        "lr 0.001",
        "lr 0.001, test",
    ]
    tested = bench.session.timeline.test_losses(bench.session.runs.all[0].document, 8)
    assert tested is not None
    assert bench.view.chart.curve_data(3)[1].tolist() == tested.rows()[:, 0].tolist()


def test_a_run_that_diverged_is_drawn_as_far_as_it_has_numbers(make_loss: MakeLoss) -> None:
    bench = make_loss(article(optimizer=sgd(1e200)))
    train(bench.session, 3)
    bench.session.runs.pin()
    bench.session.editor.edit("Rate", edits.set_optimizer(sgd(0.01)), restart=True)
    train(bench.session, 5)
    assert bench.view.shows_chart
    assert bench.view.describe(QPointF(2, 0)).splitlines()[2].startswith("lr 1·10²⁰⁰: ")
    assert bench.view.chart.curve_data(0)[1].tolist() == losses(bench)


def test_of_a_long_run_what_is_not_remembered_is_computed_or_said_as_a_range(
    make_loss: MakeLoss, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = make_loss(SLOW)
    train(bench.session, 9000)
    exact = bench.session.moment.course.loss_at(4000)
    bench.session.runs.pin()
    bench.session.editor.edit("Rate", edits.set_optimizer(sgd(0.05)), restart=True)
    train(bench.session, 3)
    assert bench.view.describe(QPointF(4000, 0)).splitlines()[1] == f"lr 0.001: {format_number(exact, None)}"
    monkeypatch.setattr("chainrule.session.runs.compared.NEAR", -1)
    words = bench.view.describe(QPointF(4000, 0)).splitlines()[1]
    assert words.endswith(" around there")
    low, high = (
        parse_number(part) for part in words.removeprefix("lr 0.001: ").removesuffix(" around there").split(" to ")
    )
    assert low <= exact <= high


def test_the_word_beside_the_plot_pins_and_lets_go(make_loss: MakeLoss, qtbot: QtBot) -> None:
    bench = make_loss(SLOW)
    pin = bench.view.pin
    assert pin.isHidden()
    train(bench.session, 5)
    assert (pin.isHidden(), pin.text(), pin.isChecked()) == (False, PIN, False)
    with qtbot.waitSignal(bench.view.about_to_move):
        pin.click()
    assert len(bench.session.runs.all) == 1
    assert pin.isChecked()
    pin.click()
    assert bench.session.runs.all == ()
    assert not pin.isChecked()
    # After a restart it keeps what was put aside.
    bench.session.editor.restart()
    assert (pin.isHidden(), pin.text()) == (False, KEEP)
    assert "of 5 iterations" in pin.toolTip()
    pin.click()
    assert [run.horizon for run in bench.session.runs.all] == [5]
    assert pin.isHidden()
    assert bench.view.chart.curve_count == 2


def test_a_run_that_this_machine_cannot_tell_is_left_out(bench: LossBench, monkeypatch: pytest.MonkeyPatch) -> None:
    known = type(bench.session.timeline).losses

    def failing(timeline: object, document: object, length: int) -> object:
        if length == 30:
            raise RuntimeError("no such device")
        return known(timeline, document, length)  # type: ignore[arg-type]

    monkeypatch.setattr(type(bench.session.timeline), "losses", failing)
    train(bench.session, 1)
    assert bench.view.chart.curve_count == 1


def test_the_name_of_the_axis_is_whole_below_a_legend_of_two_lines(bench: LossBench) -> None:
    view = bench.view
    view.setFixedWidth(270)
    bench.session.runs.pin()
    bench.session.editor.edit("Rate", edits.set_optimizer(sgd(0.0123456)), restart=True)
    train(bench.session, 12)
    view.resize(view.minimumSize())
    assert view.legend.lines == 2
    assert view.chart.geometry().bottom() <= view.chart.parentWidget().rect().bottom()
    assert view.chart.height() >= view.chart.minimumHeight()
    assert view.layout().minimumSize().height() <= view.height()
