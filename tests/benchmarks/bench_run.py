"""A run at full pace in the window: epochs and frames a second, and what a frame takes, early and late in training.

The network is the one that TensorFlow Playground opens with, 2-4-2-1 with tanh, on 250 rows in batches of 10.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Iterator

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import torch
from PySide6.QtGui import QPaintEvent
from PySide6.QtWidgets import QApplication, QWidget

from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.rows import Rows
from chainrule.catalog.experiment.spec import DataSpec, Experiment, LayerSpec, NetworkSpec
from chainrule.engine.machine.check import check_experiment
from chainrule.session.training import PACES
from chainrule.ui.app import open_window
from chainrule.ui.plots.chart.chart import Chart
from chainrule.ui.stage.view import StageView
from chainrule.ui.window.main_window import MainWindow
from tests.benchmarks.parts.table import Row
from tests.benchmarks.parts.timing import ATTEMPTS, Sample

ROWS, BATCH = 250, 10
EPOCHS_A_SECOND, FRAMES_A_SECOND = 600.0, 30.0
SECONDS = 4.0
# The part of a run's time that is the engine's.
LEAST_SHARE = 0.6
# A frame late in training against one at its beginning.
MOST_RATIO = 1.2
EARLY, LATE = 10_000, 1_000_000
FRAMES = 60


def playground() -> Experiment:
    """Two inputs in a square; the target tells whether they have the same sign."""
    inputs = torch.rand(ROWS, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64) * 2 - 1
    targets = inputs.prod(1, keepdim=True).sign()

    def numbers(tensor: torch.Tensor) -> Rows:
        return tuple(map(tuple, tensor.tolist()))

    layers = tuple(LayerSpec(units, Choice("Tanh")) for units in (4, 2, 1))
    return check_experiment(
        Experiment(
            network=NetworkSpec(2, layers),
            data=DataSpec(numbers(inputs), numbers(targets), batch_size=BATCH, shuffle=True),
            optimizer=Choice("SGD", {"lr": 0.03}),
            dtype="float32",
        )
    )


class PaintCounter:
    """Counts real paint events of the stage, the plots and `more`, by name. It stands before there is a window."""

    def __init__(self, *more: type[QWidget]) -> None:
        self.painted: Counter[str] = Counter()
        for widget in (StageView, Chart, *more):
            self._count(widget)

    def _count(self, widget: type[QWidget]) -> None:
        paint = widget.paintEvent

        def counted(shown: QWidget, event: QPaintEvent) -> None:
            self.painted[shown.accessibleName()] += 1
            paint(shown, event)

        widget.paintEvent = counted  # type: ignore[method-assign]


def opened(experiment: Experiment | None = None) -> MainWindow:
    """The window with the network, or another, and nothing else to do."""
    window = open_window()
    assert window.session.timeline is not None
    window.session.file.open(experiment or playground(), None)
    window.trainer.set_pace(PACES[-1])
    while window.referee.verdict is None:
        QApplication.processEvents()
    return window


def train_until(window: MainWindow, iteration: int) -> None:
    """Run on to an iteration."""
    window.trainer.start()
    while window.session.cursor.iteration < iteration:
        QApplication.processEvents()
    window.trainer.pause()


def run(window: MainWindow, counter: PaintCounter) -> tuple[float, dict[str, float]]:
    """Epochs a second of a run that goes on for some seconds, and frames a second of each view."""
    train_until(window, window.session.cursor.iteration + 500)
    window.trainer.start()
    first, start = window.session.cursor.iteration, time.perf_counter()
    counter.painted.clear()
    while (now := time.perf_counter()) < start + SECONDS:
        QApplication.processEvents()
    painted, seconds = dict(counter.painted), now - start
    epochs = (window.session.cursor.iteration - first) * BATCH / ROWS / seconds
    window.trainer.pause()
    return epochs, {view: count / seconds for view, count in painted.items()}


def frame_times(window: MainWindow) -> Iterator[float]:
    """Milliseconds of the window's own work for each frame of a run: showing a new iteration, and painting it."""
    session, trainer = window.session, window.trainer
    last = session.cursor.iteration
    training = session.timeline.run(session.document, last + 1)
    trainer.start()
    for _ in range(FRAMES):
        last, _ = next(training)
        start = time.thread_time()
        session.navigator.show_iteration(last)
        session.signals.training_progressed.emit()
        # Not all events: the run itself would go on.
        QApplication.sendPostedEvents()
        yield 1000 * (time.thread_time() - start)
    trainer.pause()


def late_frames(early: MainWindow, late: MainWindow) -> tuple[Sample, Sample, Sample]:
    """What frames of two windows take, in turn, and how much longer the other's take in the same turn."""
    turns = list(zip(frame_times(early), frame_times(late), strict=True))
    return Sample.of(a for a, _ in turns), Sample.of(b for _, b in turns), Sample.of(b / a for a, b in turns)


def rows() -> Iterator[Row]:
    """Speed and liveliness of a run, then what frames take, early and late."""
    counter = PaintCounter()
    window = opened()
    for _ in range(ATTEMPTS):
        epochs, frames = run(window, counter)
        if epochs >= EPOCHS_A_SECOND and min(frames.values()) >= FRAMES_A_SECOND:
            break
    note = f"{epochs * ROWS / BATCH:,.0f} iterations/s"
    yield Row("2-4-2-1 in the window", epochs, EPOCHS_A_SECOND, "epochs/s", at_least=True, note=note)
    for view in ("Network", "Loss", "Gradients"):
        name = {"Network": "the stage"}.get(view, f"the {view.lower()} plot")
        yield Row(f"{name} beside it", frames[view], FRAMES_A_SECOND, "frames/s", at_least=True)
    other = opened()
    train_until(other, EARLY)
    train_until(window, LATE)
    early, late, ratio = late_frames(other, window)
    yield Row.of(f"a frame after {EARLY:,} iterations", early, None, "ms")
    note = f"{late.median:.1f} ms"
    yield Row.of(f"a frame after {LATE:,} iterations", ratio, MOST_RATIO, "x the early one", note=note)
    for each in (window, other):
        each.close()
        each.deleteLater()
