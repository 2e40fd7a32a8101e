"""Zooming and panning in the curves late in a long training, with every view of the board open."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from functools import partial

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtWidgets import QApplication

from chainrule.session.background.slicer import FRAME_S
from chainrule.session.screen.board import TABS_PLACE, Board, Elsewhere
from chainrule.ui.board.kinds import VIEW_KINDS
from chainrule.ui.plots.chart.plot_card import PlotCard
from chainrule.ui.window.main_window import MainWindow
from tests.benchmarks.bench_run import LATE, LEAST_SHARE, frame_times, opened, train_until
from tests.benchmarks.parts.table import Row
from tests.benchmarks.parts.timing import Sample

FRAME_MS = 16.0
FRAMES = 60
# Every card as high as it opens with three.
SIZE = (1920, 3000)
CURVES = ("loss", "gradients", "schedule")


def open_all(window: MainWindow) -> None:
    """Give every view that the experiment is about a card of its own, all of them in sight."""
    there = [kind.id for kind in VIEW_KINDS if kind.is_about(window.session.experiment)]
    others = {kind.id: Elsewhere.AWAY for kind in VIEW_KINDS if kind.id not in there}
    window.resize(*SIZE)
    window.board.restore(Board((*there, TABS_PLACE), others), {})
    window.board.fill()
    window.show()
    QApplication.processEvents()


def frames(window: MainWindow, plot: PlotCard) -> Iterator[tuple[float, float]]:
    """Milliseconds of a frame that zooms, in and out again, and of one that pans."""
    zoom, chart = plot.chart.zoom, plot.chart
    middle = sum(zoom.seen) / 2
    zoom.step(8, middle)
    for frame in range(FRAMES):
        taken = []
        low, high = zoom.seen
        steps = 1 if frame < FRAMES // 2 else -1
        for act in (partial(zoom.step, steps, (low + high) / 2), partial(zoom.move, (high - low) / 50)):
            start = time.thread_time()
            act()
            chart.draw_part()
            # Not all events: other views would go on with what they do.
            QApplication.sendPostedEvents()
            taken.append(1000 * (time.thread_time() - start))
        yield taken[0], taken[1]
    plot.show_all()


def rows() -> Iterator[Row]:
    """What a frame takes while one zooms and pans in each plot of curves by iteration, and then in a run."""
    window = opened()
    train_until(window, LATE)
    open_all(window)
    note = f"{window.session.moment.course.horizon:,} iterations"
    for view in CURVES:
        plot = window.board.places.view(view)
        assert isinstance(plot, PlotCard)
        found = list(frames(window, plot))
        for name, place in (("zooming", 0), ("panning", 1)):
            sample = Sample.of(each[place] for each in found)
            yield Row.of(f"{name} in {plot.header.title or view}, every view open", sample, FRAME_MS, "ms", note=note)
    in_run = Sample.of(frame_times(window))
    yield Row.of("a frame of a run, every view open", in_run, 1000 * (1 - LEAST_SHARE) * FRAME_S, "ms", note=note)
    window.close()
    window.deleteLater()
