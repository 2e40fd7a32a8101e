"""The room of a view among the tabs: with large text it is scrolled, where its parts would lie over each other."""

from __future__ import annotations

from itertools import combinations

import pytest
from PySide6.QtCore import QRect, QSize
from PySide6.QtWidgets import QAbstractScrollArea, QApplication, QLabel, QStackedWidget, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from chainrule.model.editing import edits
from chainrule.ui.board.slot import ViewSlot
from chainrule.ui.board.view_room import ViewRoom
from chainrule.ui.style.appearance import SCALES, Appearance
from chainrule.ui.widgets.moment_card import MomentCard
from chainrule.ui.window.main_window import MainWindow
from chainrule.ui.window.tabs import TABS
from tests.experiments import sgd


def parts(view: QWidget) -> list[QWidget]:
    """What is laid out in a view, and in sight in it: not what lies within a table or a scroll area."""
    return [
        part
        for part in view.findChildren(QWidget)
        if part.isVisible() and _is_part(part, view) and not part.findChildren(QWidget)
    ]


def _is_part(part: QWidget, view: QWidget) -> bool:
    above = part.parentWidget()
    while above is not None and above is not view:
        if isinstance(above, QAbstractScrollArea):
            return False
        above = above.parentWidget()
    return above is view


def place_in(part: QWidget, view: QWidget) -> QRect:
    return QRect(part.mapTo(view, part.rect().topLeft()), part.size())


def front(window: MainWindow, identifier: str) -> MomentCard:
    window.actions_by_id[f"view.tab_{identifier}"].trigger()
    view = window.tabs.view(identifier)
    for _ in range(20):
        QApplication.processEvents()
    return view


@pytest.mark.parametrize("scale", [1.0, 1.5, SCALES[-1]])
def test_no_part_of_a_view_lies_over_another_or_is_cut(active: MainWindow, scale: float) -> None:
    active.session.editor.edit("Momentum", edits.set_optimizer(sgd(0.1, 0.9)))
    active.resize(1280, 800)
    active.appearance.set_scale(scale)
    for tab in TABS:
        if not tab.is_about(active.session.experiment):
            continue
        view = front(active, tab.id)
        rooms = {part: place_in(part, view) for part in parts(view)}
        for (one, room), (other, others) in combinations(rooms.items(), 2):
            assert not room.intersects(others), (tab.id, one.objectName(), other.objectName(), room, others)
        for part, room in rooms.items():
            assert view.rect().contains(room), (tab.id, part.objectName(), room, view.rect())
            if isinstance(part, QLabel) and part.wordWrap():
                assert part.height() >= part.heightForWidth(part.width()), (tab.id, part.objectName(), part.text())


def test_a_view_that_has_room_is_not_scrolled(active: MainWindow) -> None:
    active.session.editor.edit("Momentum", edits.set_optimizer(sgd(0.1, 0.9)))
    active.resize(1280, 800)
    room = active.tabs.findChild(ViewRoom)
    assert room is not None
    bar = room.verticalScrollBar()
    for tab in TABS:
        if tab.is_about(active.session.experiment):
            view = front(active, tab.id)
            assert bar.maximum() == 0, (tab.id, view.height(), room.height())


def test_it_is_scrolled_by_as_much_as_its_parts_need_and_another_begins_at_its_top(qtbot: QtBot) -> None:
    around, stack = QWidget(), QStackedWidget()
    qtbot.addWidget(around)
    room = ViewRoom(stack, QSize(50, 40), Appearance(around), around)
    around.resize(200, 100)
    room.resize(200, 100)
    pages = [QWidget(), QWidget()]
    label = QLabel("one word after the other " * 20)
    label.setWordWrap(True)
    short = QLabel("short")
    for page, content in zip(pages, (label, short), strict=True):
        QVBoxLayout(page).addWidget(content)
        stack.addWidget(page)
    around.show()
    bar = room.verticalScrollBar()
    qtbot.waitUntil(lambda: label.height() >= label.heightForWidth(label.width()))
    assert bar.maximum() == stack.height() - 100 > 0
    bar.setValue(bar.maximum())
    stack.setCurrentWidget(pages[1])
    assert bar.value() == 0
    assert stack.height() == 100
    # What a view says may become longer.
    short.setWordWrap(True)
    short.setText(label.text())
    qtbot.waitUntil(lambda: bar.maximum() > 0)
    assert short.height() >= short.heightForWidth(short.width())


def test_a_view_in_a_card_of_its_own_is_scrolled_where_its_parts_need_more(qtbot: QtBot) -> None:
    look = Appearance()
    slot, view = ViewSlot(look, "Fit"), MomentCard(look)
    qtbot.addWidget(slot)
    chart, legend = QWidget(), QLabel("legend " * 20)
    chart.setMinimumHeight(80)
    legend.setWordWrap(True)
    column = QVBoxLayout(view)
    column.addWidget(legend)
    column.addWidget(chart, 1)
    # As the views do: less than their parts need.
    view.setMinimumSize(180, 130)
    slot.take_in(view)
    slot.resize(slot.minimumSize())
    slot.show()
    qtbot.waitUntil(lambda: chart.height() >= 80 and legend.height() >= legend.heightForWidth(legend.width()))
    assert not chart.geometry().intersects(legend.geometry())
    slot.resize(400, 400)
    qtbot.waitUntil(lambda: view.height() > 330)
