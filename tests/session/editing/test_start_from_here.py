"""Start from here: what the screen shows becomes what training starts from, to the same bits; undone and forgotten."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.spec import Experiment, LayerSpec, StartState
from chainrule.catalog.values import refs
from chainrule.catalog.values.refs import ValueRef
from chainrule.engine.machine.check import check_experiment
from chainrule.model.editing import edits
from chainrule.model.editing import shape as shape_edits
from chainrule.model.files.decoding import decode_experiment
from chainrule.model.files.encoding import encode_experiment
from chainrule.model.navigation import Cursor
from chainrule.model.timeline.states import initial_numbers
from chainrule.session.session import Session
from tests.experiments import article, parameters
from tests.session.conftest import Open

BUFFER = ValueRef("layers.1.bias.momentum_buffer")
MOMENTUM = Choice("SGD", {"lr": 0.1, "momentum": 0.5})
STEPS = Choice("StepLR", {"step_size": 2, "gamma": 0.5})


@pytest.fixture
def session(opened: Open) -> Session:
    return opened(article(optimizer=MOMENTUM, scheduler=STEPS))


def numbers(session: Session) -> list[float | None]:
    """Some of all that the last micro-step of an iteration knows."""
    end = Cursor(session.cursor.iteration, len(session.moment.steps))
    session.navigator.go_to(end)
    places = [
        (refs.LOSS, ()),
        (refs.next_value(refs.weight(0)), (0, 1)),
        (refs.next_value(BUFFER), (0,)),
        (refs.LR, ()),
    ]
    return [session.moment.number(ref, index) for ref, index in places]


def test_training_goes_on_to_the_same_bits(session: Session) -> None:
    session.navigator.go_to(Cursor(9))
    wanted = numbers(session)
    session.navigator.go_to(Cursor(5, 3))
    shown = session.moment.number(refs.weight(0), (0, 0))
    session.training_start.start_from_here()
    assert session.cursor == Cursor(5, 3)
    assert session.document.first == session.experiment.first_iteration == 5
    assert session.moment.number(refs.weight(0), (0, 0)) == shown
    session.navigator.go_to(Cursor(9))
    assert numbers(session) == wanted


def test_at_the_end_of_an_iteration_it_is_the_next_one(session: Session) -> None:
    session.navigator.go_to(Cursor(0, len(session.moment.steps)))
    new = session.moment.number(refs.next_value(refs.weight(0)), (0, 0))
    session.training_start.start_from_here()
    assert session.cursor == Cursor(1)
    assert session.moment.number(refs.weight(0), (0, 0)) == new
    assert not session.training_start.can_start_from_here()
    assert not session.navigator.can_step_back()


def test_it_is_one_undo_entry(session: Session) -> None:
    session.navigator.go_to(Cursor(4))
    before = session.document
    session.training_start.start_from_here()
    assert session.undo_stack.undoText() == "Start from here"
    session.undo_stack.undo()
    assert session.document is before
    assert session.cursor == Cursor(4)
    assert session.undo_stack.count() == 1


def test_there_is_nothing_to_start_from_at_the_start(session: Session) -> None:
    assert not session.training_start.can_start_from_here()
    session.training_start.start_from_here()
    assert not session.undo_stack.canUndo()
    session.navigator.step_forward()
    assert not session.training_start.can_start_from_here()


def test_a_plain_optimizer_starts_there_as_well(opened: Open) -> None:
    session = opened(article())
    session.navigator.go_to(Cursor(7))
    session.training_start.start_from_here()
    assert session.experiment.state == StartState(7)
    assert session.cursor == Cursor(7)


def test_what_was_set_by_hand_in_the_iteration_stays(session: Session) -> None:
    session.navigator.go_to(Cursor(3, 4))
    session.number_editor.edit_number(refs.pre_activation(0), (0, 0), 9.0)
    session.training_start.start_from_here()
    assert session.moment.number(refs.pre_activation(0), (0, 0)) == 9.0
    assert session.number_editor.can_clear_overrides()


def test_numbers_that_have_overflowed_are_nothing_to_start_from(opened: Open) -> None:
    session = opened(article(optimizer=Choice("SGD", {"lr": 1e200})))
    told: list[str] = []
    session.signals.noticed.connect(told.append)
    session.navigator.go_to(Cursor(2))
    before = session.document
    session.training_start.start_from_here()
    assert session.document is before
    assert told[0].startswith("Training cannot start from here. ")


def test_it_is_forgotten_with_the_parameters_kept(session: Session) -> None:
    session.navigator.go_to(Cursor(4))
    session.training_start.start_from_here()
    given = session.experiment.parameters
    session.navigator.go_to(Cursor(6, 2))
    session.training_start.forget_start()
    assert session.experiment.state is None
    assert session.experiment.parameters == given
    assert session.cursor == Cursor(0)
    assert session.moment.number(BUFFER, (0,)) == 0.0
    session.undo_stack.undo()
    assert session.cursor == Cursor(6, 2)
    assert session.experiment.first_iteration == 4


def test_a_file_of_the_trained_experiment_goes_on_to_the_same_bits(session: Session, opened: Open) -> None:
    assert session.training_start.trained_now().state is None
    session.navigator.go_to(Cursor(9))
    wanted = numbers(session)
    session.navigator.go_to(Cursor(4, len(session.moment.steps)))
    again = opened(decode_experiment(encode_experiment(session.training_start.trained_now())))
    assert again.cursor == Cursor(5)
    assert again.training_start.trained_now() == again.experiment
    again.navigator.go_to(Cursor(9))
    assert numbers(again) == wanted


def test_what_is_put_aside_is_counted_from_where_the_timeline_begins(session: Session) -> None:
    session.navigator.go_to(Cursor(5))
    session.training_start.start_from_here()
    said: list[str] = []
    session.signals.informed.connect(said.append)
    session.training_start.forget_start()
    assert said == []
    session.undo_stack.undo()
    session.navigator.go_to(Cursor(7, len(session.moment.steps)))
    session.training_start.forget_start()
    assert said == ["3 later iterations were put aside; Ctrl+Z brings them back."]


@pytest.mark.parametrize("iteration", [4, 6])
def test_a_reseed_begins_at_0_with_nothing_kept_but_what_is_frozen(session: Session, iteration: int) -> None:
    session.editor.edit("", edits.set_frozen(refs.weight(0), True))
    session.navigator.go_to(Cursor(4))
    session.training_start.start_from_here()
    session.navigator.go_to(Cursor(iteration))
    session.editor.edit("Reseed", edits.reseed(3, session.editor.initial_values), restart=True)
    assert (session.cursor, session.document.first) == (Cursor(0), 0)
    assert session.experiment.state is None
    assert session.experiment.parameters == {refs.weight(0): article().parameters[refs.weight(0)]}
    assert session.moment.number(BUFFER, (0,)) == 0.0


def test_what_came_before_is_not_gone_to(session: Session) -> None:
    session.navigator.go_to(Cursor(5))
    session.training_start.start_from_here()
    session.navigator.step_forward()
    session.navigator.go_to(Cursor(3, 4))
    assert session.cursor == Cursor(5)


# Edits of an experiment that starts from a state: what it does not keep any more goes


def started() -> Experiment:
    kept = {
        "layers.0.weight.momentum_buffer": ((1.0, 2.0), (3.0, 4.0)),
        "layers.0.bias.momentum_buffer": (5.0, 6.0),
        "layers.1.weight.momentum_buffer": ((7.0, 8.0),),
        "layers.1.bias.momentum_buffer": (9.0,),
        "lr": 0.025,
    }
    state = StartState(4, parameters(kept))
    return check_experiment(article(optimizer=MOMENTUM, scheduler=STEPS, state=state))


def kept(session: Session) -> set[str]:
    assert session.experiment.state is not None
    assert session.experiment.state.iteration == 4
    return {ref.replace("layers.", "").replace(".momentum_buffer", "") for ref in session.experiment.state.values}


@pytest.mark.parametrize(
    ("change", "left"),
    [
        (edits.set_optimizer(Choice("Adam", {"lr": 0.1})), set()),
        (edits.set_optimizer(Choice("SGD", {"lr": 0.1, "momentum": 0.0})), set()),
        (
            edits.set_optimizer(Choice("SGD", {"lr": 0.2, "momentum": 0.5})),
            {"0.weight", "0.bias", "1.weight", "1.bias"},
        ),
        (edits.set_scheduler(None), {"0.weight", "0.bias", "1.weight", "1.bias"}),
        (edits.set_frozen(refs.weight(0), True), {"0.bias", "1.weight", "1.bias", "lr"}),
        (shape_edits.set_bias(1, False, initial_numbers), {"0.weight", "0.bias", "1.weight", "lr"}),
        (shape_edits.set_units(0, 3, initial_numbers), {"1.bias", "lr"}),
        (shape_edits.add_layer(initial_numbers), {"0.weight", "0.bias", "2.weight", "2.bias", "lr"}),
        (shape_edits.remove_layer(0, initial_numbers), {"0.weight", "0.bias", "lr"}),
        (edits.set_activation(0, Choice("Tanh")), {"0.weight", "0.bias", "1.weight", "1.bias", "lr"}),
    ],
)
def test_an_edit_leaves_of_it_what_fits(opened: Open, change: edits.Edit, left: set[str]) -> None:
    session = opened(started())
    session.editor.edit("x", change)
    assert kept(session) == left
    assert session.cursor == Cursor(4)
    session.undo_stack.undo()
    assert session.experiment == started()


def test_what_a_file_says_is_still_refused(opened: Open) -> None:
    wrong = replace(started(), network=replace(started().network, layers=(LayerSpec(2), LayerSpec(1, bias=False))))
    with pytest.raises(Exception, match="momentum_buffer"):
        check_experiment(replace(wrong, parameters={}))
