"""How the rows become iterations: batches, their order, and rows that are held back."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QWidget

from chainrule.catalog.experiment.spec import DataSpec
from chainrule.engine.data import split
from chainrule.model.navigation import Cursor
from chainrule.ui.panels.data.batch_fields import HeldBackMark
from tests.experiments import article, dense
from tests.ui.panels.bench import Bench
from tests.ui.panels.conftest import MakeBench
from tests.ui.panels.data.tables import click, index, text, type_cell

BATCHES = DataSpec(
    inputs=tuple((float(row), 1.0) for row in range(10)),
    targets=tuple((float(row),) for row in range(10)),
    batch_size=4,
    shuffle=True,
    seed=3,
)


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
