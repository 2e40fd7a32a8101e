"""What the catalogue says of a value is so: every value of a program is described, and has the axes and sizes told."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.spec import Experiment, PenaltySpec
from chainrule.catalog.values import refs
from chainrule.catalog.values.of_experiment import values_of
from chainrule.catalog.values.value import Axis, Role
from chainrule.engine.machine.check import check_experiment
from chainrule.engine.trace import Executor
from tests.experiments import article, sgd
from tests.formulas import formula_experiment
from tests.recorded.recording import read

RECORDED = [each.decoded for each in read()]


def untold(experiment: Experiment) -> list[str]:
    """The values of one iteration that are not as they are described."""
    executor, values = Executor(experiment), values_of(experiment)
    trace, _ = executor.advance(executor.initial_state())
    batch, wrong = len(experiment.data.inputs), []
    for ref, tensor in trace.items():
        value = values.get(ref)
        if value is None:
            wrong.append(f"{ref} is not described")
            continue
        if value.ref != ref:
            wrong.append(f"{ref} is described as {value.ref}")
        sizes = tuple(tensor.shape[0] if size is None else size for size in value.sizes)
        if sizes != tuple(tensor.shape) or (value.per_sample and not tensor.shape[0] <= batch):
            wrong.append(f"{ref} has the shape {tuple(tensor.shape)}, described as {value.sizes}")
        if len(value.axes) != len(value.sizes) or (None in value.sizes) != value.per_sample:
            wrong.append(f"{ref} has the axes {value.axes} of {value.sizes}")
    return wrong


@pytest.mark.parametrize("first", range(0, len(RECORDED), 51))
def test_every_value_of_a_program_is_described_as_it_is(first: int) -> None:
    for experiment in RECORDED[first : first + 51]:
        assert untold(experiment) == []


def test_what_is_carried_is_described_as_carried() -> None:
    for experiment in RECORDED:
        program, values = Executor(experiment).program, values_of(experiment)
        for ref in program.carried:
            following = values[refs.next_value(ref)] if refs.next_value(ref) in program.index else None
            assert not values[ref].is_next
            assert following is None or (following.is_next and following.role is values[ref].role)
            kept = (Role.PARAMETER, Role.BUFFER, Role.KEPT_GRADIENT, Role.SETTING, Role.SCHEDULER)
            assert values[ref].role in kept, ref
        for ref in program.parameters:
            assert values[ref].role is Role.PARAMETER


def test_shares_of_penalties_and_sums_of_gradients_say_what_they_are_of() -> None:
    spec = article(penalties=(PenaltySpec(Choice("L2", {"factor": 0.1, "half": True})),), optimizer=sgd(0.1, 0.9))
    experiment = check_experiment(replace(spec, data=replace(spec.data, accumulate=2)))
    assert untold(experiment) == []
    values, weight = values_of(experiment), refs.weight(0)
    data, penalty = (values[refs.share(refs.grad(weight), name)] for name in ("data", "penalties.0"))
    assert (data.role, data.source, data.owner.ref) == (Role.SHARE, "data", weight)
    assert (penalty.role, penalty.penalty, penalty.axes) == (Role.SHARE, 0, (Axis.UNIT, Axis.SOURCE))
    assert values[refs.accumulated(refs.grad(weight))].role is Role.ACCUMULATED
    assert values[refs.next_value(refs.optimizer_state(weight, "momentum_buffer"))].owner.ref == weight


def test_names_of_a_formula_are_parameters_and_operators() -> None:
    experiment = formula_experiment("q = x + y", "f = q*z + x")
    assert untold(experiment) == []
    values = values_of(experiment)
    assert values[refs.ValueRef("x")].role is Role.PARAMETER
    assert values[refs.ValueRef("q")].role is Role.OPERATOR
    share = values[refs.ValueRef("x.grad.from.q")]
    assert (share.role, share.source, share.owner.ref) == (Role.SHARE, "q", "x")


def test_a_name_that_no_value_has_is_none() -> None:
    with pytest.raises(KeyError):
        values_of(article())[refs.ValueRef("layers.9.weight")]


def test_the_places_that_are_written_leave_the_sample_out_and_what_is_one() -> None:
    experiment = check_experiment(article(optimizer=Choice("Adafactor", {"lr": 0.01})))
    values = values_of(experiment)
    row, column = (values[refs.optimizer_state(refs.weight(0), name)] for name in ("row_var", "col_var"))
    assert (row.written((1, 0)), column.written((0, 1))) == ((1,), (1,))
    assert values[refs.activation(0)].written((4, 1)) == (1,)
    assert torch.Size(size for size in row.sizes if size is not None) == (2, 1)


def test_a_parameter_has_a_next_value_whether_it_is_trained_or_not() -> None:
    weight, bias = refs.weight(0), refs.bias(0)
    experiment = article(frozen=frozenset({bias}), optimizer=Choice("Adam", {"lr": 0.01}))
    values = values_of(experiment)
    for parameter in (weight, bias):
        following = values[refs.next_value(parameter)]
        assert (following.role, following.owner.ref, following.is_next) == (Role.PARAMETER, parameter, True)
        assert following.next_of is values[parameter]
    buffer = values[refs.optimizer_state(weight, "exp_avg")]
    following = values[refs.next_value(buffer.ref)]
    assert (following.next_of, following.owner.ref) == (buffer, weight)
    assert not buffer.is_next
    names = values_of(formula_experiment("q = x + y"))
    assert names[refs.ValueRef("x.next")].next_of is names[refs.ValueRef("x")]
