"""The class that the outputs of a row say, beside the true one: as the engine counts them, and only once known."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt

from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.answers import told_class, true_class
from chainrule.catalog.experiment.data_names import DataNames
from chainrule.catalog.experiment.rows import Rows
from chainrule.catalog.experiment.spec import DataSpec, Experiment
from chainrule.catalog.values import refs
from chainrule.session.screen.computing import traced
from chainrule.ui.panels.data.view import DataView
from tests.experiments import dense
from tests.ui.panels.bench import Bench
from tests.ui.panels.conftest import MakeBench
from tests.ui.panels.data.tables import index, open_editor, text

TIP = Qt.ItemDataRole.ToolTipRole
NAMES = DataNames(classes=("oak", "fir", "ash"))


def classes(rows: int = 24, **changes: object) -> Experiment:
    """Rows of three classes, drawn without a pattern."""
    inputs = Rows.of(((7 * row % 11) / 5 - 1, (5 * row % 13) / 6 - 1) for row in range(rows))
    targets = Rows.of((float(row % 3),) for row in range(rows))
    data = DataSpec(inputs, targets, names=NAMES)
    network = dense((2, 4, 3), rows)
    return replace(network, data=replace(data, **changes), loss=Choice("CrossEntropyLoss"))  # type: ignore[arg-type]


def yes_or_no(loss: str, no: float) -> Experiment:
    data = DataSpec(
        Rows.of([(row / 4 - 1,) for row in range(8)]), Rows.of([(1.0 if row % 3 else no,) for row in range(8)])
    )
    return replace(dense((1, 3, 1), 8), data=data, loss=Choice(loss))


def step_to_outputs(bench: Bench) -> None:
    output = refs.activation(len(bench.experiment.network.layers) - 1)
    while not bench.session.moment.is_known(output):
        bench.session.navigator.step_forward()


def cells(bench: Bench) -> list[str]:
    targets = bench.table("targets_table")
    return [text(targets, row, 0) for row in range(len(bench.experiment.data.targets))]


@pytest.mark.parametrize("experiment", [classes(), yes_or_no("BCEWithLogitsLoss", 0.0), yes_or_no("HingeLoss", -1.0)])
def test_as_many_are_right_as_the_engine_counts(make_bench: MakeBench, experiment: Experiment) -> None:
    bench = make_bench(experiment)
    bench.panel.data.predicted.click()
    assert not any("✓" in cell or "✗" in cell for cell in cells(bench))
    step_to_outputs(bench)
    found, (history, trace) = cells(bench), traced(bench.session.moment)
    counted = history.executor.evaluator.classification(trace.values, "training")
    assert counted is not None
    assert counted.confusion is not None
    assert sum(cell.endswith("✓") for cell in found) == counted.right
    assert sum("✗" in cell for cell in found) == counted.count - counted.right
    for said, name in enumerate(counted.classes):
        wrong = sum(row[said] for true, row in enumerate(counted.confusion) if true != said)
        assert sum(cell.endswith(f"✗ {name}") for cell in found) == wrong
    bench.session.navigator.step_back()
    assert not any("✗" in cell for cell in cells(bench))


def test_rows_outside_of_the_batch_say_nothing(make_bench: MakeBench) -> None:
    bench = make_bench(classes(batch_size=6))
    bench.panel.data.predicted.click()
    step_to_outputs(bench)
    marked = [row for row, cell in enumerate(cells(bench)) if "✓" in cell or "✗" in cell]
    assert marked == sorted(bench.session.moment.rows)
    assert len(marked) == 6


def test_what_is_wrong_has_a_sign_a_colour_and_words(make_bench: MakeBench) -> None:
    bench = make_bench(classes())
    bench.panel.data.predicted.click()
    step_to_outputs(bench)
    targets, found = bench.table("targets_table"), cells(bench)
    wrong = next(row for row, cell in enumerate(found) if "✗" in cell)
    right = next(row for row, cell in enumerate(found) if "✓" in cell)
    assert index(targets, wrong, 0).data(TIP).endswith(f"The outputs say class {found[wrong].split()[-1]}")
    assert index(targets, right, 0).data(TIP).endswith("The outputs say this class")
    bench.panel.data.tables.scroll_to(wrong)
    assert has_red(targets, wrong)
    bench.panel.data.tables.scroll_to(right)
    assert not has_red(targets, right)


def has_red(targets: DataView, row: int) -> bool:
    picture = targets.viewport().grab(targets.visualRect(index(targets, row, 0))).toImage()
    seen = [picture.pixelColor(x, y) for x in range(picture.width()) for y in range(picture.height())]
    return any(color.red() > color.green() + 80 for color in seen)


def test_the_target_alone_is_edited(make_bench: MakeBench) -> None:
    bench = make_bench(classes())
    bench.panel.data.predicted.click()
    step_to_outputs(bench)
    assert open_editor(bench.table("targets_table"), 1, 0).text() == "1"


def test_numbers_have_no_classes_to_say(make_bench: MakeBench) -> None:
    assert make_bench(dense((2, 1), 4)).panel.data.predicted.isHidden()


def test_a_number_by_hand_can_say_another_class(make_bench: MakeBench) -> None:
    bench = make_bench(classes())
    bench.panel.data.predicted.click()
    step_to_outputs(bench)
    bench.session.number_editor.edit_number(refs.activation(1), (0, 1), 9.0)
    assert cells(bench)[0] == "oak ✗ fir"
    bench.session.number_editor.edit_number(refs.activation(1), (0, 0), 9.0)
    assert cells(bench)[0] == "oak ✓"


def test_what_is_no_number_says_no_class() -> None:
    experiment = classes()
    assert told_class(experiment, (1.0, 2.0, 2.0)) == 1
    assert told_class(experiment, (math.inf, math.nan, 2.0)) is None
    ignoring = replace(experiment, loss=Choice("CrossEntropyLoss", {"ignore_index": -100}))
    assert true_class(ignoring, -100.0) is None
