"""Edits of single numbers, and edits that are refused."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest

from chainrule.catalog.arguments import Choice, SpecError
from chainrule.catalog.experiment.spec import ParameterGroup
from chainrule.catalog.values import refs
from chainrule.catalog.values.refs import ValueRef
from chainrule.model.editing import edits
from chainrule.model.editing import shape as shape_edits
from chainrule.model.navigation import Cursor
from chainrule.model.timeline.states import initial_numbers
from tests.experiments import article, mazur, parameters, sgd
from tests.session.acts import B1, B2, PLACES, STEPS, W1, W2, Act, at, three_rows
from tests.session.conftest import Open
from tests.session.seen import Heard, Picture, selected

# ---------------------------------------------------------------------------------------------------- edited numbers


@pytest.mark.parametrize(("iteration", "position"), PLACES)
@pytest.mark.parametrize("sample", [0, 1])
@pytest.mark.parametrize("ref", [refs.INPUT, refs.TARGET])
def test_a_number_of_the_data_is_edited_in_the_row_on_the_screen(
    opened: Open, ref: ValueRef, sample: int, iteration: int, position: int
) -> None:
    """In shuffled batches the place in the batch is not the row of the data."""
    session = at(opened(three_rows()), iteration, position)
    sample = min(sample, len(session.moment.rows) - 1)
    row, before = session.moment.rows[sample], session.experiment
    session.number_editor.edit_number(ref, (sample, 1), 9.0)
    assert session.moment.number(ref, (sample, 1)) == 9.0
    assert session.moment.rows[sample] == row
    data, old = session.experiment.data, before.data
    changed, same = (data.inputs, data.targets) if ref == refs.INPUT else (data.targets, data.inputs)
    kept, other = (old.inputs, old.targets) if ref == refs.INPUT else (old.targets, old.inputs)
    assert same is other
    assert [number for number in range(3) if changed[number] != kept[number]] == [row]
    assert changed[row] == (kept[row][0], 9.0)


@pytest.mark.parametrize(("iteration", "position"), PLACES)
@pytest.mark.parametrize(("ref", "index"), [(W1, (1, 0)), (W2, (0, 1)), (B1, (1,)), (B2, (0,))])
def test_a_parameter_is_edited_where_the_cursor_is(
    opened: Open, ref: ValueRef, index: tuple[int, ...], iteration: int, position: int
) -> None:
    session = at(opened(), iteration, position)
    first = session.file.to_save
    values = {name: session.moment.numbers.lists(name) for name in (W1, B1, W2, B2)}
    session.number_editor.edit_number(ref, index, 0.75)
    assert session.cursor == Cursor(iteration, position)
    assert session.moment.number(ref, index) == 0.75
    for name, value in values.items():
        assert (session.moment.lists(name) == value) == (name != ref)
    # The first weights are those of iteration 0: only there an edit reaches them, and the file.
    assert (session.file.to_save == first) == (iteration > 0)
    assert session.is_modified


@pytest.mark.parametrize("position", [0, 13, 17])
@pytest.mark.parametrize("iteration", [0, 3])
@pytest.mark.parametrize(("ref", "index"), [(W1, (1, 0)), (B2, (0,))])
def test_a_new_value_is_edited_as_what_the_next_iteration_starts_from(
    opened: Open, ref: ValueRef, index: tuple[int, ...], iteration: int, position: int
) -> None:
    session = at(opened(), iteration, position)
    _, trace = session.state.computed()
    updated = {name: trace.values[refs.next_value(name)].tolist() for name in (W1, B1, W2, B2)}
    session.number_editor.edit_number(refs.next_value(ref), index, 0.75)
    assert session.cursor == Cursor(iteration + 1, 0)
    assert session.moment.number(ref, index) == 0.75
    for name, value in updated.items():
        assert (session.moment.lists(name) == value) == (name != ref)
    session.navigator.step_back()
    assert session.cursor == Cursor(iteration, STEPS)
    # The update of the iteration before is what it was.
    assert session.moment.lists(refs.next_value(ref)) == updated[ref]


def test_editing_a_new_value_keeps_what_was_edited_at_the_same_place(opened: Open) -> None:
    session = at(opened(), 0, STEPS)
    session.number_editor.edit_number(refs.next_value(W1), (0, 0), 0.75)
    session.navigator.step_back()
    session.number_editor.edit_number(refs.next_value(B2), (0,), 0.25)
    assert (session.moment.number(W1, (0, 0)), session.moment.number(B2, (0,))) == (0.75, 0.25)
    assert [segment.start for segment in session.document.segments] == [0, 1]


def test_a_buffer_of_the_optimizer_can_be_edited_in_the_middle_of_training(opened: Open) -> None:
    session = at(opened(article(optimizer=sgd(0.01, 0.9))), 2, 0)
    buffer = refs.optimizer_state(W1, "momentum_buffer")
    session.number_editor.edit_number(buffer, (0, 1), 0.75)
    assert session.moment.number(buffer, (0, 1)) == 0.75


# --------------------------------------------------------------------------------------------------------- refusals

remove_first = shape_edits.remove_layer(0, initial_numbers)
BAD: dict[str, Act] = {
    "no rows": lambda s: s.editor.edit("", edits.set_rows((), ())),
    "ragged": lambda s: s.editor.edit("", edits.set_rows(((1.0, 2.0), (3.0,)), ((1.0,), (2.0,)))),
    "columns": lambda s: s.editor.edit("", edits.set_rows(((1.0,),), ((1.0,),))),
    "learning rate": lambda s: s.editor.edit("", edits.set_optimizer(sgd(-1.0))),
    "optimizer": lambda s: s.editor.edit("", edits.set_optimizer(Choice("Unheard"))),
    "loss": lambda s: s.editor.edit("", edits.set_loss(Choice("MSELoss", {"reduction": "none"}))),
    "activation": lambda s: s.editor.edit("", edits.set_activation(0, Choice("Unheard"))),
    "frozen": lambda s: s.editor.edit("", edits.set_frozen(refs.weight(7), True)),
    "dtype": lambda s: s.editor.edit("", edits.set_dtype("float16")),
    "device": lambda s: s.editor.edit("", edits.set_device("abacus")),
    "seed": lambda s: s.editor.edit("", edits.reseed(-1, s.editor.initial_values), restart=True),
    "zero units": lambda s: s.editor.edit("", shape_edits.set_units(0, 0, s.editor.initial_values), restart=True),
    "units": lambda s: s.editor.edit("", shape_edits.set_units(-1, 10**12, s.editor.initial_values), restart=True),
    "all layers": lambda s: s.editor.edit("", lambda e: remove_first(remove_first(e)), restart=True),
    "inf input": lambda s: s.number_editor.edit_number(refs.INPUT, (0, 0), math.inf),
    "nan target": lambda s: s.number_editor.edit_number(refs.TARGET, (0, 0), math.nan),
    "nan weight": lambda s: s.number_editor.edit_number(W1, (0, 0), math.nan),
    "inf bias": lambda s: s.number_editor.edit_number(B2, (0,), -math.inf),
    "nan next": lambda s: s.number_editor.edit_number(refs.next_value(W1), (0, 0), math.nan),
    "open": lambda s: s.file.open(replace(article(), device="abacus"), Path("other.chainrule")),
}


@pytest.mark.parametrize(("iteration", "position"), PLACES)
@pytest.mark.parametrize("name", BAD)
def test_a_refused_edit_changes_nothing_at_all(opened: Open, name: str, iteration: int, position: int) -> None:
    session = opened()
    session.file.mark_saved(Path("mine.chainrule"))
    session.number_editor.edit_number(W2, (0, 0), 0.25)
    at(session, iteration, position)
    session.undo_stack.undo()
    session.undo_stack.redo()
    at(session, iteration, position)
    before, selection, moment = Picture.of(session), selected(session), session.moment
    heard = Heard(session)
    with pytest.raises(SpecError) as refusal:
        BAD[name](session)
    assert str(refusal.value).startswith("$.")
    assert Picture.of(session) == before
    assert session.document is before.document
    assert (selected(session), session.moment) == (selection, moment)
    assert (session.undo_stack.count(), session.undo_stack.index()) == (1, 1)
    assert (session.path, session.is_modified) == (Path("mine.chainrule"), True)
    assert heard.take() == {}


@pytest.mark.parametrize("iteration", [0, 2])
def test_a_number_that_the_dtype_cannot_hold_is_refused_in_words(opened: Open, iteration: int) -> None:
    session = at(opened(article(dtype="float32")), iteration, 0)
    with pytest.raises(SpecError) as refusal:
        session.number_editor.edit_number(W1, (1, 0), 1e39)
    assert refusal.value.path == "$.parameters.layers.0.weight[1][0]"
    assert refusal.value.message == "expected a number that float32 can hold, got 1e+39"
    session.number_editor.edit_number(W1, (1, 0), 1e38)
    assert session.moment.number(W1, (1, 0)) == pytest.approx(1e38)


def test_a_partly_given_experiment_is_edited_like_any_other(opened: Open) -> None:
    session = opened(replace(article(), parameters=parameters({"layers.1.bias": (0.1,)})))
    drawn = session.moment.lists(W1)
    session.number_editor.edit_number(W1, (0, 0), 9.0)
    assert session.moment.lists(W1) == [[9.0, drawn[0][1]], drawn[1]]
    session.undo_stack.undo()
    assert session.moment.lists(W1) == drawn


# ------------------------------------------------------------------------------------- what goes with another loss


def test_another_loss_says_how_it_has_changed_the_targets(opened: Open) -> None:
    """0 became −1 in silence, and homework was then checked against other targets than were typed."""
    data = replace(mazur().data, targets=((0.0, 1.0),))
    session = opened(mazur(data=data))
    said: list[str] = []
    session.signals.informed.connect(said.append)
    for name, targets, told in (
        ("HingeLoss", (-1.0, 1.0), "HingeLoss takes −1 where they were 0."),
        ("BCEWithLogitsLoss", (0.0, 1.0), "BCEWithLogitsLoss takes 0 where they were −1."),
        ("NLLLoss", (1.0,), "NLLLoss takes one class for each row, not a number for each output."),
        ("MSELoss", (0.0, 1.0), "MSELoss takes a number for each output, not one class for each row."),
    ):
        session.editor.edit("Change loss", edits.set_loss(Choice(name)))
        assert session.experiment.data.targets == (targets,)
        assert said.pop() == f"The targets changed with the loss: {told}"
    session.editor.edit("Change loss", edits.set_loss(Choice("L1Loss")))
    assert said == []


def test_what_went_with_its_last_parameter_is_told(opened: Open) -> None:
    groups = (ParameterGroup(("layers.1.bias",), {"lr": 0.5}), ParameterGroup(("layers.0.*",), {"lr": 0.1}))
    session = opened(article(parameter_groups=groups))
    told: list[str] = []
    session.signals.informed.connect(told.append)
    session.editor.edit("Remove bias", shape_edits.set_bias(1, False, session.editor.initial_values), restart=True)
    assert session.experiment.parameter_groups == groups[1:]
    assert told == ["1 parameter group went with the last of the parameters there."]
