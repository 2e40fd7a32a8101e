"""The card with tabs: which view is in front, what it is shown, and the keys that choose it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QTextBrowser, QWidget
from pytestqt.qtbot import QtBot

from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.board_spec import OWN_CARDS, TAB_VIEWS, VIEWS
from chainrule.catalog.experiment.spec import DataSpec, Experiment, LayerSpec, NetworkSpec
from chainrule.model.editing.new_experiment import new_formula
from chainrule.session.screen.change import Change
from chainrule.session.screen.moment import Moment
from chainrule.session.session import Session
from chainrule.ui.app import open_window
from chainrule.ui.board.kinds import VIEW_KINDS
from chainrule.ui.board.tabbed_card import LEAST, TabbedCard
from chainrule.ui.style.appearance import Appearance
from chainrule.ui.widgets.moment_card import MomentCard
from chainrule.ui.widgets.refusal import Refusals
from chainrule.ui.window.tabs import TABS, Tab
from chainrule.ui.window.views import Views
from tests.experiments import article


class _View(MomentCard):
    about_to_edit = Signal()
    about_to_move = Signal()

    def __init__(self, session: Session, appearance: Appearance, refusals: Refusals, parent: QWidget) -> None:
        super().__init__(appearance, parent)
        self.moments: list[Moment] = []
        self.setMinimumSize(50 + 10 * len(parent.findChildren(_View)), 60)

    def show_moment(self, moment: Moment, change: Change) -> None:
        self.moments.append(moment)


TOYS = (
    Tab("one", "One", "The first", _View, 1),
    Tab("two", "Two", "The second", _View, 2, live=True),
    Tab("three", "A long name", "The third", _View, 3),
)


@pytest.fixture
def session(qapp: QApplication) -> Session:
    return Session(article())


@pytest.fixture
def views(session: Session) -> Views:
    return Views(lambda: session.moment)


@pytest.fixture
def card(qtbot: QtBot, session: Session, views: Views) -> Iterator[TabbedCard]:
    appearance = Appearance()
    appearance.set_scheme(Qt.ColorScheme.Light)
    made = TabbedCard(session, appearance, Refusals(appearance, session), views, None, TOYS)
    session.setParent(made)
    appearance.setParent(made)
    made.resize(300, 200)
    with qtbot.waitExposed(made):
        made.show()
    yield made
    session.loader.close()
    made.close()
    made.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


def moments(card: TabbedCard, identifier: str) -> list[Moment]:
    view = card.view(identifier)
    assert isinstance(view, _View)
    return view.moments


def test_only_the_view_in_front_is_shown_moments_and_a_chosen_one_is_shown_the_last(
    card: TabbedCard, views: Views
) -> None:
    views.refresh()
    assert [len(moments(card, tab.id)) for tab in TOYS] == [1, 0, 0]

    card.choose("two")
    assert card.chosen.id == "two"
    assert card.view("two").isVisible()
    assert not card.view("one").isVisible()
    assert [len(moments(card, tab.id)) for tab in TOYS] == [1, 1, 0]


def test_the_frames_of_a_fast_run_are_for_live_views(card: TabbedCard, session: Session, views: Views) -> None:
    views.refresh(only_live=True)
    assert moments(card, "one") == []
    card.choose("two")
    session.selector.set_digits(2)
    views.refresh(only_live=True)
    assert len(moments(card, "two")) == 2


def test_the_keyboard_goes_along_the_tabs(card: TabbedCard) -> None:
    card.bar.setFocus()
    QTest.keyClick(card.bar, Qt.Key.Key_Right)
    QTest.keyClick(card.bar, Qt.Key.Key_Right)
    assert card.chosen.id == "three"
    QTest.keyClick(card.bar, Qt.Key.Key_Left)
    assert card.chosen.id == "two"


@pytest.mark.parametrize(("place", "key"), [(1, "Alt+1"), (9, "Alt+9"), (10, "Alt+0"), (11, "Alt+Shift+1")])
def test_there_are_keys_for_more_than_nine(place: int, key: str) -> None:
    assert Tab("one", "One", "The first", _View, place).key == key


def test_a_click_chooses_and_leaves_the_focus_where_it_was(card: TabbedCard) -> None:
    card.bar.clearFocus()
    QTest.mouseClick(card.bar, Qt.MouseButton.LeftButton, pos=card.bar.tabRect(2).center())
    assert card.chosen.id == "three"
    assert not card.bar.hasFocus()


@pytest.mark.parametrize("signal", ["about_to_edit", "about_to_move"])
def test_what_a_view_is_about_to_do_is_passed_on(qtbot: QtBot, card: TabbedCard, signal: str) -> None:
    with qtbot.waitSignal(getattr(card, signal)):
        getattr(card.view("three"), signal).emit()


def test_nothing_moves_when_another_tab_is_chosen(card: TabbedCard) -> None:
    least, bar = card.minimumSizeHint(), card.bar.geometry()
    for tab in TOYS:
        card.choose(tab.id)
        QApplication.processEvents()
        assert card.minimumSizeHint() == least
        assert card.bar.geometry() == bar


def test_the_views_out_of_sight_are_made_once_there_is_time(qtbot: QtBot) -> None:
    window = open_window()
    qtbot.addWidget(window)
    names = ("state_view", "schedule_plot", "classes_view")
    assert not any(window.findChild(QWidget, name) for name in names)
    with qtbot.waitExposed(window):
        window.show()
    qtbot.waitUntil(lambda: all(window.findChild(QWidget, name) for name in names))
    assert [tab.id for tab in TABS if window.tabs.view(tab.id).isVisible()] == ["slope"]
    assert window.close()


def test_each_tab_of_the_window_has_an_action_with_a_key_in_the_help(qtbot: QtBot) -> None:
    window = open_window()
    qtbot.addWidget(window)
    text = window.beside.help_window.findChild(QTextBrowser).toPlainText()
    for tab in TABS:
        action = window.findChild(QAction, f"view.tab_{tab.id}")
        assert [key.toString() for key in action.shortcuts()] == [tab.key]
        assert tab.tip in text
        assert QKeySequence(tab.key).toString(QKeySequence.SequenceFormat.NativeText) in text
        before = window.tabs.chosen
        action.trigger()
        # What an experiment has nothing for is not there.
        assert window.tabs.chosen is (tab if tab.is_about(window.session.experiment) else before)
        view = window.tabs.view(tab.id)
        assert not view.is_framed
        assert LEAST.expandedTo(view.minimumSizeHint().expandedTo(view.minimumSize())) == LEAST
    assert window.findChild(QWidget, "slope_plot") is window.tabs.view("slope")
    window.session.loader.close()
    assert window.close()


def test_files_and_lessons_can_name_each_view() -> None:
    assert tuple(tab.id for tab in TABS) == TAB_VIEWS, "name a new tab in TAB_VIEWS of catalog/experiment/board_spec.py"
    assert {kind.id for kind in VIEW_KINDS} == set(VIEWS)
    assert {kind.id for kind in VIEW_KINDS if kind.has_card} == set(OWN_CARDS)


@pytest.mark.parametrize("is_formula", [False, True])
def test_alt_and_a_digit_choose_that_tab_of_those_that_are_there(qtbot: QtBot, is_formula: bool) -> None:
    window = open_window()
    qtbot.addWidget(window)
    window.session.file.open(new_formula(["f = x*y"]) if is_formula else article(), None)
    with qtbot.waitActive(window):
        window.show()
        window.activateWindow()
    there = [tab for tab in TABS if tab.is_about(window.session.experiment)]
    for tab in reversed(there):
        keys = QKeySequence(tab.key)[0]
        QTest.keyClick(window, keys.key(), keys.keyboardModifiers())
        assert window.tabs.chosen is tab
    window.session.loader.close()
    assert window.close()


@pytest.mark.parametrize(("rows", "suits"), [(10_000, True), (10_001, False)])
def test_answers_are_counted_at_each_edit_only_of_few_rows_unless_that_is_asked_for(rows: int, suits: bool) -> None:
    data = DataSpec(((1.0, 2.0, 3.0),) * rows, ((1.0,),) * rows)
    experiment = Experiment(NetworkSpec(3, (LayerSpec(2),)), data, loss=Choice("CrossEntropyLoss"))
    (classes,) = (tab for tab in TABS if tab.id == "classes")
    assert classes.suits(experiment) == suits
