"""The notice: what merely informs goes by itself, and what went wrong stays."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, QPointF, QTimer
from PySide6.QtGui import QEnterEvent
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from chainrule.ui.style.appearance import Appearance
from chainrule.ui.widgets.notice import LEAST_MS, NoticeBar


@pytest.fixture
def bar(qtbot: QtBot) -> NoticeBar:
    bar = NoticeBar(Appearance())
    qtbot.addWidget(bar)
    return bar


def waiting(bar: NoticeBar) -> QTimer | None:
    """What the bar waits for; None where it does not."""
    (timer,) = bar.findChildren(QTimer)
    return timer if timer.isActive() else None


def test_what_informs_goes_by_itself(qtbot: QtBot, bar: NoticeBar) -> None:
    bar.inform("Loss saved as loss.svg.")
    timer = waiting(bar)
    assert timer is not None
    assert LEAST_MS <= timer.interval() <= 2 * LEAST_MS
    # The same end, sooner.
    timer.start(0)
    qtbot.waitUntil(bar.isHidden)
    assert bar.text == ""


def test_it_is_there_longer_where_there_is_more_to_read(bar: NoticeBar) -> None:
    bar.inform("Copied.")
    first = waiting(bar)
    assert first is not None
    short = first.interval()
    bar.inform("Copied. " * 20)
    assert first.interval() > short


def test_what_went_wrong_stays(bar: NoticeBar) -> None:
    for say in (bar.say, bar.warn):
        bar.inform("Copied.")
        say("It was not saved.")
        assert waiting(bar) is None
        assert bar.text == "It was not saved."


def test_it_stays_while_the_mouse_is_on_it(bar: NoticeBar) -> None:
    bar.inform("Copied.")
    QApplication.sendEvent(bar, QEnterEvent(QPointF(3, 3), QPointF(3, 3), QPointF(3, 3)))
    assert waiting(bar) is None
    QApplication.sendEvent(bar, QEvent(QEvent.Type.Leave))
    assert waiting(bar) is not None


def test_a_closed_one_waits_for_nothing(bar: NoticeBar) -> None:
    bar.inform("Copied.")
    bar.hide()
    assert waiting(bar) is None
