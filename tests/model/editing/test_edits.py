"""Edits: pure functions that share what they do not touch, and that a check can refuse but nothing can break."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chainrule.catalog.activations import ACTIVATIONS
from chainrule.catalog.arguments import Choice, SpecError
from chainrule.catalog.clipping import CLIPPINGS
from chainrule.catalog.experiment import row_blocks
from chainrule.catalog.experiment.spec import MAX_UNITS, Experiment, InitializationSpec, StartState
from chainrule.catalog.initializers import INITIALIZERS
from chainrule.catalog.losses import LOSSES
from chainrule.catalog.optimizers import OPTIMIZERS
from chainrule.catalog.schedules.schedulers import SCHEDULERS
from chainrule.catalog.values import refs
from chainrule.engine.machine.check import check_experiment
from chainrule.engine.trace import Executor
from chainrule.model.editing import edits
from chainrule.model.editing import shape as shape_edits
from chainrule.model.editing.edits import Edit
from chainrule.model.timeline.states import initial_numbers
from tests.experiments import article, choices, dense, experiments, sgd
from tests.model.editing.numbers import SLOPES, forbidden, own_slopes

EDITS: dict[str, Edit] = {
    "input": edits.set_data(refs.INPUT, (1, 0), 9.0),
    "target": edits.set_data(refs.TARGET, (0, 0), 9.0),
    "rows": edits.set_rows(((5.0, 6.0),), ((7.0,),)),
    "batch size": edits.set_batch_size(1),
    "shuffle": edits.set_shuffle(True),
    "data seed": edits.set_data_seed(3),
    "test size": edits.set_test_size(0.5),
    "add row": edits.add_row,
    "remove row": edits.remove_row(0),
    "weight": edits.set_parameter(refs.weight(0), (1, 0), 9.0, initial_numbers),
    "bias": edits.set_parameter(refs.bias(1), (0,), 9.0, initial_numbers),
    "loss": edits.set_loss(Choice("MSELoss", {"reduction": "sum"})),
    "optimizer": edits.set_optimizer(sgd(0.5, 0.9)),
    "clipping": edits.set_clipping(Choice("clip_grad_norm_", {"max_norm": 1.0})),
    "scheduler": edits.set_scheduler(Choice("StepLR", {"step_size": 3})),
    "activation": edits.set_activation(0, Choice("Tanh")),
    "layer lr": edits.set_layer_lr(1, 0.5),
    "scheme": edits.set_initialization(Choice("zeros")),
    "layer scheme": edits.set_layer_initialization(0, Choice("zeros")),
    "freeze": edits.set_frozen(refs.weight(0), True),
    "dtype": edits.set_dtype("float32"),
    "device": edits.set_device("cpu:0"),
    "title": edits.set_title("another"),
    "reseed": edits.reseed(5, initial_numbers),
    "no bias": shape_edits.set_bias(0, False, initial_numbers),
    "inputs": shape_edits.set_units(-1, 3, initial_numbers),
    "hidden units": shape_edits.set_units(0, 4, initial_numbers),
    "outputs": shape_edits.set_units(1, 2, initial_numbers),
    "add layer": shape_edits.add_layer(initial_numbers),
    "remove layer": shape_edits.remove_layer(1, initial_numbers),
}
# What each of the edits of one part may change; the rest of the experiment is the same object.
PARTS = {
    "input": {"data"},
    "target": {"data"},
    "rows": {"data"},
    "batch size": {"data"},
    "shuffle": {"data"},
    "data seed": {"data"},
    "test size": {"data"},
    "add row": {"data"},
    "remove row": {"data"},
    "weight": {"parameters"},
    "bias": {"parameters"},
    "loss": {"loss"},
    "optimizer": {"optimizer"},
    "clipping": {"clipping"},
    "scheduler": {"scheduler"},
    "activation": {"network"},
    "layer lr": {"network"},
    "scheme": {"parameters", "initialization"},
    "layer scheme": {"parameters", "network"},
    "freeze": {"frozen"},
    "dtype": {"dtype"},
    "device": {"device"},
    "title": {"title"},
    "reseed": {"parameters", "initialization"},
}


# ---------------------------------------------------------------------------------------------------------- purity


@pytest.mark.parametrize("name", EDITS)
def test_an_edit_changes_the_new_experiment_and_not_the_old(name: str) -> None:
    old = article()
    before = copy.deepcopy(old)
    new = EDITS[name](old)
    assert new != old
    assert old == before
    assert EDITS[name](old) == new
    assert isinstance(new.frozen, frozenset)


@pytest.mark.parametrize("name", PARTS)
def test_an_edit_shares_every_other_part(name: str) -> None:
    old = article()
    new = EDITS[name](old)
    different = {field.name for field in fields(old) if getattr(new, field.name) is not getattr(old, field.name)}
    assert different == PARTS[name]


def test_a_number_of_the_data_shares_the_other_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(row_blocks, "BLOCK_ROWS", 1)
    old = article()
    new = EDITS["input"](old)
    assert new.data.inputs == ((1.0, 2.0), (9.0, 4.0))
    assert new.data.inputs.blocks[0] is old.data.inputs.blocks[0]
    assert new.data.targets is old.data.targets


def test_a_number_of_a_parameter_shares_its_other_rows_and_the_other_parameters() -> None:
    old = article()
    new = EDITS["weight"](old)
    assert new.parameters[refs.weight(0)] == ((0.1, 0.2), (9.0, 0.4))
    assert new.parameters[refs.weight(0)][0] is old.parameters[refs.weight(0)][0]
    for ref in (refs.bias(0), refs.weight(1), refs.bias(1)):
        assert new.parameters[ref] is old.parameters[ref]


def test_a_number_of_a_given_parameter_draws_nothing() -> None:
    edits.set_parameter(refs.weight(0), (1, 0), 9.0, forbidden)(article())


def test_a_number_of_a_drawn_parameter_gives_all_of_it() -> None:
    old = dense((2, 3, 1), 2)
    drawn = initial_numbers(old)
    new = edits.set_parameter(refs.weight(0), (2, 1), 9.0, initial_numbers)(old)
    assert new.parameters.keys() == {refs.weight(0)}
    assert new.parameters[refs.weight(0)] == (*drawn[refs.weight(0)][:2], (drawn[refs.weight(0)][2][0], 9.0))
    # The others are still drawn as they were.
    assert {ref: value for ref, value in initial_numbers(new).items() if ref != refs.weight(0)} == {
        ref: value for ref, value in drawn.items() if ref != refs.weight(0)
    }


def test_numbers_that_are_given_stay_as_they_were_written() -> None:
    """0.1 stays 0.1 in a float32 experiment: it is the computation that rounds, not the edit."""
    old = article(dtype="float32")
    for edit in (EDITS["weight"], EDITS["hidden units"], EDITS["add layer"]):
        assert edit(old).parameters[refs.weight(0)][0] == (0.1, 0.2)


# ------------------------------------------------------------------------------------------------------------ data


def test_a_row_is_added_as_a_copy_of_the_last() -> None:
    new = edits.add_row(article())
    assert new.data.inputs == ((1.0, 2.0), (3.0, 4.0), (3.0, 4.0))
    assert new.data.targets == ((1.0,), (2.0,), (2.0,))


def test_a_row_is_removed_from_inputs_and_targets() -> None:
    new = edits.remove_row(0)(article())
    assert (new.data.inputs, new.data.targets) == (((3.0, 4.0),), ((2.0,),))


def test_the_last_row_is_not_removed() -> None:
    one = edits.remove_row(0)(article())
    with pytest.raises(SpecError, match=r"^\$\.data\.inputs: expected at least 1 row, got 0$"):
        check_experiment(edits.remove_row(0)(one))


@pytest.mark.parametrize(("size", "rows", "kept"), [(2, 3, 2), (2, 2, 2), (2, 1, None), (None, 1, None)])
def test_a_batch_larger_than_the_data_becomes_the_whole(size: int | None, rows: int, kept: int | None) -> None:
    old = dense((2, 3, 1), 3)
    old = replace(old, data=replace(old.data, batch_size=size))
    new = check_experiment(edits.set_rows(old.data.inputs[:rows], old.data.targets[:rows])(old))
    assert new.data.batch_size == kept


@pytest.mark.parametrize(("size", "fraction", "kept"), [(3, 0.2, 3), (3, 0.5, None), (2, 0.5, 2), (None, 0.5, None)])
def test_a_batch_fits_in_the_rows_that_are_trained_on(size: int | None, fraction: float, kept: int | None) -> None:
    old = dense((2, 3, 1), 4)
    old = replace(old, data=replace(old.data, batch_size=size))
    new = check_experiment(edits.set_test_size(fraction)(old))
    assert (new.data.batch_size, new.data.test_size) == (kept, fraction)
    fewer = check_experiment(edits.remove_row(0)(new))
    assert fewer.data.batch_size == (kept if kept and kept <= fewer.data.training_rows else None)


@pytest.mark.parametrize("fraction", [1.0, -0.1, 1e308, float("nan")])
def test_what_is_no_fraction_is_refused(fraction: float) -> None:
    with pytest.raises(SpecError, match=r"^\$\.data\.test_size: expected a "):
        edits.set_test_size(fraction)(article())


ANY_NUMBER = st.floats() | st.floats(-2, 2) | st.sampled_from([1e39, -1e300, math.inf, math.nan, 5e-324])
ANY_UNITS = st.integers(1, 5) | st.sampled_from([-3, 0, MAX_UNITS + 1, 10**12])
WRONG_CHOICES = st.sampled_from(
    [
        Choice("Unheard"),
        Choice("SGD", {"lr": -1.0}),
        Choice("SGD", {"lr": math.nan}),
        Choice("SGD", {"lr": 1e300}),
        Choice("MSELoss", {"reduction": "none"}),
        Choice("Tanh", {"slope": 1.0}),
    ]
)


def optional_choices(table: Mapping[str, Any]) -> st.SearchStrategy[Choice | None]:
    """None, an entry of a table, or what is none."""
    return st.none() | (choices(table) | WRONG_CHOICES if table else st.nothing())


@st.composite
def any_edit(draw: st.DrawFn, experiment: Experiment) -> Edit:
    """Any edit, with arguments that a user could mean for this experiment, sensible or not."""
    network, data = experiment.network, experiment.data
    layer = draw(st.integers(0, len(network.layers) - 1))
    row = draw(st.integers(0, len(data.inputs) - 1))
    number = draw(ANY_NUMBER)
    ref = draw(st.sampled_from(sorted(network.parameter_shapes())))
    index = tuple(draw(st.integers(0, size - 1)) for size in network.parameter_shapes()[ref])
    lengths = st.integers(0, 4)
    makers: list[Callable[[], Any]] = [
        lambda: edits.set_data(refs.INPUT, (row, draw(st.integers(0, network.inputs - 1))), number),
        lambda: edits.set_data(refs.TARGET, (row, draw(st.integers(0, network.outputs - 1))), number),
        lambda: edits.set_rows(((0.5,) * draw(lengths),) * draw(lengths), ((0.5,) * draw(lengths),) * draw(lengths)),
        lambda: edits.add_row,
        lambda: edits.remove_row(row),
        lambda: edits.set_parameter(ref, index, number, initial_numbers),
        lambda: edits.set_loss(draw(choices(LOSSES) | WRONG_CHOICES)),
        lambda: edits.set_optimizer(draw(choices(OPTIMIZERS) | WRONG_CHOICES)),
        lambda: edits.set_activation(layer, draw(choices(ACTIVATIONS) | WRONG_CHOICES)),
        lambda: edits.set_clipping(draw(optional_choices(CLIPPINGS))),
        lambda: edits.set_scheduler(draw(optional_choices(SCHEDULERS))),
        lambda: edits.set_layer_lr(layer, draw(st.none() | ANY_NUMBER)),
        lambda: edits.set_initialization(draw(choices(INITIALIZERS) | WRONG_CHOICES)),
        lambda: edits.set_layer_initialization(layer, draw(optional_choices(INITIALIZERS))),
        lambda: edits.set_frozen(draw(st.sampled_from([ref, refs.weight(9), refs.LOSS])), draw(st.booleans())),
        lambda: edits.set_dtype(draw(st.sampled_from(["float32", "float64", "float16"]))),
        lambda: edits.set_device(draw(st.sampled_from(["cpu", "abacus", ""]))),
        lambda: edits.set_title(draw(st.text(max_size=5))),
        lambda: edits.reseed(draw(st.integers(-1, 2**54)), initial_numbers),
        lambda: shape_edits.set_bias(layer, draw(st.booleans()), initial_numbers),
        lambda: shape_edits.set_units(draw(st.sampled_from([-1, layer])), draw(ANY_UNITS), initial_numbers),
        lambda: shape_edits.add_layer(initial_numbers),
        lambda: shape_edits.remove_layer(layer, initial_numbers),
    ]
    edit: Edit = draw(st.sampled_from(makers))()
    return edit


def outcome(edit: Edit, experiment: Experiment) -> Experiment | SpecError:
    """What an edit leads to: an experiment that can be computed, or the refusal."""
    try:
        return check_experiment(edit(experiment))
    except SpecError as refusal:
        return refusal


# ------------------------------------------------------------------------------------------- any sequence of edits


@settings(max_examples=100)
@given(experiments(), st.data())
def test_any_sequence_of_edits_gives_a_valid_experiment_or_a_spec_error(
    experiment: Experiment, data: st.DataObject
) -> None:
    for _ in range(data.draw(st.integers(1, 8))):
        before = copy.deepcopy(experiment)
        changed = outcome(data.draw(any_edit(experiment)), experiment)
        assert experiment == before
        if isinstance(changed, SpecError):
            assert str(changed).startswith("$.")
            assert "\n" not in str(changed)
            continue
        experiment = changed
        assert check_experiment(experiment) == experiment
        assert isinstance(experiment.frozen, frozenset)
    trace = next(Executor(experiment).iterations())
    for ref, shape in experiment.network.parameter_shapes().items():
        assert tuple(trace.values[ref].shape) == shape


def test_a_new_seed_draws_every_parameter_anew() -> None:
    new = check_experiment(edits.reseed(5, initial_numbers)(article()))
    assert new.parameters == {}
    assert new.initialization == InitializationSpec(seed=5)
    assert initial_numbers(new) != initial_numbers(edits.reseed(6, initial_numbers)(new))


def test_a_new_seed_leaves_what_is_frozen_and_no_state() -> None:
    """Also where the frozen parameter is one that was drawn."""
    drawn = replace(article(), parameters={}, frozen=frozenset({refs.weight(0)}), state=StartState(4))
    new = edits.reseed(5, initial_numbers)(drawn)
    assert new.parameters == {refs.weight(0): initial_numbers(drawn)[refs.weight(0)]}
    assert new.state is None


def test_another_scheme_draws_every_parameter_anew() -> None:
    new = check_experiment(edits.set_initialization(Choice("constant", {"val": 0.25}))(article()))
    assert new.parameters == {}
    assert initial_numbers(new) == {
        "layers.0.weight": ((0.25, 0.25), (0.25, 0.25)),
        "layers.0.bias": (0.0, 0.0),
        "layers.1.weight": ((0.25, 0.25),),
        "layers.1.bias": (0.0,),
    }


def test_a_scheme_of_a_layer_leaves_the_numbers_of_the_others() -> None:
    old = article()
    new = check_experiment(edits.set_layer_initialization(0, Choice("ones"))(old))
    assert set(new.parameters) == {refs.weight(1), refs.bias(1)}
    numbers = initial_numbers(new)
    assert numbers[refs.weight(0)] == ((1.0, 1.0), (1.0, 1.0))
    assert numbers[refs.weight(1)] == old.parameters[refs.weight(1)]
    again = edits.set_layer_initialization(0, None)(new)
    assert again.network == old.network


def test_freezing_twice_is_freezing_once() -> None:
    once = edits.set_frozen(refs.weight(0), True)(article())
    assert edits.set_frozen(refs.weight(0), True)(once) == once
    assert edits.set_frozen(refs.weight(0), False)(once) == article()
    assert edits.set_frozen(refs.weight(0), False)(article()) == article()


# ------------------------------------------------------------------------------------------ what PReLU learns


def test_another_activation_takes_its_slopes_along() -> None:
    for choice in (Choice("ReLU"), Choice("PReLU", {"num_parameters": 1})):
        changed = check_experiment(edits.set_activation(0, choice)(own_slopes()))
        assert SLOPES not in changed.parameters
        assert changed.frozen <= changed.network.parameter_shapes().keys()
        assert changed.parameters[refs.weight(0)] == article().parameters[refs.weight(0)]


def test_another_first_slope_keeps_the_slopes_that_were_given() -> None:
    changed = edits.set_activation(0, Choice("PReLU", {"num_parameters": 2, "init": 0.75}))(own_slopes())
    assert check_experiment(changed).parameters[SLOPES] == (0.5, -1.0)
