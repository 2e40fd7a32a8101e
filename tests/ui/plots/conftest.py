"""Plots on a bench, for each test anew."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from pytestqt.qtbot import QtBot

from chainrule.ui.plots.gradient_plot import GradientPlot
from chainrule.ui.plots.loss_plot import LossPlot
from tests.ui.plots.view_bench import ViewBench, benches

SIZE = (320, 260)
LossBench = ViewBench[LossPlot]
GradientBench = ViewBench[GradientPlot]


@pytest.fixture
def make_loss(qtbot: QtBot) -> Iterator[Callable[..., LossBench]]:
    with benches(LossPlot, SIZE) as make:
        yield make


@pytest.fixture
def make_gradients(qtbot: QtBot) -> Iterator[Callable[..., GradientBench]]:
    with benches(GradientPlot, SIZE) as make:
        yield make
