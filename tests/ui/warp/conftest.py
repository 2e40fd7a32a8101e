"""The view of the plane on a bench."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from chainrule.catalog.experiment.spec import Experiment
from chainrule.ui.warp.view import WarpView
from tests.ui.plots.view_bench import benches
from tests.ui.warp.planes import SIZE, Bench, Make


@pytest.fixture
def make(qtbot: QtBot) -> Iterator[Make]:
    with benches(WarpView, SIZE) as made:

        def bench_of(experiment: Experiment, **given: object) -> Bench:
            bench = made(experiment, **given)
            QApplication.processEvents()
            if given.get("ready", True):
                bench.view.draw()
            return bench

        yield bench_of
