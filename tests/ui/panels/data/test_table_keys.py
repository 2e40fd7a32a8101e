"""The tables of the data by keys: from cell to cell, typing, emptying, refusing."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QTableView

from chainrule.ui.state.view import StateView
from chainrule.ui.window.hints import hints_of
from chainrule.ui.window.main_window import MainWindow
from tests.ui.keyboard import SHIFT, Key, controls, find, press


def type_text(window: MainWindow, text: str) -> None:
    """Type where the focus is: the first letter may open an editor."""
    for letter in text:
        QTest.keyClicks(window.focusWidget(), letter)  # type: ignore[arg-type]


def cell(window: MainWindow) -> tuple[str, int, int]:
    """Where the keyboard is in the tables."""
    table = window.focusWidget()
    assert isinstance(table, QTableView)
    return table.objectName().removesuffix("_table"), table.currentIndex().row(), table.currentIndex().column()


def begin_in_table(window: MainWindow, row: int = 0, column: int = 0) -> QTableView:
    table = find(window, "inputs_table")
    assert isinstance(table, QTableView)
    table.setFocus()
    table.setCurrentIndex(table.model().index(row, column))
    return table


def test_tab_goes_through_both_tables_row_by_row_and_back(active: MainWindow) -> None:
    begin_in_table(active)
    forth = [cell(active)]
    for _ in range(5):
        press(active, Key.Key_Tab)
        forth.append(cell(active))
    assert forth == [("inputs", row, x) if x < 2 else ("targets", row, 0) for row in range(2) for x in range(3)]
    assert press(active, Key.Key_Tab).objectName() == "data_add_row"
    assert len(active.session.experiment.data.inputs) == 2
    press(active, Key.Key_Backtab, SHIFT)
    back = [cell(active)]
    for _ in range(5):
        press(active, Key.Key_Backtab, SHIFT)
        back.append(cell(active))
    assert back == forth[::-1]


def test_rows_are_typed_with_tab_and_columns_with_enter(active: MainWindow) -> None:
    begin_in_table(active)
    for text, key in (("5", Key.Key_Tab), ("6", Key.Key_Tab), ("7", Key.Key_Tab), ("8", Key.Key_Return)):
        type_text(active, text)
        press(active, key)
    data = active.session.experiment.data
    assert (data.inputs, data.targets) == (((5.0, 6.0), (8.0, 4.0)), ((7.0,), (2.0,)))
    begin_in_table(active, 0, 1)
    for text in ("1", "2"):
        type_text(active, text)
        press(active, Key.Key_Return)
    assert active.session.experiment.data.inputs == ((5.0, 1.0), (8.0, 2.0))
    assert cell(active) == ("inputs", 1, 1)


def test_a_number_that_is_refused_is_not_left(active: MainWindow) -> None:
    begin_in_table(active)
    type_text(active, "5x")
    press(active, Key.Key_Tab)
    assert active.refusals.message
    assert cell(active) == ("inputs", 0, 0)


@pytest.mark.parametrize("key", [Key.Key_Delete, Key.Key_Backspace])
def test_delete_empties_the_cell_for_typing_and_esc_gives_the_number_back(active: MainWindow, key: Key) -> None:
    """Seen: it took the whole row away, and no hint said so."""
    table, before = begin_in_table(active, 1, 1), active.session.experiment
    editor = press(active, key)
    assert isinstance(editor, QLineEdit)
    assert editor.text() == ""
    press(active, Key.Key_Escape)
    assert active.session.experiment is before
    assert table.model().index(1, 1).data() == "4"
    press(active, key)
    press(active, Key.Key_Return)
    assert active.refusals.message
    assert active.session.experiment is before
    type_text(active, "7")
    press(active, Key.Key_Return)
    assert active.session.experiment.data.inputs[1][1] == 7.0


def test_shift_delete_removes_the_row_as_the_hint_says(active: MainWindow) -> None:
    begin_in_table(active, 1, 0)
    assert "Shift+Delete removes the row" in hints_of(active.focusWidget())
    press(active, Key.Key_Delete, SHIFT)
    assert len(active.session.experiment.data.inputs) == 1


def test_an_open_editor_hides_no_other_number(active: MainWindow) -> None:
    table = begin_in_table(active)
    press(active, Key.Key_F2)
    editor = active.focusWidget()
    assert isinstance(editor, QLineEdit)
    assert editor.geometry() == table.visualRect(table.currentIndex())
    press(active, Key.Key_Escape)
    active.tabs.choose("state")
    view = active.tabs.view("state")
    assert isinstance(view, StateView)
    index = view.model.index(0, 2)
    view.table.setFocus()
    view.table.setCurrentIndex(index)
    view.table.edit(index)
    (editor,) = (found_one for found_one in view.table.viewport().findChildren(QLineEdit) if found_one.isVisible())
    assert editor.geometry() == view.table.visualRect(index)


def test_a_paste_keeps_the_sample_of_the_stage_in_sight(active: MainWindow) -> None:
    active.session.selector.show_next_sample()
    QApplication.clipboard().setText("\n".join(f"{row}\t0\t1" for row in range(20)))
    find(active, "data_paste").click()  # type: ignore[attr-defined]
    table = find(active, "inputs_table")
    assert isinstance(table, QTableView)
    assert len(active.session.experiment.data.inputs) == 22
    assert active.session.moment.sample == 1
    assert table.viewport().rect().contains(table.visualRect(table.model().index(1, 0)))


@pytest.mark.parametrize("name", ["optimizer_lr", "layer_units_0", "network_inputs", "inputs_table"])
def test_a_refusal_hides_no_control(active: MainWindow, name: str) -> None:
    if name == "inputs_table":
        begin_in_table(active, 1, 1)
    find(active, name).setFocus()
    type_text(active, "x.")
    press(active, Key.Key_Return)
    bubble = active.refusals.bubble
    assert bubble is not None
    hidden = [
        widget.objectName()
        for widget in controls(active)
        if bubble.geometry().intersects(
            widget.visibleRegion().boundingRect().translated(widget.mapTo(active, QPoint()))
        )
    ]
    assert hidden in ([], ["stage"])
    QApplication.processEvents()
    find(active, "timeline_bar").setFocus()
    assert active.refusals.bubble is None
