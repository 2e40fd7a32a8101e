"""The stage's heading: whose numbers are shown, by the number that the data and the equation have for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from chainrule.model.navigation import Cursor
from chainrule.ui.stage.panel import StagePanel
from tests.experiments import article, dense
from tests.ui.plots.view_bench import ViewBench
from tests.ui.stage.bench import stage_bench


@pytest.fixture
def bench(qtbot: QtBot) -> Iterator[ViewBench[StagePanel]]:
    made = stage_bench(article())
    made.show()
    yield made
    made.close()


def words(bench: ViewBench[StagePanel]) -> list[str]:
    return [
        label.text() for label in bench.view.findChildren(QLabel) if "Showing" in label.text() or "of " in label.text()
    ]


def test_a_sample_of_a_batch_is_named_as_in_the_data(bench: ViewBench[StagePanel]) -> None:
    assert {"Showing sample", "of 2"} <= set(words(bench))
    width = bench.view.minimumSizeHint().width()
    many = dense((2, 3, 1), 200)
    bench.session.file.open(replace(many, data=replace(many.data, batch_size=64)), None)
    bench.session.navigator.go_to(Cursor(2, 1))
    bench.session.selector.show_sample(1)
    assert {"Showing", "of 64: sample 130"} <= set(words(bench))

    bench.session.file.open(article(), None)
    assert {"Showing sample", "of 2"} <= set(words(bench))
    assert bench.view.minimumSizeHint().width() == width


def test_the_card_stays_as_wide_whichever_sample_is_shown(bench: ViewBench[StagePanel]) -> None:
    many = dense((2, 3, 1), 200)
    bench.session.file.open(replace(many, data=replace(many.data, batch_size=4)), None)
    widths = set()
    for iteration in (0, 3, 40):
        bench.session.navigator.go_to(Cursor(iteration, 0))
        widths.add(bench.view.minimumSizeHint().width())
    assert len(widths) == 1


def test_its_words_take_the_room_of_their_size(qtbot: QtBot, bench: ViewBench[StagePanel]) -> None:
    """After larger text the usual one stands at the edge again."""
    many = dense((2, 3, 1), 200)
    bench.session.file.open(replace(many, data=replace(many.data, batch_size=64)), None)
    (label,) = [label for label in bench.view.findChildren(QLabel) if label.text().startswith("of 64")]
    usual = label.width()
    bench.appearance.zoom(1)
    # Its font is the application's, which comes by an event.
    qtbot.waitUntil(lambda: label.width() > usual)
    bench.appearance.zoom(0)
    qtbot.waitUntil(lambda: label.width() == usual)
