"""The data's section: cells, rows, the clipboard, the shown sample, and batches."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QModelIndex, QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit
from pytestqt.qtbot import QtBot

from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.spec import DataSpec
from chainrule.catalog.values import refs
from chainrule.explain.writing.numbers import format_number
from chainrule.model.editing import edits
from chainrule.ui.panels.data.targets_model import UNKNOWN
from chainrule.ui.style.painting import CUT
from tests.experiments import article, dense, mazur
from tests.ui.panels.bench import Bench
from tests.ui.panels.conftest import MakeBench
from tests.ui.panels.data.tables import TABLES, index, open_editor, text, type_cell
from tests.ui.style.test_contrast_seen import caught


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
    data = replace(wide.data, inputs=tuple(wide.data.inputs) * 1000, targets=tuple(wide.data.targets) * 1000)
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
