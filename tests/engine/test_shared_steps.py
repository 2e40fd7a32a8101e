"""After an edit only what it changed is compiled and computed: all else is taken from what was computed before."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch

from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.spec import Experiment, InitializationSpec
from chainrule.catalog.values import refs
from chainrule.catalog.values.refs import ValueRef
from chainrule.catalog.values.step_kinds import Phase
from chainrule.engine.machine.check import check_experiment
from chainrule.engine.trace import Computed, Executor, Trace, run_steps
from chainrule.model.editing import edits
from tests.experiments import article, dense

CHANGES: dict[str, edits.Edit] = {
    "learning rate": edits.set_optimizer(Choice("SGD", {"lr": 0.5})),
    "optimizer": edits.set_optimizer(Choice("Adam", {"lr": 0.5})),
    "clipping": edits.set_clipping(Choice("clip_grad_norm_", {"max_norm": 1.0})),
    "scheduler": edits.set_scheduler(Choice("StepLR", {"step_size": 2})),
    "title": lambda experiment: replace(experiment, title="another"),
    "first values": lambda experiment: replace(experiment, parameters={}, initialization=InitializationSpec(seed=7)),
    "a weight": edits.set_parameter(refs.weight(1), (0, 0), 0.75, lambda experiment: {}),
    "an input": edits.set_data(refs.INPUT, (0, 0), 3.0),
    "activation": edits.set_activation(0, Choice("Tanh")),
    "loss": edits.set_loss(Choice("L1Loss")),
    "frozen": lambda experiment: replace(experiment, frozen=frozenset({refs.weight(0)})),
    "batches": edits.set_batch_size(1),
    "dtype": lambda experiment: replace(experiment, dtype="float32"),
}
# Of these forward and backward pass stay as they are.
OF_THE_UPDATE = ("learning rate", "optimizer", "clipping", "scheduler", "title")


def known_of(executor: Executor) -> Computed:
    return Computed(executor.program, executor.trace(executor.initial_state()))


def passes(executor: Executor) -> list[int]:
    return [id(step) for step in executor.program.steps if step.phase is not Phase.UPDATE]


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_what_is_known_gives_the_same_bits(change: edits.Edit) -> None:
    before = Executor(article())
    edited = check_experiment(change(before.experiment), before.experiment)
    alone, beside = Executor(edited), Executor(edited, like=before)
    fresh = alone.values(alone.initial_state())
    found = beside.values(beside.initial_state(), known=known_of(before))
    assert list(map(str, found)) != []
    assert found.keys() == fresh.keys()
    for ref, value in fresh.items():
        assert value.dtype == found[ref].dtype
        assert torch.equal(value.signbit(), found[ref].signbit())
        assert torch.equal(value, found[ref])


@pytest.mark.parametrize("name", CHANGES)
def test_only_what_changed_is_computed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before = Executor(article())
    edited = check_experiment(CHANGES[name](before.experiment), before.experiment)
    beside = Executor(edited, like=before)
    is_shared = name in (*OF_THE_UPDATE, "first values", "a weight")
    assert (passes(beside) == passes(before)) is is_shared
    ran: list[ValueRef] = []

    def noted(steps: tuple, values: dict, overrides: object = None) -> None:
        ran.extend(step.writes for step in steps)
        run_steps(steps, values)

    monkeypatch.setattr("chainrule.engine.trace.run_steps", noted)
    beside.values(beside.initial_state(), known=known_of(before))
    first, later = ran[: len(before.program.steps)], ran[len(before.program.steps) :]
    assert first == [step.writes for step in before.program.steps]
    known = {step.writes for step in beside.program.steps} - set(later)
    if name in OF_THE_UPDATE:
        assert known >= {step.writes for step in beside.program.steps if step.phase is not Phase.UPDATE}
    elif name == "a weight":
        # The layer below does not see it.
        assert refs.activation(0) in known
        assert refs.activation(1) not in known
    else:
        assert refs.LOSS not in known


def test_zero_is_another_number_than_minus_zero() -> None:
    zero: Callable[[float], Experiment] = lambda number: article(parameters={refs.bias(1): (number,)})  # noqa: E731
    before, after = Executor(zero(0.0)), Executor(zero(-0.0))
    after = Executor(after.experiment, like=before)
    found = after.values(after.initial_state(), known=known_of(before))
    assert found[refs.bias(1)].signbit().all()


def test_a_trace_without_numbers_is_no_help() -> None:
    before = Executor(dense((3, 4, 2), rows=5))
    empty = Computed(before.program, Trace(0, (), {}))
    after = Executor(before.experiment, like=before)
    fresh = before.values(before.initial_state())
    assert torch.equal(after.values(after.initial_state(), known=empty)[refs.LOSS], fresh[refs.LOSS])


def test_parts_of_a_checked_experiment_that_are_the_same_are_the_same_objects() -> None:
    before = check_experiment(article(scheduler=Choice("StepLR", {"step_size": 2})))
    after = check_experiment(edits.set_optimizer(Choice("SGD", {"lr": 0.5}))(before), before)
    same = ("network", "data", "initialization", "loss", "scheduler", "parameters")
    assert all(getattr(after, name) is getattr(before, name) for name in same)
    # One that says the same in other words is that one, too.
    again = check_experiment(
        replace(before, loss=Choice("MSELoss"), scheduler=Choice("StepLR", {"step_size": 2.0})), before
    )
    assert (again.loss, again.scheduler) == (before.loss, before.scheduler)
    assert again.loss is before.loss


def test_another_dtype_is_asked_of_first_values_that_were_right() -> None:
    scheme = InitializationSpec(Choice("normal", {"std": 1e300}))
    wide = check_experiment(article(initialization=scheme, parameters={}))
    with pytest.raises(ValueError, match="float32 can hold"):
        check_experiment(replace(wide, dtype="float32"), wide)
