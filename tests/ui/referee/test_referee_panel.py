"""The referee panel in the window: opened by its badge, its menu and its key; it stays while stepping."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from chainrule.catalog.values import refs
from chainrule.catalog.values.refs import ValueRef
from chainrule.engine.referee.report import Comparison, ReportRow
from chainrule.model.navigation import Cursor
from chainrule.session import referee as referee_module
from chainrule.session.background import slicer as slicer_module
from chainrule.ui.referee.badge import Badge
from chainrule.ui.referee.model import COLUMNS, DIFFERENCES, TOLERANCE, VERDICT
from chainrule.ui.referee.panel import RefereePanel
from chainrule.ui.style.painting import CUT
from chainrule.ui.window.main_window import MainWindow
from tests.experiments import dense
from tests.ui.style.test_contrast_seen import caught

LONG_MS = 60_000


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """The referee does not wait long for the user to be idle."""
    monkeypatch.setattr(referee_module, "IDLE_MS", 5)


@pytest.fixture
def panel(qtbot: QtBot, window: MainWindow) -> RefereePanel:
    """The panel, open, with its first report."""
    window.findChild(QAction, "view.referee").trigger()
    wait_for_report(qtbot, window.beside.referee_panel)
    return window.beside.referee_panel


def wait_for_report(qtbot: QtBot, panel: RefereePanel) -> None:
    inspector = panel.inspector
    qtbot.waitUntil(lambda: inspector.report is not None and not inspector.is_running, timeout=LONG_MS)


def summary(panel: RefereePanel) -> str:
    label = panel.findChild(QLabel, "referee_summary")
    assert isinstance(label, QLabel)
    return label.text()


def click_row(qtbot: QtBot, panel: RefereePanel, ref: ValueRef) -> None:
    table = panel.table
    index = table.report_model.index(table.report_model.refs.index(ref), 0)
    table.scrollTo(index)
    qtbot.mouseClick(table.viewport(), Qt.MouseButton.LeftButton, pos=table.visualRect(index).center())


@pytest.mark.parametrize("way", ["badge", "key", "menu"])
def test_it_opens_by_badge_key_and_menu(qtbot: QtBot, window: MainWindow, way: str) -> None:
    assert window.findChild(RefereePanel) is None
    if way == "badge":
        badge = window.findChild(Badge, "referee_badge")
        assert badge is not None
        qtbot.mouseClick(badge, Qt.MouseButton.LeftButton, pos=QPoint(10, 10))
    elif way == "key":
        qtbot.keyClick(window, Qt.Key.Key_E, Qt.KeyboardModifier.ControlModifier)
    else:
        window.findChild(QAction, "view.referee").trigger()
    panel = window.findChild(RefereePanel, "referee_panel")
    assert isinstance(panel, RefereePanel)
    assert panel.isVisible()
    assert not panel.isModal()
    wait_for_report(qtbot, panel)
    qtbot.keyClick(panel, Qt.Key.Key_Escape)
    assert not panel.isVisible()
    assert panel.inspector.report is None


def test_it_has_a_row_for_each_ref_and_says_what_it_comes_to(window: MainWindow, panel: RefereePanel) -> None:
    model = panel.table.report_model
    assert model.refs == [step.writes for step in window.session.moment.steps]
    assert [model.headerData(column, Qt.Orientation.Horizontal) for column in range(len(COLUMNS))] == list(COLUMNS)
    verdicts = {model.index(row, VERDICT).data() for row in range(model.rowCount())}
    assert verdicts == {"✓ agrees"}
    names = [model.index(row, 0).data() for row in range(model.rowCount())]
    assert names[:2] == ["layer 1 · pre-activation z", "layer 1 · activation a"]
    assert not any("layers." in name for name in names)
    assert summary(panel).startswith("✓ Iteration 0: all 17 values agree.")
    gradient = model.refs.index(refs.grad(refs.weight(0)))
    assert "4 numbers compared" in model.index(gradient, 2).data(Qt.ItemDataRole.ToolTipRole)


@pytest.mark.parametrize(
    ("autograd", "differences", "told"),
    [
        (9e-11, 1e-8, "loss: PyTorch differs by 9.0·10⁻¹¹ of the number, where 1·10⁻¹⁰ is allowed."),
        (9e-12, 5e-7, "loss: finite differences differ by 5.0·10⁻⁷ of the number, where 1·10⁻⁶ is allowed."),
    ],
)
def test_what_is_nearest_to_its_tolerance_is_told_with_who_says_so(
    panel: RefereePanel, monkeypatch: pytest.MonkeyPatch, autograd: float, differences: float, told: str
) -> None:
    """The badge has what PyTorch says alone: another number here was taken for an error of it."""
    passes, ends = Comparison(0.1, autograd, 1e-10, 1), Comparison(0.1, differences, 1e-6, 1)
    report = panel.inspector.report
    assert report is not None
    found = replace(report, rows=(ReportRow(refs.LOSS, autograd=passes, differences=ends),))
    monkeypatch.setattr(panel.inspector, "_report", found)
    panel.refresh()
    assert summary(panel) == f"✓ Iteration 0: all 1 values agree. Nearest to its tolerance is {told}"


def test_no_difference_is_seen_without_its_power_of_ten(panel: RefereePanel, monkeypatch: pytest.MonkeyPatch) -> None:
    """At the edge of the table 3.0·10⁻¹² was seen as 3.0."""
    panel.resize(480, 400)
    table, cut = panel.table, 0
    sight = QRect(table.viewport().mapTo(table, QPoint()), table.viewport().size())
    for place in range(0, table.horizontalScrollBar().maximum() + 1, 7):
        table.horizontalScrollBar().setValue(place)
        with caught(monkeypatch, table) as now:
            table.grab()
        for each in now:
            if "·10" in each.text and each.place is not None:
                assert sight.left() - 1 <= each.place.left(), each
                assert each.place.right() <= sight.right() + 1, each
        cut += sum(each.text == CUT for each in now)
    assert cut > 0


def test_it_stays_while_stepping_and_follows(qtbot: QtBot, window: MainWindow, panel: RefereePanel) -> None:
    before = window.session.cursor
    qtbot.keyClick(window, Qt.Key.Key_Right)
    assert window.session.cursor != before
    assert panel.isVisible()
    assert summary(panel).startswith("✓ Iteration 0")
    window.session.navigator.go_to(Cursor(3, 2))
    assert not summary(panel).startswith("✓")
    wait_for_report(qtbot, panel)
    assert summary(panel).startswith("✓ Iteration 3")


def test_a_click_selects_the_value_and_goes_to_it_where_it_is_not_computed_yet(
    qtbot: QtBot, window: MainWindow, panel: RefereePanel
) -> None:
    session = window.session
    session.navigator.go_to(Cursor(0, 10))
    click_row(qtbot, panel, refs.pre_activation(1))
    assert session.selection is not None
    assert (session.selection.ref, session.selection.index) == (refs.pre_activation(1), (0, 0))
    assert session.cursor == Cursor(0, 10)
    click_row(qtbot, panel, refs.next_value(refs.bias(0)))
    assert session.selection.ref == refs.next_value(refs.bias(0))
    assert session.cursor == Cursor(0, 17)
    click_row(qtbot, panel, refs.LOSS)
    assert (session.selection.ref, session.selection.index) == (refs.LOSS, ())


def test_many_iterations_with_progress_and_cancel(qtbot: QtBot, window: MainWindow, panel: RefereePanel) -> None:
    assert (panel.bar.isVisible(), panel.stop.isVisible(), panel.start.isEnabled()) == (False, False, True)
    panel.count.setFocus()
    panel.count.selectAll()
    qtbot.keyClicks(panel.count, "25")
    qtbot.mouseClick(panel.start, Qt.MouseButton.LeftButton)
    assert (panel.bar.isVisible(), panel.stop.isVisible(), panel.start.isEnabled()) == (True, True, False)
    assert (panel.bar.value(), panel.bar.maximum()) == (0, 25)
    wait_for_report(qtbot, panel)
    assert summary(panel).startswith("✓ Iterations 0 to 24: all 17 values agree.")
    assert not panel.bar.isVisible()
    panel.count.set_value(1_000_000)
    qtbot.mouseClick(panel.start, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: panel.bar.value() >= 2, timeout=LONG_MS)
    qtbot.mouseClick(panel.stop, Qt.MouseButton.LeftButton)
    assert not panel.inspector.is_running
    assert summary(panel).startswith("✓ Iterations 0 to ")


@pytest.mark.parametrize(
    ("typed", "message"),
    [("0", "from 1 to"), ("2000000", "from 1 to"), ("1.5", "a whole number"), ("x", "a whole number")],
)
def test_a_count_that_cannot_be_is_refused_beside_the_field(
    qtbot: QtBot, panel: RefereePanel, typed: str, message: str
) -> None:
    panel.count.setFocus()
    panel.count.selectAll()
    qtbot.keyClicks(panel.count, typed)
    qtbot.mouseClick(panel.start, Qt.MouseButton.LeftButton)
    assert not panel.inspector.is_running
    assert panel.count.value == 10
    bubble = panel.findChild(object, "refusal")
    assert bubble is not None
    assert message in bubble.accessibleDescription()


def test_what_differs_is_on_top_and_named(qtbot: QtBot, window: MainWindow, panel: RefereePanel) -> None:
    _, trace = window.session.state.computed()
    ref = refs.grad(refs.bias(0))
    assert isinstance(trace.values, dict)
    trace.values[ref] = trace.values[ref] + torch.tensor(1e-3, dtype=torch.float64)
    window.referee.check()
    wait_for_report(qtbot, panel)
    model = panel.table.report_model
    assert model.refs[0] == ref
    assert model.index(0, VERDICT).data() == "✗ differs first"
    assert "✗ Iteration 0: 2 of 17 values differ, first layer 1 · gradient of the biases" in summary(panel)


def test_numbers_set_by_hand_are_why_nothing_is_compared(qtbot: QtBot, window: MainWindow, panel: RefereePanel) -> None:
    window.session.navigator.go_to(Cursor(0, 5))
    window.session.number_editor.edit_number(refs.activation(0), (0, 0), 0.7)
    assert "set by hand" in summary(panel)
    assert panel.table.report_model.rowCount() == 0
    assert not panel.start.isEnabled()
    window.session.undo_stack.undo()
    wait_for_report(qtbot, panel)
    assert summary(panel).startswith("✓")


def test_a_run_is_compared_once_it_is_paused(qtbot: QtBot, window: MainWindow, panel: RefereePanel) -> None:
    window.trainer.start()
    assert "when it is paused" in summary(panel)
    window.trainer.pause()
    wait_for_report(qtbot, panel)


@pytest.mark.parametrize("scheme", [Qt.ColorScheme.Light, Qt.ColorScheme.Dark])
def test_every_cell_and_word_is_there_light_and_dark(
    window: MainWindow, panel: RefereePanel, scheme: Qt.ColorScheme
) -> None:
    window.appearance.set_scheme(scheme)
    for zoom in (0, 1, 1, 1, 1, 1, 1):
        window.appearance.zoom(zoom)
        image = panel.grab().toImage()
        assert not image.isNull()
    window.appearance.zoom(0)
    window.appearance.set_scheme(Qt.ColorScheme.Light)


def test_what_is_not_compared_yet_says_so_and_can_be_cancelled(
    qtbot: QtBot, window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slicer_module, "FIRST_SLICE_S", 0.0)
    session = window.session
    session.file.open(dense((8,) * 61, rows=8), None)
    window.findChild(QAction, "view.referee").trigger()
    panel = window.beside.referee_panel
    model = panel.table.report_model

    def verdicts() -> list[str]:
        return [model.index(row, VERDICT).data() for row in range(model.rowCount())]

    qtbot.waitUntil(lambda: panel.bar.isVisible() and "comparing…" in verdicts(), timeout=LONG_MS)
    qtbot.waitUntil(lambda: "✓ agrees" in verdicts(), timeout=LONG_MS)
    assert set(verdicts()) == {"comparing…", "✓ agrees"}
    assert model.refs == [step.writes for step in session.moment.steps]
    compared = verdicts().count("✓ agrees")
    assert summary(panel) == f"Comparing… {compared} of {len(model.refs)} values of iteration 0 are compared."
    assert (panel.bar.value(), panel.bar.maximum()) == (compared, len(model.refs))
    qtbot.mouseClick(panel.stop, Qt.MouseButton.LeftButton)
    assert not panel.inspector.is_running
    assert not panel.bar.isVisible()
    assert set(verdicts()) == {"not compared", "✓ agrees"}
    assert summary(panel).startswith("Cancelled: ")
    panel.count.set_value(1)
    qtbot.mouseClick(panel.start, Qt.MouseButton.LeftButton)
    wait_for_report(qtbot, panel)
    assert set(verdicts()) == {"✓ agrees"}
    gradient = model.index(model.refs.index(refs.grad(refs.weight(3))), 2)
    assert "numbers compared\na sample of the 64 that there are" in gradient.data(Qt.ItemDataRole.ToolTipRole)
    activation = model.index(model.refs.index(refs.activation(3)), 1)
    assert "sample" not in activation.data(Qt.ItemDataRole.ToolTipRole)


def test_what_each_difference_and_each_tolerance_is_is_said(
    panel: RefereePanel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beside a finite difference was a "relative" one that was none; two tolerances stood without a name."""
    table, model = panel.table, panel.table.report_model
    panel.resize(1400, 700)
    gradient = model.refs.index(refs.grad(refs.weight(0)))
    assert "  " not in model.index(gradient, DIFFERENCES).data()
    assert model.index(gradient, TOLERANCE).data() == "1·10⁻¹⁰  1·10⁻⁶"
    assert model.index(0, TOLERANCE).data() == "1·10⁻¹⁰"
    assert "as a share of the gradient's largest number" in model.index(gradient, DIFFERENCES).data(
        Qt.ItemDataRole.ToolTipRole
    )
    with caught(monkeypatch, table) as written:
        table.grab()
    places = {each.text: each.place.left() for each in written if each.place is not None}
    assert places["1·10⁻⁶"] == places["differences"]
    texts = [each.text for each in written]
    assert (texts.count("relative"), texts.count("absolute")) == (1, 3)
    assert not any("…" in text for text in texts)
