"""The view Rows: what it writes of each row, in which order, and what a row does that is chosen."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest
import torch
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QGuiApplication
from pytestqt.qtbot import QtBot
from torch.nn.functional import cross_entropy

from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.data_names import DataColumn, DataNames
from chainrule.catalog.experiment.input_picture import InputPicture, input_picture
from chainrule.catalog.experiment.spec import DataSpec, Experiment
from chainrule.catalog.values import refs
from chainrule.engine.data import split
from chainrule.engine.row_results import RowReader
from chainrule.explain.writing.numbers import format_number
from chainrule.model.curves.row_table import RowFilter, RowOrder, RowTable
from chainrule.model.navigation import Cursor
from chainrule.ui.rows.model import LOSS, PREDICTION, ROW, TARGET, VERDICT
from chainrule.ui.rows.view import RowsView
from tests.experiments import dense, sgd
from tests.ui.plots.test_curves_seen import rgb
from tests.ui.plots.view_bench import ViewBench, benches

Bench = ViewBench[RowsView]
Make = Callable[..., Bench]
NAMES = DataNames((), (), ("red", "green", "blue"))


@pytest.fixture
def make(qtbot: QtBot) -> Iterator[Make]:
    with benches(RowsView, (420, 280)) as made:
        yield made


def classes(test_size: float = 0.25) -> Experiment:
    """Twelve rows of three classes with names, a quarter of them held back."""
    inputs = tuple((math.cos(2.1 * row), math.sin(2.1 * row)) for row in range(12))
    targets = tuple((float(row % 3),) for row in range(12))
    data = DataSpec(inputs, targets, test_size=test_size, names=NAMES)
    return dense((2, 5, 3), 1, data=data, loss=Choice("CrossEntropyLoss"), optimizer=sgd(0.5))


def read(bench: Bench, qtbot: QtBot) -> Bench:
    """Wait until the table is of what is on the screen."""
    qtbot.waitUntil(lambda: bench.view.reader.is_done, timeout=60_000)
    return bench


def test_a_table_is_sorted_once_for_all_moments_that_show_it(
    make: Make, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    sorted_tables: list[tuple[object, RowOrder]] = []
    real = RowTable.order

    def order(table: RowTable, sort: RowOrder, kept: RowFilter) -> object:
        sorted_tables.append((table, sort))
        return real(table, sort, kept)

    monkeypatch.setattr(RowTable, "order", order)
    bench = read(make(classes()), qtbot)
    table = bench.view.reader.table
    for _ in range(3):
        bench.session.navigator.step_forward()
        bench.show()
    assert sorted_tables == [(table, RowOrder.WORST)]
    bench.view.sort.choose("by row")
    assert sorted_tables == [(table, RowOrder.WORST), (table, RowOrder.ROW)]
    assert [bench.view.model.place_of(row) for row in (0, 11, 12)] == [0, 11, None]


def test_rows_that_memory_is_too_short_for_are_said_and_the_rest_goes_on(
    make: Make, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, shortages = RowReader.read, [RuntimeError("DefaultCPUAllocator")]

    def read_short(reader: RowReader, *given: Any) -> object:
        if shortages:
            raise shortages[0]
        return real(reader, *given)

    monkeypatch.setattr(RowReader, "read", read_short)
    bench = read(make(classes(), train=3), qtbot)
    assert bench.view.said.text() == "The rows could not be read: DefaultCPUAllocator"
    assert bench.view.model.rowCount() == 0
    shortages.clear()
    bench.session.navigator.show_iteration(0)
    bench.show()
    assert read(bench, qtbot).view.model.rowCount() == 12


def test_of_many_outputs_so_many_are_written_that_the_loss_is_in_sight(make: Make, qtbot: QtBot) -> None:
    experiment = dense((2, 5, 10), 12, loss=Choice("MSELoss"))
    bench = read(make(experiment), qtbot)
    table, model = bench.view.table, bench.view.model
    for width, written in ((560, 4), (420, 4), (300, 1)):
        bench.view.resize(width, 280)
        header = table.horizontalHeader()
        assert header.sectionViewportPosition(LOSS) + header.sectionSize(LOSS) <= table.viewport().width(), width
        texts = model.text(0, PREDICTION).split()
        assert texts[-1] == "…"
        assert len(texts) - 1 <= written
        assert [float(text.replace("−", "-")) for text in texts[:-1]] == pytest.approx(
            outputs(bench, experiment)[model.row_of(0)].tolist()[: len(texts) - 1], abs=6e-4
        )


def column(bench: Bench, which: int) -> list[str]:
    return [bench.view.model.text(place, which) for place in range(bench.view.model.rowCount())]


def outputs(bench: Bench, experiment: Experiment) -> torch.Tensor:
    """The outputs of all rows by torch, under the parameters of the first iteration."""
    values = bench.session.timeline.history(bench.session.document, 0).state(0).values
    found = torch.tensor(list(experiment.data.inputs)).double()
    for layer in range(2):
        found = torch.nn.functional.linear(found, values[refs.weight(layer)], values[refs.bias(layer)])
        found = torch.relu(found) if layer == 0 else found
    return found


def test_the_worst_row_comes_first_with_its_class_and_probability(make: Make, qtbot: QtBot) -> None:
    bench = read(make(classes()), qtbot)
    o, targets = outputs(bench, classes()), torch.tensor([row % 3 for row in range(12)])
    losses = cross_entropy(o, targets, reduction="none")
    order = losses.argsort(descending=True).tolist()
    assert [int(text.split()[0]) - 1 for text in column(bench, ROW)] == order
    held_back = split(classes().data)[1]
    assert [text.endswith("test") for text in column(bench, ROW)] == [row in held_back for row in order]
    for place, row in enumerate(order):
        said = int(o[row].argmax())
        chance = 100 * torch.softmax(o[row], 0)[said].item()
        assert bench.view.model.text(place, TARGET) == NAMES.classes[row % 3]
        assert bench.view.model.text(place, PREDICTION) == f"{NAMES.classes[said]} ({chance:.1f} %)"
        assert bench.view.model.text(place, LOSS) == format_number(losses[row].item(), 4)
        assert bench.view.model.text(place, VERDICT)[0] == ("✓" if said == row % 3 else "✗")


def test_it_says_how_many_are_wrong(make: Make, qtbot: QtBot) -> None:
    bench = read(make(classes()), qtbot)
    wrong = outputs(bench, classes()).argmax(1) != torch.tensor([row % 3 for row in range(12)])
    parts = [int(wrong[list(rows)].sum()) for rows in split(classes().data)]
    assert bench.view.said.text() == (f"{sum(parts)} of 12 wrong: {parts[0]} of 9 training, {parts[1]} of 3 test")
    assert bench.view.accessibleName() == f"Rows: {bench.view.said.text()}"


def test_rows_are_sorted_and_filtered(make: Make, qtbot: QtBot) -> None:
    bench = read(make(classes()), qtbot)
    bench.view.sort.choice_edited.emit("by row")
    assert [int(text.split()[0]) for text in column(bench, ROW)] == list(range(1, 13))
    bench.view.kept.choice_edited.emit("test")
    assert [int(text.split()[0]) - 1 for text in column(bench, ROW)] == list(split(classes().data)[1])
    bench.view.kept.choice_edited.emit("wrong")
    assert {text[0] for text in column(bench, VERDICT)} == {"✗"}


def test_a_click_or_enter_shows_the_row_on_the_stage(make: Make, qtbot: QtBot) -> None:
    bench = read(make(classes()), qtbot)
    bench.view.sort.choice_edited.emit("by row")
    table = bench.view.table
    at = table.visualRect(bench.view.model.index(3, PREDICTION)).center()
    qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=at)
    moment = bench.session.moment
    assert moment.rows[moment.sample] == 3
    table.setFocus()
    qtbot.keyClick(table, Qt.Key.Key_Down)
    qtbot.keyClick(table, Qt.Key.Key_Return)
    moment = bench.session.moment
    assert moment.rows[moment.sample] == 4
    assert bench.view.model.shown_row == 4


def test_a_row_that_is_held_back_says_why_it_is_not_on_the_stage(make: Make, qtbot: QtBot) -> None:
    bench = read(make(classes()), qtbot)
    row = split(classes().data)[1][0]
    with qtbot.waitSignal(bench.session.signals.informed) as told:
        bench.view.table.chosen.emit(row)
    assert told.args == [f"Row {row + 1} is held back for the test: the stage does not show it."]


def test_the_wrong_ones_are_seen(make: Make, qtbot: QtBot) -> None:
    bench = read(make(classes()), qtbot)
    bench.view.kept.choice_edited.emit("wrong")
    color = QColor(bench.appearance.theme.error)
    at = bench.view.table.visualRect(bench.view.model.index(0, PREDICTION))
    place = bench.view.table.viewport().mapTo(bench.view, at.topLeft())
    cell = rgb(bench.view)[place.y() : place.y() + at.height(), place.x() : place.x() + at.width()]
    assert (abs(cell - [color.red(), color.green(), color.blue()]).sum(axis=2) < 90).sum() > 20


def test_it_follows_training_and_edits(make: Make, qtbot: QtBot) -> None:
    bench = read(make(classes(), train=200), qtbot)
    assert bench.view.said.text() == "0 of 12 wrong: 0 of 9 training, 0 of 3 test"
    bench.session.navigator.go_to(Cursor(0, 0))
    read(bench, qtbot)
    assert not bench.view.said.text().startswith("0 of")
    bench.session.navigator.show_iteration(199)
    bench.show()
    read(bench, qtbot)
    assert bench.view.said.text().startswith("0 of 12 wrong")
    bench.session.number_editor.edit_number(refs.TARGET, (0, 0), 1.0)
    read(bench, qtbot)
    assert bench.view.said.text().startswith("1 of 12 wrong")
    bench.view.kept.choice_edited.emit("wrong")
    assert column(bench, TARGET) == ["green"]
    bench.session.undo_stack.undo()
    bench.show()
    read(bench, qtbot)
    assert bench.view.said.text().startswith("0 of 12 wrong")


def test_numbers_have_residuals_in_the_units_of_their_column(make: Make, qtbot: QtBot) -> None:
    experiment = dense((1, 4, 1), 8)
    names = DataNames((DataColumn("height", 170.0, 10.0),), (DataColumn("weight", 70.0, 8.0),), ())
    experiment = replace(experiment, data=replace(experiment.data, names=names))
    bench = read(make(experiment), qtbot)
    o = outputs(bench, experiment)[:, 0]
    order = (o - torch.tensor(list(experiment.data.targets))[:, 0]).abs().argsort(descending=True).tolist()
    assert [int(text) - 1 for text in column(bench, ROW)] == order
    worst = order[0]
    target, output = (70 + 8 * float(number) for number in (experiment.data.targets[worst][0], o[worst]))
    words = bench.view.model.words
    assert words is not None
    assert words.residual(worst) == pytest.approx(target - output)
    assert float(bench.view.model.text(0, TARGET)) == pytest.approx(target, rel=5e-3)
    assert float(bench.view.model.text(0, PREDICTION)) == pytest.approx(output, rel=5e-3)
    assert bench.view.model.headerData(VERDICT, Qt.Orientation.Horizontal) == "residual"
    assert not bench.view.kept.isVisible()
    assert bench.view.said.text().startswith("loss per row: ")


def test_rows_are_copied_with_every_digit(make: Make, qtbot: QtBot) -> None:
    bench = read(make(classes()), qtbot)
    bench.view.table.setFocus()
    bench.view.table.selectRow(0)
    qtbot.keyClick(bench.view.table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    cells = QGuiApplication.clipboard().text().strip().split("\t")
    words = bench.view.model.words
    assert words is not None
    row = bench.view.model.row_of(0)
    assert cells[0] == str(row + 1)
    assert cells[1] == ("test" if row in split(classes().data)[1] else "training")
    assert cells[2] == NAMES.classes[row % 3]
    assert float(cells[5]) == words.table.losses[row]
    assert cells[6] == "✗ wrong"


def test_inputs_that_are_pixels_are_seen_as_a_picture(make: Make, qtbot: QtBot) -> None:
    names = DataNames(tuple(DataColumn(f"r{place // 8}c{place % 8}") for place in range(64)), (), ())
    inputs = [[0.0] * 64 for _ in range(3)]
    for row in range(3):
        # The upper half of the last picture is white.
        inputs[row][: 32 if row == 2 else 8] = [16.0] * (32 if row == 2 else 8)
    data = DataSpec(tuple(map(tuple, inputs)), ((0.0,), (1.0,), (2.0,)), names=names)
    experiment = dense((64, 4, 3), 1, data=data, loss=Choice("CrossEntropyLoss"))
    assert input_picture(experiment) == InputPicture(8, 8, tuple(range(64)))
    bench = read(make(experiment), qtbot)
    bench.view.sort.choice_edited.emit("by row")
    rect = bench.view.table.visualRect(bench.view.model.index(2, 1))
    corner = bench.view.table.viewport().mapTo(bench.view, rect.topLeft()) + QPoint(12, 0)
    grey = rgb(bench.view)[corner.y() : corner.y() + rect.height(), corner.x()].mean(axis=1)
    assert grey[6:14].min() > 200
    assert grey[20:28].max() < 60
    assert input_picture(classes()) is None


def test_out_of_sight_nothing_is_read(make: Make, qtbot: QtBot) -> None:
    bench = read(make(classes()), qtbot)
    bench.view.hide()
    before = bench.view.reader.table
    bench.train(20)
    assert bench.view.reader.is_done
    assert bench.view.reader.table is before
    bench.view.show()
    read(bench, qtbot)
    assert bench.view.reader.iteration == 19


def test_before_the_engine_it_says_so(make: Make) -> None:
    bench = make(classes(), ready=False)
    assert "engine" in bench.view.said.text()


@pytest.mark.parametrize("missing", [1, 6, 12])
def test_where_some_pixels_are_missing_the_texts_stand_closer_and_no_loss_is_cut(
    make: Make, qtbot: QtBot, missing: int
) -> None:
    bench = read(make(classes()), qtbot)
    table = bench.view.table
    header = table.horizontalHeader()
    columns = (ROW, TARGET, PREDICTION, VERDICT, LOSS)
    table.rows_model.is_short, table.rows_model.most_written = True, 1
    needed = sum(table._width(column) for column in columns)
    bench.view.resize(bench.view.width() + needed - missing - table.viewport().width(), bench.view.height())
    assert table.viewport().width() == needed - missing
    assert sum(header.sectionSize(column) for column in columns) <= table.viewport().width()
    assert header.sectionViewportPosition(LOSS) + header.sectionSize(LOSS) <= table.viewport().width()
