"""Whatever fails while something is computed: the session is as before, or as after, and goes on."""

from __future__ import annotations

import gc
import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from inspect import CO_GENERATOR
from pathlib import Path
from types import CodeType, FrameType
from typing import NoReturn

import pytest

from chainrule.catalog.values import refs
from chainrule.engine.trace import Executor
from chainrule.model.editing import edits
from chainrule.model.navigation import Stride
from chainrule.session import undo
from chainrule.session.session import Session
from chainrule.session.state import SessionState
from chainrule.session.training import Pace
from tests.experiments import dense, sgd
from tests.session.acts import EDITS, LOOKS, MOVES, W1, Act, at, press, three_rows
from tests.session.conftest import a_session
from tests.session.runs import FASTEST, WALK, losses, stepped_losses, trainer_of
from tests.session.seen import Picture, selected

EXPERIMENT, OTHER = three_rows(optimizer=sgd(0.05, 0.9)), dense((2, 4, 1), 3)
ACTS: dict[str, Act] = {
    **EDITS,
    **MOVES,
    **LOOKS,
    "rows": lambda s: s.editor.edit("Paste", edits.set_rows(((5.0, 6.0),), ((7.0, 8.0),))),
    "merged edit": lambda s: s.editor.edit("Learning rate", edits.set_optimizer(sgd(0.7, 0.9)), merge_key="lr"),
    "undo": lambda s: s.undo_stack.undo(),
    "redo": lambda s: s.undo_stack.redo(),
    "undo all": lambda s: s.undo_stack.setIndex(0),
    "restart": lambda s: s.editor.restart(),
    "open": lambda s: s.file.open(OTHER, Path("other.chainrule")),
    "by number": lambda s: (s.navigator.set_by_number(True), s.navigator.step_forward())[0],
    "clear by hand": lambda s: s.number_editor.clear_overrides(),
}
# How many of an act's calls fail in turn, spread over all of them.
FAULTS = 5
RUN = 60
PACKAGE = str(Path(undo.__file__).parents[1])
# What is done once all is computed: it only assigns, and tells.
COMMITS = (SessionState.install, SessionState._keep)


def prepared(session: Session) -> Session:
    """A session in the middle of training, with something to undo, to redo, and to clear."""
    at(session, 2, 3)
    session.number_editor.edit_number(refs.pre_activation(0), (0, 0), 0.5)
    session.editor.edit("Learning rate", edits.set_optimizer(sgd(0.6, 0.9)), merge_key="lr")
    session.editor.edit("Title", edits.set_title("undone"))
    session.undo_stack.undo()
    session.selector.select(W1, (0, 1))
    return session


def all_of(session: Session) -> tuple[object, ...]:
    """Everything that a failure may not change."""
    stack = session.undo_stack
    return (
        Picture.of(session), session.moment, session.state.view, session.path, session.is_modified, selected(session),
        session.selector.digits, session.moment.sample,
        stack.count(), stack.index(), stack.undoText(), stack.redoText(),
    )  # fmt: skip


def seen(session: Session) -> tuple[object, ...]:
    """What can be compared between two sessions in which the same was done, and how training goes on from it."""
    picture = Picture.of(session)
    press(lambda: session.navigator.move(Stride.ITERATION), 2)
    curves = session.timeline.gradients(session.document, session.horizon)[2].rows().tolist()
    return picture.cursor, picture.experiment, picture.values, Picture.of(session).losses, curves, selected(session)


def _counts(code: CodeType) -> bool:
    commits = code.co_filename == undo.__file__ or code in {act.__code__ for act in COMMITS}
    # A generator is entered to be closed, too, and Python ignores what is raised in it then.
    return code.co_filename.startswith(PACKAGE) and not commits and not code.co_flags & CO_GENERATOR


class Faults:
    """Counts the calls of the program's functions; raises an error in the one with a number."""

    def __init__(self, error: Exception | None = None, at_call: int = 0) -> None:
        self.calls, self._error, self._at = 0, error, at_call

    def __call__(self, frame: FrameType, event: str, _argument: object) -> None:
        if event == "call" and _counts(frame.f_code):
            self.calls += 1
            if self._error is not None and self.calls == self._at:
                raise self._error


@contextmanager
def watched(faults: Faults) -> Iterator[Faults]:
    """Let it see, and fail, every call."""
    # What the collector deletes calls nothing of the program's, but it would be counted by chance.
    gc.disable()
    sys.setprofile(faults)
    try:
        yield faults
    finally:
        sys.setprofile(None)
        gc.enable()


@pytest.mark.parametrize("name", sorted(ACTS))
@pytest.mark.parametrize("kind", [RuntimeError, MemoryError])
def test_a_failure_anywhere_in_an_act_leaves_the_session_as_it_was(name: str, kind: type[Exception]) -> None:
    expected, calls = undisturbed(name)
    for call in random.Random(name + kind.__name__).sample(range(1, calls + 1), min(FAULTS, calls)):
        with a_session(EXPERIMENT) as session:
            before, told, faults = all_of(prepared(session)), [], Faults(kind("injected"), call)
            session.signals.device_failed.connect(told.append)
            try:
                with watched(faults):
                    ACTS[name](session)
                # What is remembered from elsewhere, such as the parts of a ref, saves calls: it may not come so far.
                assert told or faults.calls < call
            except (RuntimeError, MemoryError):
                told.append("raised")
            if told:
                assert all_of(session) == before, call
                ACTS[name](session)
            assert seen(session) == expected, call


def undisturbed(name: str) -> tuple[tuple[object, ...], int]:
    """What an act leads to, and how many calls of the program's functions it takes."""
    with a_session(EXPERIMENT) as session:
        prepared(session)
        with watched(Faults()) as counted:
            ACTS[name](session)
        return seen(session), counted.calls


@pytest.mark.parametrize("pace", [FASTEST, WALK], ids=lambda pace: pace.label)
@pytest.mark.parametrize("kind", [RuntimeError, MemoryError])
def test_a_run_in_which_anything_fails_keeps_what_it_has_computed(kind: type[Exception], pace: Pace) -> None:
    """One undo goes back to before it; its losses are those of an undisturbed run, however far it came."""
    expected = stepped_losses(EXPERIMENT, 2 * RUN + 10)
    for call in random.Random(pace.label + kind.__name__).sample(range(1, 4000), 2 * FAULTS):
        with a_session(EXPERIMENT) as session:
            trainer = trainer_of(session, pace)
            before = all_of(session)
            try:
                with watched(Faults(kind("injected"), call)):
                    trainer.start(RUN)
                    for _ in range(RUN):
                        trainer._slicer._advance()
            except (RuntimeError, MemoryError):
                pass
            # The window pauses a run in which something fails.
            trainer.pause()
            trainer.pause()
            assert not trainer.is_running, call
            assert losses(session) == expected[: session.horizon], call
            assert session.moment.cursor == session.cursor, call
            press(lambda: session.navigator.move(Stride.ITERATION), 2)
            assert losses(session) == expected[: session.horizon], call
            if session.undo_stack.canUndo():
                session.undo_stack.undo()
                assert all_of(session)[0] == before[0], call
                assert session.undo_stack.count() == 1, call


def let_go(session: Session) -> None:
    """What happens to the numbers on the screen where there is no room for them beside others."""
    history, trace = session.state.computed()
    trace.values.clear()  # type: ignore[attr-defined]
    history.let_traces_go()


def test_numbers_that_were_let_go_are_computed_again_when_they_are_looked_at() -> None:
    with a_session(EXPERIMENT) as session:
        press(session.navigator.step_forward, 3)
        before = selected(session)
        let_go(session)
        assert selected(session) == before
        assert session.moment.number(W1, (0, 0)) is not None


def test_where_that_fails_it_is_told_once_and_tried_again_at_the_next_move(monkeypatch: pytest.MonkeyPatch) -> None:
    with a_session(EXPERIMENT) as session:
        press(session.navigator.step_forward, 3)
        told: list[str] = []
        # Whoever is told looks, too.
        session.signals.device_failed.connect(lambda reason: (told.append(reason), session.moment))
        let_go(session)
        with monkeypatch.context() as broken:
            broken.setattr(Executor, "trace", no_memory)
            assert session.moment.number(W1, (0, 0)) is None
            assert session.moment.number(W1, (0, 0)) is None
        assert told == ["it has no memory left"]
        session.navigator.step_forward()
        assert session.moment.number(W1, (0, 0)) is not None


def no_memory(*_: object) -> NoReturn:
    raise MemoryError
