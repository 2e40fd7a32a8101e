"""Slow motion: it steps at its own pace, and ends with whatever ends a run."""

from __future__ import annotations

from PySide6.QtTest import QSignalSpy
from pytestqt.qtbot import QtBot

from chainrule.session.hall.slow_motion import SECONDS, SlowMotion
from chainrule.session.session import Session
from chainrule.session.training import PACES, Trainer
from tests.experiments import article


def _made() -> tuple[Session, Trainer, SlowMotion]:
    session = Session(article())
    assert session.timeline is not None  # waits for the engine
    trainer = Trainer(session.state, session.navigator, session.signals, session)
    return session, trainer, SlowMotion(trainer, session)


def test_it_steps_by_micro_steps_until_it_is_paused(qtbot: QtBot) -> None:
    session, trainer, slow = _made()
    slow.change_pace(len(SECONDS))
    assert slow.seconds == 1
    with qtbot.waitSignal(session.signals.cursor_moved, timeout=20_000):
        slow.toggle()
    assert (session.cursor.iteration, session.cursor.position, slow.is_playing) == (0, 1, True)
    slow.toggle()
    assert (slow.is_playing, trainer.is_running) == (False, False)
    # It is navigation: there is nothing to undo.
    assert session.undo_stack.count() == 0


def test_it_tells_that_it_began_and_ended_once_each() -> None:
    _, trainer, slow = _made()
    changed = QSignalSpy(slow.changed)
    slow.toggle()
    assert changed.count() == 1
    trainer.pause()
    assert changed.count() == 2
    assert not slow.is_playing
    slow.pause()
    assert changed.count() == 2


def test_another_pace_takes_the_place_of_the_one_that_goes_on() -> None:
    _, trainer, slow = _made()
    slow.toggle()
    before = slow.seconds
    slow.change_pace(1)
    assert slow.is_playing
    assert trainer.running_pace is not None
    assert (slow.seconds < before, trainer.running_pace.interval) == (True, 1000 * slow.seconds)
    slow.change_pace(-len(SECONDS))
    assert slow.seconds == SECONDS[0]
    # A pace of the tool bar is none of it, and does not leave it on.
    trainer.set_pace(PACES[0])
    assert not slow.is_playing
    assert trainer.is_running
    slow.toggle()
    assert slow.is_playing
    trainer.pause()
    trainer.start()
    assert not slow.is_playing
    trainer.pause()
