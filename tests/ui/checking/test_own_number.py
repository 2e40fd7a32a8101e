"""A value of one's own at the equation: the verdict in place, the rule in the view Check, nothing told too early."""

from __future__ import annotations

from PySide6.QtWidgets import QLabel, QLineEdit
from pytestqt.qtbot import QtBot

from chainrule.catalog.values import refs
from chainrule.model.navigation import Cursor
from chainrule.ui.checking.own_number import OwnNumber
from chainrule.ui.checking.view import CheckView
from chainrule.ui.window.main_window import MainWindow
from tests.ui.keyboard import find

GRADIENT = refs.grad(refs.weight(0))


def give(window: MainWindow, field: QLineEdit, text: str, qtbot: QtBot) -> None:
    """Type a number into a field with the keyboard, and wait for what is said."""
    field.setFocus()
    field.selectAll()
    qtbot.keyClicks(field, text)
    window.go_to_stage()


def test_a_wrong_number_is_said_in_place_and_the_rule_is_in_the_view(active: MainWindow, qtbot: QtBot) -> None:
    active.session.navigator.go_to(Cursor(0, 17))
    active.session.selector.select(GRADIENT, (0, 1))
    active.actions_by_id["edit.own_number"].trigger()
    field = active.focusWidget()
    assert isinstance(field, QLineEdit)
    assert field.objectName() == "equation_view.own_number"
    give(active, field, "-5.70", qtbot)
    own = active.findChild(OwnNumber)
    assert own is not None
    qtbot.waitUntil(lambda: not own.checker.is_busy, timeout=60_000)
    said = active.equation_view.findChild(QLabel, "equation_view.own_verdict")
    assert said is not None
    assert said.text().startswith("✗ -5.70: ")
    assert own.more.isVisible()
    own.more.click()
    assert active.tabs.chosen.id == "check"
    view = active.tabs.view("check")
    assert isinstance(view, CheckView)
    assert view.field.value == "-5.70"
    qtbot.waitUntil(lambda: bool(view.mistakes[0].sentence.text()), timeout=60_000)
    assert "share of sample 2" in view.mistakes[0].sentence.text()
    assert not active.session.is_modified


def test_what_is_to_be_predicted_is_not_shown_by_the_view(active: MainWindow, qtbot: QtBot) -> None:
    active.session.selector.select(GRADIENT, (0, 1))
    active.actions_by_id["edit.check"].trigger()
    view = active.tabs.view("check")
    assert isinstance(view, CheckView)
    give(active, view.field, "-5.70", qtbot)
    qtbot.waitUntil(lambda: not view.checker.is_busy, timeout=60_000)
    assert view.reveal.isVisibleTo(view)
    active.answers.predictor.set_on(True)
    active.session.selector.select(GRADIENT, (0, 1))
    # What was said before one began to predict is gone.
    assert view.verdict.text() == ""
    give(active, view.field, "-5.70", qtbot)
    qtbot.waitUntil(lambda: view.verdict.text().startswith("✗"), timeout=60_000)
    assert not view.reveal.isVisibleTo(view)
    active.answers.predictor.set_on(False)
    assert find(active, "check_view") is view
