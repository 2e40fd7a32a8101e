"""The accuracy in the card of the loss: its curves, its numbers, and what it says of each iteration."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from PySide6.QtCore import QPointF, Qt
from pytestqt.qtbot import QtBot

from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.spec import DataSpec, Experiment
from chainrule.catalog.values import refs
from chainrule.engine.row_results import Score
from chainrule.model.navigation import Cursor
from chainrule.ui.plots import accuracy_curves
from tests.experiments import article, dense, sgd
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
