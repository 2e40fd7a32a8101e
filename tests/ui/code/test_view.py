"""The code panel: the script of now, the line of the micro-step, and what its buttons do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from PySide6.QtGui import QColor, QGuiApplication, QImage
from PySide6.QtWidgets import QApplication, QFileDialog, QLabel, QPushButton
from pytestqt.qtbot import QtBot

from chainrule.catalog.optimizers import OPTIMIZERS
from chainrule.explain.code.writing import script as writing
from chainrule.explain.code.writing.script import pytorch_script
from chainrule.model.navigation import Cursor
from chainrule.session.screen.change import Change
from chainrule.ui.code.view import BEFORE, NOT_READY, CodeView
from chainrule.ui.style.appearance import DARK
from chainrule.ui.window.main_window import MainWindow
from tests.experiments import article, sgd, usual
from tests.ui.plots.view_bench import ViewBench, benches

Bench = Callable[..., ViewBench[CodeView]]


@pytest.fixture
def bench(qapp: QApplication) -> Iterator[Bench]:
    with benches(CodeView, (420, 300)) as make:
        yield make


def find(view: CodeView, name: str) -> QPushButton:
    found = view.findChild(QPushButton, name)
    assert found is not None
    return found


def lit_line(view: CodeView) -> str:
    assert view.text.lit is not None
    return view.text.line(view.text.lit).strip()


def seen(view: CodeView) -> QImage:
    QApplication.processEvents()
    return view.grab().toImage()


def test_it_is_the_script_and_each_step_is_its_line(bench: Bench) -> None:
    made = bench(article())
    view, session = made.view, made.session
    assert view.text.toPlainText() == pytorch_script(article()).text
    assert view.text.lit is None
    assert view.where.text() == BEFORE
    lines = []
    for _ in session.moment.steps:
        session.navigator.step_forward()
        lines.append(lit_line(view))
    assert list(dict.fromkeys(lines)) == [
        "x = torch.relu(self.layers[0](x))",
        "x = self.layers[1](x)",
        "loss = criterion(network(inputs), targets)",
        "loss.backward()",
        "optimizer.step()",
    ]
    assert view.accessibleDescription().endswith(": optimizer.step()")
    session.navigator.go_to(Cursor(0, 0))
    assert view.text.lit is None


def test_it_follows_an_edit_where_it_was(bench: Bench) -> None:
    made = bench(article())
    view, session = made.view, made.session
    session.navigator.go_to(Cursor(0, len(session.moment.steps)))
    place = view.text.verticalScrollBar().value()
    assert place > 0
    session.editor.edit("Adam", lambda e: replace(e, optimizer=usual(OPTIMIZERS, "Adam", lr=0.25)))
    assert "torch.optim.Adam(network.parameters(), lr=0.25)" in view.text.toPlainText()
    session.undo_stack.undo()
    assert view.text.toPlainText() == pytorch_script(article()).text


def test_the_lit_line_is_seen(bench: Bench) -> None:
    """Its ground is that of its phase, an arrow stands beside it, and it is scrolled to."""
    made = bench(article())
    view, theme = made.view, made.appearance.theme
    made.session.navigator.step_forward()
    picture = seen(view)
    place = view.text.lit_rect()
    assert view.text.viewport().rect().contains(0, place.center().y())
    corner = view.text.viewport().mapTo(view, view.text.viewport().rect().topRight())
    ground = picture.pixelColor(corner.x() - 3, corner.y() + place.center().y())
    assert ground == theme.focus_ground(theme.phase("forward"))
    margin = view.text.mapTo(view, place.topLeft())
    hues = {picture.pixelColor(margin.x() + x, margin.y() + y).name() for x in range(14) for y in range(place.height())}
    assert QColor(theme.forward).name() in hues


def test_it_is_readable_in_the_dark(bench: Bench) -> None:
    from PySide6.QtCore import Qt

    made = bench(article())
    made.appearance.set_scheme(Qt.ColorScheme.Dark)
    picture = seen(made.view)
    names = {picture.pixelColor(x, y).name() for x in range(40, 300, 1) for y in range(30, 200)}
    assert {QColor(DARK.surface).name(), QColor(DARK.link).name()} <= names


def test_copy_says_that_it_did(bench: Bench) -> None:
    view = bench(article()).view
    button = find(view, "code_view.copy")
    button.click()
    assert QGuiApplication.clipboard().text() == pytorch_script(article()).text
    assert button.text() == f"{len(pytorch_script(article()).text.splitlines())} lines copied"


def test_out_of_sight_nothing_is_written(window: MainWindow, monkeypatch: pytest.MonkeyPatch) -> None:
    window.tabs.make_the_others()
    written = []
    real = writing.pytorch_script
    monkeypatch.setattr(writing, "pytorch_script", lambda *given: written.append(1) or real(*given))
    window.session.editor.edit("lr", lambda e: replace(e, optimizer=sgd(0.5)))
    window.actions_by_id["step.forward"].trigger()
    assert not written
    window.actions_by_id["view.tab_code"].trigger()
    assert written == [1]
    window.actions_by_id["step.forward"].trigger()
    assert written == [1]
    assert CodeView.shows == Change.EXPERIMENT | Change.PROGRAM | Change.MICRO_STEP


def test_it_waits_for_the_engine(bench: Bench) -> None:
    view = bench(article(), ready=False).view
    shown = [label.text() for label in view.findChildren(QLabel) if label.isVisible()]
    assert NOT_READY in shown
    assert not find(view, "code_view.copy").isVisible()


def test_save_as_asks_for_a_file(qtbot: QtBot, window: MainWindow) -> None:
    window.actions_by_id["view.tab_code"].trigger()
    view = window.tabs.view("code")
    assert isinstance(view, CodeView)
    find(view, "code_view.save").click()
    dialog = next(each for each in window.findChildren(QFileDialog, "export.dialog") if each.isVisible())
    assert dialog.selectedFiles()[0].endswith("SimpleNN 2-2-1.py")
    dialog.reject()
