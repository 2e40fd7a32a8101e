"""What undo holds: the oldest entries are let go where all together hold too much, and nothing else changes."""

from __future__ import annotations

import gc
import random
from contextlib import suppress

import pytest

from chainrule.catalog.arguments import Choice, SpecError
from chainrule.catalog.experiment.row_blocks import BLOCK_NUMBERS
from chainrule.catalog.experiment.rows import Rows
from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.values import refs
from chainrule.model.document import Document
from chainrule.model.editing import edits
from chainrule.model.navigation import Cursor
from chainrule.model.timeline import memory_use
from chainrule.session import undo
from chainrule.session.session import Session
from tests.experiments import dense, sgd
from tests.session.acts import EDITS, W1, W2, Act, at, press, three_rows
from tests.session.conftest import Open
from tests.session.seen import Heard, Picture

MB = 2**20
WIDE = dense((70, 70, 1), 2, optimizer=sgd(0.01, 0.9))


def documents_of(session: Session) -> list[Document]:
    """Every document that the stack leads to, the one on the screen last."""
    stack = session.undo_stack
    found = [session.document]
    while stack.canUndo():
        stack.undo()
        found.append(session.document)
    while stack.canRedo():
        stack.redo()
    return found[::-1]


def rows(count: int, columns: int, seed: int) -> Rows:
    draw = random.Random(seed)
    return tuple(tuple(draw.random() for _ in range(columns)) for _ in range(count))


def state_nbytes(experiment: Experiment) -> int:
    """What a state of SGD with momentum takes."""
    return 2 * 8 * experiment.network.parameter_count


def edited_backwards(session: Session, first: int) -> list[Picture]:
    """Edit a weight in each iteration from one back to the second: each takes the place of the one after."""
    pictures = []
    for iteration in range(first, 0, -1):
        session.navigator.go_to(Cursor(iteration, 3))
        pictures.append(Picture.of(session))
        session.number_editor.edit_number(W1, (iteration, 1), 0.5)
    return pictures


def test_as_many_states_of_edits_in_training_are_kept_as_there_is_room_for(
    opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(undo, "UNDO_BYTES", 5 * state_nbytes(WIDE) + MB // 10)
    session = at(opened(WIDE), 20, 3)
    pictures = edited_backwards(session, 20)
    after = Picture.of(session)
    count = session.undo_stack.count()
    # For each entry the state before it is held.
    assert count == 5
    for _ in range(2):
        for picture in reversed(pictures[-count:]):
            session.undo_stack.undo()
            assert Picture.of(session) == picture
        assert not session.undo_stack.canUndo()
        press(session.undo_stack.redo, count)
        assert Picture.of(session) == after


def test_many_edits_of_a_700_700_network_hold_a_share_of_the_budget(opened: Open) -> None:
    session = opened(dense((700, 700, 1), 2, optimizer=sgd(0.01, 0.9)))
    at(session, 24, 3)
    edited_backwards(session, 24)
    documents = documents_of(session)
    held: memory_use.MemoryUse = {}
    for document in documents:
        for segment in document.segments[1:]:
            assert segment.state is not None
            held |= memory_use.of_tensors(segment.state.values.values())
    one = state_nbytes(session.experiment)
    assert 4 < len(documents) < 12
    assert sum(held.values()) < undo.UNDO_BYTES + 2 * one


def test_edits_at_one_iteration_share_their_state_and_are_all_kept(
    opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(undo, "UNDO_BYTES", 2 * state_nbytes(WIDE))
    session = at(opened(WIDE), 3, 3)
    for number in range(40):
        session.number_editor.edit_number(W2, (0, number), 0.5)
    assert session.undo_stack.count() == 40


def test_rows_that_are_pasted_anew_again_and_again(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    most = 2 * MB
    monkeypatch.setattr(undo, "UNDO_BYTES", most)
    session = opened(dense((64, 2, 1), 4))
    pasted = []
    for seed in range(20):
        pasted.append(rows(300, 64, seed))
        session.editor.edit("Paste", edits.set_rows(pasted[-1], rows(300, 1, seed)))
    one = 300 * 65 * 8 + 2 * memory_use.BLOCK
    count = session.undo_stack.count()
    assert most // (2 * one) < count <= most // one + 1
    assert [document.segments[0].experiment.data.inputs for document in documents_of(session)] == pasted[-count - 1 :]
    # One number of them costs the block that it is in.
    for number in range(30):
        session.number_editor.edit_number(refs.INPUT, (number, 3), 0.5)
    block = 8 * BLOCK_NUMBERS
    assert block < one
    assert most // block - 1 <= session.undo_stack.count() <= most // block + 1


def test_what_is_let_go_is_gone(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(undo, "UNDO_BYTES", 3 * state_nbytes(WIDE))
    session = at(opened(WIDE), 12, 3)
    edited_backwards(session, 12)
    gc.collect()
    held = {id(document) for document in documents_of(session)}
    alive = {id(found) for found in gc.get_objects() if isinstance(found, Document)}
    assert alive == held


def test_the_last_edit_can_be_undone_however_large(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(undo, "UNDO_BYTES", 0)
    session = at(opened(WIDE), 5, 3)
    pictures = edited_backwards(session, 5)
    after = Picture.of(session)
    assert session.undo_stack.count() == 1
    session.undo_stack.undo()
    assert Picture.of(session) == pictures[-1]
    session.undo_stack.redo()
    assert Picture.of(session) == after


def test_letting_go_tells_once_and_joins_nothing(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    session = at(opened(WIDE), 4, 3)
    stack, moves = session.undo_stack, []
    for number in range(2):
        session.number_editor.edit_number(W1, (1, number), 0.25, merge_key="w")
        session.number_editor.edit_number(W1, (1, number), 0.5, merge_key="w")
        session.editor.edit("Title", edits.set_title(f"{number}"))
    texts = [stack.text(place) for place in range(stack.count())]
    assert texts == ["Edit weight", "Title"] * 2
    heard = Heard(session)
    monkeypatch.setattr(undo, "UNDO_BYTES", 5 * 70 * 70 * 8 // 2)
    stack.indexChanged.connect(moves.append)
    session.navigator.go_to(Cursor(2, 3))
    heard.take()
    session.editor.edit("Rate", edits.set_optimizer(sgd(0.5, 0.9)), merge_key="lr")
    assert (stack.count(), moves) == (stack.index(), [stack.count()])
    assert [stack.text(place) for place in range(stack.count())] == ["Title", "Rate"]
    # From iteration 2 on all is another: that the later ones are put aside is said.
    assert heard.take() == {"document_changed": 1, "informed": 1}
    # Of one key at one place it still becomes one, and an undo goes back to where it began.
    session.editor.edit("Rate", edits.set_optimizer(sgd(0.25, 0.9)), merge_key="lr")
    assert stack.count() == 2
    stack.undo()
    assert session.experiment.optimizer == Choice("SGD", WIDE.optimizer.arguments)


def test_one_key_becomes_one_entry_also_where_that_alone_is_too_much(
    opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(undo, "UNDO_BYTES", 0)
    session = at(opened(WIDE), 6, 3)
    session.number_editor.edit_number(W1, (0, 0), 0.75)
    before = Picture.of(session)
    for number in range(5):
        session.number_editor.edit_number(W1, (1, 1), float(number), merge_key="w")
    assert session.undo_stack.count() == 1
    session.undo_stack.undo()
    assert Picture.of(session) == before


@pytest.mark.parametrize("seed", range(2))
def test_with_less_kept_all_is_the_same_but_how_far_undo_goes(
    opened: Open, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    """Two sessions, of which one lets go now and then: edits, moves, undo and redo lead both to the same numbers."""
    draw, most = random.Random(seed), 2**40
    whole, short = (opened(three_rows(optimizer=sgd(0.05, 0.9))) for _ in range(2))
    names = [name for name in EDITS if "layer" not in name]
    least = 0

    def both(act: Act) -> None:
        for session, kept in ((whole, most), (short, draw.choice([0, 500, 2000, 8000]))):
            monkeypatch.setattr(undo, "UNDO_BYTES", kept)
            with suppress(SpecError):
                act(session)

    for _ in range(120):
        chance, count = draw.random(), short.undo_stack.index()
        if chance < 0.25 and count:
            both(lambda session: session.undo_stack.undo())
        elif chance < 0.4:
            both(lambda session: session.undo_stack.redo())
        elif chance < 0.6:
            cursor = Cursor(draw.randrange(6), 3)
            both(lambda session, cursor=cursor: session.navigator.go_to(cursor))
        elif chance < 0.7 and count:
            # What would have become one with an entry that is gone stays an entry of its own.
            number = draw.random()
            both(lambda session, number=number: session.number_editor.edit_number(W1, (0, 0), number, merge_key="w"))
        else:
            both(EDITS[draw.choice(names)])
        stacks = whole.undo_stack, short.undo_stack
        assert len({stack.count() - stack.index() for stack in stacks}) == 1
        assert len({stack.redoText() for stack in stacks}) == 1
        assert short.undo_stack.undoText() in ("", whole.undo_stack.undoText())
        pictures = Picture.of(whole), Picture.of(short)
        assert pictures[0].values == pictures[1].values
        assert pictures[0].cursor == pictures[1].cursor
        assert pictures[0].experiment == pictures[1].experiment
        least = max(least, whole.undo_stack.count() - short.undo_stack.count())
    assert least > 10
