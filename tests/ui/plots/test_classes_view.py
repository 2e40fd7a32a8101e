"""The view of classes: what it counts, what it says where there is nothing to count, and how it is read."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.spec import DataSpec, Experiment
from chainrule.engine import metrics
from chainrule.engine.data import split
from chainrule.engine.trace import Executor
from chainrule.explain.writing.shares import percent
from chainrule.model.editing import edits
from chainrule.model.navigation import Cursor
from chainrule.ui.plots import classes_view
from chainrule.ui.plots.classes_view import ClassesView
from chainrule.ui.plots.confusion_matrix import STRONGEST
from tests.experiments import dense, sgd
from tests.ui.plots.view_bench import ViewBench

ClassesBench = ViewBench[ClassesView]
Make = Callable[..., ClassesBench]
CROSS_ENTROPY = Choice("CrossEntropyLoss")


@pytest.fixture
def make(qtbot: QtBot) -> Iterator[Make]:
    made: list[ClassesBench] = []

    def make_bench(experiment: Experiment, *, ready: bool = True) -> ClassesBench:
        bench = ViewBench(ClassesView, experiment, (284, 190), ready=ready)
        made.append(bench)
        bench.show()
        return bench

    yield make_bench
    for bench in made:
        bench.close()


def three_classes(**changes: object) -> Experiment:
    """Twelve rows of three classes, a quarter of them held back, in batches of two."""
    inputs = tuple((np.cos(2.1 * row).item(), np.sin(2.1 * row).item()) for row in range(12))
    targets = tuple((float(row % 3),) for row in range(12))
    data = DataSpec(inputs, targets, batch_size=2, test_size=0.25)
    return replace(dense((2, 5, 3), 1, data=data, loss=CROSS_ENTROPY, optimizer=sgd(0.5)), **changes)


def counted(experiment: Experiment, iteration: int, part: int) -> tuple[list[list[int]], int]:
    """The confusion matrix by going through a part's rows one by one, each as an experiment of its own."""
    executor = Executor(experiment)
    state = executor.initial_state()
    for _ in range(iteration):
        _, state = executor.advance(state)
    matrix = np.zeros((3, 3), dtype=int)
    for row in split(experiment.data)[part]:
        data = DataSpec((experiment.data.inputs[row],), (experiment.data.targets[row],))
        single = Executor(replace(experiment, data=data))
        output = single.values(replace(state, iteration=0))["layers.1.activation"][0]  # type: ignore[index]
        matrix[int(experiment.data.targets[row][0]), int(np.argmax(output.numpy()))] += 1
    return matrix.tolist(), int(np.trace(matrix))


def said(view: ClassesView) -> tuple[str, str]:
    """The large number, and the name that is read out."""
    return view.accuracy.text(), view.accessibleName()


@pytest.mark.parametrize("iteration", [0, 7])
def test_every_row_of_a_part_is_counted_under_the_iterations_parameters(make: Make, iteration: int) -> None:
    bench = make(three_classes())
    bench.session.navigator.go_to(Cursor(iteration, 3))
    for part, name, rows in ((0, "training", 9), (1, "test", 3)):
        bench.view.findChild(classes_view.Toggle, f"classes_view.{name}").click()
        matrix, right = counted(three_classes(), iteration, part)
        assert sum(map(sum, matrix)) == rows
        shown = [[bench.view.matrix.describe(true, guess) for guess in range(3)] for true in range(3)]
        found = [[int(re.findall(r": (\d+) of", text)[0]) for text in row] for row in shown]
        assert found == matrix
        text = percent(right, rows)
        assert said(bench.view) == (text, f"Classes: {name} accuracy {text}, {right} of {rows} right")


def test_a_step_within_an_iteration_counts_nothing_anew(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = make(three_classes())
    bench.session.navigator.go_to(Cursor(2, 1))
    monkeypatch.setattr(metrics, "classify", lambda *_: pytest.fail("counted anew"))
    monkeypatch.setattr(
        type(bench.session.state.computed()[0].executor.evaluator), "evaluate", lambda *_: pytest.fail("ran")
    )
    bench.session.navigator.go_to(Cursor(2, 9))


def test_numbers_are_not_classes(make: Make) -> None:
    bench = make(dense((2, 3, 1), 4))
    assert bench.view.message.text().startswith("MSELoss compares numbers, not classes. With CrossEntropyLoss")
    assert not bench.view.matrix.isVisible()
    assert not bench.view.accuracy.isVisible()
    assert not bench.view.grab().isNull()


def test_a_loss_of_classes_brings_the_matrix_and_one_of_numbers_takes_it_away(make: Make) -> None:
    bench = make(dense((2, 3, 1), 4, data=DataSpec(((0.0, 1.0), (1.0, 0.0)), ((0.0,), (1.0,)))))
    assert not bench.view.matrix.isVisible()
    bench.session.editor.edit("loss", edits.set_loss(Choice("BCEWithLogitsLoss")))
    assert bench.view.matrix.isVisible()
    assert bench.view.accuracy.isVisible()
    assert not bench.view.message.isVisible()
    bench.session.undo_stack.undo()
    assert not bench.view.matrix.isVisible()


def test_without_rows_held_back_there_is_nothing_to_choose(make: Make) -> None:
    bench = make(three_classes())
    toggle = bench.view.findChild(classes_view.Toggle, "classes_view.test")
    assert toggle.isVisible()
    toggle.click()
    assert bench.view.part == "test"
    bench.session.editor.edit("all", edits.set_test_size(0.0))
    assert not toggle.isVisible()
    assert bench.view.part == "training"
    assert bench.view.accessibleName().endswith("of 12 right")


def test_an_output_that_is_no_number_is_said(make: Make) -> None:
    bench = make(three_classes(optimizer=sgd(1e200)))
    bench.session.navigator.go_to(Cursor(6, 0))
    assert bench.view.message.text() == classes_view.NOT_A_NUMBER


def test_without_the_engine_it_waits(make: Make) -> None:
    bench = make(three_classes(), ready=False)
    assert not bench.session.is_ready
    assert bench.view.message.text() == classes_view.NOT_READY


def test_too_many_classes_have_an_accuracy_only(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics, "MOST_CLASSES", 2)
    bench = make(three_classes())
    assert bench.view.accuracy.isVisible()
    assert not bench.view.matrix.isVisible()
    assert bench.view.message.text() == "3 classes are too many for a matrix"


def test_right_and_wrong_have_hues_of_their_own(make: Make) -> None:
    bench = make(three_classes())
    bench.session.navigator.go_to(Cursor(30, 0))
    matrix, theme = bench.view.matrix, bench.appearance.theme
    image = matrix.grab().toImage()
    for true in range(3):
        for guess in range(3):
            rect = matrix.cell_rect(true, guess)
            assert matrix.rect().contains(rect)
            assert matrix.cell_at(rect.center()) == (true, guess)
            count, whole = map(int, re.findall(r": (\d+) of (\d+)", matrix.describe(true, guess))[0])
            color = image.pixelColor(rect.left() + 2, rect.top() + 2)
            hue = theme.good if true == guess else theme.error
            strength = 0.06 + (STRONGEST - 0.06) * count / whole
            assert color == (theme.tint(hue, strength) if count else QColor(theme.field))


def test_the_counts_are_read_out(make: Make) -> None:
    bench = make(three_classes())
    text = bench.view.matrix.accessibleDescription()
    matrix, _ = counted(three_classes(), 0, 0)
    for true, row in enumerate(matrix):
        words = ", ".join(f"{count} as {guess}" for guess, count in enumerate(row) if count)
        assert f"true class {true}: {words}" in text


@pytest.mark.parametrize(
    ("right", "count", "text"),
    [(0, 3, "0 %"), (3, 3, "100 %"), (1, 3, "33.3 %"), (9999, 10000, "99.9 %"), (1, 10**6, "0.1 %"), (1, 2, "50.0 %")],
)
def test_a_share_is_whole_only_where_it_is(right: int, count: int, text: str) -> None:
    assert percent(right, count) == text


@pytest.mark.parametrize("scheme", [Qt.ColorScheme.Light, Qt.ColorScheme.Dark])
def test_the_large_number_fits_at_every_text_size(make: Make, scheme: Qt.ColorScheme) -> None:
    bench = make(three_classes())
    bench.appearance.set_scheme(scheme)
    QApplication.processEvents()
    label = bench.view.accuracy
    assert label.width() >= label.fontMetrics().horizontalAdvance("99.9 %") - 1
    assert bench.view.matrix.cell_rect(0, 0).width() >= 20


@pytest.mark.parametrize("size", [(284, 190), (210, 150), (150, 120)])
@pytest.mark.parametrize("steps", [0, 2])
def test_the_name_of_the_columns_is_never_cut(make: Make, size: tuple[int, int], steps: int) -> None:
    """In a small card or with large text the few columns are narrower than their name."""
    bench = make(three_classes())
    bench.view.resize(*size)
    for _ in range(steps):
        bench.appearance.zoom(1)
    QApplication.processEvents()
    matrix = bench.view.matrix
    assert matrix.width() >= matrix.heading_rect().width()
    assert matrix.rect().contains(matrix.heading_rect())
    bench.appearance.zoom(0)


def test_classes_are_told_by_the_outputs_that_stand_for_them(make: Make) -> None:
    """Classes are counted from 0, as torch has them, and outputs from 1: which is which is said."""
    bench = make(three_classes())
    bench.session.navigator.go_to(Cursor(3, 0))
    assert bench.view._count.text().endswith("\nclass 0 is ŷ₁")
    assert bench.view.matrix.describe(0, 2).endswith("\nClass 2 is predicted where ŷ₃ is the largest")


@pytest.mark.parametrize("steps", [0, 2])
def test_every_digit_of_ten_classes_is_seen_and_every_class_is_named(make: Make, steps: int) -> None:
    bench = make(three_classes())
    for _ in range(steps):
        bench.appearance.zoom(1)
    matrix, classes = bench.view.matrix, tuple("0123456789")
    counts = tuple(tuple(178 if true == said else (true + said) % 20 for said in range(10)) for true in range(10))
    matrix.show_counts(metrics.Classification(metrics.Answer.LARGEST, classes, counts, 1780, 2000))
    QApplication.processEvents()
    image = matrix.grab().toImage()
    ratio = image.devicePixelRatio()
    for place in range(10):
        cell = matrix.cell_rect(place, place).adjusted(0, 0, -1, -1)
        assert matrix.rect().contains(cell)
        # Nothing is written up to the left and right edges of a cell.
        ground = image.pixel(round(cell.left() * ratio), round(cell.top() * ratio))
        for x in (cell.left(), cell.right()):
            column = {image.pixel(round(x * ratio), round(y * ratio)) for y in range(cell.top(), cell.bottom())}
            assert column == {ground}
        # And between them are digits, and above the first row the name of the class.
        above = range(matrix.cell_rect(0, 0).top() - 14, matrix.cell_rect(0, 0).top() - 1)
        named = {
            image.pixel(round(x * ratio), round(y * ratio)) for y in above for x in range(cell.left(), cell.right())
        }
        written = {
            image.pixel(round(x * ratio), round(cell.center().y() * ratio)) for x in range(cell.left(), cell.right())
        }
        assert min(len(named), len(written)) > 1
    bench.appearance.zoom(0)
