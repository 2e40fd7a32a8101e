"""Modules that are imported behind the window."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QObject, Qt, QTimer
from pytestqt.qtbot import QtBot

from chainrule.session.background.module_loader import ModuleLoader
from tests.session.programs import LONG_S, result_of

NAME = "a_module_that_takes_its_time"
SLOW = "import time\ntime.sleep(0.3)\n"


class Gate:
    """What the import of a module waits for, and the thread that came to it."""

    def __init__(self) -> None:
        self.opened = threading.Event()
        self.reached = threading.Event()
        self.thread = 0

    def pass_through(self) -> None:
        """Called by the module that is imported."""
        self.thread = threading.get_ident()
        self.reached.set()
        assert self.opened.wait(LONG_S)


@pytest.fixture
def gate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Gate]:
    """A module whose import waits at a gate."""
    made = Gate()
    monkeypatch.setattr(sys, "gate", made, raising=False)
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / f"{NAME}.py").write_text("import sys\nsys.gate.pass_through()\n", encoding="utf-8")
    yield made
    made.opened.set()
    sys.modules.pop(NAME, None)


def heard_by(loader: ModuleLoader) -> list[int]:
    """The threads in which `loaded` came."""
    heard: list[int] = []
    loader.loaded.connect(lambda: heard.append(threading.get_ident()))
    return heard


def test_a_module_is_imported_in_a_thread_and_told_in_this_one(gate: Gate, qtbot: QtBot) -> None:
    loader = ModuleLoader(NAME)
    heard = heard_by(loader)
    loader.start()
    loader.start()
    assert gate.reached.wait(LONG_S)
    assert not loader.is_loaded
    assert heard == []
    with qtbot.waitSignal(loader.loaded, timeout=1000 * LONG_S):
        gate.opened.set()
    assert loader.is_loaded
    assert NAME in sys.modules
    assert gate.thread != threading.get_ident()
    loader.start()
    loader.wait()
    QCoreApplication.processEvents()
    assert heard == [threading.get_ident()]
    loader.close()


def test_waiting_tells_at_once_and_only_once(gate: Gate) -> None:
    loader = ModuleLoader(NAME)
    heard = heard_by(loader)
    loader.start()
    assert gate.reached.wait(LONG_S)
    gate.opened.set()
    loader.wait()
    assert heard == [threading.get_ident()]
    # The thread's own end is told later, and means nothing any more.
    QCoreApplication.processEvents()
    assert heard == [threading.get_ident()]


def test_what_loading_leads_to_is_seen_before_the_wait_ends(gate: Gate) -> None:
    """Painting what has loaded and computing what was waited for are two pauses of the window, not one."""
    loader = ModuleLoader(NAME)
    painting = QTimer(loader)
    loader.loaded.connect(painting.start, Qt.ConnectionType.QueuedConnection)
    loader.start()
    assert gate.reached.wait(LONG_S)
    gate.opened.set()
    loader.wait()
    assert painting.isActive()
    painting.stop()


def test_waiting_imports_what_nobody_began_to_import(gate: Gate) -> None:
    loader = ModuleLoader(NAME)
    heard = heard_by(loader)
    gate.opened.set()
    loader.wait()
    assert (gate.thread, heard) == (threading.get_ident(), [threading.get_ident()])


def test_what_is_there_already_is_told_at_once() -> None:
    loader = ModuleLoader("json", "sys")
    heard = heard_by(loader)
    loader.start()
    assert heard == [threading.get_ident()]
    assert loader.is_loaded


def test_nothing_is_told_after_close_and_nobody_waits(gate: Gate) -> None:
    loader = ModuleLoader(NAME)
    heard = heard_by(loader)
    loader.start()
    assert gate.reached.wait(LONG_S)
    loader.close()
    assert not gate.opened.is_set()
    gate.opened.set()
    for thread in threading.enumerate():
        if thread is not threading.current_thread() and thread.name == f"import {NAME}":
            thread.join(LONG_S)
    assert NAME in sys.modules
    QCoreApplication.processEvents()
    assert heard == []


def test_the_window_lives_while_something_waits(gate: Gate) -> None:
    """A timer is heard, and opens the gate; what is typed is not, before the wait is over."""
    loader = ModuleLoader(NAME)
    loader.start()
    assert gate.reached.wait(LONG_S)
    QTimer.singleShot(0, gate.opened.set)
    loader.wait()
    assert loader.is_loaded


def test_an_import_that_fails_is_told_where_the_window_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qtbot: QtBot
) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / f"{NAME}.py").write_text("raise ImportError('not here')", encoding="utf-8")
    loader = ModuleLoader(NAME)
    heard = heard_by(loader)
    with qtbot.captureExceptions() as raised:
        loader.start()
        qtbot.waitUntil(lambda: bool(raised), timeout=1000 * LONG_S)
    assert [str(error[1]) for error in raised] == ["not here"]
    assert heard == []
    with pytest.raises(ImportError, match="not here"):
        loader.wait()


def test_a_loader_that_never_began_is_closed_at_once() -> None:
    owner = QObject()
    ModuleLoader(NAME, parent=owner).close()
    assert NAME not in sys.modules


@pytest.mark.parametrize(
    "end",
    [
        "from shiboken6 import delete; delete(owner)",
        "del loader; del owner; gc.collect()",
        "owner.deleteLater(); application.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)",
        "",
    ],
    ids=["deleted", "collected", "deleted later", "at exit"],
)
def test_an_owner_may_go_while_the_thread_runs(end: str, tmp_path: Path) -> None:
    """The process ends well, and says nothing."""
    (tmp_path / f"{NAME}.py").write_text(SLOW, encoding="utf-8")
    program = f"""
import gc
from PySide6.QtCore import QCoreApplication, QEvent, QObject
from chainrule.session.background.module_loader import ModuleLoader
application = QCoreApplication([])
owner = QObject()
loader = ModuleLoader("{NAME}", parent=owner)
heard = []
loader.loaded.connect(lambda: heard.append(1))
loader.start()
{end}
application.processEvents()
result = len(heard)
"""
    assert result_of(program, tmp_path) == 0
