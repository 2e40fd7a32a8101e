"""Conventions from what an iteration starts from: parameters and buffers as they are, each in its convention's unit.

NumPy has each rule keep its buffers along the way that was trained, and go on by itself from there.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from chainrule.catalog.arguments import Choice
from chainrule.catalog.optimizers.conventions import WEIGHT_DECAY, comparisons_of
from chainrule.catalog.values.refs import ValueRef
from chainrule.engine.convention_walks import ConventionWalk, RunningState, carried_over
from chainrule.engine.trace import Executor
from chainrule.session.conventions import ConventionTable, comparing_conventions, question_of, use
from chainrule.session.session import Session
from tests.session.conftest import Open
from tests.session.reopening.reopened import train
from tests.session.results.test_conventions import (
    ADAM,
    ADAM_L2,
    ADAMW,
    CASES,
    FIRST,
    FORMS,
    LR,
    MOMENTUM,
    RMSPROP,
    SGD_DECAY,
    SGD_MOMENTUM,
    SGD_NESTEROV,
    Rule,
    adam,
    adam_decay,
    line,
    momentum,
    rmsprop,
    slope,
    torch_choice,
)

WEIGHT, NEXT = ValueRef("layers.0.weight"), ValueRef("layers.0.weight.next")
TRAINED, STEPS = 4, 8
STEPPED = Choice("StepLR", {"step_size": 3, "gamma": 0.5})


def from_here(session: Session, title: str = "") -> ConventionTable:
    session.selector.select(WEIGHT, (0, 0))
    question = question_of(session.moment, title, STEPS, goes_on=True)
    assert question is not None
    return list(comparing_conventions(session.moment, question))[-1]


def numbers(walk: ConventionWalk | None) -> list[float]:
    assert walk is not None
    return walk.numbers


def gone_on(used: Rule, rule: Rule) -> list[float]:
    """The weight at the end of a way that `used` has gone, and where `rule` goes from there with its own buffers."""
    trained, other = used(FIRST, slope, lambda _: LR), rule(FIRST, slope, lambda _: LR)
    for _ in range(TRAINED):
        here, there = next(trained), next(other)
        # It has kept something of the same gradients, and stands where the training does.
        there[:] = here
    return [here[0], *(next(other)[0] for _ in range(STEPS))]


# As CASES, but that the buffers are as they are now: an average that began at 1 began at 0, and one of gradients with
# the decay in them has it in them.
ON_THE_WAY: list[tuple[Choice, str, str, dict[str, Rule]]] = [
    (SGD_MOMENTUM, "momentum", "PyTorch", CASES[0][2]),
    (SGD_NESTEROV, "Nesterov", "PyTorch", CASES[1][2]),
    (ADAM, "Adam", "PyTorch", CASES[2][2]),
    (RMSPROP, "RMSprop", "PyTorch", {**CASES[3][2], "TensorFlow 1": rmsprop("Keras")}),
    *(
        (choice, WEIGHT_DECAY, used, {form: adam_decay(form, used, TRAINED) for form in FORMS})
        for choice, used in ((ADAM_L2, "L2 in grad"), (ADAMW, "decoupled"))
    ),
    (SGD_DECAY, WEIGHT_DECAY, "L2 in grad", CASES[6][2]),
]


@pytest.mark.parametrize(
    ("optimizer", "title", "used", "rules"), ON_THE_WAY, ids=[f"{c[0].name} {c[1]}" for c in ON_THE_WAY]
)
def test_each_convention_goes_on_from_what_it_would_have_kept(
    opened: Open, optimizer: Choice, title: str, used: str, rules: dict[str, Rule]
) -> None:
    session = opened(line(optimizer))
    train(session, TRAINED + 1)
    assert session.cursor.iteration == TRAINED
    table = from_here(session, title)
    assert [column.name for column in table.columns] == list(rules)
    for column, walk, rule in zip(table.columns, table.walks, rules.values(), strict=True):
        assert walk is not None
        assert walk.start == TRAINED
        expected = gone_on(rules[used], rule)
        np.testing.assert_allclose(walk.numbers, expected, rtol=1e-12, err_msg=column.name)
    assert [row.iteration for row in table.rows()][:3] == [None, TRAINED, TRAINED + 1]


@pytest.mark.parametrize(
    "optimizer", [SGD_MOMENTUM, SGD_NESTEROV, ADAM, ADAM_L2, ADAMW, RMSPROP, SGD_DECAY], ids=lambda choice: choice.name
)
def test_pytorchs_goes_on_as_torch_and_the_training_do(opened: Open, optimizer: Choice) -> None:
    at = torch.tensor(FIRST, requires_grad=True)
    arguments = {name: value for name, value in optimizer.arguments.items() if name != "bias_correction"}
    own, expected = getattr(torch.optim, optimizer.name)([at], **arguments), [FIRST[0]]
    for _ in range(TRAINED + STEPS):
        at.grad = torch.tensor(slope(at.detach().numpy()))
        own.step()
        expected.append(at[0].item())
    session = opened(line(optimizer))
    train(session, TRAINED + 1)
    tables = [from_here(session, each.title) for each in comparisons_of(optimizer)]
    train(session, STEPS)
    trained = []
    for iteration in range(TRAINED, TRAINED + STEPS):
        session.navigator.show_iteration(iteration)
        trained += [session.moment.number(WEIGHT, (0, 0)), session.moment.number(NEXT, (0, 0))]
    for table in tables:
        place = [column.is_used for column in table.columns].index(True)
        np.testing.assert_allclose(numbers(table.walks[place]), expected[TRAINED:], rtol=1e-12)
        # Bit by bit what the training goes on with.
        assert numbers(table.walks[place]) == [trained[0], *trained[1::2]]


def test_a_velocity_in_the_unit_of_the_parameter_has_the_rate_of_now(opened: Open) -> None:
    session = opened(line(SGD_MOMENTUM, scheduler=STEPPED))
    train(session, TRAINED + 1)
    table = from_here(session)
    # By hand: the velocity of PyTorch along the way, under the rates 0.1, 0.1, 0.1, 0.05, ...
    rates = [LR * 0.5 ** (t // 3) for t in range(TRAINED + STEPS)]
    w, v = FIRST, np.zeros(2)
    for rate in rates[:TRAINED]:
        v = MOMENTUM * v + slope(w)
        w = w - rate * v
    for name, scale in (("PyTorch", 1.0), ("Keras", -rates[TRAINED]), ("averaged", 1 - MOMENTUM)):
        at, velocity, expected = w, scale * v, [w[0]]
        for rate in rates[TRAINED:]:
            grad = slope(at)
            velocity = MOMENTUM * velocity + {"PyTorch": 1.0, "Keras": -rate, "averaged": 1 - MOMENTUM}[name] * grad
            at = at + velocity if name == "Keras" else at - rate * velocity
            expected.append(at[0])
        walk = next(walk for column, walk in zip(table.columns, table.walks, strict=True) if column.name == name)
        np.testing.assert_allclose(numbers(walk), expected, rtol=1e-12, err_msg=name)
    # The rate changes in iterations 6 and 9: until then both move the same from here.
    assert table.parts[1] == 3


@pytest.mark.parametrize("name", ["Keras", "averaged"])
def test_from_keras_or_an_average_the_others_are_told_back(opened: Open, name: str) -> None:
    session = opened(line(SGD_MOMENTUM))
    question = question_of(session.moment, "", STEPS)
    assert question is not None
    use(session, next(column for column in question.comparison.columns if column.name == name))
    train(session, TRAINED + 1)
    table = from_here(session)
    assert [column.is_used for column in table.columns] == [each == name for each in ("PyTorch", "Keras", "averaged")]
    for column, walk in zip(table.columns, table.walks, strict=True):
        expected = gone_on(momentum(name), momentum(column.name))
        np.testing.assert_allclose(numbers(walk), expected, rtol=1e-12, err_msg=column.name)


def test_what_was_not_counted_is_counted_from_the_iterations(opened: Open) -> None:
    # Without bias correction nothing counts the updates.
    uncorrected = next(column for column in comparisons_of(ADAM)[0].columns if column.name == "uncorrected")
    written = Choice("Formula", {"lr": LR, "state": {"m": 0.0, "v": 0.0}, "updates": uncorrected.lines})
    experiment = line(written)
    session = opened(experiment)
    train(session, TRAINED + 1)
    table = from_here(session)
    for column, walk in zip(table.columns, table.walks, strict=True):
        expected = gone_on(adam("uncorrected"), adam(column.name))
        np.testing.assert_allclose(numbers(walk), expected, rtol=1e-12, err_msg=column.name)


def test_where_gradients_are_added_up_updates_are_counted_and_not_iterations(opened: Open) -> None:
    adams, data = comparisons_of(ADAM)[0].columns, line(ADAM).data
    written = Choice("Formula", {"lr": LR, "state": {"m": 0.0, "v": 0.0}, "updates": adams[-1].lines})
    session = opened(line(written, data=replace(data, accumulate=2)))
    train(session, TRAINED + 1)
    state = session.moment.course.history(TRAINED).state(TRAINED)
    used, first = comparisons_of(written)[0].columns[-1], Executor(line(ADAM, data=replace(data, accumulate=2)))
    found = carried_over(RunningState(state, used, {}), first, adams[0])
    assert found.values[ValueRef("layers.0.weight.step")] == TRAINED // 2


def test_a_rate_of_0_keeps_the_velocity_from_being_told_and_the_rest_goes_on(opened: Open) -> None:
    session = opened(line(SGD_MOMENTUM, scheduler=Choice("StepLR", {"step_size": TRAINED, "gamma": 0.0})))
    question = question_of(session.moment, "", STEPS)
    assert question is not None
    use(session, question.comparison.columns[1])
    train(session, TRAINED + 1)
    table = from_here(session)
    assert table.refusals[1] == ""
    assert len(numbers(table.walks[1])) == STEPS + 1
    for place in (0, 2):
        assert table.walks[place] is None
        assert table.refusals[place] == "what Keras keeps is -lr times what PyTorch does, and -lr is 0 here."


def test_what_is_set_by_hand_here_holds_for_all(opened: Open) -> None:
    session = opened(line(SGD_MOMENTUM))
    train(session, TRAINED + 1)
    session.number_editor.edit_number(ValueRef("layers.0.weight.grad"), (0, 0), 2.0)
    session.number_editor.edit_number(WEIGHT, (0, 0), 0.75)
    table = from_here(session)
    assert [numbers(walk)[0] for walk in table.walks] == [0.75] * 3
    assert numbers(table.walks[0])[1] == session.moment.number(NEXT, (0, 0))
    assert numbers(table.walks[1])[1] == pytest.approx(numbers(table.walks[0])[1], rel=1e-12)


def test_in_float32_rounding_is_no_difference(opened: Open) -> None:
    session = opened(line(SGD_MOMENTUM, dtype="float32"))
    train(session, TRAINED + 1)
    table = from_here(session)
    assert table.parts[1] is None


def test_a_question_knows_a_later_start_from_another_question(opened: Open) -> None:
    session = opened(line(torch_choice("SGD", momentum=MOMENTUM)))
    session.selector.select(WEIGHT, (0, 0))
    first = question_of(session.moment, "", STEPS, goes_on=True)
    start = question_of(session.moment, "", STEPS)
    train(session, 2)
    later = question_of(session.moment, "", STEPS, goes_on=True)
    assert first is not None
    assert start is not None
    assert later is not None
    assert later.is_later_than(first)
    assert later != first
    assert not later.is_later_than(start)
    assert not start.is_later_than(first)
    fewer = question_of(session.moment, "", STEPS - 1, goes_on=True)
    assert fewer is not None
    assert not fewer.is_later_than(first)
