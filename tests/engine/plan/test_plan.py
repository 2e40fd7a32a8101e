"""Plans against the trace, over all tables: the same losses, gradients, rates, test losses and states, bit by bit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chainrule.catalog.activations import ACTIVATIONS
from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.spec import DataSpec, Experiment, LayerSpec, NetworkSpec
from chainrule.catalog.optimizers import OPTIMIZERS
from chainrule.catalog.schedules.schedule import rates
from chainrule.catalog.values import refs
from chainrule.catalog.values.refs import ValueRef
from chainrule.engine.machine.check import check_experiment
from chainrule.engine.plan import LONGEST_CHUNK, Chunk, Plan
from chainrule.engine.plan.backends import Backend
from chainrule.engine.state import TrainingState
from chainrule.engine.trace import Executor
from tests.engine.test_whole_experiments import whole_experiments
from tests.experiments import article, dense, mazur, sgd, usual

ITERATIONS = 12


def flat(state: TrainingState) -> torch.Tensor:
    """Every carried number, in the program's order."""
    return torch.cat([value.reshape(-1).cpu() for value in state.values.values()])


def same(ours: torch.Tensor, theirs: torch.Tensor) -> bool:
    """Whether every number is equal, or NaN on both sides."""
    return ours.shape == theirs.shape and bool(((ours == theirs) | (ours.isnan() & theirs.isnan())).all())


class Beside:
    """An executor that is held beside a plan, iteration by iteration."""

    def __init__(
        self, experiment: Experiment, state: TrainingState | None = None, backend: Backend | None = None
    ) -> None:
        self.executor = Executor(experiment)
        self.state = state or self.executor.initial_state()
        self.plan = Plan(self.executor, self.state, backend)

    def hold(self, iterations: int, longest: int = LONGEST_CHUNK) -> None:
        """Run both that far, in chunks."""
        end = self.state.iteration + iterations
        while self.state.iteration < end:
            chunk = self.plan.run(min(longest, end - self.state.iteration))
            assert chunk.first == self.state.iteration
            for place in range(len(chunk.losses)):
                self._hold_one(chunk, place)
            assert same(flat(self.plan.state()), flat(self.state))
            assert self.plan.state().iteration == self.plan.iteration == self.state.iteration

    def _hold_one(self, chunk: Chunk, place: int) -> None:
        executor, before = self.executor, self.state
        values, self.state = executor.advance(before)
        where = f"iteration {before.iteration}"
        assert same(chunk.losses[place], values[refs.LOSS].cpu()), where
        gradients = [values[ref] for ref in executor.program.gradients]
        if self.plan.gives_norms:
            expected = [torch.linalg.vector_norm(gradient).reshape(1) for gradient in gradients]
        else:
            expected = [gradient.reshape(-1) for gradient in gradients]
        assert same(chunk.gradients[place], torch.cat([torch.empty(0), *expected])), where
        if len(chunk.states) > place and not self.plan.gives_norms:
            assert same(chunk.states[place], flat(self.state)), where
        used = [values[ref].item() if ref in values else lr for ref, lr in rates(executor.experiment).items()]
        assert list(chunk.rates[place]) == used, where
        if executor.evaluator.has_test:
            due = executor.evaluator.is_tested(before.iteration)
            loss = executor.evaluator.evaluate(before.values, "test").loss if due else None
            told = chunk.tested[place]
            assert (told is None) == (loss is None), where
            assert loss is None or same(torch.tensor(told, dtype=loss.dtype), loss), where


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(whole_experiments(), st.integers(1, 5))
def test_a_plan_computes_what_the_trace_computes(experiment: Experiment, longest: int) -> None:
    Beside(experiment).hold(ITERATIONS, longest)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_each_optimizer(name: str, dtype: str) -> None:
    Beside(dense((5, 7, 3), rows=10, optimizer=Choice(name, {"lr": 0.01}), dtype=dtype)).hold(70)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_each_activation(name: str, dtype: str) -> None:
    """In layers wide enough for the vectorized way through a kernel, and for what is left over by it."""
    choice = usual(ACTIVATIONS, name)
    network = NetworkSpec(5, (LayerSpec(19, choice), LayerSpec(3, choice)))
    Beside(dense((5, 19, 3), rows=37, network=network, optimizer=sgd(0.05, 0.9), dtype=dtype)).hold(20)


@pytest.mark.parametrize("name", ["SGD", "Adam", "Adafactor", "NAdam"])
def test_a_network_that_is_too_large_to_keep_every_state(name: str) -> None:
    experiment = dense((80, 60, 10), rows=24, optimizer=Choice(name, {"lr": 0.01}), dtype="float32")
    beside = Beside(experiment)
    assert beside.plan.gives_norms
    beside.hold(30, longest=8)


@pytest.mark.parametrize("rows", [24, 25])
@pytest.mark.parametrize("shuffle", [False, True])
def test_batches(rows: int, shuffle: bool) -> None:
    """The last one is smaller where 25 rows are taken by 6; the schedule goes by epochs; test rows are held back."""
    experiment = dense((2, 4, 2, 1), rows=rows, optimizer=Choice("Adam", {"lr": 0.01}))
    data = replace(experiment.data, batch_size=6, shuffle=shuffle, test_size=0.3)
    scheduler = Choice("StepLR", {"step_size": 2, "gamma": 0.5, "interval": "epoch"})
    Beside(check_experiment(replace(experiment, data=data, scheduler=scheduler))).hold(40, longest=7)


def test_it_goes_on_from_any_state() -> None:
    """Also from one before, and from one in which the counts of its parameters differ."""
    experiment = dense((3, 4, 2), rows=6, optimizer=Choice("Adam", {"lr": 0.01}))
    beside = Beside(experiment)
    first = beside.state
    beside.hold(10)
    assert beside.plan.fits(first)
    beside.plan.load(first)
    beside.state = first
    beside.hold(5)
    count = ValueRef("layers.0.weight.step")
    apart = replace(first, values={**first.values, count: torch.tensor(100.0, dtype=torch.float64)})
    assert not beside.plan.fits(apart)
    Beside(experiment, apart).hold(5)


@pytest.mark.parametrize("name", ["NLLLoss", "CrossEntropyLoss"])
def test_classes_that_are_other_ones_in_each_batch(name: str) -> None:
    """They are turned into integers, or into probabilities, anew each time."""
    experiment = dense((2, 5, 3), rows=9, optimizer=sgd(0.1))
    data = replace(experiment.data, targets=tuple((float(row % 3),) for row in range(9)), batch_size=2, shuffle=True)
    layers = (experiment.network.layers[0], LayerSpec(3, Choice("LogSoftmax")))
    network = replace(experiment.network, layers=layers)
    Beside(check_experiment(replace(experiment, network=network, data=data, loss=Choice(name)))).hold(30, 7)


@pytest.mark.parametrize("frozen", [(), ("layers.0.weight",), ("layers.0.weight", "layers.0.bias", "layers.1.weight")])
def test_frozen_parameters(frozen: tuple[str, ...]) -> None:
    Beside(mazur(frozen=frozenset(map(ValueRef, frozen)), optimizer=Choice("Adam", {"lr": 0.01}))).hold(10)


def test_nothing_to_train() -> None:
    every = frozenset(map(ValueRef, ["layers.0.weight", "layers.0.bias", "layers.1.weight", "layers.1.bias"]))
    Beside(article(frozen=every)).hold(3)


def test_numbers_that_overflow() -> None:
    Beside(dense((3, 4, 2), rows=6, optimizer=sgd(1e200))).hold(6)


def test_an_iteration_makes_few_operations() -> None:
    """The updates of all parameters are one; o - t is computed once; no view and no one is made anew."""
    layers = tuple(LayerSpec(units, Choice("Tanh")) for units in (4, 2, 1))
    rows = tuple((0.1 * row, 0.5) for row in range(10))
    data = DataSpec(inputs=rows, targets=tuple((x,) for x, _ in rows))
    experiment = check_experiment(Experiment(network=NetworkSpec(2, layers), data=data, optimizer=sgd(0.1)))
    executor = Executor(experiment)
    plan = Plan(executor, executor.initial_state())
    plan.run(1)
    # Per layer z, a, three for dL/dz, two gradients; dL/da for two; six for the loss and its gradient; one update.
    assert plan.operations == 3 * 7 + 2 + 6 + 1


def adding_up(experiment: Experiment, count: int) -> Experiment:
    """The experiment, with an update after each so many batches."""
    return check_experiment(replace(experiment, data=replace(experiment.data, accumulate=count)))


@settings(max_examples=80, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(whole_experiments(), st.integers(1, 5), st.integers(2, 5))
def test_gradients_that_add_up_over_batches(experiment: Experiment, longest: int, count: int) -> None:
    Beside(adding_up(experiment, count)).hold(ITERATIONS, longest)


@pytest.mark.parametrize("clipping", [None, Choice("clip_grad_norm_", {"max_norm": 0.5})], ids=str)
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_gradients_that_add_up_for_each_optimizer(name: str, clipping: Choice | None) -> None:
    """Three batches, the last of which is smaller, and an update after each second: each is met with and without."""
    experiment = dense((5, 7, 3), rows=10, optimizer=Choice(name, {"lr": 0.01}), clipping=clipping)
    data = replace(experiment.data, batch_size=4, shuffle=True)
    Beside(adding_up(replace(experiment, data=data), 2)).hold(40, longest=9)


@pytest.mark.parametrize("name", ["SGD", "Adam", "Adafactor"])
def test_gradients_that_add_up_in_a_network_that_is_too_large_to_keep_every_state(name: str) -> None:
    experiment = dense((80, 60, 10), rows=24, optimizer=Choice(name, {"lr": 0.01}), dtype="float32")
    beside = Beside(adding_up(experiment, 4))
    assert beside.plan.gives_norms
    beside.hold(30, longest=8)


def test_gradients_that_add_up_from_a_state_between_two_updates() -> None:
    experiment = adding_up(dense((3, 4, 2), rows=6, optimizer=sgd(0.1, 0.9)), 5)
    state = Executor(experiment).initial_state()
    for _ in range(7):
        _, state = Executor(experiment).advance(state)
    Beside(experiment, state).hold(20)
    plan = Plan.proven(Executor(experiment), state)
    assert plan is not None
    assert plan.iteration == 7


@pytest.mark.parametrize("has_update", [True, False])
def test_a_plan_is_proven_by_an_iteration_with_an_update_and_one_without(
    monkeypatch: pytest.MonkeyPatch, has_update: bool
) -> None:
    """Numbers that are wrong in one of the two alone, whichever of them comes first, are noticed."""
    executor = Executor(adding_up(article(optimizer=sgd(0.1)), 200))
    whole: Callable[..., Any] = Executor.advance

    def wrong(self: Executor, state: TrainingState) -> tuple[dict[ValueRef, torch.Tensor], TrainingState]:
        values, following = whole(self, state)
        if ((state.iteration + 1) % 200 == 0) is has_update:
            following = replace(following, values={ref: value + 0.5 for ref, value in following.values.items()})
        return values, following

    first = executor.initial_state()
    assert Plan.proven(executor, first) is not None
    monkeypatch.setattr(Executor, "advance", wrong)
    assert Plan.proven(executor, first) is None
    assert Plan.proven(executor, TrainingState(199, first.values)) is None


def test_what_is_wrong_in_a_plan_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    beside = Beside(article())
    whole: Callable[..., Any] = Plan.run

    def wrong(self: Plan, iterations: int) -> Chunk:
        chunk = whole(self, iterations)
        return replace(chunk, states=chunk.states + 1e-12)

    monkeypatch.setattr(Plan, "run", wrong)
    with pytest.raises(AssertionError, match="iteration 0"):
        beside.hold(3)
