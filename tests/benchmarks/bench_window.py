"""From a key press, or an opened file, to the painted window: medians, on offscreen Qt."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.values import refs
from chainrule.model.editing import shape as shape_edits
from chainrule.model.files.storage import write_experiment
from chainrule.model.navigation import Cursor
from chainrule.ui.app import open_window
from chainrule.ui.numbers.steps import PIXELS
from chainrule.ui.plots.path_plot import PathPlot
from chainrule.ui.window.main_window import MainWindow
from tests.benchmarks.parts.table import Row
from tests.benchmarks.parts.timing import Sample, repeat
from tests.experiments import article, dense
from tests.formulas import formula_experiment
from tests.ui.numbers.dragging import drop, grab, pull

PRESSES = 100
OPENINGS = 7


def painted(act: Callable[[], object]) -> float:
    """Milliseconds until the window has painted what an act changed."""
    start = time.perf_counter()
    act()
    # Painting is only posted by the act: the loop runs until all of it is done.
    QApplication.processEvents()
    return 1000 * (time.perf_counter() - start)


def press_to_paint(window: MainWindow) -> Iterator[float]:
    """Milliseconds from each press of Right until the window has painted what changed."""
    for _ in range(PRESSES):
        yield painted(lambda: QTest.keyClick(window, Qt.Key.Key_Right))


def across(window: MainWindow) -> Iterator[float]:
    """The same in the forward pass, the backward pass and the update of a network with many micro-steps of each."""
    count = len(window.session.moment.steps)
    for place in (0, 2 * count // 5, 4 * count // 5):
        window.session.navigator.go_to(Cursor(0, place))
        QApplication.processEvents()
        yield from press_to_paint(window)


def drag_to_paint(window: MainWindow) -> Iterator[float]:
    """Milliseconds from each move of a mouse that drags a weight until the window has painted what follows from it."""
    stage, weight = window.stage_panel.stage, (refs.weight(0), (0, 1))
    window.actions_by_id["iteration.next"].trigger()
    window.actions_by_id["iteration.next"].trigger()
    window.actions_by_id["step.forward"].trigger()
    QApplication.processEvents()
    rect = stage.rect_of(*weight)
    assert rect is not None
    at = rect.center().toPoint()
    grab(stage, at)
    for move in range(1, PRESSES + 1):
        yield painted(lambda: pull(stage, at, PIXELS * move))  # noqa: B023 - called at once
    drop(stage, at)


def opening(window: MainWindow, path: Path, other: Experiment) -> Iterator[float]:
    """Milliseconds from opening a file to the window that shows all of it; `other` is open before."""
    for _ in range(OPENINGS):
        window.session.file.open(other, None)
        QApplication.processEvents()
        yield painted(lambda: window.files.open_path(path))


def rows() -> Iterator[Row]:
    """The limits of the design; the walk begins at the start, with no formula typeset yet."""
    for name, limit in (("2-2-1", 33.0), ("784-128-10", 100.0)):
        window = open_window()
        if name == "784-128-10":
            window.session.file.open(dense((784, 128, 10), rows=64), None)
        assert window.session.timeline is not None
        QApplication.processEvents()
        yield Row.of(f"key press to paint, {name}", Sample.of(press_to_paint(window)), limit, "ms")
        if name == "2-2-1":
            yield Row.of(f"drag of a weight to paint, {name}", Sample.of(drag_to_paint(window)), limit, "ms")
        close(window)
    yield from deep_rows()
    yield from formula_rows()


def deep_rows() -> Iterator[Row]:
    """A network of which little is in sight: 100 layers of 8."""
    window, deep = open_window(), dense((8,) * 101, rows=4)
    assert window.session.timeline is not None
    QApplication.processEvents()
    window.session.file.open(deep, None)
    QApplication.processEvents()
    yield Row.of("key press to paint, 100 layers of 8", Sample.of(across(window)), 33.0, "ms")
    with TemporaryDirectory() as folder:
        path = Path(folder) / "deep.chainrule"
        write_experiment(deep, path)
        yield Row.of("open 100 layers of 8", Sample.of(opening(window, path, article())), 1000.0, "ms")
    units = shape_edits.set_units(50, 9, window.session.editor.initial_values)
    edit = repeat(lambda: painted(lambda: window.session.editor.edit("Change units", units)), 1)
    yield Row.of("one layer's units of 100", edit, 1000.0, "ms")
    close(window)


def formula_rows() -> Iterator[Row]:
    """As many operators as a formula may have, of few names: all in sight as dots, and the path through two of them."""
    window, lines = open_window(), [f"v{i} = tanh(v{i - 1})*x + y" if i else "v0 = x + y" for i in range(66)]
    assert window.session.timeline is not None
    QApplication.processEvents()
    formula = formula_experiment(*lines)
    window.session.file.open(formula, None)
    QApplication.processEvents()
    yield Row.of("key press to paint, 196 operators", Sample.of(across(window)), 33.0, "ms")
    with TemporaryDirectory() as folder:
        path = Path(folder) / "formula.chainrule"
        write_experiment(formula, path)
        yield Row.of("open 196 operators", Sample.of(opening(window, path, article())), 1000.0, "ms")
    window.tabs.choose("path")
    plot = window.tabs.view("path")
    assert isinstance(plot, PathPlot)

    def draw() -> None:
        # The output is computed over the whole plane again.
        plot.forget()
        plot.draw()

    yield Row.of("draw a path, 196 operators", repeat(lambda: painted(draw), 10), 50.0, "ms")
    close(window)


def close(window: MainWindow) -> None:
    """Close a window without a question."""
    window.session.file.mark_saved(None)
    window.close()
    window.deleteLater()
