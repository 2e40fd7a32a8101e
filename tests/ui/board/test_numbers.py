"""The numbers of each view of the board as a table: those of its picture, to be read, copied and saved."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from PySide6.QtCore import QEventLoop, Qt
from PySide6.QtGui import QAccessible, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QFileDialog, QPushButton
from pytestqt.qtbot import QtBot

from chainrule.catalog.values import refs
from chainrule.model.navigation import Cursor
from chainrule.resource_files import resources_directory
from chainrule.session.racing import RaceQuestion
from chainrule.ui.board.kinds import VIEW_KINDS
from chainrule.ui.learned.view import LearnedView
from chainrule.ui.numbers.numbers_table import NumbersTable
from chainrule.ui.numbers.numbers_window import OUT_OF_SIGHT, NumbersWindow
from chainrule.ui.plots.path_plot import PathPlot
from chainrule.ui.plots.slope_plot import SlopePlot
from chainrule.ui.race.view import RaceView
from chainrule.ui.rows.view import RowsView
from chainrule.ui.rules.view import RulesView
from chainrule.ui.surface.view import SurfaceView
from chainrule.ui.window.main_window import MainWindow

# Views of texts alone.
WITHOUT = {"code", "check", "questions"}
CLASSES, ROSENBROCK = "three-classes", "rosenbrock"
ITERATIONS = 6


@pytest.fixture
def trained(window: MainWindow) -> MainWindow:
    return open_and_train(window, CLASSES)


def open_and_train(window: MainWindow, name: str) -> MainWindow:
    window.files.open_path(resources_directory() / "experiments" / f"{name}.chainrule")
    window.session.navigator.go_to(Cursor(0, 0))
    for _ in range(ITERATIONS):
        window.actions_by_id["iteration.next"].trigger()
    QApplication.processEvents()
    return window


def shown(window: MainWindow, view: str) -> NumbersTable | None:
    """The table of a view that is brought to the front and drawn."""
    window.board.show(view)
    card = window.board.places.view(view)
    QApplication.processEvents()
    for name in ("draw_finely", "draw"):
        if hasattr(card, name):
            getattr(card, name)()
            break
    if isinstance(card, RaceView):
        card.racer.start(RaceQuestion(count=3, iterations=2))
        while card.racer.is_running:
            QApplication.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)
    if isinstance(card, RowsView | RulesView):
        while card.numbers() is None:
            QApplication.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)
    return card.numbers()


def column(table: NumbersTable, name: str) -> np.ndarray:
    return np.array([table.cell(row, table.names.index(name)) for row in range(len(table))])


def test_each_view_of_the_board_gives_its_numbers(trained: MainWindow) -> None:
    for kind in VIEW_KINDS:
        if kind.id in WITHOUT or not kind.is_about(trained.session.experiment):
            continue
        table = shown(trained, kind.id)
        assert table is not None, f"{kind.id} gives no numbers: see `numbers` of MomentCard"
        assert len(table) > 0, kind.id
        assert len(set(table.names)) == len(table.names), kind.id
        assert {len(part) for part in table.columns} == {len(table)}, kind.id
        assert trained.actions_by_id["board.numbers"].isEnabled(), kind.id
    for view in WITHOUT:
        trained.board.show(view)
        assert not trained.actions_by_id["board.numbers"].isEnabled()


def test_losses_gradients_and_rates_are_those_that_were_computed(trained: MainWindow) -> None:
    course, losses = trained.session.moment.course, shown(trained, "loss")
    assert losses is not None
    assert column(losses, "iteration").tolist() == list(range(course.horizon))
    assert column(losses, "loss").tolist() == [course.loss_at(i) for i in range(course.horizon)]
    assert column(losses, "test loss").tolist() == [course.test_loss_at(i) for i in range(course.horizon)]
    gradients, rates = shown(trained, "gradients"), shown(trained, "schedule")
    assert gradients is not None
    assert rates is not None
    for iteration in range(course.horizon):
        assert gradients.row(iteration)[1:] == course.gradients_at(iteration).tolist()
    used = trained.session.experiment.optimizer.arguments["lr"]
    assert column(rates, "lr")[0] == used


def test_the_slope_is_that_of_autograd_and_the_curve_that_of_the_loss(window: MainWindow) -> None:
    window.session.navigator.go_to(Cursor(0, 17))
    window.session.selector.select(refs.weight(0), (0, 0))
    table, plot = shown(window, "slope"), window.board.places.view("slope")
    assert table is not None
    assert isinstance(plot, SlopePlot)
    weights = [torch.tensor(w, dtype=torch.float64) for w in ([[0.1, 0.2], [0.3, 0.4]], [[0.5, -0.6]])]
    parameters, data = window.session.experiment.parameters, window.session.experiment.data
    biases = [torch.tensor(parameters[f"layers.{n}.bias"], dtype=torch.float64) for n in (0, 1)]  # type: ignore[index]
    inputs = torch.tensor([list(row) for row in data.inputs], dtype=torch.float64)
    targets = torch.tensor([list(row) for row in data.targets], dtype=torch.float64)

    def loss(w: torch.Tensor) -> torch.Tensor:
        hidden = torch.relu(inputs @ w.T + biases[0])
        return torch.nn.functional.mse_loss(hidden @ weights[1].T + biases[1], targets)

    first = weights[0].clone().requires_grad_()
    loss(first).backward()
    assert first.grad is not None
    here = table.row(0)
    assert here[0] == "here"
    assert here[1] == 0.1
    assert here[2] == pytest.approx(loss(first).item(), rel=1e-12)
    assert here[3] == pytest.approx(first.grad[0, 0].item(), rel=1e-12)
    curve = [table.row(row) for row in range(len(table)) if table.cell(row, 0) == "curve"]
    for _, place, value, _ in (curve[0], curve[-1]):
        moved = weights[0].clone()
        moved[0, 0] = place
        assert value == pytest.approx(loss(moved).item(), rel=1e-12)


def test_the_ground_of_a_formula_is_the_formula_and_the_way_its_parameters(window: MainWindow) -> None:
    open_and_train(window, ROSENBROCK)
    plot, table = window.board.places.view("path"), shown(window, "path")
    assert table is not None
    assert isinstance(plot, PathPlot)
    assert table.names[:4] == ("what", "iteration", "x", "y")
    rows = [table.row(row) for row in range(len(table))]
    ground = [row for row in rows if row[0] == "ground"]
    assert len(ground) == 61 * 61
    for _, _, x, y, value in ground[::500]:
        assert isinstance(x, float)
        assert isinstance(y, float)
        wanted = (1 - x) ** 2 + 100 * (y - x * x) ** 2
        assert value == pytest.approx(wanted, rel=1e-9)
    way = [row for row in rows if row[0] == "way"]
    assert [row[1] for row in way] == list(range(len(way)))
    course = window.session.moment.course
    values = course.history(2).trace(2) if hasattr(course.history(2), "trace") else None
    assert values is None or way[2][2] == pytest.approx(float(values.values["x"]), rel=1e-12)  # type: ignore[index]


def test_the_surface_has_losses_and_not_their_logarithms(trained: MainWindow) -> None:
    view, before = trained.board.places.view("surface"), shown(trained, "surface")
    assert isinstance(view, SurfaceView)
    assert before is not None
    view.choices.log.setChecked(not view.choices.log.isChecked())
    after = view.numbers()
    assert after is not None
    assert [after.row(row) for row in range(len(after))] == [before.row(row) for row in range(len(before))]


def test_what_was_learned_is_the_output_of_single_passes(window: MainWindow) -> None:
    table, view = shown(window, "fit"), window.board.places.view("fit")
    assert table is not None
    assert isinstance(view, LearnedView)
    parameters = window.session.experiment.parameters
    weights = [torch.tensor(parameters[f"layers.{n}.weight"], dtype=torch.float64) for n in (0, 1)]  # type: ignore[index]
    biases = [torch.tensor(parameters[f"layers.{n}.bias"], dtype=torch.float64) for n in (0, 1)]  # type: ignore[index]
    across = [float(name) for name in table.names[1:]]
    for row in (0, len(table) - 1):
        y, *outputs = table.row(row)
        for x, output in zip(across, outputs, strict=True):
            hidden = torch.relu(weights[0] @ torch.tensor([x, y], dtype=torch.float64) + biases[0])
            wanted = (weights[1] @ hidden + biases[1]).item()
            assert output == pytest.approx(wanted, rel=1e-9, abs=1e-12)


# The window


@pytest.fixture
def numbers(active: MainWindow, qtbot: QtBot) -> Iterator[NumbersWindow]:
    active.session.navigator.go_to(Cursor(4, 0))
    active.loss_plot.setFocus()
    active.actions_by_id["board.numbers"].trigger()
    found = active.findChild(NumbersWindow, "numbers_window.loss")
    assert found is not None
    with qtbot.waitActive(found):
        found.activateWindow()
    yield found
    found.close()


def test_the_table_follows_the_plot_and_says_where_it_cannot(
    active: MainWindow, numbers: NumbersWindow, qtbot: QtBot
) -> None:
    assert numbers.windowTitle() == "Loss: numbers - Chainrule"
    assert numbers.model.rowCount() == 4
    with qtbot.waitSignal(numbers.model.modelReset):
        active.session.navigator.go_to(Cursor(6, 0))
    assert numbers.model.rowCount() == 6
    full = active.session.moment.course.loss_at(5)
    assert numbers.model.table is not None
    assert numbers.model.table.cell(5, 1) == full
    assert numbers.note.text() == "6 rows"
    active.actions_by_id["board.loss"].trigger()
    numbers.follow()
    assert numbers.note.text() == OUT_OF_SIGHT.format(name="Loss")


def test_it_is_read_and_copied_by_the_keyboard(active: MainWindow, numbers: NumbersWindow) -> None:
    table, course = numbers.table, active.session.moment.course
    assert table.hasFocus()
    for key in (Qt.Key.Key_Home, Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Right):
        QTest.keyClick(table, key)
    assert (table.currentIndex().row(), table.currentIndex().column()) == (2, 1)
    assert active.session.cursor == Cursor(4, 0)
    spoken = QAccessible.queryAccessibleInterface(table)
    assert spoken is not None
    assert spoken.role() == QAccessible.Role.Table
    assert spoken.text(QAccessible.Text.Name) == "The numbers of Loss"
    QTest.keyClick(table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert float(QGuiApplication.clipboard().text()) == course.loss_at(2)
    QTest.mouseClick(numbers.findChild(QPushButton, "numbers_window.copy"), Qt.MouseButton.LeftButton)
    lines = [line.split("\t") for line in QGuiApplication.clipboard().text().splitlines()]
    assert lines[0] == ["iteration", "loss"]
    assert [(int(i), float(loss)) for i, loss in lines[1:]] == [(i, course.loss_at(i)) for i in range(4)]
    QTest.keyClick(table, Qt.Key.Key_Escape)
    assert not numbers.isVisible()


def test_it_is_saved_as_csv_with_every_digit(
    active: MainWindow, numbers: NumbersWindow, qtbot: QtBot, tmp_path: Path
) -> None:
    QTest.mouseClick(numbers.findChild(QPushButton, "numbers_window.save"), Qt.MouseButton.LeftButton)
    dialog = active.findChild(QFileDialog, "export.dialog")
    assert dialog is not None
    path = tmp_path / "numbers.csv"
    with qtbot.waitSignal(active.session.signals.informed):
        dialog.fileSelected.emit(str(path))
    dialog.close()
    rows = list(csv.reader(path.read_text("utf-8").splitlines()))
    course = active.session.moment.course
    assert rows == [["iteration", "loss"], *([str(i), repr(course.loss_at(i))] for i in range(4))]


def test_a_long_series_has_the_extremes_of_what_is_remembered() -> None:
    from chainrule.model.timeline.downsampled_series import DownsampledSeries

    series, numbers = DownsampledSeries(1, whole=4, most=2), np.arange(40.0)[:, None] ** 2
    series.extend(numbers)
    table = NumbersTable.of_outline(10, ["loss"], series.outline(40))
    assert table is not None
    assert table.names == ("iteration", "to iteration", "loss, lowest", "loss, highest")
    for row in range(len(table)):
        begin, end, low, high = table.row(row)
        assert isinstance(begin, int)
        assert isinstance(end, int)
        part = numbers[begin - 10 : end - 9, 0]
        assert (low, high) == (part.min(), part.max())
    assert table.cell(len(table) - 1, 1) == 49
