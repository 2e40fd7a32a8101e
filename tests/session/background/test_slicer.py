"""Long work, a slice at a time."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import pytest
from PySide6.QtCore import QCoreApplication
from pytestqt.qtbot import QtBot

from chainrule.session.background import slicer as slicer_module
from chainrule.session.background.slicer import TimeSlicer


class Work:
    """A slicer at work that counts: items that were taken, and what was signalled, in order."""

    def __init__(self, items: int) -> None:
        self.slicer = TimeSlicer()
        self.taken = 0
        self.said: list[str] = []
        self.slicer.sliced.connect(lambda: self.said.append("sliced"))
        self.slicer.finished.connect(lambda: self.said.append("finished"))
        self.items = self._count(items)

    def _count(self, items: int) -> Iterator[None]:
        for _ in range(items):
            self.taken += 1
            self.item()
            yield

    def item(self) -> None:
        """What one item does."""


@pytest.fixture
def short_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    """One item uses up a slice."""
    monkeypatch.setattr(slicer_module, "SLICE_S", 0.0)


def test_work_is_done_to_its_end(qtbot: QtBot) -> None:
    work = Work(1000)
    with qtbot.waitSignal(work.slicer.finished):
        work.slicer.start(work.items)
        assert work.slicer.is_active
        assert work.taken == 0
    assert work.taken == 1000
    assert work.said[-1] == "finished"
    assert work.said.count("finished") == 1
    assert not work.slicer.is_active


def test_short_work_that_begins_at_once_is_done_when_that_returns(qtbot: QtBot) -> None:
    work = Work(10)
    work.slicer.start(work.items, at_once=True)
    assert work.said == ["finished"]
    assert not work.slicer.is_active


def test_long_work_that_begins_at_once_goes_on_in_slices(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slicer_module, "FIRST_SLICE_S", 0.0)
    work = Work(10)
    with qtbot.waitSignal(work.slicer.finished):
        work.slicer.start(work.items, at_once=True)
        assert work.taken == 1
        assert work.slicer.is_active
    assert work.taken == 10


@pytest.mark.usefixtures("short_slices")
def test_a_slice_ends_when_its_time_is_over(qtbot: QtBot) -> None:
    work = Work(5)
    with qtbot.waitSignal(work.slicer.finished):
        work.slicer.start(work.items)
    assert work.said == ["sliced"] * 5 + ["finished"]


class Clock:
    """A clock for work whose items take a millisecond each, and for drawing that takes as long as is said."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 0.0
        monkeypatch.setattr(slicer_module, "perf_counter", lambda: self.now)

    def run(self, qtbot: QtBot, items: int, drawing: float) -> list[float]:
        """The times of all frames while so many items are taken."""
        work, frames = Work(items), []

        def draw() -> None:
            frames.append(self.now)
            self.now += drawing

        work.slicer.frame.connect(draw)
        work.item = lambda: setattr(self, "now", self.now + 0.001)  # type: ignore[method-assign]
        with qtbot.waitSignal(work.slicer.finished):
            work.slicer.start(work.items)
        return frames


@pytest.mark.parametrize("drawing", [0.0, 0.002, 0.008, 0.015])
def test_frames_come_thirty_times_a_second_whatever_they_take(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, drawing: float
) -> None:
    frames = Clock(monkeypatch).run(qtbot, 2000, drawing)
    assert (len(frames) - 1) / (frames[-1] - frames[0]) >= 30
    # They are even: nobody sees two at once, and a second with none.
    assert all(later - earlier < 1 / 30 + 0.001 for earlier, later in pairwise(frames))


@pytest.mark.parametrize("drawing", [0.02, 0.1, 1.0])
def test_slow_drawing_leaves_half_of_the_time_to_the_work(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, drawing: float
) -> None:
    clock = Clock(monkeypatch)
    frames = clock.run(qtbot, 3000, drawing)
    assert len(frames) > 2
    assert clock.now <= 2 * 3.0 + drawing


@pytest.mark.parametrize("jump", [-10_000.0, 10_000.0])
def test_a_clock_that_jumps_holds_up_neither_work_nor_frames(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch, jump: float
) -> None:
    """While a machine sleeps some clocks go on; a jump in the middle of drawing looks like drawing for hours."""
    clock, work, frames = Clock(monkeypatch), Work(3000), []

    def draw() -> None:
        frames.append(work.taken)
        if len(frames) == 3:
            clock.now += jump

    work.slicer.frame.connect(draw)
    work.item = lambda: setattr(clock, "now", clock.now + 0.001)  # type: ignore[method-assign]
    with qtbot.waitSignal(work.slicer.finished):
        work.slicer.start(work.items)
    assert work.taken == 3000
    # A second at most, a millisecond an item, and then thirty a second as before.
    assert max(later - earlier for earlier, later in pairwise(frames)) <= 1001
    assert len(frames) > 50


@pytest.mark.usefixtures("short_slices")
def test_a_slice_without_a_frame_draws_nothing(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slicer_module, "FRAME_S", 3600.0)
    work = Work(5)
    work.slicer.frame.connect(lambda: work.said.append("frame"))
    with qtbot.waitSignal(work.slicer.finished):
        work.slicer.start(work.items)
    assert work.said == ["sliced"] * 5 + ["finished"]


def test_with_an_interval_each_item_is_drawn(qtbot: QtBot) -> None:
    work = Work(5)
    work.slicer.frame.connect(lambda: work.said.append("frame"))
    with qtbot.waitSignal(work.slicer.finished):
        work.slicer.start(work.items, interval=1)
    assert work.said == ["sliced", "frame"] * 5 + ["finished"]


def test_with_an_interval_one_item_is_taken_each_time(qtbot: QtBot) -> None:
    work = Work(5)
    with qtbot.waitSignal(work.slicer.finished):
        work.slicer.start(work.items, interval=1)
    assert work.said == ["sliced"] * 5 + ["finished"]


@pytest.mark.usefixtures("short_slices")
def test_the_pace_changes_while_work_goes_on(qtbot: QtBot) -> None:
    work = Work(6)
    # Once a day: only another pace brings this to an end.
    work.slicer.start(work.items, interval=86_400_000)
    with qtbot.waitSignal(work.slicer.finished):
        work.slicer.set_interval(0)
    assert work.taken == 6


def test_no_work_is_finished_at_once(qtbot: QtBot) -> None:
    work = Work(0)
    with qtbot.waitSignal(work.slicer.finished):
        work.slicer.start(work.items)
    assert work.said == ["finished"]


@pytest.mark.usefixtures("short_slices")
def test_work_that_is_cancelled_stops_where_it_is(qtbot: QtBot) -> None:
    work = Work(1000)
    with qtbot.waitSignal(work.slicer.sliced):
        work.slicer.start(work.items)
    work.slicer.cancel()
    taken = work.taken
    assert not work.slicer.is_active
    QCoreApplication.processEvents()
    assert work.taken == taken
    assert "finished" not in work.said
    work.slicer.cancel()


@pytest.mark.parametrize("items", [1, 1000])
def test_work_may_be_cancelled_by_what_it_does(qtbot: QtBot, items: int) -> None:
    """Someone who listens to a run pauses it: the run takes not one item more, and is not finished either."""
    work = Work(items)
    work.item = work.slicer.cancel  # type: ignore[method-assign]
    work.slicer.start(work.items)
    qtbot.waitUntil(lambda: work.taken > 0)
    QCoreApplication.processEvents()
    assert work.taken == 1
    assert work.said == []


def test_other_work_may_be_started_by_what_is_done(qtbot: QtBot) -> None:
    first, second = Work(1000), Work(3)
    first.item = lambda: first.slicer.start(second.items)  # type: ignore[method-assign]
    with qtbot.waitSignal(first.slicer.finished):
        first.slicer.start(first.items)
    assert (first.taken, second.taken) == (1, 3)
    assert first.said[-1] == "finished"


def test_other_work_takes_the_place_of_the_first(qtbot: QtBot) -> None:
    first, second = Work(1000), Work(3)
    first.slicer.start(first.items)
    with qtbot.waitSignal(first.slicer.finished):
        first.slicer.start(second.items)
    assert (first.taken, second.taken) == (0, 3)


def test_work_that_fails_says_so_and_ends(qtbot: QtBot) -> None:
    def fail() -> None:
        raise ArithmeticError("no")

    work = Work(5)
    work.item = fail  # type: ignore[method-assign]
    with qtbot.captureExceptions() as raised, qtbot.waitSignal(work.slicer.finished):
        work.slicer.start(work.items)
    assert [error for error, _, _ in raised] == [ArithmeticError]
    assert work.taken == 1
    assert not work.slicer.is_active
