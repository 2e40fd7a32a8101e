"""What each sample adds to the selected number: as many as there is room for; and who has the room of a low card."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QScrollArea, QWidget
from pytestqt.qtbot import QtBot

from chainrule.catalog.arguments import Choice
from chainrule.catalog.values import refs
from chainrule.model.editing import edits
from chainrule.model.navigation import Cursor
from chainrule.ui.equation.shares import MOST_SAMPLES
from chainrule.ui.equation.view import EquationView
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.typesetting.formula import LatexPart
from chainrule.ui.typesetting.typeset import Typesetter
from chainrule.ui.typesetting.wide_formula import WideFormula
from chainrule.ui.window.main_window import MainWindow
from tests.experiments import dense
from tests.ui.plots.view_bench import ViewBench

Bench = ViewBench[EquationView]
SAMPLES = 64


@pytest.fixture
def bench(qtbot: QtBot) -> Iterator[Bench]:
    made = ViewBench(EquationView, dense((2, 3, 1), SAMPLES), (700, 240), ready=True)
    made.session.navigator.go_to(Cursor(0, len(made.session.moment.steps)))
    made.session.selector.select(refs.grad(refs.weight(1)), (0, 0))
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
    bench.session.navigator.go_to(Cursor(0, 1))
    assert not shares(bench)
    assert wide == bench.view.minimumSizeHint().width()


def test_a_click_shows_the_sample(bench: Bench) -> None:
    shares(bench)[2].click()
    assert bench.session.moment.sample == 2
    assert [button.isChecked() for button in shares(bench)][:3] == [False, False, True]


def test_a_low_card_leaves_the_room_below_to_the_sentence(window: MainWindow) -> None:
    view, session = window.equation_view, window.session
    copy, sentence = view.findChild(QWidget, "equation_view.copy"), view.findChild(QWidget, "equation_view.sentence")
    area = view.findChild(QScrollArea)
    assert copy is not None
    assert sentence is not None
    assert area is not None

    def below() -> bool:
        QApplication.processEvents()
        assert copy.isVisible()
        assert view.rect().contains(copy.geometry())
        return copy.geometry().top() >= area.geometry().bottom()

    window.resize(1366, 768)
    session.navigator.go_to(Cursor(0, len(session.moment.steps)))
    assert below()
    window.appearance.set_scale(1.3)
    assert not below()
    seen = sentence.visibleRegion().boundingRect()
    assert seen.height() == sentence.height()
    # The shares of the samples need the line below.
    session.selector.select(refs.grad(refs.weight(0)), (0, 0))
    assert below()
    session.selector.select(refs.next_value(refs.bias(0)), (0,))
    assert not below()
    window.appearance.set_scale(1.0)
    assert below()


@pytest.mark.parametrize("optimizer", ["NAdam", "Rprop"])
def test_every_character_of_a_wide_equation_is_seen(window: MainWindow, optimizer: str) -> None:
    window.appearance.set_scale(1.5)
    window.resize(1024, 768)
    for pane in ("experiment", "plots"):
        window.folding.show(pane)
    window.session.editor.edit("Change optimizer", edits.set_optimizer(Choice(optimizer, {"lr": 0.01})))
    for position in range(13, len(window.session.moment.steps) + 1):
        window.session.navigator.go_to(Cursor(1, position))
        QApplication.processEvents()
        for part in filter(WideFormula.isVisible, window.equation_view.findChildren(WideFormula)):
            ends = [placed.origin.x() + placed.piece.width for placed in part.view.placed]
            assert max(ends) * part.view.scale <= part.view.width() <= part.width()


def test_what_is_too_wide_for_the_smallest_type_is_scrolled_to(qtbot: QtBot) -> None:
    appearance, window = Appearance(), QWidget()
    qtbot.addWidget(window)
    formula = WideFormula(Typesetter(), appearance, 20, window)
    formula.resize(120, 40)
    window.resize(140, 200)
    with qtbot.waitExposed(window):
        window.show()
    formula.set_parts(
        [LatexPart("y"), LatexPart("=", relation=True), LatexPart(r"\frac{1234567890123456789012345}{2}")]
    )
    (area,) = formula.findChildren(QScrollArea)
    bar = area.horizontalScrollBar()
    assert bar.maximum() == formula.view.width() - area.viewport().width() > 0
    assert formula.height() >= formula.view.height() + bar.height()
    bar.setValue(bar.maximum())
    # Another one begins at its beginning, and has no bar where it needs none.
    formula.set_parts([LatexPart("y")])
    assert (bar.value(), bar.maximum()) == (0, 0)
    assert formula.height() == formula.view.height()
