"""How a gradient came to be, in the window: folded at first, never stale, remembered, and never in the way of a key."""

from __future__ import annotations

from itertools import pairwise

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QPushButton, QScrollArea, QWidget
from pytestqt.qtbot import QtBot

from chainrule.catalog.values import refs
from chainrule.model.navigation import Cursor
from chainrule.session.files.settings import Settings, SettingsStore
from chainrule.session.screen.change import Change
from chainrule.ui.app import open_window
from chainrule.ui.equation.derivation import DerivationView
from chainrule.ui.typesetting.formula import FormulaView
from chainrule.ui.window.main_window import NO_DERIVATION, MainWindow

WEIGHT = refs.grad(refs.weight(0))


class Unfolded:
    """The window at the end of an iteration, with the derivation of a gradient open."""

    def __init__(self, window: MainWindow, qtbot: QtBot) -> None:
        self.window, self.session, self.qtbot = window, window.session, qtbot
        self.session.navigator.go_to(Cursor(0, len(self.session.moment.steps)))
        self.session.selector.select(WEIGHT, (0, 1))

    @property
    def fold(self) -> QPushButton:
        found = self.window.findChild(QPushButton, "equation_view.fold")
        assert found is not None
        return found

    @property
    def view(self) -> DerivationView:
        found = self.window.findChild(DerivationView)
        assert found is not None
        return found

    @property
    def area(self) -> QScrollArea:
        """What the equation and the derivation below it are scrolled in."""
        return next(
            each for each in self.window.equation_view.findChildren(QScrollArea) if each.isAncestorOf(self.view)
        )

    def press(self) -> None:
        QTest.keyClick(self.window, Qt.Key.Key_H)

    def wait(self) -> str:
        """Until all of it is on the screen; what it says."""
        self.qtbot.waitUntil(lambda: self.view.is_up_to_date, timeout=30_000)
        return self.view.accessibleDescription()

    def show_again(self) -> None:
        """Show the same number of the same moment once more."""
        self.window.equation_view.show_moment(self.session.moment, Change.MICRO_STEP)

    def names(self) -> list[str]:
        """What is written before the rows that are seen."""
        return [label.text() for label in self.view.findChildren(QLabel) if label.isVisible()]


@pytest.fixture
def unfolded(window: MainWindow, qtbot: QtBot) -> Unfolded:
    return Unfolded(window, qtbot)


def test_it_is_folded_at_first_and_a_key_unfolds_it(unfolded: Unfolded) -> None:
    assert unfolded.fold.isVisible()
    assert not unfolded.fold.isChecked()
    assert not unfolded.view.isVisible()
    unfolded.press()
    text = unfolded.wait()
    assert unfolded.view.isVisible()
    assert "The chain rule for sample 1" in text
    assert "sample 2" in unfolded.names()
    assert unfolded.window.actions_by_id["view.derivation"].isChecked()
    unfolded.press()
    assert not unfolded.view.isVisible()


def test_a_click_unfolds_it_too(unfolded: Unfolded) -> None:
    unfolded.fold.click()
    unfolded.wait()
    assert unfolded.names()


def test_only_gradients_have_it(unfolded: Unfolded) -> None:
    unfolded.press()
    for ref, index in ((refs.weight(0), (0, 1)), (refs.LOSS, ()), (refs.activation(0), (0, 0))):
        unfolded.session.selector.select(ref, index)
        assert not unfolded.fold.isVisible()
        assert not unfolded.view.isVisible()
    unfolded.session.selector.select(refs.grad(refs.bias(0)), (0,))
    assert unfolded.fold.isVisible()
    assert "b₁⁽¹⁾" in unfolded.wait()


def test_nothing_of_another_number_stays(unfolded: Unfolded) -> None:
    unfolded.press()
    unfolded.wait()
    assert unfolded.names()
    unfolded.session.selector.select(refs.grad(refs.weight(1)), (0, 0))
    # Before there is time to typeset the next one.
    assert not unfolded.names()
    assert "w₁⁽²⁾" in unfolded.wait()
    # Another sample has another chain.
    unfolded.session.selector.show_sample(1)
    assert "The chain rule for sample 2" in unfolded.wait()
    # Another number, set by hand, changes what comes back.
    before = unfolded.wait()
    unfolded.session.number_editor.edit_number(refs.pre_activation(0), (1, 0), 0.25)
    assert unfolded.wait() != before


def test_the_same_number_is_not_derived_again(unfolded: Unfolded) -> None:
    unfolded.press()
    unfolded.wait()
    unfolded.show_again()
    assert unfolded.view.is_up_to_date
    assert unfolded.names()


@pytest.mark.parametrize("by_key", [False, True])
def test_a_row_goes_to_the_gradient_that_it_begins_with(unfolded: Unfolded, by_key: bool) -> None:
    unfolded.press()
    unfolded.wait()
    (name,) = (label for label in unfolded.view.findChildren(QLabel) if label.text() == "sample 2")
    if by_key:
        name.setFocus()
        QTest.keyClick(name, Qt.Key.Key_Return)
    else:
        QTest.mouseClick(name, Qt.MouseButton.LeftButton)
    selection = unfolded.session.moment.selection
    assert selection is not None
    assert (selection.ref, selection.index) == (refs.grad(refs.pre_activation(0)), (1, 0))
    assert unfolded.session.moment.sample == 1
    assert "The chain rule" in unfolded.wait()
    # What has no gradient before it goes nowhere.
    (factor,) = (label for label in unfolded.view.findChildren(QLabel) if label.text() == "MSELoss")
    QTest.mouseClick(factor, Qt.MouseButton.LeftButton)
    assert unfolded.session.moment.selection == selection
    assert factor.focusPolicy() is Qt.FocusPolicy.NoFocus


def test_the_stage_gives_it_room_on_a_small_screen(unfolded: Unfolded) -> None:
    window = unfolded.window
    window.resize(1366, 768)
    QApplication.processEvents()
    before, stage = window.equation_view.height(), window.stage_panel.height()
    unfolded.press()
    unfolded.wait()
    QApplication.processEvents()
    assert window.equation_view.height() > 1.4 * before
    assert stage > window.stage_panel.height() >= 150
    # The first rows are seen, below the equation that they are of.
    formulas = [part for part in unfolded.view.findChildren(FormulaView) if part.isVisible()]
    whole = [part for part in formulas if part.visibleRegion().boundingRect() == part.rect()]
    assert len(whole) >= 2
    unfolded.press()
    QApplication.processEvents()
    assert (window.equation_view.height(), window.stage_panel.height()) == (before, stage)


def test_another_number_is_read_from_its_beginning(unfolded: Unfolded) -> None:
    bar = unfolded.area.verticalScrollBar()
    unfolded.press()
    unfolded.wait()
    bar.setValue(bar.maximum())
    unfolded.show_again()
    assert bar.value() == bar.maximum() > 0
    unfolded.session.navigator.go_to(Cursor(0, 10))
    assert bar.value() == 0
    unfolded.wait()
    QApplication.processEvents()
    assert bar.value() == 0


@pytest.mark.parametrize("scale", [1.0, 2.0])
def test_all_of_it_is_reached(unfolded: Unfolded, scale: float) -> None:
    unfolded.window.appearance.set_scale(scale)
    unfolded.press()
    unfolded.wait()
    QApplication.processEvents()
    lines = [label for label in unfolded.view.findChildren(QLabel) if label.isVisible()]
    inside = lines[0].parentWidget()
    assert inside is not None
    assert all(inside.rect().contains(line.geometry()) for line in lines)
    formulas = [part for part in inside.findChildren(QWidget) if part not in lines and part.isVisible()]
    assert formulas
    # None lies over another.
    spans = sorted((part.geometry().top(), part.geometry().bottom()) for part in formulas)
    assert all(low < top for (_, low), (top, _) in pairwise(spans))
    assert unfolded.view.height() >= inside.height()


def test_it_is_remembered(qtbot: QtBot) -> None:
    store = SettingsStore()
    store.settings = Settings(derivation=True)
    window = open_window(settings=store)
    qtbot.addWidget(window)
    assert window.equation_view.is_unfolded
    window.equation_view.unfold(False)
    window.session.file.mark_saved(None)
    window.close()
    assert not store.settings.derivation


@pytest.mark.parametrize("is_open", [False, True])
def test_where_there_is_none_the_key_says_so_and_changes_nothing(unfolded: Unfolded, is_open: bool) -> None:
    window, action = unfolded.window, unfolded.window.actions_by_id["view.derivation"]
    window.equation_view.unfold(is_open)
    for ref in (refs.pre_activation(0), refs.activation(0)):
        unfolded.session.selector.select(ref, (0, 0))
        window.notice.hide()
        unfolded.press()
        assert window.notice.text == NO_DERIVATION
        assert window.equation_view.is_unfolded is action.isChecked() is is_open
