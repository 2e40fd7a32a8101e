"""One file is written after the other, each whole, and every one that asked is told how it ended."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from chainrule.catalog.arguments import SpecError
from chainrule.model.files.disk import FileChangedError, Written, replacing
from chainrule.session.background import slicer
from chainrule.session.files.writer import Outcome, Work, Writer


@pytest.fixture
def writer(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> Writer:
    """A writer whose slices hold one piece each."""
    monkeypatch.setattr(slicer, "SLICE_S", 0.0)
    monkeypatch.setattr(slicer, "FIRST_SLICE_S", 0.0)
    return Writer()


def pieces(path: Path, text: str) -> Work:
    return replacing(path, (letter.encode() for letter in text), durable=False)


def failing(error: Exception) -> Work:
    yield
    raise error


def wait(qtbot: QtBot, writer: Writer) -> None:
    qtbot.waitUntil(lambda: not writer.is_active)


def test_what_is_asked_for_meanwhile_follows(qtbot: QtBot, writer: Writer, tmp_path: Path) -> None:
    path, outcomes, active = tmp_path / "x", list[Outcome](), list[bool]()
    writer.active_changed.connect(active.append)
    writer.write(pieces(path, "first"), outcomes.append)
    writer.write(pieces(path, "second"), outcomes.append)
    assert not outcomes
    order: list[str] = []
    writer.when_idle(lambda: order.append(path.read_text()))
    assert not order
    wait(qtbot, writer)
    assert order == ["second"]
    assert [outcome.stamp.mark.size for outcome in outcomes if isinstance(outcome, Written)] == [5, 6]
    assert active == [True, False]
    writer.when_idle(lambda: order.append("now"))
    assert order[-1] == "now"


@pytest.mark.parametrize("error", [SpecError("$", "no"), FileChangedError(), OSError(errno.EIO, ""), MemoryError()])
def test_one_that_fails_is_told_and_does_not_stop_the_next(
    qtbot: QtBot, writer: Writer, tmp_path: Path, error: Exception
) -> None:
    outcomes: list[Outcome] = []
    writer.write(failing(error), outcomes.append)
    writer.write(pieces(tmp_path / "x", "second"), outcomes.append)
    wait(qtbot, writer)
    if isinstance(error, MemoryError):
        assert isinstance(outcomes[0], OSError)
        assert outcomes[0].errno == errno.ENOMEM
    else:
        assert outcomes[0] is error
    assert isinstance(outcomes[1], Written)


def test_one_that_ends_in_a_fault_does_not_stop_the_next(qtbot: QtBot, writer: Writer, tmp_path: Path) -> None:
    outcomes: list[Outcome] = []
    writer.write(failing(ZeroDivisionError()), outcomes.append)
    writer.write(pieces(tmp_path / "x", "second"), outcomes.append)
    with qtbot.captureExceptions() as faults:
        wait(qtbot, writer)
    assert [kind for kind, _, _ in faults] == [ZeroDivisionError]
    assert isinstance(outcomes[0], Written)


def test_what_is_cancelled_leaves_nothing(qtbot: QtBot, writer: Writer, tmp_path: Path) -> None:
    (tmp_path / "x").write_text("old")
    writer.write(pieces(tmp_path / "x", "first"), pytest.fail)
    writer.write(pieces(tmp_path / "y", "second"), pytest.fail)
    writer.when_idle(pytest.fail)
    assert len(list(tmp_path.iterdir())) == 2
    writer.cancel()
    assert not writer.is_active
    assert [file.read_text() for file in tmp_path.iterdir()] == ["old"]
    outcomes: list[Outcome] = []
    writer.write(pieces(tmp_path / "z", "third"), outcomes.append)
    wait(qtbot, writer)
    assert len(outcomes) == 1
