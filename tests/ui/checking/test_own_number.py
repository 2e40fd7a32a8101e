"""A value of one's own at the equation: the verdict in place, the rule in the view Check, nothing told too early."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel, QLineEdit
from pytestqt.qtbot import QtBot

from chainrule.catalog.values import refs
from chainrule.model.editing import edits
from chainrule.model.navigation import Cursor
from chainrule.ui.checking.own_number import OwnNumber
from chainrule.ui.checking.view import CheckView
from chainrule.ui.predicting.answers import NOTHING_TO_CHECK
from chainrule.ui.window.main_window import MainWindow
from tests.ui.keyboard import find

GRADIENT = refs.grad(refs.weight(0))
Z = refs.pre_activation(0)


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


def own_of(window: MainWindow) -> OwnNumber:
    found = window.findChild(OwnNumber)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("typed", "mark", "words"),
    [
        # z = 0.1·1 + 0.2·2 + 0 of the article's first neuron, and 1.1 of the second.
        ("0.5", "✓", "Right"),
        ("1/2", "✓", "Right"),
        ("0,5", "✓", "Right"),
        ("0.51", "≈", "round"),
        ("-0.5", "✗", "sign"),
    ],
)
def test_each_verdict_has_its_sign_and_nothing_is_set(
    active: MainWindow, qtbot: QtBot, typed: str, mark: str, words: str
) -> None:
    active.session.navigator.go_to(Cursor(0, 1))
    active.session.selector.select(Z, (0, 0))
    own = own_of(active)
    give(active, own.field, typed, qtbot)
    qtbot.waitUntil(lambda: not own.checker.is_busy, timeout=60_000)
    assert own.said.text().startswith(f"{mark} {typed}: ")
    assert words.lower() in own.said.text().lower()
    assert own.accessibleDescription() == own.said.text()
    assert own.field.accessibleName() == "My value of z₁⁽¹⁾"
    assert not active.session.is_modified
    assert active.session.moment.number(Z, (0, 0)) == 0.5


def test_what_cannot_be_read_is_refused_and_the_verdict_of_before_is_gone(active: MainWindow, qtbot: QtBot) -> None:
    active.session.navigator.go_to(Cursor(0, 1))
    active.session.selector.select(Z, (0, 0))
    own = own_of(active)
    give(active, own.field, "0.5", qtbot)
    qtbot.waitUntil(lambda: own.said.text().startswith("✓"), timeout=60_000)
    own.field.setFocus()
    own.field.selectAll()
    qtbot.keyClicks(own.field, "half")
    qtbot.keyClick(own.field, Qt.Key.Key_Return)
    assert active.refusals.message
    assert not own.more.isVisible()
    qtbot.keyClick(own.field, Qt.Key.Key_Escape)


def test_the_verdict_stays_while_one_steps_and_goes_with_another_number_or_an_edit(
    active: MainWindow, qtbot: QtBot
) -> None:
    session, own = active.session, own_of(active)
    session.navigator.go_to(Cursor(0, 1))

    def ask() -> None:
        session.selector.select(Z, (0, 0))
        give(active, own.field, "0.5", qtbot)
        qtbot.waitUntil(lambda: own.said.text().startswith("✓"), timeout=60_000)

    ask()
    session.selector.select(Z, (0, 1))
    assert (own.said.text(), own.field.value) == ("", None)
    ask()
    session.editor.edit("Change the bias", edits.set_parameters({refs.bias(0): (0.25, 0.0)}))
    assert (own.said.text(), own.field.value) == ("", None)
    # z is another number now.
    session.selector.select(Z, (0, 0))
    give(active, own.field, "0.75", qtbot)
    qtbot.waitUntil(lambda: own.said.text().startswith("✓"), timeout=60_000)
    session.undo_stack.undo()
    assert own.said.text() == ""


def test_it_is_not_there_for_what_is_given_nor_while_one_predicts(active: MainWindow) -> None:
    own = own_of(active)
    active.session.selector.select(refs.weight(0), (0, 0))
    assert not own.isVisible()
    said: list[str] = []
    active.session.signals.informed.connect(said.append)
    active.actions_by_id["edit.own_number"].trigger()
    assert said == [NOTHING_TO_CHECK]
    active.session.selector.select(GRADIENT, (0, 0))
    # Before it is shown it can be checked, too.
    assert own.isVisible()
    active.answers.predictor.set_on(True)
    assert not own.isVisible()
    active.answers.predictor.set_on(False)
    assert own.isVisible()
