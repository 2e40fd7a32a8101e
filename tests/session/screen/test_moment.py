"""A moment: what is known at a cursor, and nothing that is not."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.values import refs
from chainrule.engine.machine.check import check_experiment
from chainrule.engine.trace import Executor
from chainrule.model.document import Document
from chainrule.model.navigation import Cursor
from chainrule.session.screen.course import Course
from chainrule.session.screen.moment import Moment, MomentNumbers, Selection, is_editable, shape_of
from tests.experiments import article, experiments, parameters, sgd

GIVEN = (refs.INPUT, refs.TARGET, refs.LR)


def moment_of(experiment: Experiment, cursor: Cursor, sample: int = 0) -> Moment:
    """The first iteration's moment at a cursor."""
    executor = Executor(experiment)
    trace = next(executor.iterations())
    numbers = MomentNumbers(experiment, trace)
    return Moment(
        experiment, cursor, numbers, executor.program, trace.rows, sample, None, 4, Course(Document.of(experiment), 0)
    )


def before_the_engine(experiment: Experiment) -> Moment:
    """What there is to see while torch is not loaded."""
    rows = tuple(range(len(experiment.data.inputs)))
    return Moment(
        experiment, Cursor(), MomentNumbers(experiment), None, rows, 0, None, 4, Course(Document.of(experiment), 0)
    )


# ------------------------------------------------------------------------------------------------ before the engine


def test_before_the_engine_the_given_numbers_are_there() -> None:
    moment = before_the_engine(article())
    assert moment.number(refs.INPUT, (1, 0)) == 3.0
    assert moment.number(refs.TARGET, (1, 0)) == 2.0
    assert moment.number(refs.weight(0), (1, 0)) == 0.3
    assert moment.number(refs.bias(1), (0,)) == 0.1
    assert moment.number(refs.LR, ()) == 0.01
    assert moment.lists(refs.weight(1)) == ((0.5, -0.6),)


def test_before_the_engine_there_is_nothing_else() -> None:
    experiment = replace(article(), parameters=parameters({"layers.0.bias": (0.0, 0.0)}))
    moment = before_the_engine(experiment)
    for ref in (refs.weight(0), refs.pre_activation(0), refs.LOSS, refs.grad(refs.bias(0)), refs.next_value(refs.LR)):
        assert not moment.is_known(ref)
        assert moment.lists(ref) is None
        assert moment.tensor(ref) is None
        assert moment.number(ref, (0, 0)) is None
    assert moment.tensor(refs.bias(0)) is None
    assert (moment.steps, moment.step, moment.written, moment.read) == ((), None, None, ())
    assert moment.latest(refs.bias(0)) == refs.bias(0)


@given(experiments())
def test_places_are_the_same_before_the_engine_and_after(experiment: Experiment) -> None:
    whole = replace(experiment, data=replace(experiment.data, batch_size=None, test_size=0.0))
    after, before = moment_of(check_experiment(whole), Cursor()), before_the_engine(check_experiment(whole))
    assert after.numbers.trace is not None
    for ref, tensor in after.numbers.trace.values.items():
        shape = tuple(tensor.shape)
        assert shape_of(before, ref) == shape_of(after, ref) == shape
        assert before.elements(ref) == after.elements(ref)
        assert is_editable(before, ref) == is_editable(after, ref) == (ref != refs.ITERATION)
        first, beyond = (0,) * len(shape), shape or (0,)
        for moment in (before, after):
            assert moment.has(ref, first)
            assert not moment.has(ref, beyond)


# ------------------------------------------------------------------------------------------------------ the cursor


@given(experiments())
def test_a_value_is_known_once_its_micro_step_is_done(experiment: Experiment) -> None:
    start = moment_of(experiment, Cursor())
    steps, program = start.steps, start.program
    assert program is not None
    trace = start.numbers.trace
    assert trace is not None
    for position in range(len(steps) + 1):
        moment = replace(start, cursor=Cursor(0, position))
        written = {step.writes for step in steps[:position]}
        for ref, value in trace.values.items():
            known = ref in written or ref not in program.index
            assert moment.is_known(ref) == known
            assert moment.lists(ref) == (value.tolist() if known else None)
            tensor = moment.tensor(ref)
            assert (tensor is not None and torch.equal(tensor, value)) if known else tensor is None
        assert moment.step is (steps[position - 1] if position else None)
        assert moment.written == (steps[position - 1].writes if position else None)
        assert moment.read == (steps[position - 1].named if position else ())


def test_a_value_that_the_iteration_does_not_have_is_not_known() -> None:
    moment = moment_of(article(), Cursor(0, 17))
    assert not moment.is_known(refs.optimizer_state(refs.weight(0), "momentum_buffer"))
    assert moment.number(refs.weight(7), (0, 0)) is None


def test_equations_may_look_up_all_values() -> None:
    lookup = moment_of(article(), Cursor()).numbers.lists
    assert lookup(refs.LOSS) == pytest.approx(4.9193)


def test_numbers_are_turned_into_lists_once() -> None:
    moment = moment_of(article(), Cursor(0, 17))
    assert moment.lists(refs.weight(0)) is moment.lists(refs.weight(0))


# ---------------------------------------------------------------------------------------------------- one at a time


@given(experiments(), st.data())
def test_numbers_are_revealed_one_after_the_other(experiment: Experiment, data: st.DataObject) -> None:
    start = moment_of(experiment, Cursor())
    position = data.draw(st.integers(1, len(start.steps)))
    moment = replace(start, sample=data.draw(st.integers(0, len(start.rows) - 1)))
    ref = start.steps[position - 1].writes
    order = moment.elements(ref)
    for element in range(len(order)):
        there = replace(moment, cursor=Cursor(0, position, element))
        shown = [there.number(ref, index) for index in order]
        assert all(number is not None for number in shown[: element + 1])
        assert shown[element + 1 :] == [None] * (len(order) - element - 1)
        assert [there.is_revealed(ref, index) for index in order] == [number is not None for number in shown]
    whole = replace(moment, cursor=Cursor(0, position))
    assert None not in [whole.number(ref, index) for index in order]


def test_only_the_value_that_is_being_written_is_revealed_bit_by_bit() -> None:
    moment = moment_of(article(), Cursor(0, 3, 0))
    assert moment.number(refs.pre_activation(0), (0, 1)) is not None
    assert moment.number(refs.weight(1), (0, 1)) == -0.6
    two = replace(moment, cursor=Cursor(0, 1, 0))
    assert two.number(refs.pre_activation(0), (0, 0)) is not None
    assert two.number(refs.pre_activation(0), (0, 1)) is None
    # The other sample's numbers come with the shown one's: nothing is written for it alone.
    assert two.number(refs.pre_activation(0), (1, 1)) is not None


# ---------------------------------------------------------------------------------------------------------- newest


def test_the_newest_value_of_a_parameter_is_its_next_once_that_is_known() -> None:
    for position in range(18):
        moment = moment_of(article(), Cursor(0, position))
        latest = refs.next_value(refs.weight(1)) if position >= 14 else refs.weight(1)
        assert moment.latest(refs.weight(1)) == latest


def test_a_frozen_parameter_has_no_newer_value() -> None:
    moment = moment_of(article(frozen=frozenset({refs.weight(1)}), optimizer=sgd(0.1)), Cursor(0, 14))
    assert moment.latest(refs.weight(1)) == refs.weight(1)
    assert moment.latest(refs.bias(1)) == refs.next_value(refs.bias(1))


def test_moments_are_frozen() -> None:
    with pytest.raises(FrozenInstanceError):
        moment_of(article(), Cursor()).sample = 1  # type: ignore[misc]
    assert Selection(refs.LOSS, ()) == Selection(refs.LOSS, ())


def test_what_is_let_go_to_make_room_keeps_its_places() -> None:
    moment = moment_of(article(), Cursor())
    assert moment.numbers.trace is not None
    values = dict(moment.numbers.trace.values)
    shapes = {ref: tuple(value.shape) for ref, value in values.items()}
    moment.numbers.trace.values.clear()  # type: ignore[attr-defined]
    assert moment.numbers.is_let_go
    assert {ref: shape_of(moment, ref) for ref in values} == shapes
    assert all(moment.has(ref, (0,) * len(shape)) for ref, shape in shapes.items())
