"""The names of columns and classes where a person reads them: headers, cells, tooltips, sentences, the matrix."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.check import checked_experiment
from chainrule.catalog.experiment.data_names import DataColumn, DataNames
from chainrule.catalog.experiment.rows import Rows
from chainrule.catalog.experiment.spec import DataSpec
from chainrule.catalog.values import refs
from chainrule.engine.metrics import Answer, classify
from chainrule.engine.trace import Executor
from chainrule.explain.names.data_names import column_of
from chainrule.explain.names.notation import Notation
from chainrule.explain.sentences.narration import narrate
from chainrule.ui.stage.tips import tip_of
from chainrule.ui.widgets.scroll_area import SlimScrollArea, lay_out_around
from chainrule.ui.window.main_window import MainWindow
from tests.experiments import dense
from tests.model.files.test_data_names import iris
from tests.ui.panels.conftest import MakeBench
from tests.ui.panels.data.tables import index, text, type_cell

HORIZONTAL, TIP = Qt.Orientation.Horizontal, Qt.ItemDataRole.ToolTipRole


def test_tables_say_the_names(make_bench: MakeBench) -> None:
    bench = make_bench(iris())
    inputs, targets = bench.table("inputs_table"), bench.table("targets_table")
    headers = [targets.model().headerData(column, HORIZONTAL) for column in range(4)]
    assert inputs.model().headerData(0, HORIZONTAL) == "petal length"
    assert inputs.model().headerData(1, HORIZONTAL) == "x₂"
    assert headers == ["species", "setosa", "versicolor", "virginica"]
    assert [text(targets, row, 0) for row in range(3)] == ["setosa", "virginica", "versicolor"]
    # 5.84 + 0.83*6 = 10.82
    assert "petal length = 10.82, before it was standardized" in index(inputs, 1, 0).data(TIP)
    assert "Class 2 is virginica" in index(targets, 1, 0).data(TIP)


def test_two_classes_of_one_column_name_their_outputs(make_bench: MakeBench) -> None:
    names = DataNames(targets=(DataColumn("Art"),), classes=("Ente", "Möwe"))
    data = DataSpec(Rows.of([(1.0,), (2.0,)]), Rows.of([(0.0,), (1.0,)]), names=names)
    bench = make_bench(replace(dense((1, 2), 2), data=data, loss=Choice("CrossEntropyLoss")))
    targets = bench.table("targets_table")
    assert [targets.model().headerData(column, HORIZONTAL) for column in range(3)] == ["Art", "Ente", "Möwe"]
    executor = Executor(bench.experiment)
    last = refs.activation(0)
    assert [column_of(executor.experiment, last, (0, unit)).name for unit in range(2)] == ["Ente", "Möwe"]


def test_the_boxes_below_the_data_leave_the_panel_as_wide_as_it_is(window: MainWindow) -> None:
    window.session.file.open(replace(iris(), title="iris"), None)
    data = window.experiment_panel.data
    assert data.own_units.isVisible()
    assert data.predicted.isVisible()
    lay_out_around(data)
    area = window.experiment_panel.findChild(SlimScrollArea)
    assert area is not None
    assert area.widget().width() <= area.viewport().width()


def test_inputs_scroll_to_the_last_column_in_each_unit(make_bench: MakeBench) -> None:
    # Inputs and targets want more than there is in either unit, so that both tables keep their size.
    columns = tuple(DataColumn(name, 50.0, 30.0) for name in "abcdefgh")
    rows = Rows.of([tuple((7 * row + 3 * place - 50) / 30 for place in range(8)) for row in range(8)])
    names = DataNames(columns, (DataColumn("kind"),), ("ant", "bee", "cow"))
    data = DataSpec(rows, Rows.of([(float(row % 3),) for row in range(8)]), names=names)
    bench = make_bench(replace(dense((8, 2, 3), 8), data=data, loss=Choice("CrossEntropyLoss")))
    inputs, switch = bench.table("inputs_table"), bench.panel.data.own_units
    header, bar = inputs.horizontalHeader(), inputs.horizontalScrollBar()
    for _ in range(3):
        QApplication.processEvents()
        bar.setValue(bar.maximum())
        right = header.sectionViewportPosition(7) + header.sectionSize(7)
        assert right == inputs.viewport().width()
        assert bar.maximum() > 0
        switch.click()


def test_a_class_is_typed_by_its_name(make_bench: MakeBench) -> None:
    bench = make_bench(iris())
    type_cell(bench.table("targets_table"), 1, 0, "versicolor")
    assert bench.experiment.data.targets == ((0.0,), (1.0,), (1.0,))


def test_a_prediction_is_told_in_its_own_units(make_bench: MakeBench) -> None:
    names = DataNames((), (DataColumn("price", 100.0, 20.0),))
    data = DataSpec(((1.0,), (2.0,)), ((0.5,), (-1.0,)), names=names)
    bench = make_bench(replace(dense((1, 1), 2), data=data))
    for _ in range(2):
        bench.session.navigator.step_forward()
    moment, output = bench.session.moment, refs.activation(0)
    number = moment.number(output, (0, 0))
    assert number is not None
    said = next(line for line in tip_of(moment, output, (0, 0)).splitlines() if line.startswith("price = "))
    shown = float(said.removeprefix("price = ").partition(", ")[0].replace("−", "-"))
    assert shown == pytest.approx(100 + 20 * number, rel=1e-5)
    assert "The output ŷ (price)" in tip_of(moment, output, (0, 0))


def test_sentences_and_the_matrix_say_the_names() -> None:
    executor = Executor(checked_experiment(iris()))
    trace = executor.trace(executor.initial_state())
    step = executor.program.steps[0]
    said = narrate(executor.experiment, executor.program, step, (0, 0), 0, lambda ref: trace.values[ref].tolist())
    assert "each value that reaches it (petal length x₁ and x₂)" in said
    outputs, targets = trace.values[refs.activation(1)], trace.values[refs.TARGET]
    found = classify(executor.experiment, Answer.LARGEST, outputs, targets)
    assert found is not None
    assert found.classes == ("setosa", "versicolor", "virginica")


def test_one_output_tells_two_classes_by_their_names() -> None:
    names = DataNames(classes=("ham", "spam"))
    data = DataSpec(((1.0,), (2.0,)), ((0.0,), (1.0,)), names=names)
    executor = Executor(checked_experiment(replace(dense((1, 1), 2), data=data, loss=Choice("BCEWithLogitsLoss"))))
    trace = executor.trace(executor.initial_state())
    found = classify(executor.experiment, Answer.YES_OR_NO, trace.values[refs.activation(0)], trace.values[refs.TARGET])
    assert found is not None
    assert found.classes == ("ham", "spam")


def test_tables_show_and_take_numbers_in_their_own_units(make_bench: MakeBench) -> None:
    names = DataNames((DataColumn("size", 50.0, 10.0),), (DataColumn("price", 100.0, 20.0),))
    data = DataSpec(Rows.of([(1.0,), (-0.35,)]), Rows.of([(0.5,), (-1.0,)]), names=names)
    bench = make_bench(replace(dense((1, 1), 2), data=data))
    inputs, targets, switch = bench.table("inputs_table"), bench.table("targets_table"), bench.panel.data.own_units
    for _ in range(2):
        bench.session.navigator.step_forward()
    assert (text(inputs, 1, 0), text(targets, 0, 0)) == ("−0.35", "0.5")
    switch.click()
    assert (text(inputs, 1, 0), text(targets, 0, 0)) == ("46.5", "110")
    number = bench.session.moment.number(refs.activation(0), (0, 0))
    assert number is not None
    shown = float(text(targets, 0, 1).replace("−", "-"))
    assert shown == pytest.approx(100 + 20 * number, rel=1e-3)
    type_cell(inputs, 0, 0, "55")
    assert bench.experiment.data.inputs[0] == (0.5,)
    before = bench.session.undo_stack.count()
    type_cell(inputs, 1, 0, "46.5")
    assert bench.session.undo_stack.count() == before
    switch.click()
    assert text(inputs, 0, 0) == "0.5"


def test_data_that_were_not_standardized_have_no_other_units(make_bench: MakeBench) -> None:
    assert make_bench(dense((1, 1), 2)).panel.data.own_units.isHidden()


def test_an_output_is_told_from_the_target_that_it_answers(make_bench: MakeBench) -> None:
    names = DataNames((DataColumn("x"),), (DataColumn("price"),))
    data = DataSpec(Rows.of([(1.0,), (2.0,)]), Rows.of([(0.5,), (-1.0,)]), names=names)
    bench = make_bench(replace(dense((1, 1), 2), data=data))
    model = bench.table("targets_table").model()
    assert [model.headerData(column, HORIZONTAL) for column in range(2)] == ["price", "ŷ price"]
    # A column that is called as its symbol is called so once.
    notation = Notation.of(bench.experiment)
    assert [notation.named_neuron(layer, 0) for layer in (-1, 0)] == ["x", "ŷ (price)"]
