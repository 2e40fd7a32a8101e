"""Pinned runs are saved with the document, and are there again when it is opened, to the bit."""

from __future__ import annotations

import json

import pytest

from chainrule.model.editing import edits
from chainrule.model.reopening import saved_history
from chainrule.session.files import collecting
from chainrule.session.runs.compared import RunComparison
from chainrule.session.session import Session
from tests.experiments import sgd
from tests.session.conftest import Open
from tests.session.reopening.reopened import NAME, contents_of, file_of, losses_of, reopened, train


def pinned(session: Session) -> list[tuple[str, str, bool, int, list[float]]]:
    """All that is known of the pinned runs."""
    found = []
    for each in RunComparison().of(session.moment)[1:]:
        series = each.losses()
        assert each.run is not None
        assert series is not None
        found.append((each.run.name, each.differs, each.run.shown, each.run.horizon, series[0].rows()[:, 0].tolist()))
    return found


@pytest.fixture
def session(opened: Open) -> Session:
    """With two pinned runs, one of them hidden and named, and a third that goes on."""
    session = opened()
    train(session, 30)
    session.runs.pin()
    session.runs.rename(0, "slow")
    session.editor.edit("Rate", edits.set_optimizer(sgd(0.1)), restart=True)
    train(session, 20)
    session.runs.pin()
    session.runs.show(0, shown=False)
    session.editor.edit("Rate", edits.set_optimizer(sgd(0.05)), restart=True)
    train(session, 10)
    return session


def test_they_are_there_again(session: Session, opened: Open) -> None:
    other = reopened(session, opened)
    assert pinned(other) == pinned(session)
    assert [each[:4] for each in pinned(other)] == [("slow", "lr 0.01", False, 30), ("", "lr 0.1", True, 20)]
    assert losses_of(other) == losses_of(session)
    while session.undo_stack.canUndo():
        session.undo_stack.undo()
        other.undo_stack.undo()
        assert pinned(other) == pinned(session)
    # Saved again it is the same file.
    assert file_of(reopened(session, opened)) == file_of(session)


def test_they_are_there_before_the_engine_is(session: Session, opened: Open) -> None:
    file = file_of(session)
    waiting = opened(ready=False)
    contents = contents_of(file)
    waiting.file.open(contents.experiment, NAME, history=contents.history)
    assert [run.name for run in waiting.runs.all] == ["slow", ""]
    assert waiting.timeline is not None
    assert pinned(waiting) == pinned(session)


def test_a_run_that_was_brought_back_trains_on_to_the_same_bits(session: Session, opened: Open) -> None:
    other = reopened(session, opened)
    for each in (session, other):
        each.runs.bring_back(0)
        train(each, 10)
    assert losses_of(other) == losses_of(session)


def test_a_file_is_of_version_6_only_where_a_run_is_pinned(session: Session) -> None:
    def version() -> int:
        found: int = json.loads(file_of(session))["version"]
        return found

    assert version() == 6
    while session.runs.all:
        session.runs.remove(0)
    # An undo would still bring them back.
    assert version() == 6
    while session.undo_stack.canUndo():
        session.undo_stack.undo()
    train(session, 3)
    assert version() == 4
    assert "pinned" not in json.loads(file_of(session))["history"]


def test_pinning_is_something_to_save(session: Session) -> None:
    session.file.mark_saved(None, session.file.save_point)
    assert not session.is_modified
    session.runs.rename(1, "fast")
    assert session.is_modified
    session.undo_stack.undo()
    assert not session.is_modified


def test_a_run_that_has_no_room_is_left_out_and_said(
    session: Session, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(collecting, "MOST_CHANGED", 1)
    point = session.file.save_point
    assert point.history is not None
    assert point.runs_left_out == 2
    monkeypatch.setattr(collecting, "MOST_CHANGED", 200_000)
    assert session.file.save_point.runs_left_out == 0
    # Curves come before states, which can be computed again.
    monkeypatch.setattr(collecting, "MOST_NAMED", 40)
    other = reopened(session, opened)
    assert pinned(other) == pinned(session)
    assert saved_history.MOST_ALL_DOCUMENTS > saved_history.MOST_DOCUMENTS
