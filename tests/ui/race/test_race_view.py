"""The race as it is seen: where the runs' marks are, what is said of them, and how one is taken over."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QGuiApplication, QImage
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from chainrule.session.racing import RaceOver, RaceQuestion
from chainrule.session.session import Session
from chainrule.ui.plots.chart.palette import class_color
from chainrule.ui.race.view import NOTHING, RaceView
from chainrule.ui.race.words import foreseen_in_words, run_in_words, table_of_race
from chainrule.ui.style.appearance import LIGHT, Appearance
from chainrule.ui.widgets.refusal import Refusals
from chainrule.ui.window.main_window import MainWindow
from tests.experiments import dense
from tests.formulas import formula_experiment
from tests.ui.plots.view_bench import ViewBench, benches

RaceBench = ViewBench[RaceView]
SPEC = dense((2, 4, 1), 6)
QUESTION = RaceQuestion(low=0.01, high=1e8, count=6, iterations=40)


def view_of(session: Session, appearance: Appearance) -> RaceView:
    return RaceView(session, appearance, Refusals(appearance, session))


@pytest.fixture
def make(qtbot: QtBot) -> Iterator[Callable[..., RaceBench]]:
    with benches(view_of, (420, 380)) as bench_of:
        yield bench_of


@pytest.fixture
def bench(make: Callable[..., RaceBench]) -> RaceBench:
    return make(SPEC)


def race(bench: RaceBench, question: RaceQuestion, qtbot: QtBot) -> None:
    bench.view._ask(question)
    bench.view.start.click()
    qtbot.waitUntil(lambda: not bench.view.racer.is_running, timeout=30_000)


def place(bench: RaceBench, run: int) -> QPoint:
    chart = bench.view.chart
    assert chart.frame is not None
    assert chart.picture is not None
    return chart.at(chart.frame, chart.picture.points[run]).toPoint()


def near(image: QImage, at: QPoint, color: QColor, reach: int = 3) -> bool:
    around = range(-reach, reach + 1)
    return any(image.pixelColor(at + QPoint(x, y)) == color for x in around for y in around)


def test_before_a_race_it_is_said_what_one_is_and_what_it_takes(bench: RaceBench) -> None:
    assert bench.view.chart.message == NOTHING
    assert bench.view.state.text() == "64 runs, less than a second"
    assert bench.view.take.isHidden()


def test_each_run_is_a_mark_at_its_loss_and_what_diverged_is_a_red_cross_above(bench: RaceBench, qtbot: QtBot) -> None:
    race(bench, QUESTION, qtbot)
    view, image = bench.view, bench.view.chart.grab().toImage()
    frame = view.chart.frame
    assert frame is not None
    finishes = [view.racer.finish_of(run) for run in range(6)]
    lost = [run for run, finish in enumerate(finishes) if finish is not None and finish.loss is None]
    assert lost
    assert 0 not in lost
    assert near(image, place(bench, 0), class_color(bench.appearance, 0))
    for run in lost:
        assert place(bench, run).y() < frame.plot.top()
        assert near(image, place(bench, run), QColor(LIGHT.error))
    assert view.legend.entries[0].name == "no loss" or view.legend.entries[1].name == "no loss"
    assert view.state.text().endswith(f"Of 6 runs: {len(lost)} diverged")
    assert f"diverged in iteration {finishes[lost[-1]].diverged}" in view.chart._tell(lost[-1])  # type: ignore[union-attr]


def test_the_ring_is_around_the_best_until_a_click_chooses_another(bench: RaceBench, qtbot: QtBot) -> None:
    race(bench, replace(QUESTION, high=0.5), qtbot)
    view = bench.view
    best = view.racer.best
    assert best is not None
    assert view.state.text().startswith("Best: lr ")
    ring = QPoint(7, 0)
    assert near(view.chart.grab().toImage(), place(bench, best) + ring, QColor(LIGHT.text))
    other = 0 if best else 1
    QTest.mouseClick(view.chart, Qt.MouseButton.LeftButton, pos=place(bench, other))
    assert near(view.chart.grab().toImage(), place(bench, other) + ring, QColor(LIGHT.text))
    assert view.state.text().startswith("Chosen: lr ")
    view.chart.setFocus()
    QTest.keyClick(view.chart, Qt.Key.Key_Right)
    assert view.chart.picture is not None
    assert view.chart.picture.chosen == other + 1


def test_what_is_under_the_mouse_is_read_with_every_digit(bench: RaceBench, qtbot: QtBot) -> None:
    race(bench, QUESTION, qtbot)
    chart, finish = bench.view.chart, bench.view.racer.finish_of(0)
    assert finish is not None
    assert chart.run_at(QPointF(place(bench, 0))) == 0
    assert chart._tell(0) == f"lr 0.01\nloss {finish.loss!r}"


def test_the_chosen_run_is_taken_over_and_undone(bench: RaceBench, qtbot: QtBot) -> None:
    race(bench, replace(QUESTION, high=0.5), qtbot)
    bench.view.chart.chosen.emit(0)
    with qtbot.waitSignal(bench.session.signals.informed) as said:
        bench.view.take.click()
    assert said.args == ["Taken over from the race: lr 0.01. Training begins at its first weights."]
    assert bench.session.experiment.optimizer.number("lr") == 0.01
    bench.view.chart.chosen.emit(5)
    bench.view.take.click()
    assert bench.session.experiment.optimizer.number("lr") == 0.5
    bench.session.undo_stack.undo()
    assert bench.session.experiment.optimizer.number("lr") == 0.01


def test_optimizers_have_a_colour_and_a_mark_each(bench: RaceBench, qtbot: QtBot) -> None:
    race(bench, RaceQuestion(RaceOver.OPTIMIZERS, 0.001, 0.1, 3, 5), qtbot)
    names = [entry.name for entry in bench.view.legend.entries]
    assert {"SGD", "Adam", "RMSprop"} <= set(names)
    marks = [(entry.color.name(), entry.mark) for entry in bench.view.legend.entries]
    assert len(set(marks)) == len(marks)


def test_what_cannot_be_raced_is_said_beside_the_field_and_the_old_number_stays(bench: RaceBench) -> None:
    bench.view.fields.low.value_edited.emit(-1.0)
    assert bench.view._refusals.message == "The rates go from a number above 0 to one that is not smaller."
    assert bench.view.fields.low.value == 0.0001
    bench.view.fields.count.value_edited.emit(2000)
    assert bench.view._refusals.message == "There can be 1 to 1,024 runs."


def test_a_race_goes_on_beside_the_window_and_is_given_up(bench: RaceBench, qtbot: QtBot) -> None:
    bench.view._ask(RaceQuestion(count=64, iterations=100_000))
    bench.view.start.click()
    assert bench.view.start.text() == "cancel"
    qtbot.waitUntil(lambda: "% of 64 runs" in bench.view.state.text(), timeout=30_000)
    bench.view.start.click()
    assert bench.view.start.text() == "race"
    assert bench.view.state.text() == "Of 64 runs: 64 given up"


@pytest.mark.parametrize("over_time", [False, True])
def test_another_file_has_nothing_of_the_race_before(bench: RaceBench, qtbot: QtBot, over_time: bool) -> None:
    race(bench, QUESTION, qtbot)
    view = bench.view
    view._choose(5)
    view.way.setChecked(over_time)
    bench.session.file.open(formula_experiment("f = x^2", parameters={"x": 1.0}), None)
    assert view.state.text() == foreseen_in_words(view.racer, QUESTION)
    assert view.charts.currentWidget() is view.chart
    assert view.chart.picture is None
    assert view.legend.entries == ()
    assert view.numbers() is None
    assert view.take.isHidden()
    assert view.way.isHidden()
    race(bench, QUESTION, qtbot)
    assert view.numbers() is not None


def test_the_numbers_are_copied_with_every_digit(bench: RaceBench, qtbot: QtBot) -> None:
    race(bench, QUESTION, qtbot)
    bench.view.chart.setFocus()
    QTest.keyClick(bench.view.chart, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    first, *rows = QGuiApplication.clipboard().text().splitlines()
    assert first.split("\t") == ["optimizer", "lr", "seed", "loss", "what became of it"]
    assert len(rows) == 6
    finish = bench.view.racer.finish_of(0)
    assert finish is not None
    assert rows[0].split("\t")[:4] == ["SGD", "0.01", "0", repr(finish.loss)]
    assert "diverged in iteration" in rows[-1]
    assert "lr 0.01: loss" in bench.view.chart.accessibleDescription()


def test_it_is_a_tab_of_the_window(window: MainWindow) -> None:
    window.actions_by_id["view.tab_race"].trigger()
    assert isinstance(window.tabs.view("race"), RaceView)


def test_of_a_formula_the_runs_have_its_name(make: Callable[..., RaceBench], qtbot: QtBot) -> None:
    bench = make(formula_experiment("f = (x - 1)^2 + y^2", parameters={"x": 1.5, "y": 1.0}))
    view = bench.view
    race(bench, QUESTION, qtbot)
    assert view.chart.frame is not None
    assert view.chart.frame.down.name == "f"
    assert run_in_words(view.racer, 0, None).splitlines()[1].startswith("f ")
    assert [cell for cell in table_of_race(view.racer)[0] if cell in ("loss", "f")] == ["f"]
    view.way.click()
    assert view.curves.frame is not None
    assert view.curves.frame.down.name == "f"
    entries = [entry.name for entry in view.legend.entries]
    assert "no loss" not in entries
