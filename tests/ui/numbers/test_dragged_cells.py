"""Numbers of tables that are dragged: the current cell's, or any with Alt; elsewhere the mouse selects as before."""

from __future__ import annotations

import math

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QTableView

from chainrule.catalog.arguments import Choice
from chainrule.catalog.values import refs
from chainrule.catalog.values.refs import ValueRef
from chainrule.model.editing import edits
from chainrule.model.navigation import Cursor
from chainrule.ui.panels.data.view import DataView
from chainrule.ui.state.model import BEFORE
from chainrule.ui.window.main_window import MainWindow
from tests.formulas import formula_experiment
from tests.ui.keyboard import ALT, NONE, SHIFT, Key
from tests.ui.numbers.dragging import LEFT, drag, drop, grab, pull, turn


def inputs(window: MainWindow) -> DataView:
    return window.experiment_panel.data.tables.inputs


def cell(view: QTableView, row: int, column: int) -> QPoint:
    return view.visualRect(view.model().index(row, column)).center()


def shown(view: QTableView, row: int, column: int) -> float:
    return float(str(view.model().index(row, column).data(Qt.ItemDataRole.EditRole)).replace("−", "-"))


def loss(window: MainWindow) -> object:
    return window.session.moment.numbers.lists(window.session.experiment.network.loss_ref)


def test_the_current_cell_is_dragged_and_the_loss_follows(active: MainWindow) -> None:
    view, stack = inputs(active), active.session.undo_stack
    active.actions_by_id["phase.next"].trigger()
    active.actions_by_id["phase.next"].trigger()
    QTest.mouseClick(view.viewport(), LEFT, pos=cell(view, 1, 0))
    at, losses = cell(view, 1, 0), [loss(active)]
    old = shown(view, 1, 0)
    grab(view.viewport(), at)
    for pixels in (8, 16, 40):
        pull(view.viewport(), at, pixels)
        losses.append(loss(active))
    assert len(set(map(repr, losses))) == 4
    assert shown(view, 1, 0) == old + 1
    drop(view.viewport(), at)
    assert (stack.count(), view.rows_model().rowCount()) == (1, 2)
    assert active.experiment_panel.data.tables.selected_rows() == [1]
    stack.undo()
    assert shown(view, 1, 0) == old


def test_elsewhere_the_mouse_selects_rows(active: MainWindow) -> None:
    view, tables = inputs(active), active.experiment_panel.data.tables
    QTest.mouseClick(view.viewport(), LEFT, pos=cell(view, 0, 0))
    start, end = cell(view, 0, 1), cell(view, 1, 1)
    QTest.mousePress(view.viewport(), LEFT, pos=start)
    QTest.mouseMove(view.viewport(), start + QPoint(12, 0))
    QTest.mouseMove(view.viewport(), end)
    QTest.mouseRelease(view.viewport(), LEFT, pos=end)
    assert tables.selected_rows() == [0, 1]
    assert not active.session.undo_stack.count()


def test_with_alt_any_cell_is_dragged(active: MainWindow) -> None:
    view = inputs(active)
    QTest.mouseClick(view.viewport(), LEFT, pos=cell(view, 0, 0))
    old = shown(view, 1, 1)
    drag(view.viewport(), cell(view, 1, 1), 20, 40, modifiers=ALT)
    assert shown(view, 1, 1) == old + 1
    assert (view.currentIndex().row(), view.currentIndex().column(), view.hasFocus()) == (1, 1, True)
    assert active.session.undo_stack.count() == 1


def test_escape_gives_it_back_and_the_table_keeps_the_keys(active: MainWindow) -> None:
    view, document = inputs(active), active.session.document
    QTest.mouseClick(view.viewport(), LEFT, pos=cell(view, 0, 0))
    at = cell(view, 0, 0)
    grab(view.viewport(), at)
    pull(view.viewport(), at, 40)
    assert active.session.document is not document
    QTest.keyClick(view, Key.Key_Escape)
    assert active.session.document is document
    assert view.hasFocus()
    drop(view.viewport(), at)
    QTest.keyClick(view, Key.Key_Escape)
    assert active.stage_panel.stage.hasFocus()


def test_alt_with_wheel_or_arrows_changes_a_cell(active: MainWindow) -> None:
    view = inputs(active)
    view.setFocus()
    view.setCurrentIndex(view.model().index(0, 1))
    old = shown(view, 0, 1)
    turn(view.viewport(), cell(view, 0, 1), 2)
    QTest.keyClick(view, Key.Key_Up, ALT)
    QTest.keyClick(view, Key.Key_Down, ALT | SHIFT)
    assert shown(view, 0, 1) == pytest.approx(old + 0.29)
    assert active.session.undo_stack.count() == 1
    assert (view.currentIndex().row(), view.currentIndex().column()) == (0, 1)
    turn(view.viewport(), cell(view, 0, 1), 1, NONE)
    assert shown(view, 0, 1) == pytest.approx(old + 0.29)


def test_the_mouse_says_where_it_can_drag(active: MainWindow) -> None:
    view = inputs(active)
    view.setCurrentIndex(view.model().index(0, 0))
    QTest.mouseMove(view.viewport(), cell(view, 0, 0))
    assert view.viewport().cursor().shape() == Qt.CursorShape.SizeHorCursor
    QTest.mouseMove(view.viewport(), cell(view, 1, 1))
    assert view.viewport().cursor().shape() == Qt.CursorShape.ArrowCursor


def test_a_class_that_a_loss_does_not_know_is_refused_while_one_drags(active: MainWindow) -> None:
    """A refusal is said in the bubble, and asks nothing."""
    view = active.experiment_panel.data.tables.targets
    active.session.editor.edit("", edits.set_data(refs.TARGET, (0, 0), 1.0))
    active.session.editor.edit("", edits.set_data(refs.TARGET, (1, 0), 0.0))
    active.session.editor.edit("", edits.set_loss(Choice("BCEWithLogitsLoss", {"reduction": "mean"})))
    QTest.mouseClick(view.viewport(), LEFT, pos=cell(view, 0, 0))
    at, document = cell(view, 0, 0), active.session.document
    grab(view.viewport(), at)
    pull(view.viewport(), at, 40)
    assert active.refusals.message
    assert active.session.document is document
    drop(view.viewport(), at)


def test_a_number_of_the_optimizer_is_dragged_in_its_table(active: MainWindow) -> None:
    active.session.selector.select(refs.weight(0), (0, 0))
    active.actions_by_id["view.tab_state"].trigger()
    view = active.findChild(QTableView, "state_table")
    assert view is not None
    model = view.model()
    row = next(row for row in range(model.rowCount()) if str(model.index(row, 1).data()) == "learning rate")
    view.setCurrentIndex(model.index(row, BEFORE))
    old = shown(view, row, BEFORE)
    view.scrollTo(model.index(row, BEFORE))
    drag(view.viewport(), cell(view, row, BEFORE), 20, 40)
    assert shown(view, row, BEFORE) == pytest.approx(old * 2)
    assert active.session.undo_stack.count() == 1


def test_a_cell_of_what_is_not_finite_has_no_steps(active: MainWindow) -> None:
    active.session.file.open(
        formula_experiment("f = x^2", parameters={"x": 1e200}, optimizer={"name": "SGD", "lr": 1e200}), None
    )
    active.session.navigator.go_to(Cursor(2))
    active.session.selector.select(ValueRef("x"), ())
    active.actions_by_id["view.tab_state"].trigger()
    view = active.findChild(QTableView, "state_table")
    assert view is not None
    model = view.model()
    row = next(row for row in range(model.rowCount()) if math.isnan(shown(view, row, BEFORE)))
    view.setCurrentIndex(model.index(row, BEFORE))
    view.scrollTo(model.index(row, BEFORE))
    drag(view.viewport(), cell(view, row, BEFORE), 20, 40)
    turn(view.viewport(), cell(view, row, BEFORE), 2)
    QTest.keyClick(view, Key.Key_Up, ALT)
    assert not active.session.undo_stack.count()
