"""Numbers set by hand: in one iteration alone, marked, explained, and cleared again."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from chainrule.catalog.arguments import Choice, SpecError
from chainrule.catalog.experiment.spec import DataSpec
from chainrule.catalog.values import refs
from chainrule.catalog.values.refs import ValueRef
from chainrule.engine import row_tensors
from chainrule.engine.trace import Executor
from chainrule.model.editing import edits
from chainrule.model.navigation import Cursor
from chainrule.session import referee as referee_module
from chainrule.session.referee import Referee
from chainrule.session.screen.computing import batch_loss_slice, computed_number
from chainrule.session.screen.explaining import explain_selection
from chainrule.session.screen.moment import is_editable, shape_of
from chainrule.session.training import Trainer
from tests.experiments import article, dense, penalized, sgd
from tests.session.acts import B1, STEPS, W1, W2, at
from tests.session.conftest import Open
from tests.session.editing.momentum import BUFFER, MOMENTUM
from tests.session.runs import FASTEST, LONG_MS, run, trainer_of
from tests.session.seen import Picture

Z0, A0, Z1 = refs.pre_activation(0), refs.activation(0), refs.pre_activation(1)
COMPUTED: dict[str, tuple[ValueRef, tuple[int, ...]]] = {
    "z": (Z0, (0, 1)),
    "a": (A0, (1, 0)),
    "loss": (refs.LOSS, ()),
    "output gradient": (refs.grad(refs.activation(1)), (1, 0)),
    "delta": (refs.grad(Z0), (0, 0)),
    "weight gradient": (refs.grad(W1), (1, 1)),
    "bias gradient": (refs.grad(B1), (1,)),
    "buffer": (refs.next_value(BUFFER), (0, 1)),
}


# -------------------------------------------------------------------------------------------------- set and cleared


@pytest.mark.parametrize(("iteration", "position"), [(0, 0), (0, STEPS), (3, 8)])
@pytest.mark.parametrize("name", COMPUTED)
def test_a_computed_number_is_set_by_hand_where_the_cursor_is(
    opened: Open, name: str, iteration: int, position: int
) -> None:
    ref, index = COMPUTED[name]
    session = at(opened(MOMENTUM), iteration, position)
    _, before = session.state.computed()
    computed = before.values[ref][index].item()
    session.number_editor.edit_number(ref, index, 0.625)
    _, trace = session.state.computed()
    assert session.cursor == Cursor(iteration, position)
    assert session.experiment == MOMENTUM
    assert trace.values[ref][index].item() == 0.625
    moment = session.moment
    assert moment.overrides == {ref: {index: 0.625}}
    assert moment.is_overridden(ref, index)
    assert not moment.is_overridden(Z1, (0, 0))
    assert computed_number(moment, ref, index) == computed
    assert moment.by_hand == (iteration,)
    session.number_editor.clear_override(ref, index)
    assert session.moment.overrides == {}
    assert Picture.of(session).values == {key: value.numpy().tobytes() for key, value in before.values.items()}


def test_only_one_iteration_has_the_number_and_later_ones_start_from_what_came_of_it(opened: Open) -> None:
    session = at(opened(), 2, 8)
    executor = Executor(article())
    state = session.timeline.history(session.document, 2).state(2)
    overrides = {Z0: {(0, 0): -1.5}}
    values, following = executor.advance(state, overrides)
    session.number_editor.edit_number(Z0, (0, 0), -1.5)
    session.navigator.go_to(Cursor(3, STEPS))
    assert session.moment.overrides == {}
    assert session.moment.lists(W1) == values[refs.next_value(W1)].tolist()
    assert session.moment.lists(Z0) == executor.values(following)[Z0].tolist()
    session.navigator.go_to(Cursor(1, STEPS))
    assert session.moment.overrides == {}
    session.navigator.go_to(Cursor(2, STEPS))
    assert session.moment.overrides == overrides


def test_numbers_set_by_hand_add_up_and_one_action_clears_all(opened: Open) -> None:
    session = at(opened(), 2, STEPS)
    pictures = [Picture.of(session)]
    places = [(Z0, (0, 0), 1.0), (Z0, (1, 1), 2.0), (refs.grad(W2), (0, 1), 3.0)]
    for ref, index, number in places:
        session.number_editor.edit_number(ref, index, number)
        pictures.append(Picture.of(session))
    assert session.moment.overrides == {Z0: {(0, 0): 1.0, (1, 1): 2.0}, refs.grad(W2): {(0, 1): 3.0}}
    assert session.number_editor.can_clear_overrides()
    session.number_editor.clear_overrides()
    assert not session.number_editor.can_clear_overrides()
    # What is computed again as before is no edit: the document is as if nothing had been.
    assert session.document.segments == pictures[0].document.segments
    assert not session.is_modified
    for picture in reversed(pictures):
        session.undo_stack.undo()
        if picture is not pictures[0]:
            assert Picture.of(session) == picture
    assert Picture.of(session) == pictures[0]
    assert not session.undo_stack.canUndo()


def test_clearing_one_number_keeps_the_others(opened: Open) -> None:
    session = at(opened(), 0, 8)
    session.number_editor.edit_number(Z0, (0, 0), 1.0)
    session.number_editor.edit_number(Z0, (1, 1), 2.0)
    session.number_editor.clear_override(Z0, (0, 0))
    assert session.moment.overrides == {Z0: {(1, 1): 2.0}}
    count = session.undo_stack.count()
    session.number_editor.clear_override(Z0, (0, 0))
    session.number_editor.edit_number(Z0, (1, 1), 2.0)
    assert session.undo_stack.count() == count


def test_a_state_that_was_edited_too_stays_when_numbers_are_cleared(opened: Open) -> None:
    session = at(opened(), 2, 8)
    session.number_editor.edit_number(W1, (0, 0), 0.75)
    session.number_editor.edit_number(Z0, (0, 0), 1.0)
    session.number_editor.edit_number(W1, (1, 1), 0.5)
    assert session.moment.overrides == {Z0: {(0, 0): 1.0}}
    session.number_editor.clear_overrides()
    assert (session.moment.number(W1, (0, 0)), session.moment.number(W1, (1, 1))) == (0.75, 0.5)
    assert [segment.start for segment in session.document.segments] == [0, 2]


def test_there_is_nothing_to_clear_in_another_iteration(opened: Open) -> None:
    session = at(opened(), 2, 8)
    session.number_editor.edit_number(Z0, (0, 0), 1.0)
    session.navigator.go_to(Cursor(1, 8))
    assert not session.number_editor.can_clear_overrides()
    session.number_editor.clear_overrides()
    session.navigator.go_to(Cursor(2, 8))
    assert session.number_editor.can_clear_overrides()


def test_keys_that_change_a_number_again_and_again_are_one_edit(opened: Open) -> None:
    session = at(opened(), 1, 8)
    for number in (1.0, 2.0, 3.0):
        session.number_editor.edit_number(Z0, (0, 0), number, merge_key="z")
    assert session.undo_stack.count() == 1
    assert session.undo_stack.undoText() == "Set pre_activation by hand"
    session.undo_stack.undo()
    assert session.moment.overrides == {}


def test_the_past_is_set_by_hand_and_its_future_is_dropped(opened: Open, qtbot: QtBot) -> None:
    session = opened()
    run(qtbot, trainer_of(session), 20)
    before = Picture.of(session)
    session.navigator.go_to(Cursor(5, 8))
    session.number_editor.edit_number(Z0, (0, 0), 9.0)
    assert (session.document.trained, session.horizon) == (5, 6)
    session.undo_stack.undo()
    session.navigator.go_to(before.cursor)
    assert Picture.of(session) == before


# ------------------------------------------------------------------------------------ runs, restart, files, settings


def test_a_run_passes_through_an_iteration_with_numbers_set_by_hand(opened: Open, qtbot: QtBot) -> None:
    session = at(opened(), 3, 8)
    session.number_editor.edit_number(Z0, (0, 0), 9.0)
    stepped = session.timeline.history(session.document, 3).state(6).values[W1].tolist()
    session.navigator.go_to(Cursor())
    run(qtbot, trainer_of(session, FASTEST), 6)
    assert session.moment.lists(refs.next_value(W1)) == stepped
    assert session.moment.by_hand == (3,)
    losses = session.timeline.losses(session.document, session.horizon).rows()[:, 0].tolist()
    session.navigator.go_to(Cursor(3, STEPS))
    assert losses[3] == session.moment.lists(refs.LOSS)


def test_a_loss_set_by_hand_is_on_the_plot(opened: Open) -> None:
    session = at(opened(), 2, STEPS)
    session.number_editor.edit_number(refs.LOSS, (), 5.0)
    assert session.timeline.losses(session.document, 3).rows()[2, 0] == 5.0


def test_restart_drops_them_and_a_file_does_not_hold_them(opened: Open) -> None:
    session = at(opened(), 0, 8)
    session.number_editor.edit_number(Z0, (0, 0), 9.0)
    assert session.file.to_save == article()
    assert session.is_modified
    session.file.mark_saved(Path("mine.chainrule"))
    assert not session.is_modified
    session.editor.restart()
    assert session.moment.overrides == {}
    assert session.cursor == Cursor()
    session.undo_stack.undo()
    assert session.moment.overrides == {Z0: {(0, 0): 9.0}}


@pytest.mark.parametrize("iteration", [0, 2])
def test_an_edit_keeps_what_was_set_by_hand_where_there_is_a_place_for_it(opened: Open, iteration: int) -> None:
    session = at(opened(), iteration, STEPS)
    session.number_editor.edit_number(Z0, (1, 1), 9.0)
    session.number_editor.edit_number(refs.grad(W1), (0, 0), 3.0)
    session.editor.edit("Learning rate", edits.set_optimizer(sgd(0.5)))
    assert session.moment.overrides == {Z0: {(1, 1): 9.0}, refs.grad(W1): {(0, 0): 3.0}}
    session.editor.edit("Freeze", edits.set_frozen(W1, True))
    assert session.moment.overrides == {Z0: {(1, 1): 9.0}}
    session.editor.edit("Remove row", edits.remove_row(0))
    assert session.moment.overrides == {}


def test_an_edit_beside_what_was_set_by_hand_reads_no_data_again(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    session = opened(MOMENTUM)
    session.number_editor.edit_number(Z0, (0, 1), 0.625)
    made: list[object] = []
    monkeypatch.setattr(row_tensors, "read_blocks", lambda blocks, dtype, device: made.append(blocks))
    session.editor.edit("Learning rate", edits.set_optimizer(sgd(0.5, 0.9)))
    assert session.moment.overrides == {Z0: {(0, 1): 0.625}}
    assert made == []


def test_what_another_dtype_cannot_hold_is_dropped(opened: Open) -> None:
    session = at(opened(), 0, 8)
    session.number_editor.edit_number(Z0, (0, 0), 1e300)
    session.number_editor.edit_number(Z0, (0, 1), 1.0)
    session.editor.edit("dtype", edits.set_dtype("float32"))
    assert session.moment.overrides == {Z0: {(0, 1): 1.0}}


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf, 1e39])
@pytest.mark.parametrize("name", COMPUTED)
def test_what_is_no_number_of_the_dtype_is_refused(opened: Open, name: str, number: float) -> None:
    ref, index = COMPUTED[name]
    session = at(opened(article(optimizer=sgd(0.01, 0.9), dtype="float32")), 2, 8)
    before = Picture.of(session)
    with pytest.raises(SpecError) as refusal:
        session.number_editor.edit_number(ref, index, number)
    assert refusal.value.path == f"$.{ref}" + "".join(f"[{place}]" for place in index)
    assert Picture.of(session) == before
    assert session.undo_stack.count() == 0


def test_a_place_that_the_batch_does_not_have_is_refused(opened: Open) -> None:
    session = at(opened(), 0, 8)
    for ref, index in ((Z0, (2, 0)), (Z0, (0, 2)), (Z0, (0,)), (refs.LOSS, (0,))):
        with pytest.raises(SpecError, match="no such number"):
            session.number_editor.edit_number(ref, index, 1.0)
    assert session.undo_stack.count() == 0


def test_every_value_of_adam_is_set_by_hand_and_what_follows_is_computed_from_it(opened: Open) -> None:
    adam = Choice("Adam", {"lr": 0.01, "amsgrad": True})
    session = opened(article(optimizer=adam))
    names = ["step.next", "exp_avg.next", "exp_avg_sq.next", "bias_correction1", "bias_correction2"]
    names += ["max_exp_avg_sq.next", "denom", "update"]
    session.navigator.go_to(Cursor(0, len(session.moment.steps)))
    session.navigator.go_to(Cursor(1, len(session.moment.steps)))
    before = session.moment.numbers.lists(refs.next_value(W1))[0][1]
    for name in names:
        ref = ValueRef(f"{W1}.{name}")
        index = (0, 1) if shape_of(session.moment, ref) else ()
        session.number_editor.edit_number(ref, index, 0.625)
        assert session.moment.number(ref, index) == 0.625
        assert session.moment.numbers.lists(refs.next_value(W1))[0][1] != before
        session.selector.select(ref, index)
        assert explain_selection(session.moment).by_hand == "0.6250"
        session.number_editor.clear_overrides()
        assert session.moment.numbers.lists(refs.next_value(W1))[0][1] == before


def test_a_counter_cannot_be_set(opened: Open) -> None:
    warm = Choice("LambdaLR", {"lr_lambda": "1 / (iteration + 1)"})
    session = opened(article(scheduler=warm))
    assert not is_editable(session.moment, refs.ITERATION)
    with pytest.raises(SpecError, match="counts by itself"):
        session.number_editor.edit_number(refs.ITERATION, (), 5.0)


def test_a_new_weight_is_still_what_the_next_iteration_starts_from(opened: Open) -> None:
    session = at(opened(), 1, STEPS)
    session.number_editor.edit_number(refs.next_value(W1), (0, 0), 0.75)
    assert session.cursor == Cursor(2, 0)
    assert session.moment.by_hand == ()


# --------------------------------------------------------------------------------------- the referee, and in words


def test_the_referee_does_not_judge_numbers_set_by_hand(
    opened: Open, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(referee_module, "IDLE_MS", 5)
    session = opened()
    trainer = Trainer(session.state, session.navigator, session.signals, session)
    referee = Referee(session.state, trainer, session.signals, session)
    with qtbot.waitSignal(referee.verdict_changed):
        session.navigator.go_to(Cursor(0, 8))
    assert referee.verdict is not None
    with qtbot.waitSignal(referee.verdict_changed):
        session.number_editor.edit_number(Z0, (0, 0), 9.0)
    assert referee.verdict is None
    referee.check()
    assert referee.verdict is None
    with qtbot.assertNotEmitted(referee.verdict_changed, wait=100):
        pass
    session.number_editor.clear_overrides()
    qtbot.waitUntil(lambda: referee.verdict is not None, timeout=LONG_MS)


@pytest.mark.parametrize("name", COMPUTED)
def test_the_equation_gives_what_was_computed_and_what_was_put_in_its_place(opened: Open, name: str) -> None:
    ref, index = COMPUTED[name]
    session = at(opened(MOMENTUM), 1, 21)
    session.selector.select(ref, index)
    plain = explain_selection(session.moment)
    session.number_editor.edit_number(ref, index, 0.625)
    found = explain_selection(session.moment)
    assert (found.left, found.symbols, found.numbers, found.result) == (
        plain.left,
        plain.symbols,
        plain.numbers,
        plain.result,
    )
    assert plain.by_hand == ""
    assert found.by_hand == "0.6250"
    assert found.sentence.startswith(plain.sentence)
    assert "0.6250 was set by hand" in found.sentence
    assert "0.6250" in found.latex


def test_what_was_typed_is_written_as_it_was_typed(opened: Open) -> None:
    session = at(opened(), 0, 0)
    for ref, index, text in ((refs.INPUT, (0, 0), "1"), (refs.TARGET, (1, 0), "2"), (refs.weight(0), (0, 0), "0.1000")):
        session.selector.select(ref, index)
        assert explain_selection(session.moment).result == text


def test_what_follows_is_explained_with_the_new_number(opened: Open) -> None:
    session = at(opened(), 0, STEPS)
    session.selector.select(A0, (0, 1))
    session.number_editor.edit_number(Z0, (0, 1), 0.625)
    assert explain_selection(session.moment).result == "0.6250"


def test_the_slope_goes_through_the_loss_of_the_numbers_set_by_hand(opened: Open) -> None:
    session = at(opened(dense((2, 3, 1), 4)), 1, STEPS)
    session.number_editor.edit_number(Z0, (0, 1), 0.625)
    found = batch_loss_slice(session.moment, W2, (0, 1))
    middle = len(found.places) // 2
    assert found.losses[middle] == pytest.approx(found.loss, rel=1e-12)
    assert found.loss == session.moment.lists(refs.LOSS)
    rise = (found.losses[middle + 1] - found.losses[middle - 1]) / (found.places[middle + 1] - found.places[middle - 1])
    assert found.slope == pytest.approx(rise, rel=1e-9)


@pytest.mark.parametrize(
    ("ref", "index", "text"),
    [
        (refs.grad(W2), (0, 0), "Set weight by hand"),
        (refs.loss_term("softmax"), (0, 0), "Set softmax by hand"),
        (refs.DATA_LOSS, (), "Set loss by hand"),
        (refs.penalty(0), (), "Set penalty by hand"),
        (refs.next_value(refs.LR), (), "Set lr by hand"),
        (refs.next_value(refs.scheduler_state("best")), (), "Set scheduler by hand"),
    ],
)
def test_what_was_set_by_hand_is_named_where_it_is_undone(
    opened: Open, ref: ValueRef, index: tuple[int, ...], text: str
) -> None:
    data, loss = DataSpec(((1.0, 2.0), (3.0, 4.0)), ((0.0,), (2.0,))), Choice("CrossEntropyLoss")
    session = opened(penalized(dense((2, 2, 3), 2, data=data, loss=loss, scheduler=Choice("ReduceLROnPlateau"))))
    session.navigator.go_to(Cursor(0, len(session.moment.steps)))
    session.number_editor.edit_number(ref, index, 0.25)
    assert session.undo_stack.undoText() == text
