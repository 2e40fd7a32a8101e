"""The tour: who is offered it, that it is walked by doing what it says, and that it gives the window back."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

from chainrule.session.files.settings import SettingsStore
from chainrule.ui.app import open_window
from chainrule.ui.tour.stops import STOPS
from chainrule.ui.tour.tour import DONE, Tour
from chainrule.ui.window.main_window import MainWindow
from tests.ui.keyboard import find

Key = Qt.Key


def begun(window: MainWindow) -> Tour:
    window.actions_by_id["help.tour"].trigger()
    tour = window.findChild(Tour)
    assert tour is not None
    QApplication.processEvents()
    return tour


def task(tour: Tour) -> str:
    label = tour.findChild(QLabel, "tour.task")
    assert label is not None
    return label.text()


def go_on(window: MainWindow, tour: Tour) -> None:
    QTest.keyClick(tour.next, Key.Key_Space)
    QApplication.processEvents()


def test_it_is_walked_by_doing_what_it_says(active: MainWindow) -> None:
    before = active.session.experiment
    tour = begun(active)
    assert tour.next.hasFocus()
    # The keys step all the while.
    for _ in range(3):
        assert DONE not in task(tour)
        QTest.keyClick(tour.next, Key.Key_Right)
    assert DONE in task(tour)
    go_on(active, tour)
    active.session.selector.select("layers.0.weight", (0, 1))
    assert DONE in task(tour)
    go_on(active, tour)
    QTest.keyClick(tour.next, Key.Key_Left)
    assert DONE in task(tour)
    go_on(active, tour)
    QTest.keyClick(tour.next, Key.Key_Return)
    assert active.session.cursor.iteration > 0 or active.session.cursor.position > 0
    QTest.keyClick(tour.next, Key.Key_Return)
    assert DONE in task(tour)
    go_on(active, tour)
    go_on(active, tour)
    assert tour.place == len(STOPS) - 1
    go_on(active, tour)
    QApplication.sendPostedEvents(None, 0)
    assert active.findChild(Tour) is None or not tour.isVisible()
    assert active.stage_panel.stage.hasFocus()
    assert active.session.experiment is before
    assert not active.session.is_modified


def test_what_it_says_of_going_back_can_be_done_by_who_has_not_stepped(active: MainWindow) -> None:
    tour = begun(active)
    for _ in range(2):
        go_on(active, tour)
    assert not active.actions_by_id["step.back"].isEnabled()
    asked = [key for key in task(tour) if key in "→←↓↑"]
    keys = {"→": Key.Key_Right, "←": Key.Key_Left, "↓": Key.Key_Down, "↑": Key.Key_Up}
    for place, key in enumerate(asked):
        assert DONE not in task(tour), place
        before = active.session.cursor
        QTest.keyClick(tour.next, keys[key])
        assert active.session.cursor != before, key
    assert DONE in task(tour)


def test_space_trains_where_the_tour_says_so(active: MainWindow, qtbot: QtBot) -> None:
    tour = begun(active)
    for _ in range(3):
        go_on(active, tour)
    place = tour.place
    assert "Space" in task(tour)
    focus = QApplication.focusWidget()
    assert focus is not None
    QTest.keyClick(focus, Key.Key_Space)
    qtbot.waitUntil(lambda: DONE in task(tour))
    QTest.keyClick(focus, Key.Key_Space)
    assert not active.trainer.is_running
    assert tour.place == place
    # Tab goes on to the buttons, and Escape leaves.
    QTest.keyClick(focus, Key.Key_Tab)
    assert tour.isAncestorOf(QApplication.focusWidget())
    tour.setFocus()
    with qtbot.waitSignal(tour.closed):
        QTest.keyClick(tour, Key.Key_Escape)


@pytest.mark.parametrize("size", [(1024, 600), (1280, 800), (1920, 1080)])
@pytest.mark.parametrize("scale", [1.0, 2.0])
def test_what_it_is_about_is_light_and_the_card_is_whole(
    active: MainWindow, size: tuple[int, int], scale: float
) -> None:
    active.resize(*size)
    active.appearance.set_scale(scale)
    tour = begun(active)
    for stop in STOPS:
        for _ in range(3):
            QApplication.processEvents()
        assert active.rect().contains(tour.geometry())
        for label in tour.findChildren(QLabel):
            assert label.isHidden() or label.height() >= label.heightForWidth(label.width()), stop
        part = active.findChild(QWidget, stop.parts[-1])
        assert part is not None
        lit = QRect(part.mapTo(active, QPoint()), part.size()) & active.rect()
        # More than half of it is not hidden by the card, but on a screen that is too small for both.
        hidden = lit & tour.geometry()
        if scale == 1.0 and size != (1024, 600):
            assert 2 * hidden.width() * hidden.height() < lit.width() * lit.height(), stop
        picture = active.grab().toImage()
        corners = (QPoint(2, active.height() // 2), QPoint(active.width() - 3, active.height() // 2))
        shaded = [picture.pixelColor(at) for at in corners if not lit.contains(at) and not tour.geometry().contains(at)]
        ground = QColor(active.appearance.theme.window).lightness()
        assert all(color.lightness() < 0.8 * ground for color in shaded), stop
        go_on(active, tour)


def test_escape_ends_it(active: MainWindow) -> None:
    tour = begun(active)
    QTest.keyClick(tour.next, Key.Key_Escape)
    assert not tour.isVisible()
    assert not tour.shade.isVisible()
    assert active.stage_panel.stage.hasFocus()


def test_begun_again_there_is_one(active: MainWindow) -> None:
    tour = begun(active)
    go_on(active, tour)
    again = begun(active)
    assert [each.isVisible() for each in active.findChildren(Tour)].count(True) == 1
    assert any(each.isVisible() and each.place == 0 for each in active.findChildren(Tour))
    QTest.keyClick(again.next, Key.Key_Escape)


def test_who_is_here_for_the_first_time_is_offered_it_once(qtbot: QtBot, tmp_path: Path) -> None:
    for is_first in (True, False):
        made = open_window(settings=SettingsStore(tmp_path / "settings.json"))
        qtbot.addWidget(made)
        assert made.session.timeline is not None
        assert ("tour" in made.notice.text) == is_first
        if is_first:
            QTest.mouseClick(find(made, "notice.offer"), Qt.MouseButton.LeftButton)
            tour = made.findChild(Tour)
            assert tour is not None
            assert tour.isVisible()
            assert not made.notice.text
        assert made.close()
