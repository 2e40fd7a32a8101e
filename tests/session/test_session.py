"""The session as a whole: opening and saving, its signals, and the engine that comes behind it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from chainrule.catalog.arguments import Choice, SpecError
from chainrule.catalog.experiment.spec import DataSpec, Experiment, LayerSpec, NetworkSpec
from chainrule.catalog.values import refs
from chainrule.model.editing import edits
from chainrule.model.navigation import Cursor, Stride
from chainrule.session.session import Session
from tests.experiments import article, mazur, sgd
from tests.session.acts import B1, EDITS, LOOKS, MOVES, W1, W2, Act, at
from tests.session.conftest import Open
from tests.session.seen import Heard

# --------------------------------------------------------------------------------------------------- open and save


def test_opening_puts_another_experiment_there_with_nothing_to_undo(opened: Open) -> None:
    session = at(opened(), 3, 5)
    session.number_editor.edit_number(W1, (0, 0), 9.0)
    session.selector.show_sample(1)
    session.file.open(mazur(), Path("mazur.chainrule"))
    assert session.experiment == mazur()
    assert (session.cursor, session.horizon, session.selection) == (Cursor(), 0, None)
    assert session.moment.sample == 0
    assert not session.undo_stack.canUndo()
    assert not session.undo_stack.canRedo()
    assert session.path == Path("mazur.chainrule")
    assert not session.is_modified


def test_opening_fills_in_what_was_left_out(opened: Open) -> None:
    session = opened()
    session.file.open(Experiment(NetworkSpec(1, (LayerSpec(1),)), DataSpec(((1.0,),), ((2.0,),))), None)
    assert session.experiment.optimizer["momentum"] == 0.0
    assert session.experiment.loss["reduction"] == "mean"
    assert not session.is_modified


def test_training_modifies_nothing_and_edits_do(opened: Open) -> None:
    session = opened()
    at(session, 3, 5)
    assert not session.is_modified
    session.editor.edit("Learning rate", edits.set_optimizer(sgd(0.5)))
    assert session.is_modified
    assert session.file.to_save == replace(article(), optimizer=sgd(0.5))
    session.file.mark_saved(Path("mine.chainrule"))
    assert not session.is_modified
    assert session.path == Path("mine.chainrule")
    session.undo_stack.undo()
    assert session.is_modified
    session.undo_stack.redo()
    assert not session.is_modified


def test_an_edit_in_the_middle_of_training_modifies_too(opened: Open) -> None:
    """A file does not hold it: closing without a word would lose it."""
    session = at(opened(), 3, 5)
    session.number_editor.edit_number(W1, (0, 0), 9.0)
    assert session.is_modified
    session.undo_stack.undo()
    assert not session.is_modified
    session.undo_stack.redo()
    session.file.mark_saved(Path("mine.chainrule"))
    assert not session.is_modified


def test_what_is_opened_may_differ_from_its_file(opened: Open) -> None:
    session = opened()
    session.file.open(mazur(), Path("mazur.chainrule"), modified=True)
    assert session.is_modified
    session.file.mark_saved(Path("mazur.chainrule"))
    assert not session.is_modified


def test_an_edit_and_its_opposite_leave_nothing_to_save(opened: Open) -> None:
    session = opened()
    session.number_editor.edit_number(W1, (0, 0), 9.0)
    assert session.is_modified
    session.number_editor.edit_number(W1, (0, 0), 0.1)
    assert not session.is_modified
    assert session.undo_stack.count() == 2


def test_the_parameters_of_now_are_the_newest_on_the_screen(opened: Open) -> None:
    session = at(opened(), 2, 16)
    assert session.training_start.parameters_now()[W1] == tuple(map(tuple, session.moment.lists(W1)))
    session.navigator.step_forward()
    assert session.training_start.parameters_now()[W1] == tuple(map(tuple, session.moment.lists(refs.next_value(W1))))
    at_end = session.training_start.parameters_now()
    session.navigator.step_forward()
    assert session.training_start.parameters_now() == at_end


# ---------------------------------------------------------------------------------------------------------- signals

NOTHING: dict[str, Act] = {
    "go to the same place": lambda s: s.navigator.go_to(Cursor(1, 8)),
    "select the same": lambda s: s.selector.select(refs.grad(W2), (0, 0)),
    "the same sample": lambda s: s.selector.show_sample(0),
    "no such sample": lambda s: s.selector.show_sample(-1),
    "the same digits": lambda s: s.selector.set_digits(4),
    "by step": lambda s: s.navigator.set_by_number(False),
    "the engine again": lambda s: s.loader.load(),
    "redo nothing": lambda s: s.undo_stack.redo(),
}


# What begins again at iteration 0 says that it puts iteration 1 aside.
SHAPES = ("reseed", "no bias", "inputs", "units", "outputs", "add layer", "remove layer")
PUTS_ASIDE = {name: {"informed": 1} for name in SHAPES}


@pytest.mark.parametrize(
    ("act", "expected"),
    [
        *((act, {"cursor_moved": 1}) for act in MOVES.values()),
        *((act, {"selection_changed": 1}) for act in LOOKS.values()),
        *((act, {"document_changed": 1, **PUTS_ASIDE.get(name, {})}) for name, act in EDITS.items()),
        *((act, {}) for act in NOTHING.values()),
        (lambda s: s.file.open(mazur(), None), {"document_changed": 1}),
        (lambda s: s.file.mark_saved(None), {"document_changed": 1}),
        (lambda s: s.editor.restart(), {"document_changed": 1}),
    ],
    ids=[*MOVES, *LOOKS, *EDITS, *NOTHING, "open", "save", "restart"],
)
def test_each_signal_comes_once_and_none_for_nothing(opened: Open, act: Act, expected: dict[str, int]) -> None:
    session = at(opened(), 1, 8)
    heard = Heard(session)
    act(session)
    assert heard.take() == expected
    edited = session.undo_stack.canUndo()
    session.undo_stack.undo()
    assert heard.take() == ({"document_changed": 1} if edited else {})


def test_nothing_comes_at_the_very_start(opened: Open) -> None:
    session = opened()
    heard = Heard(session)
    session.navigator.step_back()
    for stride in Stride:
        session.navigator.move_back(stride)
    session.editor.restart()
    session.undo_stack.undo()
    assert heard.take() == {}


def test_what_listens_sees_the_new_state(opened: Open) -> None:
    """A signal comes when the change is complete."""
    session = opened()
    seen: list[object] = []
    session.signals.cursor_moved.connect(lambda: seen.append((session.cursor, session.moment.cursor)))
    session.signals.document_changed.connect(lambda: seen.append(session.moment.number(W1, (0, 0))))
    session.signals.selection_changed.connect(lambda: seen.append(session.moment.selection == session.selection))
    session.navigator.step_forward()
    session.number_editor.edit_number(W1, (0, 0), 9.0)
    session.selector.select(B1, (1,))
    session.undo_stack.undo()
    assert seen == [(Cursor(0, 1), Cursor(0, 1)), 9.0, True, 0.1]


# ------------------------------------------------------------------------------------------------------- the engine


def test_the_engine_announces_itself_once(opened: Open) -> None:
    session = opened(ready=False)
    heard = Heard(session)
    assert not session.is_ready
    assert session.moment.program is None
    assert session.moment.number(W1, (0, 0)) == 0.1
    assert session.timeline is session.timeline
    assert session.is_ready
    assert heard.take() == {"document_changed": 1, "engine_ready": 1}
    session.loader.load()
    assert heard.take() == {}


@pytest.mark.parametrize("act", [*MOVES.values(), *EDITS.values()], ids=[*MOVES, *EDITS])
def test_a_command_that_computes_waits_for_the_engine(opened: Open, act: Act) -> None:
    unchecked = Experiment(
        NetworkSpec(2, (LayerSpec(2, Choice("ReLU")), LayerSpec(1))),
        DataSpec(((1.0, 2.0), (3.0, 4.0)), ((1.0,), (2.0,))),
    )
    session = opened(unchecked, ready=False)
    act(session)
    assert session.is_ready
    assert session.moment.steps
    # What undo comes back to was checked, and can be computed.
    session.undo_stack.undo()
    session.navigator.go_to(Cursor(0, 5))
    assert session.moment.is_known(refs.LOSS)
    assert not session.is_modified


def elsewhere_of(opened: Open) -> tuple[Session, list[tuple[object, ...]]]:
    """A session on an experiment that no machine computes, and what it says when it finds that out."""
    session = opened(replace(article(), device="abacus"), ready=False)
    session.file.path = Path("other.chainrule")
    refused: list[tuple[object, ...]] = []
    session.signals.refused.connect(lambda *said: refused.append(said))
    return session, refused


def test_an_experiment_that_the_engine_refuses_gives_way_to_what_is_opened_in_its_place(opened: Open) -> None:
    session, refused = elsewhere_of(opened)
    elsewhere = session.experiment
    session.signals.refused.connect(lambda: session.file.open(mazur(), None))
    heard = Heard(session)
    assert session.timeline is not None
    assert session.experiment == mazur()
    assert session.path is None
    assert heard.take() == {"document_changed": 1, "engine_ready": 1}
    [(experiment, error, path, _)] = refused
    assert (experiment, path) == (elsewhere, Path("other.chainrule"))
    assert isinstance(error, SpecError)
    assert str(error).startswith('$.device: "abacus" is not here; this machine has cpu')
    assert not session.is_modified


def test_what_the_engine_refuses_stays_uncomputed_where_nothing_is_opened_in_its_place(
    qtbot: QtBot, opened: Open
) -> None:
    session, refused = elsewhere_of(opened)
    heard = Heard(session)
    # It is raised where torch has come, too, and nobody waits.
    with qtbot.capture_exceptions() as raised, pytest.raises(SpecError, match="abacus"):
        session.navigator.step_forward()
    assert [kind for kind, *_ in raised] == [SpecError]
    said = len(refused)
    with pytest.raises(SpecError, match="abacus"):
        session.navigator.step_forward()
    assert len(refused) == said + 1
    assert not session.is_ready
    assert session.moment.program is None
    assert session.path == Path("other.chainrule")
    assert heard.take() == {}
    # Another one that is opened later is computed as ever.
    session.file.open(mazur(), None)
    session.navigator.step_forward()
    assert session.is_ready
    assert heard.take() == {"document_changed": 2, "engine_ready": 1, "cursor_moved": 1}
