"""Data at real size, 60,000 x 784 in float32: what it takes to open, edit, draw and train on, and how much memory."""

from __future__ import annotations

import os
import random
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import count, islice
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from PySide6.QtWidgets import QApplication, QWidget

from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.rows import Rows
from chainrule.catalog.experiment.spec import DataSpec, Experiment, LayerSpec, NetworkSpec
from chainrule.catalog.values import refs
from chainrule.model.editing import edits
from chainrule.model.files.storage import read_stamped, write_experiment
from chainrule.model.importing.draft import ImportDraft
from chainrule.model.importing.reading import open_source
from chainrule.ui.app import open_window
from chainrule.ui.window.main_window import MainWindow
from tests.benchmarks.bench_memory import STATM, resident_mb, warm_up
from tests.benchmarks.parts.table import Row
from tests.benchmarks.parts.timing import Sample
from tests.experiments import dense, sgd

ROWS, COLUMNS, CLASSES = 60_000, 784, 10
EACH = 15
OPEN_MS = 3000.0
# A frame.
MOST_MS = 16.0
ROW_MS = 50.0
# A micro-step lays out the equation and the labels anew.
STEP_MS = 50.0
# A fifth of the pixels of a digit are not white.
SHOWN, AT_ONCE = 50, 500
CSV_MS, NPY_MS, MAKING_MS = 6000.0, 500.0, 4000.0
BATCHES = 200
MOST_MB = 400.0

Act = Callable[[], object]


def bounds(numbers: memoryview) -> tuple[float, float]:
    """The smallest and the largest of some numbers."""
    flat = np.frombuffer(numbers, numbers.format)
    return float(flat.min()), float(flat.max())


def write_large(path: Path) -> None:
    """Write an experiment of the size of MNIST, with random pixels, as a file."""
    numbers = np.random.default_rng(0).random(ROWS * COLUMNS, np.float32)
    network = NetworkSpec(COLUMNS, (LayerSpec(128, Choice("ReLU")), LayerSpec(CLASSES)))
    data = DataSpec(
        Rows.of_memory(numbers.data, COLUMNS, bounds),
        Rows.of((float(row % CLASSES),) for row in range(ROWS)),
        batch_size=64,
        shuffle=True,
    )
    loss = Choice("CrossEntropyLoss")
    write_experiment(Experiment(network, data, loss=loss, optimizer=sgd(0.01), dtype="float32"), path)


def acts(window: MainWindow) -> dict[str, tuple[Act, float]]:
    """Each kind of edit, with another number each time, and the most milliseconds that it may take."""
    session, numbers, draw = window.session, count(1), random.Random(0)

    def apply(change: Callable[[int], edits.Edit]) -> Act:
        return lambda: session.editor.edit("Edit", change(next(numbers)))

    return {
        "a number in the table": (
            apply(lambda n: edits.set_data(refs.INPUT, (draw.randrange(ROWS), 3), n / 7)),
            MOST_MS,
        ),
        "the learning rate": (apply(lambda n: edits.set_optimizer(sgd(0.01 + n / 1e4))), MOST_MS),
        "undo": (session.undo_stack.undo, MOST_MS),
        "redo": (session.undo_stack.redo, MOST_MS),
        "a row more": (lambda: session.editor.edit("Add row", edits.add_row), ROW_MS),
    }


def milliseconds(act: Act, after: Act) -> Iterator[float]:
    """What an act takes each time; what comes after it is not measured."""
    for _ in range(EACH):
        start = time.perf_counter()
        act()
        yield 1000 * (time.perf_counter() - start)
        after()


def drawing(window: MainWindow, size: str) -> Iterator[Row]:
    """What it takes to paint the tables after they were moved sideways, all of the stage, and a micro-step."""
    tables, stage, draw = window.experiment_panel.data.tables, window.findChild(QWidget, "stage"), random.Random(2)
    assert stage is not None
    bar = tables.inputs.horizontalScrollBar()
    sample = Sample.of(milliseconds(QApplication.processEvents, lambda: bar.setValue(draw.randrange(bar.maximum()))))
    yield Row.of(f"scrolling {size} sideways, and drawing it", sample, MOST_MS, "ms")
    for name, view in (("the inputs", tables.inputs.viewport()), ("the stage", stage)):
        yield Row.of(f"drawing {name} of {size}", Sample.of(milliseconds(view.repaint, nothing)), MOST_MS, "ms")
    step = window.actions_by_id["step.forward"]

    def step_and_draw() -> None:
        step.trigger()
        QApplication.processEvents()

    sample = Sample.of(milliseconds(step_and_draw, nothing))
    yield Row.of(f"a micro-step of {size}, and drawing it", sample, STEP_MS, "ms")


def nothing() -> None:
    """Do nothing after what was measured."""


def importing() -> Iterator[Row]:
    """A table of that size as text and as an array: read, its plan guessed, and made rows of; with the memory."""
    random_pixels = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as folder:
        csv, npy = Path(folder) / "large.csv", Path(folder) / "large.npy"
        stored = np.lib.format.open_memmap(npy, "w+", np.uint8, (ROWS, COLUMNS + 1))
        with csv.open("w", encoding="ascii") as file:
            file.write(f"{','.join(['label', *(f'pixel{place}' for place in range(COLUMNS))])}\n")
            # A part at a time: what Python once held it keeps, and that is not to be measured.
            for first in range(0, ROWS, AT_ONCE):
                part = random_pixels.integers(0, 256, (AT_ONCE, COLUMNS + 1), np.uint8)
                part[part >= SHOWN] = 0
                part[:, 0] = np.arange(AT_ONCE) % CLASSES
                stored[first : first + AT_ONCE] = part
                file.writelines(f"{','.join(map(str, row))}\n" for row in part.tolist())
        del stored, part
        for path, limit in ((csv, CSV_MS), (npy, NPY_MS)):
            before, start = resident_mb() if STATM.exists() else 0.0, time.perf_counter()
            draft = ImportDraft.of(open_source(path))
            yield Row(
                f"reading {ROWS:,} x {COLUMNS + 1} as {path.suffix}", 1000 * (time.perf_counter() - start), limit, "ms"
            )
            start = time.perf_counter()
            edit = draft.edit(dense((2, 2, 1), 4))
            yield Row(f"making its rows from {path.suffix}", 1000 * (time.perf_counter() - start), MAKING_MS, "ms")
            if STATM.exists():
                yield Row(f"both from {path.suffix}", resident_mb() - before, MOST_MB, "MB added")
            del draft, edit


def rows() -> Iterator[Row]:
    """Opening, editing, scrolling and training, and the memory of all of it."""
    yield from importing()
    window = open_window()
    window.show()
    warm_up(window)
    size = f"{ROWS:,} x {COLUMNS}"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "large.chainrule"
        write_large(path)
        before = resident_mb() if STATM.exists() else 0.0
        start = time.perf_counter()
        contents, stamp = read_stamped(path)
        window.session.file.open(contents.experiment, path, stamp=stamp)
        QApplication.processEvents()
        yield Row(f"opening {size}, until it is drawn", 1000 * (time.perf_counter() - start), OPEN_MS, "ms")
        del contents
        for name, (act, limit) in acts(window).items():
            sample = Sample.of(milliseconds(act, QApplication.processEvents))
            yield Row.of(f"edit of {size}: {name}", sample, limit, "ms")
        bar, draw = window.experiment_panel.data.tables.targets.verticalScrollBar(), random.Random(1)
        sample = Sample.of(milliseconds(QApplication.processEvents, lambda: bar.setValue(draw.randrange(ROWS))))
        yield Row.of(f"scrolling {size} somewhere, and drawing it", sample, MOST_MS, "ms")
        yield from drawing(window, size)
        session = window.session
        start, first = time.perf_counter(), session.cursor.iteration
        for _ in islice(session.timeline.run(session.document, first), BATCHES):
            pass
        each = 1000 * (time.perf_counter() - start) / BATCHES
        yield Row(f"{BATCHES} batches of {size}", each, MOST_MS, "ms each")
        QApplication.processEvents()
        if STATM.exists():
            yield Row(f"{size}, opened, edited and trained on", resident_mb() - before, MOST_MB, "MB added")
        session.file.mark_saved(None)
        window.close()
        window.deleteLater()
