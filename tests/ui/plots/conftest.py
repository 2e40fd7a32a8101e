"""Plots on a bench, for each test anew."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from pytestqt.qtbot import QtBot

from chainrule.catalog.experiment.spec import Experiment
from chainrule.ui.plots.gradient_plot import GradientPlot
from chainrule.ui.plots.loss_plot import LossPlot
from tests.ui.plots.view_bench import ViewBench

SIZE = (320, 260)
LossBench = ViewBench[LossPlot]
GradientBench = ViewBench[GradientPlot]


@pytest.fixture
def make_loss(qtbot: QtBot) -> Iterator[Callable[..., LossBench]]:
    made: list[LossBench] = []

    def make(experiment: Experiment, *, train: int = 0, ready: bool = True) -> LossBench:
        bench = ViewBench(LossPlot, experiment, SIZE, ready=ready)
        made.append(bench)
        if train:
            bench.train(train)
        return bench

    yield make
    for bench in made:
        bench.close()


@pytest.fixture
def make_gradients(qtbot: QtBot) -> Iterator[Callable[..., GradientBench]]:
    made: list[GradientBench] = []

    def make(experiment: Experiment, *, train: int = 0, ready: bool = True) -> GradientBench:
        bench = ViewBench(GradientPlot, experiment, SIZE, ready=ready)
        made.append(bench)
        if train:
            bench.train(train)
        return bench

    yield make
    for bench in made:
        bench.close()
