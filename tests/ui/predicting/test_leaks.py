"""While numbers are predicted, nothing in the window tells one that is still to be asked for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QContextMenuEvent, QGuiApplication
from PySide6.QtWidgets import QApplication, QLabel, QMenu, QTableView, QWidget
from pytestqt.qtbot import QtBot

from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.spec import DataSpec, Experiment, LayerSpec, NetworkSpec
from chainrule.catalog.values import refs
from chainrule.catalog.values.refs import ValueRef
from chainrule.explain.writing.numbers import format_number
from chainrule.session.screen.moment import shape_of
from chainrule.ui.typesetting.wide_formula import WideFormula
from chainrule.ui.widgets.moment_card import MomentCard
from chainrule.ui.window.main_window import MainWindow

# No two numbers of an iteration are the same to four digits, nor are their sizes.
INPUTS, TARGETS = ((1.37, -0.83), (0.59, 2.11), (-1.71, 0.47)), ((0.31,), (1.93,), (-0.77,))
PARAMETERS = {
    refs.weight(0): ((0.4127, -0.3391), (0.2713, 0.5179)),
    refs.bias(0): (0.1531, -0.0717),
    refs.weight(1): ((0.6173, -0.4457),),
    refs.bias(1): (0.0913,),
}
OFF_FIRST = "Predict off first (Q)."
TANH = Experiment(
    NetworkSpec(2, (LayerSpec(2, Choice("Tanh")), LayerSpec(1))),
    DataSpec(INPUTS, TARGETS),
    optimizer=Choice("Adam", {"lr": 0.0317}),
    scheduler=Choice("ExponentialLR", {"gamma": 0.8713}),
    parameters=PARAMETERS,
)


def elements(window: MainWindow, ref: ValueRef) -> Iterator[tuple[int, ...]]:
    """All numbers of a value."""
    found: list[tuple[int, ...]] = [()]
    for size in shape_of(window.session.moment, ref):
        found = [(*index, place) for index in found for place in range(size)]
    yield from found


def ahead(window: MainWindow) -> dict[str, str]:
    """What is written of each number that is not shown yet, without its sign, with the name of it."""
    moment, found = window.session.moment, dict[str, str]()
    given = {
        format_number(abs(float(moment.numbers.tensor(ref)[index])), 4)
        for ref in map(ValueRef, moment.numbers.trace.values)
        if moment.is_known(ref)
        for index in elements(window, ref)
    }
    for step in moment.steps[moment.cursor.position :]:
        for index in elements(window, step.writes):
            text = format_number(abs(float(moment.numbers.tensor(step.writes)[index])), 4)
            if text not in given and len(text) >= 6:
                found[text] = f"{step.writes}{index}"
    return found


def told(window: MainWindow) -> Iterator[tuple[str, str]]:
    """All texts that the window and those beside it show or tell screen readers, each with where it is."""
    for top in QApplication.topLevelWidgets():
        for part in (top, *top.findChildren(QWidget)):
            if not part.isVisible():
                continue
            where = part.objectName() or type(part).__name__
            yield where, part.accessibleName()
            yield where, part.accessibleDescription()
            yield where, part.toolTip()
            if isinstance(part, QLabel):
                yield where, part.text()
            if isinstance(part, QTableView):
                model = part.model()
                roles = (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole)
                for row in range(model.rowCount()):
                    for column in range(model.columnCount()):
                        for role in roles:
                            yield where, str(model.index(row, column).data(role))
            if isinstance(part, WideFormula):
                yield where, part.accessibleName()
    for action in window.findChildren(QAction):
        yield action.objectName(), f"{action.text()} {action.toolTip()}"


def copied(window: MainWindow) -> Iterator[tuple[str, str]]:
    """What can be copied of each number that is not shown, and what the stage says of it under the mouse."""
    stage, clipboard = window.stage_panel.stage, QGuiApplication.clipboard()
    for step in window.session.moment.steps:
        for index in elements(window, step.writes):
            yield "stage", stage.tooltip(step.writes, index)
    for name in ("edit.copy", "edit.copy_value"):
        clipboard.clear()
        stage.setFocus()
        window.actions_by_id[name].trigger()
        yield name, clipboard.text()
    for part in (stage, window.equation_view):
        place = part.rect().center()
        QApplication.sendEvent(part, QContextMenuEvent(QContextMenuEvent.Reason.Mouse, place, part.mapToGlobal(place)))
        menu = next(each for each in window.findChildren(QMenu, "picture.menu") if each.isVisible())
        for action in menu.actions():
            if action.text().startswith("Copy equation") or action.text().startswith("Copy derivation"):
                clipboard.clear()
                action.trigger()
                yield action.text(), clipboard.text()
        menu.close()


def leaks(window: MainWindow) -> list[str]:
    hidden = ahead(window)
    texts = [*told(window), *copied(window)]
    return [
        f"{where}: {name} in {text!r}" for where, text in texts for number, name in hidden.items() if number in text
    ]


@pytest.fixture
def predicting(window: MainWindow, qtbot: QtBot) -> MainWindow:
    """The window with a network that was trained two iterations, back at its start, and predicting."""
    window.session.file.open(TANH, None)
    for _ in range(2):
        window.actions_by_id["iteration.next"].trigger()
    window.session.runs.pin()
    window.session.navigator.go_to(window.session.navigator.start)
    window.tabs.make_the_others()
    window.board.places.fill()
    window.actions_by_id["predict.toggle"].trigger()
    assert window.answers.predictor.is_on
    return window


def test_the_search_finds_what_is_shown(predicting: MainWindow) -> None:
    hidden = ahead(predicting)
    assert len(hidden) > 30
    predicting.actions_by_id["predict.toggle"].trigger()
    for _ in predicting.session.moment.steps:
        predicting.session.navigator.step_forward()
    told_now = {text for _, text in (*told(predicting), *copied(predicting))}
    assert sum(any(number in text for text in told_now) for number in hidden) > 20


def test_no_text_of_the_window_tells_a_number_that_is_asked_for(predicting: MainWindow, qtbot: QtBot) -> None:
    window, asked = predicting, 0
    for tab in window.tabs.there:
        window.tabs.choose(tab.id)
        assert leaks(window) == []
    for _ in range(len(window.session.moment.steps)):
        if window.answers.predictor.question is None:
            window.actions_by_id["step.forward"].trigger()
        assert window.answers.predictor.question is not None
        assert leaks(window) == []
        asked += 1
        window.actions_by_id["predict.reveal"].trigger()
        assert leaks(window) == []
    assert asked == len(window.session.moment.steps)
    assert window.answers.predictor.score.tally().revealed == asked


def test_views_that_look_ahead_are_covered_wherever_they_stand(predicting: MainWindow, qtbot: QtBot) -> None:
    window = predicting
    shown = {"state", "code", "check", "loss", "gradients"}
    for view in (
        "slope",
        "schedule",
        "surface",
        "fit",
        "rows",
        "flow",
        "rules",
        "activation",
        "state",
        "code",
        "check",
    ):
        card = window.board.places.view(view)
        assert isinstance(card, MomentCard)
        assert (card.cover is not None) == (view not in shown)
    window.tabs.choose("slope")
    slope = window.board.places.view("slope")
    cover = slope.findChild(QWidget, "view_cover")
    assert cover is not None
    qtbot.waitUntil(cover.isVisible)
    assert "Covered while you predict" in cover.findChild(QLabel).text()
    parts = [part for part in slope.children() if isinstance(part, QWidget) and part is not cover]
    assert not any(part.isVisible() for part in parts)
    window.resize(1000, 700)
    qtbot.waitUntil(lambda: cover.size() == slope.size())
    window.actions_by_id["board.window"].trigger()
    assert slope.window() is not window
    assert slope.cover is not None
    window.actions_by_id["predict.toggle"].trigger()
    assert slope.cover is None
    assert any(part.isVisible() for part in parts)


def test_exports_animations_and_the_report_wait(predicting: MainWindow) -> None:
    window, said = predicting, list[str]()
    window.session.signals.informed.connect(said.append)
    window.menus.export.begin("latex")
    window.pictures.animate()
    window.actions_by_id["view.referee"].trigger()
    assert [text.rpartition("turn ")[2] for text in said] == [OFF_FIRST, OFF_FIRST, "Predict off to see it (Q)."]
    assert "covered" in {text for _, text in told(window)}
    assert "tab_slope" not in {subject.id for subject in window.pictures.subjects()}
