"""The names of the views that share a card: those that fit are there, and a button has the others."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QAccessible, QAccessibleInterface, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu, QWidget
from pytestqt.qtbot import QtBot

from chainrule.resource_files import resources_directory
from chainrule.session.screen.change import Change
from chainrule.session.screen.moment import Moment
from chainrule.session.session import Session
from chainrule.ui.board.tabbed_card import TabbedCard
from chainrule.ui.style.appearance import SCALES, Appearance
from chainrule.ui.widgets.moment_card import MomentCard
from chainrule.ui.widgets.refusal import Refusals
from chainrule.ui.window.main_window import MainWindow
from chainrule.ui.window.tabs import Tab
from chainrule.ui.window.views import Views
from tests.experiments import article
from tests.ui.style.test_contrast_seen import caught

LEFT = Qt.MouseButton.LeftButton
TITLES = ("Slope", "State", "Rate", "Classes", "Code", "Surface", "Fit", "Race", "Flow", "Runs", "Rows", "Activation")


class _View(MomentCard):
    def __init__(self, session: Session, appearance: Appearance, refusals: Refusals, parent: QWidget) -> None:
        super().__init__(appearance, parent)

    def show_moment(self, moment: Moment, change: Change) -> None:
        pass


def tab(title: str, place: int) -> Tab:
    return Tab(title.lower(), title, f"What {title} shows", _View, place, suits=lambda _: title in ("Fit", "Rows"))


MANY = tuple(tab(title, place) for place, title in enumerate(TITLES, start=1))


@pytest.fixture
def card(qtbot: QtBot) -> Iterator[TabbedCard]:
    session, appearance = Session(article()), Appearance()
    appearance.set_scheme(Qt.ColorScheme.Light)
    made = TabbedCard(session, appearance, Refusals(appearance, session), Views(lambda: session.moment), None, MANY)
    session.setParent(made)
    appearance.setParent(made)
    made.resize(282, 220)
    with qtbot.waitExposed(made):
        made.show()
    yield made
    session.loader.close()
    made.close()
    made.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


def seen(card: TabbedCard) -> list[str]:
    """The names in the bar, from left to right."""
    bar = card.bar
    places = [place for place in range(bar.count()) if bar.isTabVisible(place)]
    lefts = [bar.tabRect(place).left() for place in places]
    assert lefts == sorted(lefts)
    return [bar.tabText(place) for place in places]


@pytest.mark.parametrize("chosen", ["slope", "fit", "activation"])
def test_each_name_that_is_shown_is_seen_whole_at_any_width(card: TabbedCard, chosen: str) -> None:
    """Where the chosen name once had no room, Qt had moved all of them to the left, and left them there."""
    least = card.bar.minimumSizeHint().width()
    for width in (282, least, 282, least + 30, 420, 282, least, 700, 282):
        card.resize(width, 220)
        card.choose(chosen)
        bar = card.bar
        QApplication.processEvents()
        rects = [bar.tabRect(place) for place in range(bar.count()) if bar.isTabVisible(place)]
        assert rects[0].left() == 0
        assert rects[-1].right() <= bar.width() or len(rects) == 1


def menu_of(card: TabbedCard) -> QMenu:
    QTest.mouseClick(card.bar.more, LEFT)
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    return menu


def choose(card: TabbedCard, title: str) -> None:
    menu = menu_of(card)
    (action,) = (each for each in menu.actions() if each.text().startswith(f"{title} "))
    QTest.mouseClick(menu, LEFT, pos=menu.actionGeometry(action).center())
    QApplication.processEvents()


def test_names_that_fit_are_whole_and_in_order_and_the_button_counts_the_others(
    card: TabbedCard, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = seen(card)
    assert tuple(shown) == TITLES[: len(shown)]
    assert 2 < len(shown) < len(TITLES)
    others = TITLES[len(shown) :]
    assert card.bar.more.text() == f"+{len(others)}"
    tip = f"{len(others)} more views: {', '.join(others)}"
    assert (card.bar.more.toolTip(), card.bar.more.accessibleName()) == (tip, tip)
    with caught(monkeypatch, card.bar) as written:
        card.bar.grab()
    texts = [each for each in written if each.text in TITLES]
    assert [each.text for each in texts] == shown
    # One beside the other, none under the button.
    for each in texts:
        assert each.place is not None
        assert each.place.left() >= 0
        assert each.place.right() < card.bar.more.x()


def test_one_that_is_chosen_in_the_menu_has_its_name_in_the_bar_and_so_has_the_one_before(card: TabbedCard) -> None:
    choose(card, "Race")
    assert card.chosen.title == "Race"
    assert card.view("race").isVisible()
    assert {"Race", "Slope"} <= set(seen(card))
    choose(card, "Activation")
    assert card.chosen.title == "Activation"
    assert {"Activation", "Race", "Slope"} <= set(seen(card))
    before = seen(card)
    # What is in sight already moves nothing.
    QTest.mouseClick(card.bar, LEFT, pos=card.bar.tabRect(0).center())
    assert card.chosen.title == "Slope"
    assert seen(card) == before


def test_the_menu_has_every_view_with_its_tip_and_key_and_a_check_at_the_one_in_front(card: TabbedCard) -> None:
    card.choose("rate")
    menu = menu_of(card)
    for action, each in zip(menu.actions(), MANY, strict=True):
        key = QKeySequence(each.key).toString(QKeySequence.SequenceFormat.NativeText)
        assert action.text() == f"{each.title} – {each.tip}\t{key}"
        assert action.isChecked() == (each.id == "rate")
    assert menu.activeAction().text().startswith("Rate ")
    QTest.keyClick(menu, Qt.Key.Key_Up)
    QTest.keyClick(menu, Qt.Key.Key_Return)
    assert card.chosen.title == "State"


def test_the_keyboard_goes_from_the_names_to_the_button_and_into_its_menu(card: TabbedCard) -> None:
    card.activateWindow()
    card.bar.setFocus()
    last = len(seen(card)) - 1
    for _ in range(len(TITLES)):
        QTest.keyClick(card.bar, Qt.Key.Key_Right)
    # Between the names that are seen, and no further.
    assert card.bar.currentIndex() == last
    QTest.keyClick(card.bar, Qt.Key.Key_Tab)
    assert card.bar.more.hasFocus()
    QTest.keyClick(card.bar.more, Qt.Key.Key_Space)
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    for _ in range(len(TITLES) - 1 - last):
        QTest.keyClick(menu, Qt.Key.Key_Down)
    QTest.keyClick(menu, Qt.Key.Key_Return)
    assert card.chosen.title == TITLES[-1]


def test_where_all_names_fit_there_is_no_button(card: TabbedCard) -> None:
    card.resize(1000, 220)
    QApplication.processEvents()
    assert tuple(seen(card)) == TITLES
    assert not card.bar.more.isVisible()
    card.set_standing(["state", "flow"])
    card.resize(200, 220)
    QApplication.processEvents()
    assert seen(card) == ["State", "Flow"]
    assert not card.bar.more.isVisible()
    card.set_standing([])
    assert seen(card) == []
    assert not card.bar.more.isVisible()


def test_the_bar_needs_the_room_of_its_longest_name_and_the_button(card: TabbedCard) -> None:
    needed = card.bar.minimumSizeHint().width()
    for scale in SCALES:
        card.appearance.set_scale(scale)
        card.resize(card.minimumSizeHint().expandedTo(card.minimumSize()))
        for each in MANY:
            card.choose(each.id)
            QApplication.processEvents()
            assert each.title in seen(card)
            place = card.bar.tabRect(card.bar.currentIndex())
            assert card.bar.fontMetrics().horizontalAdvance(each.title) <= place.width()
            assert place.right() < card.bar.more.x()
            assert card.bar.rect().contains(card.bar.more.geometry())
            assert place.height() == card.appearance.size(28)
    assert needed < 140


def test_names_that_suit_what_is_open_are_seen_at_first(card: TabbedCard) -> None:
    card.begin_with(article())
    assert card.chosen.title == "Fit"
    assert {"Fit", "Rows"} <= set(seen(card))
    choose(card, "Race")
    card.begin_with(article())
    assert "Race" not in seen(card)


def test_names_and_button_are_there_for_who_cannot_see_them(card: TabbedCard) -> None:
    found = QAccessible.queryAccessibleInterface(card.bar)
    assert isinstance(found, QAccessibleInterface)
    assert found.role() == QAccessible.Role.PageTabList
    children = [found.child(place) for place in range(found.childCount())]
    tabs = [child for child in children if child is not None and child.role() == QAccessible.Role.PageTab]
    assert {child.text(QAccessible.Text.Name) for child in tabs} >= set(seen(card))
    button = QAccessible.queryAccessibleInterface(card.bar.more)
    assert button is not None
    assert button.role() == QAccessible.Role.Button
    assert button.text(QAccessible.Text.Name).endswith("Activation")


@pytest.mark.parametrize(("name", "title"), [("three-classes", "Fit"), ("rosenbrock", "Path")])
def test_a_newcomer_sees_first_what_fits_the_data(window: MainWindow, name: str, title: str) -> None:
    window.resize(1280, 800)
    window.files.open_path(resources_directory() / "experiments" / f"{name}.chainrule")
    QApplication.processEvents()
    assert window.tabs.chosen.title == title
    assert seen(window.tabs)[:2] == ["Slope", "State"]
    assert title in seen(window.tabs)
    assert window.tabs.bar.more.isVisible()
