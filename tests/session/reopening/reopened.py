"""A session that was saved, and another one that has opened the file."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from itertools import islice
from pathlib import Path

import pytest

from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.values.refs import ValueRef
from chainrule.model.files.decoding import decode_archive, decode_contents
from chainrule.model.files.encoding import encoded
from chainrule.model.files.file_format import ARCHIVE_START, FileContents
from chainrule.model.navigation import Cursor
from chainrule.session.session import Session
from chainrule.session.training import record_run
from tests.session.conftest import Open

NAME = Path("mine.chainrule")


def train(session: Session, iterations: int) -> None:
    """Run from the cursor, as fast as it goes, as one entry to undo."""
    before, first = session.state.view, session.cursor.iteration + session.state.at_end
    reached = first

    def longest() -> int:
        return first + iterations - reached

    for last, _ in session.timeline.run(session.document, first, longest):
        reached = last + 1
        session.navigator.show_iteration(last)
        if reached == first + iterations:
            break
    record_run(session.state, before)


def file_of(session: Session) -> bytes:
    """What is written when the session is saved now."""
    point = session.file.save_point
    return b"".join(encoded(point.experiment, point.history))


def contents_of(file: bytes) -> FileContents:
    """What is read of it."""
    return decode_archive(BytesIO(file)) if file.startswith(ARCHIVE_START) else decode_contents(file)


def reopened(session: Session, opened: Open) -> Session:
    """Another session, which has opened what this one saves."""
    return opened_from(file_of(session), opened)


def opened_from(file: bytes, opened: Open) -> Session:
    """A session that has opened a file."""
    contents, other = contents_of(file), opened()
    other.file.open(contents.experiment, NAME, history=contents.history)
    return other


def compute_nothing(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """From here on an iteration that is computed again fails the test."""

    def failing(*_: object, **__: object) -> None:
        raise AssertionError("computed again")

    monkeypatch.setattr(type(session.state.history()), "_advance", failing)


@dataclass(frozen=True)
class Seen:
    """All that a user can tell two sessions apart by, values to the last bit."""

    cursor: Cursor
    experiment: Experiment
    to_save: Experiment
    horizon: int
    trained: int
    losses: tuple[bytes, ...]
    test_losses: tuple[bytes, ...] | None
    gradients: tuple[bytes, ...]
    values: dict[ValueRef, bytes]
    undo: tuple[tuple[str, ...], int]

    @classmethod
    def of(cls, session: Session) -> Seen:
        """What is seen now."""
        course, values = session.moment.course, session.state.computed()[1].values
        tested = course.test_losses()
        stack = session.undo_stack
        return cls(
            session.cursor,
            session.experiment,
            session.file.to_save,
            session.horizon,
            session.document.trained,
            tuple(part.tobytes() for part in (course.losses().begins, course.losses().low, course.losses().high)),
            None if tested is None else (tested.low.tobytes(), tested.high.tobytes()),
            (course.gradients()[2].low.tobytes(), course.gradients()[2].high.tobytes()),
            {ref: value.cpu().numpy().tobytes() for ref, value in values.items()},
            (tuple(stack.command(place).text() for place in range(stack.count())), stack.index()),
        )


def losses_of(session: Session, most: int = 10_000) -> list[float]:
    """The first losses that the session shows."""
    return list(islice(session.moment.course.losses().rows()[:, 0].tolist(), most))
