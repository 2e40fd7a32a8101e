"""What the network has learned, drawn while it trains: the boundary at 200 x 200 places, and 24 small pictures."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from dataclasses import replace

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from PySide6.QtWidgets import QApplication

from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.spec import Experiment, LayerSpec, NetworkSpec
from chainrule.engine.machine.check import check_experiment
from chainrule.session.background.slicer import FRAME_S
from chainrule.session.screen.learning import grid_of_layers
from chainrule.session.screen.surfaces import PlaneKind, PlaneQuestion, plane_of, surface_of, weight_places
from chainrule.ui.learned.chart import LearnedChart
from tests.benchmarks.bench_run import (
    FRAMES_A_SECOND,
    LEAST_SHARE,
    PaintCounter,
    frame_times,
    opened,
    playground,
    run,
    train_until,
)
from tests.benchmarks.parts.table import Row
from tests.benchmarks.parts.timing import ATTEMPTS, Sample, repeat

NETWORK = "2-8-8-8-1"
BEGIN = 2000
SURFACE_MS = 300.0


def learning() -> Experiment:
    """The data of the playground, and a network of three hidden layers."""
    layers = (*(LayerSpec(8, Choice("Tanh")) for _ in range(3)), LayerSpec(1, Choice("Tanh")))
    return check_experiment(replace(playground(), network=NetworkSpec(2, layers)))


def whole_batch() -> Experiment:
    """200 rows of the playground in one batch, and a network of two hidden layers."""
    known = playground()
    layers = (*(LayerSpec(8, Choice("Tanh")) for _ in range(2)), LayerSpec(1, Choice("Tanh")))
    data = replace(known.data, inputs=known.data.inputs[:200], targets=known.data.targets[:200], batch_size=None)
    return check_experiment(replace(known, network=NetworkSpec(2, layers), data=data))


def rows() -> Iterator[Row]:
    """Frames a second of the boundary beside a run, what a frame takes with it, and the forward pass alone."""
    counter = PaintCounter(LearnedChart)
    window = opened(learning())
    # Large enough for every place to be a pixel.
    window.resize(1920, 1080)
    window.tabs.choose("fit")
    window.stage_panel.toggle_pictures()
    QApplication.processEvents()
    train_until(window, BEGIN)
    chart = window.findChild(LearnedChart)
    assert chart is not None
    for _ in range(ATTEMPTS):
        _, frames = run(window, counter)
        if frames[chart.accessibleName()] >= FRAMES_A_SECOND:
            break
    measured = frames[chart.accessibleName()]
    yield Row(f"the boundary beside a run, {NETWORK}", measured, FRAMES_A_SECOND, "frames/s", at_least=True)
    limit = 1000 * (1 - LEAST_SHARE) * FRAME_S
    yield Row.of(f"a frame with the boundary and 24 pictures, {NETWORK}", Sample.of(frame_times(window)), limit, "ms")
    ranges = ((-1.0, 1.0), (-1.0, 1.0))
    moment = window.session.moment

    def forward() -> float:
        start = time.thread_time()
        grid_of_layers(moment, (0, 1), ranges, 0, (3,), quick=True)
        return 1000 * (time.thread_time() - start)

    def surface() -> float:
        start = time.thread_time()
        for _ in surface_of(moment_of_rows, plane, places, places):
            pass
        return 1000 * (time.thread_time() - start)

    grid = repeat(forward, 20)
    yield Row.of(f"forward pass of 200 x 200 places, {NETWORK}", grid, None, "ms")
    window.session.file.mark_saved(None)
    window.session.file.open(whole_batch(), None)
    moment_of_rows, places = window.session.moment, np.linspace(-1.0, 1.0, 101)
    elements = weight_places(moment_of_rows, 2)
    plane = plane_of(moment_of_rows, PlaneQuestion(PlaneKind.WEIGHTS, *elements))
    assert plane is not None
    yield Row.of("loss surface of 101 x 101, 2-8-8-1, 200 samples", repeat(surface, 5), SURFACE_MS, "ms")
    window.session.file.mark_saved(None)
    window.close()
