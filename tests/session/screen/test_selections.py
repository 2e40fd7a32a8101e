"""A selected number that is gone is selected no longer, whatever took it away."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from itertools import product

import pytest

from chainrule.catalog.arguments import Choice, SpecError
from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.values import refs
from chainrule.catalog.values.refs import ValueRef
from chainrule.engine.machine.check import check_experiment
from chainrule.model.editing import edits
from chainrule.model.editing import shape as shape_edits
from chainrule.model.elements import Index
from chainrule.model.navigation import Cursor, Stride
from chainrule.session.screen.computing import batch_loss_slice
from chainrule.session.screen.explaining import explain_next, explain_selection
from chainrule.session.screen.moment import shape_of
from chainrule.session.screen.state_table import state_rows
from chainrule.session.session import Session
from tests.experiments import dense, sgd
from tests.session.acts import Act, at, press
from tests.session.conftest import Open, a_session
from tests.session.seen import selected

SLOPES = refs.learned(0, "weight")


def rich() -> Experiment:
    """Three layers with all that can be taken away: slopes, rates, the optimizer's memory, a scheduler, clipping."""
    plain = dense((2, 3, 2, 1), 5)
    prelu = Choice("PReLU", {"num_parameters": 3})
    layers = (replace(plain.network.layers[0], activation=prelu, lr=0.02), *plain.network.layers[1:])
    return check_experiment(
        replace(
            plain,
            network=replace(plain.network, layers=layers),
            data=replace(plain.data, batch_size=2),
            optimizer=Choice("Adam", {"amsgrad": True}),
            scheduler=Choice("ReduceLROnPlateau"),
            clipping=Choice("clip_grad_norm_", {"max_norm": 1.0}),
        )
    )


REMOVALS: dict[str, Callable[[Session], None]] = {
    "first layer": lambda s: s.editor.edit("", shape_edits.remove_layer(0, s.editor.initial_values), restart=True),
    "last layer": lambda s: s.editor.edit("", shape_edits.remove_layer(2, s.editor.initial_values), restart=True),
    "bias": lambda s: s.editor.edit("", shape_edits.set_bias(0, False, s.editor.initial_values), restart=True),
    "units": lambda s: s.editor.edit("", shape_edits.set_units(0, 2, s.editor.initial_values), restart=True),
    "inputs": lambda s: s.editor.edit("", shape_edits.set_units(-1, 1, s.editor.initial_values), restart=True),
    "slopes": lambda s: s.editor.edit("", edits.set_activation(0, Choice("Tanh"))),
    "all slopes but one": lambda s: s.editor.edit("", edits.set_activation(0, Choice("PReLU"))),
    "batch": lambda s: s.editor.edit("", edits.set_batch_size(1)),
    "rows": lambda s: s.editor.edit("", edits.set_rows(((1.0, 2.0),), ((3.0,),))),
    "memory": lambda s: s.editor.edit("", edits.set_optimizer(sgd(0.1))),
    "maximum": lambda s: s.editor.edit("", edits.set_optimizer(Choice("Adam"))),
    "one rate": lambda s: s.editor.edit("", edits.set_layer_lr(0, None)),
    "scheduler": lambda s: s.editor.edit("", edits.set_scheduler(None)),
    "clipping": lambda s: s.editor.edit("", edits.set_clipping(None)),
    "training of a weight": lambda s: s.editor.edit("", edits.set_frozen(refs.weight(0), True)),
    "another file": lambda s: s.file.open(dense((1, 1), 1), None),
}
AWAY: dict[str, Act] = {
    "undo": lambda s: s.undo_stack.undo(),
    "redo": lambda s: s.undo_stack.redo(),
    "past": lambda s: s.navigator.go_to(Cursor(0, 4), follow=False),
    "end": lambda s: s.navigator.go_to(Cursor(2, 500), follow=False),
    "iteration": lambda s: s.navigator.move(Stride.ITERATION),
    "back": lambda s: s.navigator.move_back(Stride.ITERATION),
    "sample": lambda s: s.selector.show_next_sample(),
    "number": lambda s: s.selector.select_next(),
    "value": lambda s: s.selector.select_next_value(),
    "restart": lambda s: s.editor.restart(),
}


def numbers_of(session: Session) -> list[tuple[ValueRef, Index]]:
    """Every number of the iteration, the last and first of each value at least; known or not."""
    moment = session.moment
    assert moment.program is not None
    known = {ref for step in moment.steps for ref in (*step.reads, step.writes)}
    found = []
    for ref in sorted(known | set(moment.program.carried)):
        indices = list(product(*map(range, shape_of(moment, ref))))
        found += [(ref, index) for index in dict.fromkeys((indices[0], indices[-1]))]
    return found


def check(session: Session) -> None:
    """What is selected is there, and all that follows it can be shown."""
    moment = session.moment
    if moment.selection is not None:
        value = moment.numbers.tensor(moment.selection.ref)
        assert value is not None
        assert len(moment.selection.index) == value.dim()
        value[moment.selection.index]
    assert explain_selection(moment).sentence
    explain_next(moment)
    assert moment.parameter is not None
    state_rows(moment, *moment.parameter)


@pytest.mark.parametrize("name", REMOVALS)
def test_any_number_can_be_selected_when_something_is_taken_away(opened: Open, name: str) -> None:
    session = at(opened(rich()), 1, 6)
    assert len(numbers_of(session)) > 100
    lost = 0
    for ref, index in random.Random(name).sample(numbers_of(session), 60):
        session.selector.select(ref, index)
        before = selected(session)
        assert before is not None
        REMOVALS[name](session)
        check(session)
        lost += selected(session) is None
        if not session.undo_stack.canUndo():
            session.file.open(rich(), None)
            at(session, 1, 6)
            continue
        for act in ("undo", "redo", "undo"):
            AWAY[act](session)
            check(session)
    # With a smaller batch a number of a sample is that of the sample which is shown.
    assert lost > 0 or name in ("batch", "rows")


@pytest.mark.parametrize("seed", range(4))
def test_no_walk_leads_to_a_number_that_is_not_there(seed: int) -> None:
    """Edits that take away, moves, undo, and selections of numbers that were somewhere on the way, in any order."""
    chance = random.Random(seed)
    with a_session(rich()) as session:
        numbers = numbers_of(session)
        wrong = [(ref, (*index, 0)) for ref, index in numbers] + [(ref, index[1:]) for ref, index in numbers]
        wrong += [(ref, tuple(place + 9 for place in index)) for ref, index in numbers]
        wrong += [(ref, tuple(-1 for _ in index)) for ref, index in numbers]
        acts = [*REMOVALS.values(), *AWAY.values()]
        for _ in range(80):
            session.selector.select(*chance.choice(numbers if chance.random() < 0.7 else wrong))
            check(session)
            try:
                chance.choice(acts)(session)
            except SpecError:
                # There is nothing left of what would be taken away.
                pass
            except IndexError:
                assert len(session.experiment.network.layers) < 3
            check(session)
            assert session.moment.parameter is not None
            batch_loss_slice(session.moment, *session.moment.parameter)


def test_a_slope_that_is_gone_is_selected_no_longer_where_training_was_before(opened: Open) -> None:
    """Iterations before an edit have another program than those after it."""
    session = at(opened(dense((2, 2, 1), 2)), 2, 0)
    session.editor.edit("", edits.set_activation(0, Choice("PReLU")))
    at(session, 3, 0)
    session.editor.edit("", edits.set_activation(0, Choice("PReLU", {"num_parameters": 2})))
    session.selector.select(SLOPES, (1,))
    assert selected(session) == (SLOPES, (1,))
    session.navigator.move_back(Stride.ITERATION)
    assert session.cursor.iteration == 2
    assert session.selection is None
    session.navigator.move(Stride.ITERATION)
    assert session.selection is None


def test_what_is_selected_stays_where_it_still_is(opened: Open) -> None:
    session = at(opened(rich()), 1, 6)
    session.selector.select(refs.weight(0), (1, 1))
    for name in ("scheduler", "clipping", "memory", "batch"):
        REMOVALS[name](session)
        assert selected(session) == (refs.weight(0), (1, 1))
    press(session.undo_stack.undo, 4)
    assert selected(session) == (refs.weight(0), (1, 1))


def test_before_the_engine_the_numbers_that_there_will_be_can_be_selected(opened: Open) -> None:
    session = opened(ready=False)
    for ref, index in ((refs.weight(7), (0, 0)), (refs.weight(0), (2, 0)), (refs.pre_activation(0), (0, 2))):
        session.selector.select(ref, index)
        assert session.selection is None
    session.selector.select(refs.pre_activation(0), (1, 1))
    assert session.timeline is not None
    assert selected(session) == (refs.pre_activation(0), (1, 1))


def test_before_the_engine_a_number_can_be_selected_that_then_turns_out_not_to_be(opened: Open) -> None:
    """That an experiment may have a value is known before it is known whether its program computes it."""
    session = opened(ready=False)
    session.selector.select(refs.MOMENTUM, ())
    assert selected(session) == (refs.MOMENTUM, ())
    assert session.timeline is not None
    assert session.selection is None
