"""Rows of the data: added, removed, pasted, copied, and gone to."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest

from chainrule.catalog.values import refs
from chainrule.model.editing import edits
from tests.experiments import dense, mazur
from tests.ui.panels.bench import Bench
from tests.ui.panels.conftest import MakeBench
from tests.ui.panels.data.tables import TABLES, click


def test_a_row_is_added_and_undone(bench: Bench) -> None:
    bench.click("data_add_row")

    assert bench.experiment.data.inputs == ((1.0, 2.0), (3.0, 4.0), (3.0, 4.0))
    assert bench.table("targets_table").model().rowCount() == 3
    assert bench.session.moment.sample == 2
    assert bench.panel.data.heading.note == "3 rows"
    bench.undo()
    assert bench.table("inputs_table").model().rowCount() == 2


@pytest.mark.parametrize("name", TABLES)
def test_a_row_that_is_added_is_the_one_that_is_removed_next(bench: Bench, name: str) -> None:
    view, inputs = bench.table(name), bench.table("inputs_table")
    click(view, 0)
    bench.click("data_add_row")

    assert inputs.rows_model().sample_row == 2
    for table in TABLES:
        assert not bench.table(table).selectionModel().hasSelection()
        assert bench.table(table).row_color(0) == bench.table(table).row_color(1)
    bench.click("data_remove_row")
    assert bench.experiment.data.inputs == ((1.0, 2.0), (3.0, 4.0))


def test_the_shown_row_is_removed_by_the_button_and_selected_rows_by_delete(bench: Bench) -> None:
    for _ in range(3):
        bench.click("data_add_row")
    bench.session.selector.show_sample(0)
    bench.click("data_remove_row")
    assert bench.experiment.data.inputs[0] == (3.0, 4.0)

    view = bench.table("targets_table")
    click(view, 1)
    click(view, 2, shift=True)
    QTest.keyClick(view, Qt.Key.Key_Delete, Qt.KeyboardModifier.ShiftModifier)
    assert len(bench.experiment.data.inputs) == 2
    bench.undo()
    bench.undo()
    assert len(bench.experiment.data.inputs) == 5


def test_the_last_row_cannot_be_removed(bench: Bench) -> None:
    bench.click("data_remove_row")
    before = bench.session.document
    bench.click("data_remove_row")

    assert bench.refusals.message == "Data: at least 1 row is needed."
    assert bench.session.document is before


@pytest.mark.parametrize("pasted", ["5\t6\t7\n8\t9\t10\n", "5,6,7\n8,9,10", "5; 6; 7\r\n8; 9; 10", "5 6 7\n\n8 9 10"])
def test_rows_are_pasted_at_the_end(bench: Bench, pasted: str) -> None:
    bench.paste(pasted)

    assert bench.experiment.data.inputs == ((1.0, 2.0), (3.0, 4.0), (5.0, 6.0), (8.0, 9.0))
    assert bench.experiment.data.targets == ((1.0,), (2.0,), (7.0,), (10.0,))
    assert bench.session.undo_stack.count() == 1
    bench.undo()
    assert len(bench.experiment.data.inputs) == 2


def test_rows_are_pasted_over_the_selected_row_and_on(bench: Bench) -> None:
    view = bench.table("inputs_table")
    click(view, 1)
    QGuiApplication.clipboard().setText("5\t6\t7\n8\t9\t10")
    QTest.keyClick(view, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)

    assert bench.experiment.data.inputs == ((1.0, 2.0), (5.0, 6.0), (8.0, 9.0))
    assert bench.experiment.data.targets == ((1.0,), (7.0,), (10.0,))


def test_one_number_is_pasted_into_the_current_cell(bench: Bench) -> None:
    view = bench.table("inputs_table")
    click(view, 1, 1)
    QGuiApplication.clipboard().setText("0,25\n")
    QTest.keyClick(view, Qt.Key.Key_V, Qt.KeyboardModifier.ControlModifier)

    assert bench.experiment.data.inputs == ((1.0, 2.0), (3.0, 0.25))


@pytest.mark.parametrize(
    "pasted",
    ["x1,x2,target\n5,6,7\n8,9,10", 'sepal length;"sepal, width";class\n5;6;7\n8;9;10', "a b c\n5 6 7\n8 9 10",
     "x₁\tx₂\ty\n5\t6\t7\n8\t9\t10"],
)  # fmt: skip
def test_the_names_of_the_columns_are_skipped(bench: Bench, pasted: str) -> None:
    bench.paste(pasted)

    assert bench.experiment.data.inputs == ((1.0, 2.0), (3.0, 4.0), (5.0, 6.0), (8.0, 9.0))
    assert bench.experiment.data.targets == ((1.0,), (2.0,), (7.0,), (10.0,))


@pytest.mark.parametrize(
    ("pasted", "message"),
    [
        ("x1,x2,y", "Row 3, x₁: “x1” is not a number. It is line 1 of what was pasted."),
        ("x1,x2,3\n5,6,7", "Row 3, x₁: “x1” is not a number. It is line 1 of what was pasted."),
        ("nan,nan,nan\n5,6,7", "Row 3, x₁: “nan” is not a finite number. It is line 1 of what was pasted."),
        ("x1,x2,y\na,b,c\n5,6,7", "Row 3, x₁: “a” is not a number. It is line 2 of what was pasted."),
        ("x1,x2,y\n5,six,7", "Row 3, x₂: “six” is not a number. It is line 2 of what was pasted."),
        ("5\t6\t7\n8\t9", "Row 4, targets: there are 0 numbers; 1 is needed. It is line 2 of what was pasted."),
        ("5,6,7,8", "Row 3, targets: there are 2 numbers; 1 is needed. It is line 1 of what was pasted."),
        ("5,6,7\n8", "Row 4, inputs: there is 1 number; 2 are needed. It is line 2 of what was pasted."),
        ("5,six,7", "Row 3, x₂: “six” is not a number. It is line 1 of what was pasted."),
        ("5,6,nan", "Row 3, target: “nan” is not a finite number. It is line 1 of what was pasted."),
        ("x1,x2,y\n\n5,6,7\n\n8,9,b", "Row 4, target: “b” is not a number. It is line 5 of what was pasted."),
        ("", "There is no text on the clipboard; rows of numbers are needed."),
    ],
)
def test_a_bad_paste_is_refused_and_names_the_place(bench: Bench, pasted: str, message: str) -> None:
    before = bench.session.document
    bench.paste(pasted)

    assert bench.refusals.message == message
    assert bench.session.document is before


def test_the_issues_example_of_a_short_row(make_bench: MakeBench) -> None:
    bench = make_bench(mazur())
    bench.paste("1\t2\t3")

    assert bench.refusals.message == "Row 2, targets: there is 1 number; 2 are needed. It is line 1 of what was pasted."


def test_a_row_that_stays_is_no_line_of_what_was_pasted(make_bench: MakeBench) -> None:
    bench = make_bench(dense((2, 2, 2), rows=2))
    click(bench.table("inputs_table"), 0)
    bench.paste("1\t2\t3")

    # One target is a class, and then the others are expected to be classes.
    assert bench.refusals.message == "Row 2, targets: there are 2 numbers; 1 is needed."


def test_selected_rows_are_copied_with_every_digit(bench: Bench) -> None:
    bench.session.editor.edit("x", edits.set_data(refs.INPUT, (0, 0), 0.1 + 0.2))
    view = bench.table("targets_table")
    click(view, 0)
    click(view, 1, shift=True)
    QTest.keyClick(view, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)

    assert QGuiApplication.clipboard().text() == "0.30000000000000004\t2\t1\n3\t4\t2\n"


@pytest.mark.parametrize("name", TABLES)
def test_going_to_a_row_shows_its_sample_and_selects_the_number(bench: Bench, name: str) -> None:
    click(bench.table(name), 1)

    assert bench.session.moment.sample == 1
    assert bench.session.selection is not None
    assert bench.session.selection.ref == (refs.INPUT if name == "inputs_table" else refs.TARGET)
    assert bench.session.selection.index == (1, 0)


def test_the_tables_select_and_go_together(bench: Bench) -> None:
    inputs, targets = bench.table("inputs_table"), bench.table("targets_table")
    click(inputs, 1)

    assert targets.currentIndex().row() == 1
    assert [i.row() for i in targets.selectionModel().selectedRows()] == [1]
    QTest.keyClick(inputs, Qt.Key.Key_Right)
    QTest.keyClick(inputs, Qt.Key.Key_Right)
    assert targets.hasFocus()
    assert (targets.currentIndex().row(), targets.currentIndex().column()) == (1, 0)
    QTest.keyClick(targets, Qt.Key.Key_Left)
    assert inputs.hasFocus()
    assert inputs.currentIndex().column() == 1
    QTest.keyClick(inputs, Qt.Key.Key_Up)
    assert targets.currentIndex().row() == 0
    assert bench.session.moment.sample == 0


def test_the_row_follows_the_sample_of_the_stage(bench: Bench) -> None:
    view = bench.table("inputs_table")
    click(view, 0)
    bench.session.selector.show_next_sample()

    assert view.rows_model().sample_row == 1
    assert view.currentIndex().row() == 1
    assert not view.selectionModel().hasSelection()


def test_escape_lets_go_of_the_rows_and_of_the_table(bench: Bench) -> None:
    view = bench.table("inputs_table")
    click(view, 1)
    QTest.keyClick(view, Qt.Key.Key_Escape)
    assert not view.selectionModel().hasSelection()
    assert not bench.table("targets_table").selectionModel().hasSelection()
    assert not view.hasFocus()
