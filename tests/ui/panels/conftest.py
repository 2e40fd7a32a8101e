"""The panel on a bench, for each test anew."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from chainrule.catalog.experiment.spec import Experiment
from tests.experiments import article
from tests.ui.panels.bench import Bench

MakeBench = Callable[..., Bench]


@pytest.fixture
def make_bench(qtbot: QtBot) -> Iterator[MakeBench]:
    made: list[Bench] = []

    def make(experiment: Experiment, *, ready: bool = True) -> Bench:
        bench = Bench(experiment, ready=ready)
        bench.appearance.set_scheme(Qt.ColorScheme.Light)
        made.append(bench)
        with qtbot.waitExposed(bench.panel):
            bench.panel.activateWindow()
        return bench

    yield make
    for bench in made:
        bench.close()


@pytest.fixture
def bench(make_bench: MakeBench) -> Bench:
    """The article's 2-2-1 network."""
    return make_bench(article())
