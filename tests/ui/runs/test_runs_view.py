"""The list of runs as it is seen: names, numbers against PyTorch's own, and what can be done with a run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
import torch
from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetrics, QGuiApplication
from pytestqt.qtbot import QtBot
from torch import nn

from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.spec import Experiment
from chainrule.explain.writing.numbers import format_number
from chainrule.model.editing import edits
from chainrule.model.navigation import Cursor
from chainrule.session.runs.listed import RunKind
from chainrule.session.session import Session
from chainrule.ui.plots.pinned_curves import look_of
from chainrule.ui.runs.model import ABSENT, RUN
from chainrule.ui.runs.table import FONT, MARGINS
from chainrule.ui.runs.view import RunsView
from chainrule.ui.style.appearance import SCALES, Appearance
from chainrule.ui.widgets.refusal import Refusals
from chainrule.ui.window.main_window import MainWindow
from tests.experiments import article, sgd
from tests.session.reopening.reopened import train
from tests.ui.plots.test_curves_seen import rgb
from tests.ui.plots.view_bench import ViewBench, benches

RunsBench = ViewBench[RunsView]
MakeRuns = Callable[..., RunsBench]
SLOW = article(optimizer=sgd(0.001))


def view_of(session: Session, appearance: Appearance) -> RunsView:
    return RunsView(session, appearance, Refusals(appearance, session))


@pytest.fixture
def make(qtbot: QtBot) -> Iterator[MakeRuns]:
    with benches(view_of, (560, 260)) as bench_of:
        yield bench_of


def two_runs(make: MakeRuns, experiment: Experiment = SLOW) -> RunsBench:
    """A pinned run of 30 iterations, and one of 12 with another rate."""
    bench = make(experiment)
    train(bench.session, 30)
    bench.session.runs.pin()
    bench.session.editor.edit("Rate", edits.set_optimizer(sgd(0.05)), restart=True)
    train(bench.session, 12)
    return bench


def ended(bench: RunsBench) -> None:
    """All that is computed when nothing moves."""
    while bench.view.find_next_end():
        pass


def texts(bench: RunsBench, column: int) -> list[str]:
    model = bench.view.model
    return [model.text(row, column) for row in range(len(model.rows))]


def headings(bench: RunsBench) -> list[str]:
    model = bench.view.model
    return [str(model.headerData(column, Qt.Orientation.Horizontal)) for column in range(1, model.columnCount())]


def trained_by_torch(
    experiment: Experiment, lr: float, iterations: int
) -> tuple[nn.Module, torch.Tensor, torch.Tensor]:
    """The article's network under torch.optim."""
    network = nn.Sequential(nn.Linear(2, 2), nn.ReLU(), nn.Linear(2, 1)).double()
    state = {
        name: torch.tensor(experiment.parameters[ref], dtype=torch.float64)  # type: ignore[index]
        for name, ref in (
            ("0.weight", "layers.0.weight"),
            ("0.bias", "layers.0.bias"),
            ("2.weight", "layers.1.weight"),
            ("2.bias", "layers.1.bias"),
        )
    }
    network.load_state_dict(state)
    inputs, targets = (
        torch.tensor(list(rows), dtype=torch.float64) for rows in (experiment.data.inputs, experiment.data.targets)
    )
    optimizer = torch.optim.SGD(network.parameters(), lr=lr)
    for _ in range(iterations):
        optimizer.zero_grad()
        nn.functional.mse_loss(network(inputs), targets).backward()
        optimizer.step()
    return network, inputs, targets


def test_each_run_is_a_line_with_its_numbers(make: MakeRuns) -> None:
    bench = two_runs(make)
    assert headings(bench) == ["run", "loss", "least loss", "iterations"]
    assert texts(bench, 1) == ["now, lr 0.05", "lr 0.001"]
    assert texts(bench, 2) == [ABSENT, ABSENT]
    ended(bench)
    for row, (lr, iterations) in enumerate([(0.05, 12), (0.001, 30)]):
        network, inputs, targets = trained_by_torch(SLOW, lr, iterations)
        loss = nn.functional.mse_loss(network(inputs), targets).item()
        found = bench.view.model.rows[row].end
        assert found is not None
        assert found.training.loss == pytest.approx(loss, rel=1e-12)
    assert texts(bench, 4) == ["12", "30"]
    curves = [bench.session.moment.course.losses().rows()[:, 0].tolist()]
    curves.append(bench.session.timeline.losses(bench.session.runs.all[0].document, 30).rows()[:, 0].tolist())
    rows = bench.view.model.rows
    assert [row.losses and row.losses.least for row in rows] == [min(curve) for curve in curves]
    # No loss beside it is smaller.
    ends = [row.end.training.loss for row in rows if row.end is not None]
    assert [row.least_loss for row in rows] == [min(*curve, end) for curve, end in zip(curves, ends, strict=True)]
    assert any(end < min(curve) for curve, end in zip(curves, ends, strict=True))
    assert texts(bench, 3) == [format_number(row.least_loss, 4) for row in rows]


def test_accuracy_has_a_column_where_there_are_classes(make: MakeRuns) -> None:
    loss = Choice("BCEWithLogitsLoss", {})
    data = replace(article().data, targets=((1.0,), (0.0,)))
    bench = two_runs(make, article(optimizer=sgd(0.001), loss=loss, data=data))
    ended(bench)
    assert headings(bench) == ["run", "loss", "least loss", "accuracy", "iterations"]
    for row in bench.view.model.rows:
        history = row.run.course.history(row.run.course.horizon - 1)
        values = history.state(row.run.course.horizon).values
        evaluation = history.executor.evaluator.evaluate(values, "training")
        right = ((evaluation.outputs > 0) == (evaluation.targets > 0.5)).sum().item()
        assert row.end is not None
        assert (row.end.training.right, row.end.training.count) == (right, 2)


def test_test_rows_have_a_column(make: MakeRuns) -> None:
    bench = two_runs(make, replace(SLOW, data=replace(SLOW.data, test_size=0.5)))
    ended(bench)
    assert headings(bench) == ["run", "loss", "least loss", "test loss", "iterations"]
    assert ABSENT not in texts(bench, 4)


def test_a_piece_of_each_curve_stands_before_its_name(make: MakeRuns) -> None:
    bench = two_runs(make)
    ended(bench)
    color, _ = look_of(bench.appearance, 0)
    pixels = rgb(bench.view.table)
    assert (abs(pixels - (color.red(), color.green(), color.blue())).max(axis=2) < 12).sum() > 20
    bench.session.runs.show(0, shown=False)
    pixels = rgb(bench.view.table)
    assert (abs(pixels - (color.red(), color.green(), color.blue())).max(axis=2) < 12).sum() == 0


def test_the_keys_show_name_and_remove_a_run(make: MakeRuns, qtbot: QtBot) -> None:
    bench = two_runs(make)
    table, runs = bench.view.table, bench.session.runs
    table.setFocus()
    table.selectRow(1)
    qtbot.keyClick(table, Qt.Key.Key_Space)
    assert not runs.all[0].shown
    assert bench.view.toggle.text() == "show"
    qtbot.keyClick(table, Qt.Key.Key_F2)
    bench.view.name.setText("slow")
    qtbot.keyClick(bench.view.name, Qt.Key.Key_Return)
    assert runs.all[0].name == "slow"
    assert texts(bench, 1) == ["now, lr 0.05", "slow: lr 0.001"]
    bench.view.name.setText("x" * 61)
    qtbot.keyClick(bench.view.name, Qt.Key.Key_Return)
    assert runs.all[0].name == "slow"
    assert "at most 60 letters" in bench.view._refusals.message
    qtbot.keyClick(table, Qt.Key.Key_Delete)
    assert runs.all == ()
    bench.view._still.stop()


def test_settings_and_the_run_itself_come_back(make: MakeRuns, qtbot: QtBot) -> None:
    bench = two_runs(make)
    bench.view.table.selectRow(1)
    with qtbot.waitSignal(bench.view.about_to_edit):
        bench.view.settings.click()
    assert bench.session.experiment.optimizer.number("lr") == 0.001
    assert bench.session.horizon == 0
    bench.view.table.selectRow(1)
    bench.view.back.click()
    assert bench.session.horizon == 30
    # The run of 12 iterations was put aside, and is offered.
    assert [row.kind for row in bench.view.model.rows] == [RunKind.NOW, RunKind.PINNED, RunKind.ASIDE]
    bench.view.table.selectRow(2)
    assert bench.view.keep.isVisible()
    bench.view.keep.click()
    assert [run.horizon for run in bench.session.runs.all] == [30, 12]
    bench.view._still.stop()


def test_the_first_line_pins_the_run_on_the_screen(make: MakeRuns) -> None:
    bench = make(SLOW)
    assert bench.view.hint.isVisible()
    assert not bench.view.pin.isEnabled()
    train(bench.session, 3)
    assert bench.view.pin.isEnabled()
    bench.view.pin.click()
    assert len(bench.session.runs.all) == 1
    assert not bench.view.pin.isEnabled()
    assert not bench.view.hint.isVisible()
    bench.view._still.stop()


def test_the_table_is_copied_with_every_digit(make: MakeRuns) -> None:
    bench = two_runs(make)
    ended(bench)
    bench.view.copy.click()
    lines = [line.split("\t") for line in QGuiApplication.clipboard().text().splitlines()]
    assert lines[0] == ["run", "loss", "least loss", "iterations"]
    assert [line[0] for line in lines[1:]] == ["now, lr 0.05", "lr 0.001"]
    for line, row in zip(lines[1:], bench.view.model.rows, strict=True):
        assert row.end is not None
        assert float(line[1]) == row.end.training.loss


def test_in_the_window_the_key_pins_and_the_notice_keeps(window: MainWindow, qtbot: QtBot) -> None:
    session = window.session
    train(session, 20)
    qtbot.keyClick(window.stage_panel.stage, Qt.Key.Key_K)
    assert len(session.runs.all) == 1
    assert window.actions_by_id["run.pin"].isChecked()
    train(session, 10)
    assert not window.actions_by_id["run.pin"].isChecked()
    session.navigator.go_to(Cursor(10, 17))
    session.editor.edit("Rate", edits.set_optimizer(sgd(0.2)))
    offer = window.notice._offer
    assert offer.isVisible()
    assert offer.text() == "keep it as a run"
    offer.click()
    assert [run.horizon for run in session.runs.all] == [30]
    assert window.notice.text == ""
    # What is pinned is not offered once more.
    session.undo_stack.undo()
    session.undo_stack.undo()
    session.runs.pin()
    session.navigator.go_to(Cursor(5, 17))
    session.editor.edit("Rate", edits.set_optimizer(sgd(0.3)))
    assert window.notice.text.startswith("24 later iterations")
    assert not offer.isVisible()


@pytest.mark.parametrize("scale", SCALES)
def test_the_name_of_the_run_on_the_screen_is_whole_however_many_columns_there_are(
    make: MakeRuns, scale: float
) -> None:
    bench = two_runs(make)
    bench.appearance.set_scale(scale)
    bench.view.resize(200, 200)
    table, look = bench.view.table, bench.appearance
    metrics = QFontMetrics(look.font(FONT, bold=True))
    room = table.horizontalHeader().sectionSize(RUN) - 2 * look.size(table.margin)
    # A pixel may be lost to rounding.
    assert metrics.elidedText("now", Qt.TextElideMode.ElideRight, room - 1) == "now"


def test_texts_stand_closer_before_a_column_is_cut(make: MakeRuns) -> None:
    bench = two_runs(make)
    ended(bench)
    table = bench.view.table
    least = {}
    for width in range(500, 150, -1):
        table.resize(width, 120)
        if table.horizontalHeader().length() <= table.viewport().width():
            least[table.margin] = width
    assert list(least) == list(MARGINS)
    # Two columns of numbers less 8 pixels each would be cut otherwise.
    assert least[MARGINS[0]] - least[MARGINS[-1]] >= 3 * 8
