"""The data's section: cells, rows, the clipboard, the shown sample, and batches."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QModelIndex, QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.spec import DataSpec
from chainrule.catalog.values import refs
from chainrule.engine.data import split
from chainrule.explain.writing.numbers import format_number
from chainrule.model.editing import edits
from chainrule.model.navigation import Cursor
from chainrule.ui.panels.data.batch_fields import HeldBackMark
from chainrule.ui.panels.data.models import UNKNOWN
from chainrule.ui.panels.data.view import DataView
from chainrule.ui.style.painting import CUT
from tests.experiments import article, dense, mazur
from tests.ui.panels.bench import Bench
from tests.ui.panels.conftest import MakeBench
from tests.ui.style.test_contrast_seen import caught

TABLES = ("inputs_table", "targets_table")
BATCHES = DataSpec(
    inputs=tuple((float(row), 1.0) for row in range(10)),
    targets=tuple((float(row),) for row in range(10)),
    batch_size=4,
    shuffle=True,
    seed=3,
)


def index(view: DataView, row: int, column: int) -> QModelIndex:
    return view.rows_model().index(row, column)


def text(view: DataView, row: int, column: int) -> str:
    return str(index(view, row, column).data())


def click(view: DataView, row: int, column: int = 0, *, shift: bool = False) -> None:
    place = view.visualRect(index(view, row, column)).center()
    modifier = Qt.KeyboardModifier.ShiftModifier if shift else Qt.KeyboardModifier.NoModifier
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, modifier, place)


def open_editor(view: DataView, row: int, column: int) -> QLineEdit:
    view.setFocus()
    view.setCurrentIndex(index(view, row, column))
    QTest.keyClick(view, Qt.Key.Key_F2)
    editor = view.findChild(QLineEdit, "cell_editor")
    assert editor is not None
    return editor


def type_cell(view: DataView, row: int, column: int, typed: str) -> None:
    """Edit a cell; the editor commits from the event loop, as Qt's delegates do."""
    editor = open_editor(view, row, column)
    editor.selectAll()
    QTest.keyClicks(editor, typed) if typed else QTest.keyClick(editor, Qt.Key.Key_Delete)
    QTest.keyClick(editor, Qt.Key.Key_Return)
    QApplication.processEvents()


def test_both_tables_show_the_data_with_names(bench: Bench) -> None:
    inputs, targets = bench.table("inputs_table"), bench.table("targets_table")
    across = Qt.Orientation.Horizontal

    assert [inputs.model().headerData(column, across) for column in range(2)] == ["x₁", "x₂"]
    assert [targets.model().headerData(column, across) for column in range(2)] == ["target", "ŷ"]
    assert [text(inputs, row, column) for row in range(2) for column in range(2)] == ["1", "2", "3", "4"]
    assert [text(targets, row, 0) for row in range(2)] == ["1", "2"]
    assert inputs.model().headerData(1, Qt.Orientation.Vertical) == "2"


def test_outputs_appear_when_the_forward_pass_has_them(bench: Bench) -> None:
    targets = bench.table("targets_table")
    shown = []
    for _ in range(5):
        shown.append(text(targets, 0, 1))
        bench.session.navigator.step_forward()

    assert shown == [UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, "−0.3100"]
    assert text(targets, 1, 1) == "−0.8500"
    assert "= −0.31000000000000005" in index(targets, 0, 1).data(Qt.ItemDataRole.ToolTipRole)


@pytest.mark.parametrize("name", TABLES)
def test_keys_that_edit_and_go_on_do_nothing_without_a_current_cell(name: str, bench: Bench) -> None:
    """Qt would warn, and a warning fails a test."""
    view = bench.table(name)
    view.setFocus()
    view.setCurrentIndex(QModelIndex())
    for key in (Qt.Key.Key_F2, Qt.Key.Key_Return):
        QTest.keyClick(view, key)
    assert view.findChild(QLineEdit, "cell_editor") is None


def test_several_outputs_stand_behind_the_targets(make_bench: MakeBench) -> None:
    bench = make_bench(mazur())
    for _ in range(8):
        bench.session.navigator.step_forward()
    targets = bench.table("targets_table")

    assert [targets.model().headerData(c, Qt.Orientation.Horizontal) for c in range(4)] == ["t₁", "t₂", "ŷ₁", "ŷ₂"]
    assert [text(targets, 0, column) for column in range(4)] == ["0.01", "0.99", "0.7514", "0.7729"]
    assert targets.model().flags(index(targets, 0, 2)) & Qt.ItemFlag.ItemIsEditable
    for _ in range(8):
        bench.session.navigator.step_back()
    assert not targets.model().flags(index(targets, 0, 2)) & Qt.ItemFlag.ItemIsEditable
    assert not targets.model().setData(index(targets, 0, 2), "1")


@pytest.mark.parametrize("name", TABLES)
def test_a_cell_is_edited_in_place_and_undone(bench: Bench, name: str) -> None:
    view, before = bench.table(name), bench.experiment
    type_cell(view, 1, 0, "0,5")

    data = bench.experiment.data
    assert (data.inputs if name == "inputs_table" else data.targets)[1][0] == 0.5
    assert text(view, 1, 0) == "0.5"
    assert bench.pauses == 1
    assert view.hasFocus()
    bench.undo()
    assert bench.experiment == before


@pytest.mark.parametrize("typed", ["abc", "", "nan", "1e999"])
def test_a_bad_cell_is_refused_and_the_old_number_stays(bench: Bench, typed: str) -> None:
    view, before = bench.table("inputs_table"), bench.session.document
    type_cell(view, 1, 1, typed)

    assert "number" in bench.refusals.message
    assert f"“{typed}”" in bench.refusals.message or not typed
    assert text(view, 1, 1) == "4"
    assert bench.session.document is before
    assert bench.refusals.bubble is not None
    assert bench.panel.rect().contains(bench.refusals.bubble.geometry())


def test_a_number_that_the_dtype_cannot_hold_is_refused(make_bench: MakeBench) -> None:
    bench = make_bench(article(dtype="float32"))
    type_cell(bench.table("inputs_table"), 0, 1, "1e300")

    assert bench.refusals.message == "Row 1, x₂: 1·10³⁰⁰ does not fit; it must be a number that float32 can hold."


def test_escape_gives_up_the_edit(bench: Bench) -> None:
    editor = open_editor(bench.table("inputs_table"), 0, 0)
    QTest.keyClicks(editor, "7")
    QTest.keyClick(editor, Qt.Key.Key_Escape)
    QApplication.processEvents()

    assert bench.experiment.data.inputs[0][0] == 1.0
    assert not bench.session.undo_stack.canUndo()


def test_a_click_on_a_button_takes_over_what_was_typed(bench: Bench) -> None:
    editor = open_editor(bench.table("inputs_table"), 1, 1)
    editor.selectAll()
    QTest.keyClicks(editor, "9")
    bench.click("data_add_row")

    assert bench.experiment.data.inputs == ((1.0, 2.0), (3.0, 9.0), (3.0, 9.0))


def test_typing_in_a_cell_survives_steps_and_edits_elsewhere(bench: Bench) -> None:
    editor = open_editor(bench.table("inputs_table"), 0, 0)
    editor.selectAll()
    QTest.keyClicks(editor, "12")
    for _ in range(6):
        bench.session.navigator.step_forward()
    bench.session.editor.edit("elsewhere", edits.set_title("other"))
    bench.session.editor.edit("elsewhere", edits.set_data(refs.INPUT, (1, 1), 8.0))

    assert editor.text() == "12"
    assert editor.hasFocus()


def test_cells_can_be_set_through_the_model(bench: Bench) -> None:
    view = bench.table("targets_table")

    assert view.model().setData(index(view, 0, 0), 2.5)
    assert bench.experiment.data.targets[0] == (2.5,)
    assert not view.model().setData(index(view, 0, 0), "abc")


# Rows


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


# The clipboard


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


def test_selected_rows_are_copied_with_every_digit(bench: Bench) -> None:
    bench.session.editor.edit("x", edits.set_data(refs.INPUT, (0, 0), 0.1 + 0.2))
    view = bench.table("targets_table")
    click(view, 0)
    click(view, 1, shift=True)
    QTest.keyClick(view, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)

    assert QGuiApplication.clipboard().text() == "0.30000000000000004\t2\t1\n3\t4\t2\n"


# One table, and the sample


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


def test_rows_outside_of_the_batch_are_dimmed_and_cannot_be_shown(make_bench: MakeBench) -> None:
    bench = make_bench(article(data=BATCHES))
    rows, view = bench.session.moment.rows, bench.table("inputs_table")
    outside = next(row for row in range(10) if row not in rows)

    assert len(rows) == 4
    assert bench.panel.data.heading.note == "batch of 4, 10 rows"
    assert view.rows_model().sample_row == rows[0]
    for row in (rows[2], outside):
        view.scrollTo(index(view, row, 0))
        click(view, row)
        assert bench.session.moment.sample == 2
    assert view.rows_model().place_of(outside) is None
    assert "not in the batch" in index(view, outside, 0).data(Qt.ItemDataRole.ToolTipRole)


def test_outputs_stand_in_the_rows_of_their_batch(make_bench: MakeBench) -> None:
    bench = make_bench(article(data=BATCHES))
    for _ in range(6):
        bench.session.navigator.step_forward()
    moment, targets = bench.session.moment, bench.table("targets_table")
    shown = {row for row in range(10) if text(targets, row, 1)}

    assert shown == set(moment.rows)
    type_cell(bench.table("inputs_table"), moment.rows[1], 0, "77")
    assert bench.experiment.data.inputs[moment.rows[1]][0] == 77.0


def test_the_tables_scroll_as_one(make_bench: MakeBench) -> None:
    bench = make_bench(dense((3, 2), 40))
    inputs, targets = bench.table("inputs_table"), bench.table("targets_table")
    targets.verticalScrollBar().setValue(12)
    assert inputs.verticalScrollBar().value() == 12
    bench.session.selector.show_sample(39)

    assert targets.viewport().rect().contains(targets.visualRect(index(targets, 39, 0)).center())
    assert inputs.visualRect(index(inputs, 39, 0)).top() == targets.visualRect(index(targets, 39, 0)).top()


def test_columns_come_and_go_with_the_network(bench: Bench) -> None:
    bench.type("network_inputs", "4")
    bench.type("layer_units_1", "3")

    assert bench.table("inputs_table").model().columnCount() == 4
    assert bench.table("targets_table").model().columnCount() == 6
    bench.undo()
    bench.undo()
    assert bench.table("targets_table").model().columnCount() == 2


def test_big_data_makes_no_widgets_and_asks_for_what_is_in_view(
    qtbot: QtBot, make_bench: MakeBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    wide = dense((784, 10), 1)
    data = replace(wide.data, inputs=wide.data.inputs * 1000, targets=wide.data.targets * 1000)
    bench = make_bench(replace(wide, data=data))
    view = bench.table("inputs_table")
    asked: list[tuple[int, int]] = []
    original = type(view.rows_model()).text

    def counted(model: object, row: int, column: int) -> str:
        asked.append((row, column))
        return original(model, row, column)  # type: ignore[arg-type]

    monkeypatch.setattr(type(view.rows_model()), "text", counted)
    for _ in range(4):
        bench.session.navigator.step_forward()
        QApplication.processEvents()

    assert view.model().rowCount() == 1000
    assert len(asked) < 1000
    assert len(view.findChildren(QLineEdit)) == 0
    assert view.height() < 200


def test_the_width_is_shared_so_that_mazur_needs_no_scroll_bar(make_bench: MakeBench) -> None:
    bench = make_bench(mazur())
    for _ in range(8):
        bench.session.navigator.step_forward()
    for name in TABLES:
        assert bench.table(name).horizontalScrollBar().maximum() == 0
    view = bench.table("targets_table")
    last = view.visualRect(index(view, 0, 3))
    assert view.viewport().rect().contains(last)
    assert view.mapTo(bench.panel, QPoint(view.width(), 0)).x() < bench.panel.width()


@pytest.mark.parametrize("sizes", [(7, 32, 10), (784, 10), (2, 4, 3)])
def test_where_columns_have_to_scroll_whole_ones_fill_the_table(make_bench: MakeBench, sizes: tuple[int, ...]) -> None:
    """A digit that is cut in half looks like another one."""
    bench = make_bench(dense(sizes, 12))
    for name in TABLES:
        view = bench.table(name)
        room, header = view.viewport().width(), view.horizontalHeader()
        ends = [header.sectionPosition(column) + header.sectionSize(column) for column in range(header.count())]
        whole = [end for end in ends if end <= room]
        assert 0 <= room - whole[-1] < len(whole)


@pytest.mark.parametrize("name", TABLES)
def test_no_number_is_seen_without_some_of_its_digits(
    make_bench: MakeBench, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    bench = make_bench(dense((7, 32, 10), 12))
    view = bench.table(name)
    sight, bar = view.viewport().rect(), view.horizontalScrollBar()
    numbers = {text(view, row, column) for row in range(12) for column in range(view.model().columnCount())}
    cut = 0
    for place in range(0, bar.maximum() + 1, 7):
        bar.setValue(place)
        with caught(monkeypatch, view.viewport()) as now:
            view.viewport().grab()
        for each in now:
            if each.text in numbers and each.place is not None:
                assert sight.left() - 1 <= each.place.left(), each
                assert each.place.right() <= sight.right() + 1, each
        cut += sum(each.text == CUT for each in now)
    assert cut > 0


@pytest.mark.parametrize("scale", [1.0, 1.5])
def test_what_another_experiment_s_columns_were_like_leaves_no_trace(make_bench: MakeBench, scale: float) -> None:
    """A wide output of the one before left a second target so wide that Mazur's second output was out of sight."""
    bench = make_bench(article())
    bench.appearance.set_scale(scale)
    for _ in range(5):
        bench.session.navigator.step_forward()
    bench.session.file.open(mazur(), None)
    view = bench.table("targets_table")
    header = view.horizontalHeader()
    sizes = [header.sectionSize(column) for column in range(header.count())]
    assert (sizes[0], sizes[2]) == (sizes[1], sizes[3])
    bar_is_there = view.horizontalScrollBarPolicy() == Qt.ScrollBarPolicy.ScrollBarAlwaysOn
    assert bar_is_there == (sum(sizes) > view.viewport().width())
    assert scale > 1 or not bar_is_there


# Batches and the test


def settings(bench: Bench) -> tuple[int | None, bool, int, float]:
    data = bench.experiment.data
    return data.batch_size, data.shuffle, data.seed, data.test_size


def test_batches_order_and_test_rows_are_edited_and_undone(make_bench: MakeBench) -> None:
    bench = make_bench(dense((2, 3, 1), 10))
    bench.type("data_batch_size", "4")
    assert settings(bench) == (4, False, 0, 0.0)
    assert not bench.integer("data_seed").isEnabled()
    bench.find(QWidget, "data_shuffle").setFocus()
    QTest.keyClick(bench.find(QWidget, "data_shuffle"), Qt.Key.Key_Space)
    bench.type("data_seed", "7")
    bench.type("data_test_size", "0.25")
    assert settings(bench) == (4, True, 7, 0.25)
    assert bench.session.undo_stack.count() == 4
    for _ in range(4):
        bench.undo()
    assert settings(bench) == (None, False, 0, 0.0)
    assert bench.integer("data_batch_size").text() == ""


def test_batches_are_folded_away_until_something_is_set_there(make_bench: MakeBench) -> None:
    bench = make_bench(dense((2, 3, 1), 10))
    more, size = bench.panel.data.more, bench.find(QWidget, "data_batch_size")
    assert not size.isVisible()
    bench.click("data_more")
    assert size.isVisible()
    bench.type("data_batch_size", "4")
    bench.click("data_more")
    assert not size.isVisible()
    assert more.is_marked
    bench.undo()
    assert not more.is_marked
    assert make_bench(article(data=BATCHES)).find(QWidget, "data_batch_size").isVisible()


def test_an_empty_batch_size_is_all_rows(make_bench: MakeBench) -> None:
    bench = make_bench(article(data=BATCHES))
    field = bench.integer("data_batch_size")
    assert (field.text(), field.placeholderText()) == ("4", "all")
    bench.type("data_batch_size", "")
    assert bench.experiment.data.batch_size is None
    assert bench.panel.data.heading.note == "10 rows"


def test_arrow_keys_in_these_fields_make_one_undo_entry_each(make_bench: MakeBench) -> None:
    bench = make_bench(article(data=BATCHES))
    for name in ("data_batch_size", "data_seed", "data_test_size"):
        field = bench.find(QWidget, name)
        field.setFocus()
        for key in (Qt.Key.Key_F2, Qt.Key.Key_Up, Qt.Key.Key_Up):
            QTest.keyClick(field, key)
    assert settings(bench) == (6, True, 5, 0.2)
    assert bench.session.undo_stack.count() == 3


@pytest.mark.parametrize(
    ("name", "typed", "message"),
    [
        ("data_batch_size", "11", "Batch size: 11 does not fit; it must be a whole number from 1 to 10, or empty."),
        ("data_batch_size", "0", "Batch size: 0 does not fit; it must be a whole number from 1 to 10, or empty."),
        ("data_batch_size", "two", "“two” is not a whole number."),
        ("data_seed", "-1", f"Seed of the shuffling: −1 does not fit; it must be a whole number from 0 to {2**53:,}."),
        ("data_test_size", "1", "Test part: 1 does not fit; it must be a number of at least 0 and below 1."),
        ("data_test_size", "-0.1", "Test part: −0.1 does not fit; it must be a number of at least 0 and below 1."),
    ],
)
def test_what_cannot_be_is_refused_beside_the_field(make_bench: MakeBench, name: str, typed: str, message: str) -> None:
    bench = make_bench(article(data=BATCHES))
    before, text = bench.session.document, bench.find(QLineEdit, name).text()
    bench.type(name, typed)
    assert bench.refusals.message == message
    assert bench.session.document is before
    assert bench.find(QLineEdit, name).text() == text


def test_rows_that_are_held_back_are_marked_and_counted(make_bench: MakeBench) -> None:
    bench = make_bench(article(data=BATCHES))
    model, mark = bench.table("inputs_table").rows_model(), bench.find(HeldBackMark, "data_held_back")
    assert (model.held_back, mark.text) == (frozenset(), "")
    plain = bench.table("inputs_table").verticalHeader().grab().toImage()

    bench.type("data_test_size", "0.3")
    held_back = split(bench.experiment.data)[1]
    assert len(held_back) == 3
    assert [row for row in range(10) if model.is_held_back(row)] == list(held_back)
    assert mark.text == "3"
    assert mark.accessibleName().startswith("3 rows with this mark")
    assert bench.panel.data.heading.note == "batch of 4, 7 rows + 3 test"
    assert "held back for the test" in index(bench.table("inputs_table"), held_back[0], 0).data(
        Qt.ItemDataRole.ToolTipRole
    )
    assert bench.table("inputs_table").verticalHeader().grab().toImage() != plain
    for row in held_back:
        assert bench.table("targets_table").rows_model().place_of(row) is None


def test_another_split_begins_training_anew_and_other_batches_do_not(make_bench: MakeBench) -> None:
    bench = make_bench(article(data=BATCHES))
    bench.session.navigator.go_to(Cursor(3, 2))
    bench.type("data_batch_size", "5")
    assert bench.session.cursor.iteration == 3
    bench.type("data_seed", "9")
    assert bench.session.cursor.iteration == 3
    bench.type("data_test_size", "0.5")
    assert bench.session.cursor == Cursor()
    bench.session.navigator.go_to(Cursor(2, 0))
    bench.type("data_seed", "10")
    assert bench.session.cursor == Cursor()


def test_class_indices_have_one_column_before_the_outputs(make_bench: MakeBench) -> None:
    data = DataSpec(((1.0, 2.0), (2.0, 1.0)), ((2.0,), (0.0,)))
    bench = make_bench(dense((2, 3), 1, data=data, loss=Choice("CrossEntropyLoss")))
    for _ in range(2):
        bench.session.navigator.step_forward()
    model, across = bench.table("targets_table").model(), Qt.Orientation.Horizontal
    assert [model.headerData(column, across) for column in range(4)] == ["class", "ŷ₁", "ŷ₂", "ŷ₃"]
    assert [text(bench.table("targets_table"), row, 0) for row in range(2)] == ["2", "0"]
    assert text(bench.table("targets_table"), 0, 3) == format_number(
        bench.session.moment.lists(refs.activation(0))[0][2], 4
    )
    bench.paste("5,6,1")
    assert bench.experiment.data.targets[-1] == (1.0,)
