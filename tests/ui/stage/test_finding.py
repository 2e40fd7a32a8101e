"""Which number the mouse is at: the one whose place it is, computed yet or not, and no other."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QEvent, QPointF, QSizeF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication, QLineEdit
from pytestqt.qtbot import QtBot

from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.values import refs
from chainrule.model.navigation import Cursor
from chainrule.session.screen.explaining import explain_selection
from chainrule.session.screen.moment import Selection
from chainrule.ui.stage.panel import StagePanel
from chainrule.ui.stage.view import StageView
from tests.experiments import article, mazur
from tests.ui.plots.view_bench import ViewBench
from tests.ui.stage.bench import stage_bench

# Every number is written, the weights too.
ROOMY = QSizeF(1000, 420)
LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


@pytest.fixture(params=[article, mazur])
def bench(request: pytest.FixtureRequest, qtbot: QtBot) -> Iterator[ViewBench[StagePanel]]:
    experiment: Experiment = request.param()
    made = stage_bench(experiment)
    made.view.stage.make_room(ROOMY)
    yield made
    made.close()


def place_of(stage: StageView, ref: refs.ValueRef, index: tuple[int, ...]) -> QPointF:
    rect = stage.rect_of(ref, index)
    assert rect is not None
    return rect.center()


def double_click(stage: StageView, at: QPointF) -> None:
    for kind in (QEvent.Type.MouseButtonPress, QEvent.Type.MouseButtonDblClick):
        event = QMouseEvent(kind, at, QPointF(stage.mapToGlobal(at.toPoint())), LEFT, LEFT, NONE)
        QApplication.sendEvent(stage, event)


@pytest.mark.parametrize("position", [0, 3, 8])
def test_each_place_is_that_of_its_own_number(bench: ViewBench[StagePanel], position: int) -> None:
    """A gradient that waits for the backward pass was taken for the target below it, and a double-click set that."""
    bench.session.navigator.go_to(Cursor(0, position))
    stage, moment = bench.view.stage, bench.session.moment
    cells = list(stage.stage_layout().whole.cells())
    assert len(cells) > 20
    for cell in cells:
        own = {(slot.ref, cell.index(slot, moment.sample_of(slot.ref))) for slot in cell.slots}
        own |= {(value.owner.ref, index) for ref, index in own if (value := moment.value(ref))}
        assert stage.value_at(cell.rect.center()) in own


def test_what_is_not_computed_yet_says_so_and_is_not_edited(bench: ViewBench[StagePanel]) -> None:
    stage, session = bench.view.stage, bench.session
    delta, before = refs.grad(refs.pre_activation(1)), session.document
    session.navigator.go_to(Cursor(0, 3))
    double_click(stage, place_of(stage, delta, (0, 0)))

    assert session.moment.selection == Selection(delta, (0, 0))
    assert stage.findChild(QLineEdit, "stage.editor") is None
    assert session.document is before
    assert stage.tooltip(delta, (0, 0)).endswith("(δ)\nNot computed yet")
    assert "has not been computed yet" in explain_selection(session.moment).sentence


def test_the_gradient_that_is_not_there_leads_to_what_is_frozen(bench: ViewBench[StagePanel]) -> None:
    stage, session, bias = bench.view.stage, bench.session, refs.bias(1)
    session.navigator.go_to(Cursor(0, len(session.moment.steps)))
    found = stage.value_at(place_of(stage, refs.grad(bias), (0,)))

    if bias not in session.experiment.frozen:
        assert found == (refs.grad(bias), (0,))
        assert "Frozen" not in stage.tooltip(bias, (0,))
        return
    assert found == (bias, (0,))
    assert "Frozen: it has no gradient, and no update changes it" in stage.tooltip(*found).split("\n")
