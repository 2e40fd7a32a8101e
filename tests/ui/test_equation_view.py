"""What each sample adds to the selected number: as many as there is room for, and how many more there are."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton
from pytestqt.qtbot import QtBot

from chainrule.engine import refs
from chainrule.model.navigation import Cursor
from chainrule.ui.equation_view import MOST_SAMPLES, EquationView
from tests.experiments import dense
from tests.ui.plots.view_bench import ViewBench

Bench = ViewBench[EquationView]
SAMPLES = 64


@pytest.fixture
def bench(qtbot: QtBot) -> Iterator[Bench]:
    made = ViewBench(EquationView, dense((2, 3, 1), SAMPLES), (700, 240), ready=True)
    made.session.go_to(Cursor(0, len(made.session.moment.steps)))
    made.session.select(refs.grad(refs.weight(1)), (0, 0))
    yield made
    made.close()


def shares(bench: Bench) -> list[QPushButton]:
    return [
        button
        for button in bench.view.findChildren(QPushButton)
        if button.text().startswith("sample ") and button.isVisible()
    ]


def told_more(bench: Bench) -> int:
    texts = [label.text() for label in bench.view.findChildren(QLabel) if label.isVisible()]
    found = [int(match[1]) for text in texts if (match := re.fullmatch(r"and (\d+) more", text))]
    return sum(found)


def test_as_many_are_shown_as_fit_and_the_others_are_counted(bench: Bench) -> None:
    counts = []
    for width in (1900, 700, 420, 260, 1900):
        bench.view.resize(width, 240)
        QApplication.processEvents()
        buttons = shares(bench)
        assert len(buttons) + told_more(bench) == SAMPLES
        assert all(
            bench.view.rect().contains(button.geometry().translated(button.parentWidget().pos())) for button in buttons
        )
        counts.append(len(buttons))
    assert MOST_SAMPLES >= counts[0] > counts[1] > counts[2] >= counts[3] == 1
    assert counts[4] == counts[0]


def test_they_do_not_keep_the_window_from_being_made_narrower(bench: Bench) -> None:
    bench.view.resize(1900, 240)
    assert len(shares(bench)) > 4
    wide = bench.view.minimumSizeHint().width()
    bench.session.go_to(Cursor(0, 1))
    assert not shares(bench)
    assert wide == bench.view.minimumSizeHint().width()


def test_a_click_shows_the_sample(bench: Bench) -> None:
    shares(bench)[2].click()
    assert bench.session.moment.sample == 2
    assert [button.isChecked() for button in shares(bench)][:3] == [False, False, True]
