"""The accuracy in the card of the loss: its curves, its numbers, and what it says of each iteration."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QFontMetricsF
from pytestqt.qtbot import QtBot

from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.spec import DataSpec, Experiment
from chainrule.catalog.values import refs
from chainrule.engine.row_results import Score
from chainrule.explain.writing.shares import percent
from chainrule.model.editing import edits
from chainrule.model.navigation import Cursor
from chainrule.ui.plots import accuracy_curves
from chainrule.ui.plots.pin_toggle import PIN
from tests.experiments import article, dense, sgd
from tests.session.reopening.reopened import train
from tests.ui.plots.conftest import LossBench
from tests.ui.plots.losses import MakeLoss
from tests.ui.plots.test_curves_seen import rgb


def classes(test_size: float = 0.25) -> Experiment:
    """Twelve rows of three classes, a quarter of them held back, one of which is called by another class."""
    inputs = tuple((math.cos(2.1 * row), math.sin(2.1 * row)) for row in range(12))
    targets = [(float(row % 3),) for row in range(12)]
    targets[11] = (0.0,)
    data = DataSpec(inputs, tuple(targets), test_size=test_size)
    return dense((2, 5, 3), 1, data=data, loss=Choice("CrossEntropyLoss"), optimizer=sgd(0.5))


def measured(bench: LossBench, qtbot: QtBot) -> None:
    """Wait until nothing is left to be measured."""
    qtbot.waitUntil(lambda: bench.view.accuracy_is_measured, timeout=60_000)


def scores(bench: LossBench) -> dict[int, tuple[Score | None, Score | None]]:
    return bench.session.timeline.history(bench.session.document, 0).scores


@pytest.fixture
def bench(make_loss: MakeLoss, qtbot: QtBot) -> LossBench:
    made = make_loss(classes(), train=40)
    made.view.accuracy.click()
    measured(made, qtbot)
    return made


def test_it_draws_the_shares_that_were_measured(bench: LossBench) -> None:
    known = scores(bench)
    assert sorted(known) == list(range(40))
    for curve in (0, 1):
        iterations, values = bench.view.chart.curve_data(curve)
        assert iterations.tolist() == list(range(40))
        answers = [known[at][curve] for at in range(40)]
        assert values.tolist() == [100 * score.right / score.count for score in answers if score is not None]
    assert bench.view.header.title == "Accuracy"
    assert not bench.view.log.isVisible()


def test_the_curve_of_the_training_rows_is_solid_and_that_of_the_test_rows_dashed(bench: LossBench) -> None:
    """Seen in the row of pixels where each of them stays as it is in the end, up to its name."""
    pixels, chart = rgb(bench.view), bench.view.chart
    for curve, least, most in ((0, 0.95, 1.0), (1, 0.3, 0.9)):
        color = chart.stroke(curve).color
        places = chart.curve_data(curve)[1]
        begin = max(at for at in range(39) if places[at] != places[39]) + 1
        ends = [chart.mapTo(bench.view, chart.to_widget(at, float(places[39]))) for at in (begin, 30)]
        row = pixels[round(ends[0].y()), round(ends[0].x()) + 2 : round(ends[1].x())]
        near = (abs(row - [color.red(), color.green(), color.blue()]).sum(axis=1) < 120).mean()
        assert len(row) > 30
        assert least <= near <= most, (curve, near)
    assert [chart.stroke(curve).name for curve in (0, 1)] == ["training", "test"]


def test_the_legend_has_both_shares_at_the_cursor(bench: LossBench) -> None:
    bench.session.navigator.go_to(Cursor(3, 0))
    training, test = scores(bench)[3]
    assert training is not None
    assert test is not None
    names = [entry.name for entry in bench.view.legend.entries]
    assert names[0].startswith("training ")
    assert float(names[0].split()[1]) == pytest.approx(100 * training.right / training.count, abs=0.051)
    assert float(names[1].split()[1]) == pytest.approx(100 * test.right / test.count, abs=0.051)
    assert bench.view.accessibleName().startswith("Accuracy at iteration 3: training: ")


def test_the_mouse_reads_counts_and_shares_in_full(bench: LossBench) -> None:
    training, test = scores(bench)[12]
    assert training is not None
    assert test is not None
    said = bench.view.describe(QPointF(12.2, 50.0)).splitlines()
    assert said[0] == "iteration 12"
    assert said[1].startswith(f"training: {training.right} of 9 right, ")
    assert said[2].startswith(f"test: {test.right} of 3 right, ")
    assert float(said[1].split()[-2]) == pytest.approx(100 * training.right / 9, abs=0.00501)


def test_it_tells_how_many_iterations_were_measured(make_loss: MakeLoss, qtbot: QtBot) -> None:
    bench = make_loss(classes(), train=600)
    bench.view.accuracy.click()
    measured(bench, qtbot)
    assert "measured at 151 of 600 iterations" in bench.view.header.toolTip()
    # One that was not is told by the nearest that was.
    assert bench.view.describe(QPointF(13.0, 50.0)).splitlines()[0] == "iteration 12"


def test_an_edit_of_a_target_is_answered_for_at_once(bench: LossBench, qtbot: QtBot) -> None:
    bench.session.navigator.go_to(Cursor(0, 0))
    before = bench.view.legend.entries[0].name
    for row in range(9):
        bench.session.number_editor.edit_number(refs.TARGET, (row, 0), 0.0)
    bench.session.navigator.go_to(Cursor(1, 0))
    bench.session.navigator.go_to(Cursor(0, 0))
    measured(bench, qtbot)
    assert bench.view.legend.entries[0].name != before


def test_without_test_rows_the_number_stands_in_the_title(make_loss: MakeLoss, qtbot: QtBot) -> None:
    bench = make_loss(classes(0.0), train=40)
    bench.view.accuracy.click()
    measured(bench, qtbot)
    assert bench.view.chart.curve_count == 1
    assert not bench.view.legend.isVisible()
    assert bench.view.header.number.endswith(" %")
    assert bench.view.chart.stroke(0).name == ""


def test_the_loss_comes_back(bench: LossBench, qtbot: QtBot) -> None:
    bench.view.accuracy.click()
    assert bench.view.header.title == "Loss"
    assert bench.view.log.isVisible()
    assert bench.view.chart.curve_data(0)[1].tolist() == pytest.approx(
        bench.session.timeline.losses(bench.session.document, 40).rows()[:, 0].tolist()
    )


def test_where_no_class_is_said_there_is_no_switch(make_loss: MakeLoss) -> None:
    bench = make_loss(article(), train=5)
    assert not bench.view.accuracy.isVisible()


def test_out_of_sight_nothing_is_measured(make_loss: MakeLoss, qtbot: QtBot) -> None:
    bench = make_loss(classes(), train=40)
    bench.view.accuracy.click()
    bench.view.hide()
    assert bench.view.accuracy_is_measured
    known = len(scores(bench))
    bench.train(50)
    assert len(scores(bench)) == known
    bench.view.show()
    measured(bench, qtbot)
    assert len(scores(bench)) >= 50


def test_before_there_is_anything_it_says_so(make_loss: MakeLoss) -> None:
    bench = make_loss(replace(classes()), ready=True)
    bench.view.accuracy.click()
    assert bench.view.message.text() == accuracy_curves.NONE_YET


def test_the_switch_is_reached_by_the_keyboard(bench: LossBench, qtbot: QtBot) -> None:
    bench.view.accuracy.setFocus()
    qtbot.keyClick(bench.view.accuracy, Qt.Key.Key_Space)
    assert not bench.view.shows_accuracy


# Beside pinned runs

PINNED, NOW = 30, 12
# How high the axis is in a window of 1280 x 800, with a line of legend and a notice.
SMALLEST_AXIS = 70


@pytest.fixture
def both(make_loss: MakeLoss, qtbot: QtBot) -> LossBench:
    """A pinned run of 30 iterations, and one of 12 with another rate, both of them measured."""
    both = make_loss(classes())
    train(both.session, PINNED)
    both.session.runs.pin()
    both.session.editor.edit("Rate", edits.set_optimizer(sgd(0.05)), restart=True)
    train(both.session, NOW)
    both.view.accuracy.click()
    measured(both, qtbot)
    return both


def pinned_scores(both: LossBench) -> dict:
    return both.session.timeline.history(both.session.runs.all[0].document, 0).scores


def test_its_shares_are_a_curve_behind_that_of_now(both: LossBench) -> None:
    chart, known = both.view.chart, pinned_scores(both)
    assert sorted(known) == list(range(PINNED))
    assert chart.curve_count == 4
    for curve, part in ((2, 0), (3, 1)):
        iterations, values = chart.curve_data(curve)
        assert iterations.tolist() == list(range(PINNED))
        assert values.tolist() == [100 * known[at][part].right / known[at][part].count for at in range(PINNED)]
        assert chart.stroke(curve).dashed
        assert chart.stroke(curve).level < chart.stroke(0).level
    assert chart.curve_data(0)[0].tolist() == list(range(NOW))
    assert [chart.stroke(curve).mark is not None for curve in range(4)] == [False, False, True, True]
    color = chart.stroke(2).color
    near = abs(rgb(chart) - [color.red(), color.green(), color.blue()]).max(axis=2) < 12
    assert near.sum() > 60


def test_the_legend_has_both_runs_with_their_shares(both: LossBench) -> None:
    both.session.navigator.go_to(Cursor(7, 0))
    before = pinned_scores(both)[7]
    names = [entry.name for entry in both.view.legend.entries]
    assert names[0].startswith("now, lr 0.05: ")
    assert names[1].startswith("now, lr 0.05, test: ")
    wanted = [percent(score.right, score.count) for score in before]
    assert names[2:] == [f"lr 0.5: {wanted[0]}", f"lr 0.5, test: {wanted[1]}"]


def test_the_mouse_reads_both_runs_and_the_longer_one_alone_behind_the_end(both: LossBench) -> None:
    training, test = pinned_scores(both)[5]
    said = both.view.describe(QPointF(5.0, 50.0)).splitlines()
    assert said[0] == "iteration 5"
    assert said[1].startswith("now, lr 0.05, training: ")
    assert said[3].startswith(f"lr 0.5: {training.right} of 9 right, ")
    assert said[4].startswith(f"lr 0.5, test: {test.right} of 3 right, ")


def test_the_numbers_have_both_runs_at_each_iteration(both: LossBench) -> None:
    table, known = both.view.numbers(), pinned_scores(both)
    assert table is not None
    assert table.names[:2] == ("iteration", "now, lr 0.05, training, right")
    at = table.names.index("lr 0.5, test, right")
    assert [table.cell(row, at) for row in range(len(table))] == [known[place][1].right for place in range(PINNED)]
    assert table.cell(NOW - 1, 1) is not None
    assert table.cell(NOW, 1) is None


def test_a_run_that_is_hidden_is_not_there(both: LossBench, qtbot: QtBot) -> None:
    both.session.runs.show(0, shown=False)
    measured(both, qtbot)
    assert both.view.chart.curve_count == 2
    assert [entry.name.split()[0] for entry in both.view.legend.entries] == ["training", "test"]


def test_the_word_that_pins_follows_beside_the_accuracy_too(both: LossBench, qtbot: QtBot) -> None:
    pin = both.view.pin
    pin.click()
    assert pin.isChecked()
    both.session.editor.edit("Rate", edits.set_optimizer(sgd(0.01)), restart=True)
    assert not pin.isChecked()
    train(both.session, 3)
    assert (pin.text(), pin.isChecked()) == (PIN, False)
    measured(both, qtbot)


def test_the_name_beside_the_axis_has_room_in_a_small_card(both: LossBench) -> None:
    assert QFontMetricsF(both.appearance.font(11)).horizontalAdvance(accuracy_curves.AXIS) < SMALLEST_AXIS


def test_before_the_first_iteration_the_pinned_run_is_seen_alone(both: LossBench, qtbot: QtBot) -> None:
    both.session.editor.edit("Rate", edits.set_optimizer(sgd(0.1)), restart=True)
    measured(both, qtbot)
    assert both.view.shows_chart
    assert both.view.describe(QPointF(5.0, 50.0)).splitlines()[-1].startswith("lr 0.5, test: ")


def test_the_losses_of_pinned_runs_are_in_the_table_of_numbers(both: LossBench) -> None:
    both.view.accuracy.click()
    table = both.view.numbers()
    assert table is not None
    assert table.names == ("iteration", "loss, now, lr 0.05", "test loss, now, lr 0.05", "loss, lr 0.5",
                           "test loss, lr 0.5")  # fmt: skip
    pinned = both.session.timeline.losses(both.session.runs.all[0].document, PINNED).rows()[:, 0].tolist()
    own = [both.session.moment.course.loss_at(at) for at in range(NOW)]
    assert len(table) == PINNED
    assert [table.cell(row, 3) for row in range(PINNED)] == pinned
    assert [table.cell(row, 1) for row in range(PINNED)] == [*own, *[None] * (PINNED - NOW)]
