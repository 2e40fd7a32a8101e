"""Entries that are added at run time are described as the table's own: their values, axes, owners and words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from unittest.mock import patch

import pytest

from chainrule.catalog.activation import Learned
from chainrule.catalog.activations import ACTIVATIONS
from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.losses import LOSSES
from chainrule.catalog.optimizers import LEARNING_RATE, OPTIMIZERS, Buffer, Called, Optimizer, Update
from chainrule.catalog.values import refs
from chainrule.catalog.values.extent import Extent
from chainrule.catalog.values.of_experiment import by_parameter, values_of
from chainrule.catalog.values.refs import ValueRef
from chainrule.catalog.values.value import Axis, Role, Value
from chainrule.engine.machine.check import check_experiment
from chainrule.engine.trace import Executor
from tests import added_activations
from tests.catalog.test_values import untold
from tests.explain.writing.test_fragments import CROSS_ENTROPY
from tests.formulas import formula_experiment

WEIGHT, BIAS, GAIN, SHIFT = refs.weight(0), refs.bias(0), refs.learned(0, "gain"), refs.learned(0, "shift")


def _rows(shape: tuple[int, ...]) -> tuple[Update, ...]:
    """The sizes of each row's gradients, added up: what a single number has not."""
    update = Update("row_size.next", ("grad", "row_size"), "row_size + total", "", Extent.ROWS, term="abs(x)")
    return (update,) if shape else ()


def _columns(shape: tuple[int, ...]) -> tuple[Update, ...]:
    """The mean of each column's gradients: what only a matrix has."""
    return (Update("mean", ("grad",), "total/count", "", Extent.COLUMNS, term="x"),) if len(shape) > 1 else ()


# A number for all of a parameter, one for each row, and on the way one for each column.
COUNTED = Optimizer(
    "Counted",
    (LEARNING_RATE,),
    state=lambda choice, shape: (
        Buffer("total_size", 0.0, Extent.SCALAR, Called("T", "whole size")),
        *((Buffer("row_size", 0.0, Extent.ROWS),) if shape else ()),
        Buffer("path", 0.0),
    ),
    updates=lambda choice, shape: (
        Update("total_size.next", ("grad", "total_size"), "total_size + total", "", Extent.SCALAR, term="abs(x)"),
        *_rows(shape),
        *_columns(shape),
        Update("path.next", ("path", "grad"), "path + abs(grad)", ""),
        Update("next", ("", "grad", "lr", "total_size.next"), "param - lr*grad/(1 + total_size.next)", ""),
    ),
)


@pytest.fixture(autouse=True)
def _tables() -> Iterator[None]:
    with (
        added_activations.added(),
        patch.dict(OPTIMIZERS, {COUNTED.name: COUNTED}),
        patch.dict(LOSSES, {CROSS_ENTROPY.name: CROSS_ENTROPY}),
    ):
        yield


def described(shifts: int = 1) -> Experiment:
    """An experiment of entries that no table has."""
    made = replace(added_activations.experiment(shifts), optimizer=Choice(COUNTED.name, {"lr": 0.01}))
    last = replace(made.network.layers[-1], activation=Choice("Sigmoid"))
    network = replace(made.network, layers=(*made.network.layers[:-1], last))
    data = replace(made.data, targets=((1.0,), (0.0,), (0.25,)))
    return check_experiment(replace(made, network=network, data=data, loss=Choice(CROSS_ENTROPY.name)))


def kept(experiment: Experiment, parameter: ValueRef, name: str) -> Value:
    return values_of(experiment)[refs.optimizer_state(parameter, name)]


@pytest.mark.parametrize("shifts", [1, 3])
def test_every_value_of_theirs_is_described_as_it_is(shifts: int) -> None:
    experiment = described(shifts)
    assert untold(experiment) == []
    assert untold(check_experiment(replace(experiment, data=replace(experiment.data, accumulate=2)))) == []


def test_what_an_optimizer_keeps_has_the_axes_that_its_entry_says() -> None:
    experiment = described(3)
    axes = {
        (WEIGHT, "path"): (Axis.UNIT, Axis.SOURCE),
        (WEIGHT, "row_size"): (Axis.UNIT, Axis.ONE),
        (WEIGHT, "mean"): (Axis.ONE, Axis.SOURCE),
        (WEIGHT, "total_size"): (),
        (BIAS, "path"): (Axis.UNIT,),
        (BIAS, "row_size"): (Axis.ONE,),
        (SHIFT, "path"): (Axis.UNIT,),
        (SHIFT, "total_size"): (),
    }
    for (parameter, name), wanted in axes.items():
        value = kept(experiment, parameter, name)
        assert (value.axes, value.owner.ref, value.name) == (wanted, parameter, name)
        assert value.role is (Role.TERM if name == "mean" else Role.BUFFER)
    assert kept(experiment, WEIGHT, "row_size").written((2, 0)) == (2,)
    assert kept(experiment, WEIGHT, "mean").written_sizes == (2,)
    assert refs.optimizer_state(BIAS, "mean") not in values_of(experiment)


def test_what_it_keeps_goes_by_the_words_of_its_entry_or_by_its_name() -> None:
    experiment = described()
    called = [kept(experiment, WEIGHT, name).called for name in ("total_size", "row_size", "mean")]
    assert [each.words for each in called if each] == ["whole size", "row size", "mean"]
    following = values_of(experiment)[refs.next_value(refs.optimizer_state(GAIN, "total_size"))]
    assert following.called == Called("T", "whole size")
    assert (following.is_next, following.role) == (True, Role.BUFFER)


def test_what_an_activation_learns_and_all_that_belongs_to_it_says_so() -> None:
    experiment = described()
    values, table = values_of(experiment), {each.name: each for each in added_activations.BENT.learned}
    assert set(table) == {"gain", "shift"}
    for parameter, found in by_parameter(values.values()).items():
        learned: Learned | None = table.get(values[parameter].name) if parameter in (GAIN, SHIFT) else None
        assert {each.learned for each in found} == {learned}
        assert {each.is_learned for each in found} == {learned is not None}
    assert (values[GAIN].axes, values[SHIFT].axes) == ((Axis.UNIT,), (Axis.ONE,))
    assert (values[refs.grad(GAIN)].noun, values[refs.grad(GAIN)].nouns) == ("gain", "gains")
    assert (kept(experiment, BIAS, "path").noun, kept(experiment, BIAS, "path").nouns) == ("bias", "biases")
    assert values[refs.activation(0)].learned is None


def test_an_activation_that_is_taken_away_takes_its_descriptions_with_it() -> None:
    experiment = described()
    del ACTIVATIONS["Bent"]
    assert not any(value.is_learned for value in values_of(replace(experiment)).values())


def test_the_parameters_of_a_formula_have_what_the_optimizer_keeps() -> None:
    experiment = check_experiment(
        replace(formula_experiment("q = x + y", "f = q*z"), optimizer=Choice(COUNTED.name, {"lr": 0.01}))
    )
    assert untold(experiment) == []
    assert kept(experiment, ValueRef("x"), "total_size").axes == ()
    assert kept(experiment, ValueRef("x"), "path").axes == ()
    assert Executor(experiment).program.values is values_of(experiment)
