"""Inputs that are pixels: what is seen of the weights and of a row, and what is drawn on it by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
import torch
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from chainrule.catalog.experiment.data_names import DataColumn, DataNames
from chainrule.catalog.experiment.spec import DataSpec, Experiment
from chainrule.catalog.losses import LOSSES
from chainrule.catalog.values import refs
from chainrule.engine.machine.check import check_experiment
from chainrule.model.navigation import Cursor
from chainrule.session.screen.moment import Selection
from chainrule.ui.learned.choices import WEIGHTS
from chainrule.ui.learned.colors import STRONGEST
from chainrule.ui.learned.view import LearnedView
from chainrule.ui.style.appearance import LIGHT
from tests.experiments import dense, parameters, usual
from tests.ui.plots.view_bench import ViewBench, benches

Bench = ViewBench[LearnedView]
Make = Callable[..., Bench]
SIDE = 4
PIXELS = SIDE * SIDE
BLUE, ORANGE = (LIGHT.tint(hue, STRONGEST) for hue in (LIGHT.positive, LIGHT.negative))


@pytest.fixture
def make(qtbot: QtBot) -> Iterator[Make]:
    with benches(LearnedView, (620, 420)) as made:

        def bench_of(experiment: Experiment, **given: object) -> Bench:
            bench = made(experiment, **given)
            QApplication.processEvents()
            return bench

        yield bench_of


def pixels(names: DataNames | None = None, weight: float = 0.5) -> Experiment:
    """Two units on 4 x 4 pixels: the first weighs the upper left pixel, the second the lower right one the other way
    round; of the rows the first has ink in its upper right corner.
    """
    first = [0.0] * PIXELS
    second = [0.0] * PIXELS
    first[0], second[-1] = weight, -weight
    row = [0.0] * PIXELS
    row[SIDE - 1] = 16.0
    weights = parameters({"layers.0.weight": (tuple(first), tuple(second)), "layers.0.bias": (0.25, 0.0)})
    made = dense((PIXELS, 2), 2)
    data = DataSpec((tuple(row), (1.0,) * PIXELS), ((0.0,), (1.0,)), names=names or DataNames())
    return check_experiment(replace(made, data=data, parameters=weights, loss=usual(LOSSES, "CrossEntropyLoss")))


def seen(bench: Bench) -> QImage:
    return bench.view.pixels.chart.grab().toImage()


def place(bench: Bench, unit: int, row: int, column: int) -> QPoint:
    rect = bench.view.pixels.chart.rect_of(unit)
    assert rect is not None
    at = rect.topLeft() + QPointF((column + 0.5) * rect.width() / SIDE, (row + 0.5) * rect.height() / SIDE)
    return at.toPoint()


def test_each_units_weights_are_a_picture_and_so_is_the_row(make: Make) -> None:
    bench = make(pixels())
    assert bench.view.choices.reading.choice == WEIGHTS
    assert bench.view.pixels.isVisible()
    assert not bench.view.chart.isVisible()
    image = seen(bench)
    assert image.pixelColor(place(bench, 0, 0, 0)) == BLUE
    assert image.pixelColor(place(bench, 1, 3, 3)) == ORANGE
    for unit, row, column in ((0, 3, 3), (0, 0, 1), (1, 0, 0)):
        assert image.pixelColor(place(bench, unit, row, column)) == QColor(LIGHT.surface)
    assert image.pixelColor(place(bench, -1, 0, 3)) == BLUE
    assert image.pixelColor(place(bench, -1, 0, 0)) == QColor(LIGHT.surface)


def test_the_numbers_are_those_of_the_pictures(make: Make) -> None:
    table = make(pixels()).view.numbers()
    assert table is not None
    assert [list(column)[:3] for column in table.columns][:2] == [["row 1", "ŷ₁", "ŷ₂"], [0.0, 0.5, 0.0]]


def test_columns_that_were_left_out_leave_the_others_where_they_are(make: Make) -> None:
    # Of 5 x 5 pixels the first nine were constant.
    names = DataNames(inputs=tuple(DataColumn(f"pixel{at}") for at in range(9, 25)))
    bench = make(pixels(names))
    shown = bench.view.pixels.chart.shown
    assert shown is not None
    assert shown.weights.shape == (2, 5, 5)
    assert (shown.weights[0, 1, 4], shown.weights[1, 4, 4]) == (0.5, -0.5)
    assert bench.view.pixels._tell(0, 0) == "The pixel in row 1, column 1 is no input: it was left out of the data"


def test_a_weight_is_told_and_a_click_selects_it(make: Make) -> None:
    bench = make(pixels())
    told = bench.view.pixels.chart._tip_at(QPointF(place(bench, 1, 3, 3)))
    assert told.startswith("w₂,₁₆ = −0.5\nFrom the pixel in row 4, column 4 (x₁₆) to ŷ₂")
    QTest.mouseClick(bench.view.pixels.chart, Qt.MouseButton.LeftButton, pos=place(bench, 1, 3, 3))
    assert bench.session.moment.selection == Selection(refs.weight(0), (1, 15))
    assert bench.view.pixels.chart.shown is not None
    assert bench.view.pixels.chart.shown.selected == (1, 15)
    # The ring around it.
    rect = bench.view.pixels.chart.rect_of(1)
    assert rect is not None
    edge = QPoint(round(rect.left() + 3 * rect.width() / SIDE - 1), place(bench, 1, 3, 3).y())
    near = {seen(bench).pixelColor(edge + QPoint(x, 0)).name() for x in (-1, 0, 1)}
    assert LIGHT.text in near


def test_a_stroke_becomes_the_inputs_of_the_row_as_one_edit_and_the_answer_follows(make: Make) -> None:
    bench = make(pixels())
    chart, session = bench.view.pixels.chart, bench.session
    before = session.experiment.data.inputs[0]
    assert "class 0" in bench.view.pixels.said.text()
    QTest.mousePress(chart, Qt.MouseButton.LeftButton, pos=place(bench, -1, 3, 0))
    for column in (1, 2, 3):
        QTest.mouseMove(chart, place(bench, -1, 3, column))
    QTest.mouseRelease(chart, Qt.MouseButton.LeftButton, pos=place(bench, -1, 3, 3))
    wanted = [*before[:12], 16.0, 16.0, 16.0, 16.0]
    assert list(session.experiment.data.inputs[0]) == wanted
    assert session.experiment.data.inputs[1] == (1.0,) * PIXELS
    assert seen(bench).pixelColor(place(bench, -1, 3, 2)) == BLUE
    given = torch.tensor(wanted, dtype=torch.float64)
    weight = torch.zeros(2, PIXELS, dtype=torch.float64)
    weight[0, 0], weight[1, -1] = 0.5, -0.5
    outputs = weight @ given + torch.tensor([0.25, 0.0], dtype=torch.float64)
    text = bench.view.pixels.said.text()
    assert text == f"The network answers class 0: ŷ₁ = {outputs[0].item():g}, ŷ₂ = −{-outputs[1].item():g}."
    assert session.undo_stack.undoText() == "Draw a row"
    session.undo_stack.undo()
    assert session.experiment.data.inputs[0] == before
    assert not session.undo_stack.canUndo()


def test_the_right_button_and_clear_erase(make: Make) -> None:
    bench = make(pixels())
    chart, session = bench.view.pixels.chart, bench.session
    corner = place(bench, -1, 0, 3)
    QTest.mouseClick(chart, Qt.MouseButton.RightButton, pos=corner)
    assert session.experiment.data.inputs[0] == (0.0,) * PIXELS
    QTest.mouseClick(chart, Qt.MouseButton.LeftButton, pos=corner)
    # What the most ink of the data was is the ink.
    assert session.experiment.data.inputs[0][SIDE - 1] == 16.0
    bench.view.pixels.clear.click()
    assert session.experiment.data.inputs[0] == (0.0,) * PIXELS
    assert session.undo_stack.count() == 3


def test_the_keyboard_draws_too(make: Make) -> None:
    bench = make(pixels())
    chart = bench.view.pixels.chart
    chart.setFocus()
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Down, Qt.Key.Key_Space, Qt.Key.Key_Up, Qt.Key.Key_Space):
        QTest.keyClick(chart, key)
    row = bench.session.experiment.data.inputs[0]
    assert (row[SIDE + 1], row[1]) == (16.0, 16.0)
    QTest.keyClick(chart, Qt.Key.Key_Delete)
    assert bench.session.experiment.data.inputs[0][1] == 0.0


def test_columns_that_were_standardized_get_ink_in_their_own_units(make: Make) -> None:
    names = DataNames(inputs=(DataColumn("", 2.0, 4.0), *(DataColumn(),) * (PIXELS - 1)))
    bench = make(pixels(names))
    shown = bench.view.pixels.chart.shown
    assert shown is not None
    assert shown.row[0, 0] == 2.0
    QTest.mouseClick(bench.view.pixels.chart, Qt.MouseButton.LeftButton, pos=place(bench, -1, 0, 0))
    assert bench.session.experiment.data.inputs[0][0] == (16.0 - 2.0) / 4.0


def test_it_follows_the_row_on_the_stage_and_the_weights_of_a_run(make: Make) -> None:
    bench = make(pixels())
    bench.session.selector.show_sample(1)
    shown = bench.view.pixels.chart.shown
    assert shown is not None
    assert (shown.row == 1.0).all()
    assert shown.title == "row 2: draw here"
    bench.session.navigator.go_to(Cursor(2, 0))
    weight = bench.session.moment.tensor(refs.weight(0))
    assert weight is not None
    shown = bench.view.pixels.chart.shown
    assert shown is not None
    assert shown.weights.reshape(2, PIXELS) == pytest.approx(weight.numpy())


def test_what_is_drawn_otherwise_is_one_choice_away(make: Make) -> None:
    bench = make(pixels())
    reading = bench.view.choices.reading
    other = next(reading.itemText(place) for place in range(reading.count()) if reading.itemText(place) != WEIGHTS)
    reading.set_choice(other)
    bench.view.choices._choose(reading, other)
    assert bench.view.chart.isVisible()
    assert not bench.view.pixels.isVisible()
    assert bench.view.choices.across.isVisible()


def test_outputs_that_are_not_finite_are_told(make: Make) -> None:
    bench = make(pixels(weight=1e308))
    bench.session.number_editor.edit_number(refs.INPUT, (0, 0), 100.0)
    assert bench.session.moment.number(refs.INPUT, (0, 0)) == 100.0
    assert bench.view.pixels.said.text().startswith("The network answers class 0: ŷ₁ = ∞")


def test_a_picture_that_is_no_square_is_drawn_as_high_and_wide_as_one_says(make: Make) -> None:
    """Of 24 inputs nothing says that they are pixels: first the output is drawn, as of any others."""
    row = tuple(float(place) for place in range(24))
    made = dense((24, 2), 2)
    bench = make(check_experiment(replace(made, data=replace(made.data, inputs=(row, row)))))
    choices, chart = bench.view.choices, bench.view.pixels.chart
    assert not choices.shows_weights
    assert not choices.dimensions.isVisible()
    choices.reading.choose(WEIGHTS)
    assert choices.dimensions.isVisible()
    assert chart.shown is not None
    assert chart.shown.row.tolist() == [list(row[begin : begin + 4]) for begin in range(0, 24, 4)]
    choices.dimensions.choose("3 x 8")
    assert chart.shown.row.tolist() == [list(row[begin : begin + 8]) for begin in range(0, 24, 8)]
    weight = bench.session.moment.tensor(refs.weight(0))
    assert weight is not None
    assert chart.shown.weights[1].tolist() == weight[1].reshape(3, 8).tolist()
    assert "3 x 8 pixels" in chart.accessibleName()


def test_names_that_say_it_leave_nothing_to_be_chosen(make: Make) -> None:
    names = DataNames(inputs=tuple(DataColumn(f"{at // 8}x{at % 8}") for at in range(PIXELS)))
    bench = make(pixels(names))
    assert bench.view.choices.shows_weights
    assert not bench.view.choices.dimensions.isVisible()
    assert bench.view.pixels.chart.shown is not None
    assert bench.view.pixels.chart.shown.row.shape == (2, 8)
