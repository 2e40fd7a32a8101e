"""The scalars of a chunk, known before its tensors: which these are, and how their numbers are told from others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch

from chainrule.catalog.arguments import Choice
from chainrule.catalog.optimizers import OPTIMIZERS
from chainrule.catalog.values import refs
from chainrule.catalog.values.refs import ValueRef
from chainrule.engine.data import Batches
from chainrule.engine.kernels.scalars import Placeholder, scalar_operand, within
from chainrule.engine.machine.check import check_experiment
from chainrule.engine.plan import LONGEST_CHUNK
from chainrule.engine.plan.epochs import Epochs
from chainrule.engine.plan.scalar_columns import ScalarColumns
from chainrule.engine.trace import Executor
from tests.engine.plan.test_plan import Beside
from tests.experiments import dense

COUNT = 40
LAST_BIAS = "layers.1.bias"


def executor_of(optimizer: Choice, scheduler: Choice | None = None) -> Executor:
    return Executor(check_experiment(dense((3, 4, 2), rows=6, optimizer=optimizer, scheduler=scheduler)))


def columns_of(executor: Executor) -> ScalarColumns:
    constants = {ref: value.item() for ref, value in executor.settings.items()}
    return ScalarColumns(executor.program.steps, executor.program.numbers, constants)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_columns_are_what_the_trace_computes(name: str) -> None:
    """Bit by bit, iteration by iteration, all that depends on scalars alone."""
    executor = executor_of(Choice(name, {"lr": 0.01}), Choice("ExponentialLR", {"gamma": 0.9}))
    columns, state = columns_of(executor), executor.initial_state()
    now = {ref: state.values[ref].item() for ref in executor.program.numbers}
    found = columns.compute(now, 0, COUNT)
    assert refs.next_value(refs.LR) in columns.written
    for iteration in range(COUNT):
        values, state = executor.advance(state)
        for ref in columns.written | set(executor.program.numbers):
            if ref in columns.known:
                assert found[ref][iteration] == values[ref].item(), (ref, iteration)
    after = columns.after(found)
    assert {ref: column[-1] for ref, column in after.items()} == {ref: state.values[ref].item() for ref in after}


def test_what_depends_on_tensors_is_not_known() -> None:
    """A rate that goes by the loss, and all that is made of it; Adafactor's scale of its parameter."""
    columns = columns_of(executor_of(Choice("Adam"), Choice("ReduceLROnPlateau")))
    assert refs.LR not in columns.known
    assert f"{LAST_BIAS}.bias_correction1" in columns.written
    columns = columns_of(executor_of(Choice("Adafactor")))
    assert f"{LAST_BIAS}.rho_t" in columns.written
    assert f"{LAST_BIAS}.alpha" not in columns.known


def test_counts_and_products_are_known_for_a_whole_chunk() -> None:
    columns = columns_of(executor_of(Choice("NAdam")))
    count, product = (ValueRef(f"{LAST_BIAS}.{name}") for name in ("step", "mu_product"))
    assert {count, product} <= columns.known
    found = columns.compute(dict.fromkeys(columns.known, 1.0), 0, COUNT)
    assert list(found[count]) == list(range(1, COUNT + 1))


def test_the_batches_of_the_next_epoch_follow_those_of_the_last() -> None:
    """Where each epoch is as the first, and no batch is smaller: a chunk goes round as often as it fits."""
    experiment = dense((3, 4, 2), rows=6, optimizer=Choice("Adam"))
    experiment = check_experiment(replace(experiment, data=replace(experiment.data, batch_size=2)))
    assert Epochs(experiment.data, Batches(experiment)).following(7, 10**6) == (1, LONGEST_CHUNK)
    Beside(experiment).hold(2 * LONGEST_CHUNK + 5)
    for changes in ({"batch_size": 4}, {"shuffle": True}):
        other = check_experiment(replace(experiment, data=replace(experiment.data, **changes)))
        place, count = Epochs(other.data, Batches(other)).following(0, 10**6)
        assert (place, count) == (0, 1 if "batch_size" in changes else 3)


# ---------------------------------------------------------------------------------------------------- placeholders


ARITHMETIC: dict[str, Callable[[Placeholder], object]] = {
    "plus": lambda p: p + 1,
    "from": lambda p: 1 - p,
    "times": lambda p: 2.0 * p,
    "over": lambda p: 1 / p,
    "power": lambda p: p**2,
    "minus": lambda p: -p,
    "size": abs,
    "whether": bool,
    "order": lambda p: p < 1,
}


@pytest.mark.parametrize("name", ARITHMETIC)
def test_no_arithmetic_is_done_with_a_number_that_changes(name: str) -> None:
    """It would be done once, for the number that stands for all others."""
    with pytest.raises(TypeError, match="computed in `numbers`"):
        ARITHMETIC[name](Placeholder(0.5, lambda other: other))


def test_a_placeholder_is_a_tensor_or_the_number_that_it_is_found_by() -> None:
    tensor = torch.zeros(())
    placeholder = Placeholder(0.7, lambda other: tensor)
    assert scalar_operand(placeholder, torch.zeros(3)) is tensor
    assert within(placeholder, torch.zeros(3, dtype=torch.float32)) is placeholder
