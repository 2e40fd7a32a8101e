"""Work beside a run: it takes its share while the screen changes, and all there is when it stands still."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QObject, QTimer
from pytestqt.qtbot import QtBot

from chainrule.session.background import sharing
from chainrule.session.background.sharing import REST, STILL_S, ShareOfTime


class Clock:
    """A clock that goes on when it is told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(sharing, "perf_counter", made)
    return made


def test_while_the_screen_changes_each_item_is_followed_by_a_rest(qtbot: QtBot, clock: Clock) -> None:
    owner = QObject()
    share = ShareOfTime(owner)
    share.tell_change()
    assert not share.is_still

    def work() -> Iterator[None]:
        while True:
            clock.now += 0.002
            yield

    timer = owner.findChild(QTimer)
    assert isinstance(timer, QTimer)
    share.start(work())
    for _ in range(3):
        with qtbot.waitSignal(share.sliced):
            pass
        assert timer.interval() == pytest.approx(1000 * REST * 0.002, abs=1)
    clock.now += STILL_S
    with qtbot.waitSignal(share.sliced):
        pass
    assert share.is_still
    assert timer.interval() == 0
    share.cancel()


def test_when_all_is_still_it_is_done_without_a_rest(qtbot: QtBot) -> None:
    owner = QObject()
    share = ShareOfTime(owner)
    done: list[int] = []
    with qtbot.waitSignal(share.finished):
        share.start(done.append(item) for item in range(500))
    assert len(done) == 500
    assert not share.is_active
