"""The backends of plans: each gives the trace's numbers bit by bit, whatever this torch has of the others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import Tensor

from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.optimizers import OPTIMIZERS
from chainrule.engine.machine.check import check_experiment
from chainrule.engine.plan import LONGEST_CHUNK, Plan
from chainrule.engine.plan import torch_private as private
from chainrule.engine.plan.backends import (
    BACKENDS,
    Backend,
    CudaGraphs,
    Replayed,
    TorchScript,
    Traced,
    cuda_graphs,
    quickest,
)
from chainrule.engine.plan.backends.replayed import ReplayedRunner
from chainrule.engine.plan.backends.torchscript import FEWEST_CALLS, ScriptedLoop, scripted
from chainrule.engine.plan.calls import BoundCall, CopyOut, NumberCall, VaryingNumber
from chainrule.engine.trace import Executor
from tests.engine.plan.test_plan import Beside
from tests.engine.test_whole_experiments import whole_experiments
from tests.experiments import article, dense, mazur, sgd

CPU = torch.device("cpu")
BY_HAND = [Traced(), Replayed(), TorchScript()]
Make = Callable[[Tensor, Tensor], Callable[[], object]]
CALLS: dict[str, Make] = {
    "a function": lambda a, out: partial(torch.mul, a, a, out=out),
    "a list": lambda a, out: partial(torch.sum, a, [0], True, out=out[:1]),
    "a keyword": lambda a, out: partial(torch.sub, a, a, alpha=0.1, out=out),
    "a number that varies": lambda a, out: NumberCall(torch.sub, [a, a], {"alpha": VaryingNumber(0.1), "out": out}),
    "another home": lambda a, out: partial(torch.linalg.vector_norm, a, out=out[0]),
    "a method": lambda a, out: partial(out.copy_, a),
    "infinity": lambda a, out: partial(torch.clamp, a, float("-inf"), 0.25, out=out),
    "none": lambda a, out: partial(torch.clamp, a, None, 0.25, out=out),
    "a copy": lambda a, out: CopyOut(torch.ops.aten.celu.default, [a, 2.0], {}, ((None, out),)),
    "parts": lambda a, out: CopyOut(torch.ops.aten.log_sigmoid_forward.default, [a], {}, ((0, out),)),
}


def named(backend: Backend) -> str:
    return backend.name


def torchscript() -> private.Script:
    found = private.script()
    assert found is not None
    return found


def shuffled(test_size: float = 0.0, optimizer: Choice | None = None) -> Experiment:
    """Batches of two sizes in an order that changes."""
    base = article(optimizer=optimizer or sgd(0.05))
    rows = 7
    inputs = tuple((0.1 * n, 1 - 0.2 * n) for n in range(rows))
    targets = tuple((0.1 * (n % 3),) * len(base.data.targets[0]) for n in range(rows))
    data = replace(base.data, inputs=inputs, targets=targets, batch_size=2, shuffle=True, test_size=test_size)
    return replace(base, data=data)


def scheduled(experiment: Experiment, name: str, arguments: dict[str, object]) -> Experiment:
    return check_experiment(replace(experiment, scheduler=Choice(name, arguments)))


# ------------------------------------------------------------------------------------------------- the same numbers


@pytest.mark.parametrize("backend", BY_HAND, ids=named)
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(whole_experiments(), st.integers(1, 7), st.sampled_from([1, 1, 3]))
def test_every_backend_computes_what_the_trace_computes(
    backend: Backend, experiment: Experiment, longest: int, accumulate: int
) -> None:
    data = replace(experiment.data, accumulate=accumulate)
    Beside(check_experiment(replace(experiment, data=data)), backend=backend).hold(12, longest)


@pytest.mark.parametrize("backend", BY_HAND, ids=named)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_backend_with_each_optimizer(name: str, dtype: str, backend: Backend) -> None:
    """Past the steps at which RAdam knows enough, and ASGD's mean begins; a batch is smaller than the others."""
    arguments = {"lr": 0.01} | ({"t0": 9} if name == "ASGD" else {})
    experiment = dense((5, 7, 3), rows=10, optimizer=Choice(name, arguments), dtype=dtype)
    data = replace(experiment.data, batch_size=4, shuffle=True, test_size=0.2)
    Beside(check_experiment(replace(experiment, data=data)), backend=backend).hold(30, 8)


SCHEDULES: dict[str, tuple[Choice, str, dict[str, object]]] = {
    "a rate that falls": (sgd(0.1, 0.9), "ExponentialLR", {"gamma": 0.9}),
    "a momentum that goes up and down": (
        sgd(0.1, 0.9),
        "OneCycleLR",
        {"max_lr": 0.3, "total_steps": 60},
    ),
    "a beta that goes up and down": (
        Choice("Adam", {"lr": 0.01}),
        "OneCycleLR",
        {"max_lr": 0.3, "total_steps": 60},
    ),
    "a rate that goes by the loss": (Choice("Adam", {"lr": 0.1}), "ReduceLROnPlateau", {"patience": 1, "factor": 0.5}),
    "a mean of what a rate leads to that goes by the loss": (
        Choice("ASGD", {"lr": 0.1, "t0": 9}),
        "ReduceLROnPlateau",
        {"patience": 0, "factor": 0.5},
    ),
    "a rate past the largest number": (Choice("NAdam", {"lr": 1e30}), "ExponentialLR", {"gamma": 100.0}),
}


@pytest.mark.parametrize("backend", BY_HAND, ids=named)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("what", SCHEDULES)
def test_every_backend_with_numbers_that_are_scheduled(what: str, dtype: str, backend: Backend) -> None:
    optimizer, name, arguments = SCHEDULES[what]
    experiment = replace(shuffled(test_size=0.3, optimizer=optimizer), dtype=dtype)
    Beside(scheduled(experiment, name, arguments), backend=backend).hold(40, 9)


@pytest.mark.parametrize("by_step", [False, True], ids=["for a chunk at once", "step by step"])
@pytest.mark.parametrize("backend", BY_HAND, ids=named)
@pytest.mark.parametrize("what", [*SCHEDULES, None])
def test_a_plan_that_has_run_goes_on_from_what_it_is_given(
    monkeypatch: pytest.MonkeyPatch, what: str | None, backend: Backend, by_step: bool
) -> None:
    """Its calls are compiled before: in a training, where it is held against the trace first. Then it starts anew."""
    if by_step:
        # As for a GPU.
        monkeypatch.setattr("chainrule.engine.plan.compiler.has_columns", lambda device: False)
    if what is None:
        experiment = mazur(optimizer=Choice("Adam", {"lr": 0.1}))
    else:
        optimizer, name, arguments = SCHEDULES[what]
        experiment = scheduled(mazur(optimizer=optimizer), name, arguments)
    beside = Beside(experiment, backend=backend)
    beside.plan.run(5)
    beside.plan.load(beside.state)
    beside.hold(40, 9)


@pytest.mark.parametrize("backend", BY_HAND, ids=named)
@pytest.mark.parametrize("name", ["SGD", "Adam", "Adafactor"])
def test_every_backend_with_a_network_too_large_to_keep_every_state(name: str, backend: Backend) -> None:
    experiment = dense((80, 60, 10), rows=24, optimizer=Choice(name, {"lr": 0.01}), dtype="float32")
    beside = Beside(experiment, backend=backend)
    assert beside.plan.gives_norms
    beside.hold(20, longest=8)


def test_calls_on_fixed_tensors_are_joined_for_a_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is none, a function in the place of a graph makes the same calls."""
    graphs = []

    def graph(calls: tuple[BoundCall, ...], device: torch.device) -> BoundCall:
        graphs.append(len(calls))

        def replay() -> None:
            for call in calls:
                call()

        return replay

    monkeypatch.setattr(cuda_graphs, "_graph", graph)
    beside = Beside(shuffled(optimizer=Choice("Adafactor", {"lr": 0.01})), backend=CudaGraphs())
    beside.hold(12)
    assert max(graphs) > 1
    runners = [compiled.runner for compiled in beside.plan.compiled.values()]
    assert all(isinstance(runner, ReplayedRunner) for runner in runners)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU")
def test_a_gpu_replays_graphs() -> None:
    executor = Executor(replace(shuffled(optimizer=Choice("Adam", {"lr": 0.01})), device="cuda"))
    plan = Plan.proven(executor, executor.initial_state())
    assert plan is not None
    assert isinstance(plan.backend, CudaGraphs)


# ----------------------------------------------------------------------------------------- which of them is chosen


def test_the_quickest_is_chosen_that_torch_has(monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(quickest(CPU), TorchScript)
    assert isinstance(quickest(torch.device("cuda")), CudaGraphs)
    monkeypatch.delattr(torch.jit, "CompilationUnit")
    assert isinstance(quickest(CPU), Replayed)
    monkeypatch.setattr(private, "_DispatchMode", None)
    assert isinstance(quickest(CPU), Traced)
    assert isinstance(quickest(torch.device("cuda")), Traced)
    assert len({backend.name for backend in BACKENDS}) == len(BACKENDS)


@pytest.mark.parametrize("missing", ["torch.jit", "torch.jit.CompilationUnit", "torch.jit.optimized_execution"])
def test_a_plan_is_made_without_what_torch_may_drop(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if missing == "torch.jit":
        monkeypatch.setattr(torch, "jit", None)
    else:
        monkeypatch.delattr(missing)
    beside = Beside(shuffled(test_size=0.3, optimizer=Choice("Adam")))
    assert beside.plan.backend.name == ("TorchScript" if missing.endswith("execution") else "replayed")
    beside.hold(12)


def test_a_list_of_pythons_does_where_torchscript_has_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(torch._C, "ScriptList")
    beside = Beside(shuffled(test_size=0.3, optimizer=Choice("Adam")))
    assert isinstance(beside.plan.backend, TorchScript)
    beside.hold(12)


# ------------------------------------------------------------------------------------------------------ TorchScript


@pytest.mark.parametrize("name", CALLS)
def test_a_call_gives_what_it_gives_by_itself(name: str) -> None:
    a, by_itself, together = torch.linspace(-1, 2, 5, dtype=torch.float64), *torch.zeros(2, 5, dtype=torch.float64)
    CALLS[name](a, by_itself)()
    made = list(scripted([CALLS[name](a, together)] * FEWEST_CALLS, torchscript()))
    assert len(made) == 1
    made[0]()
    assert torch.equal(together, by_itself)
    assert by_itself.any()


def test_what_it_has_no_words_for_stays_as_it_is() -> None:
    out = torch.zeros(2)
    calls = [partial(torch.ones, (2,), dtype=torch.float32, out=out), *[partial(out.add_, 1)] * FEWEST_CALLS]
    assert list(scripted(calls, torchscript())) == calls


def test_only_calls_of_torchs_in_a_row_are_one() -> None:
    out = torch.zeros(1)
    of_torch: BoundCall = partial(out.add_, 1)

    def of_python() -> None:
        out.mul_(2)

    made = list(scripted([of_torch] * FEWEST_CALLS + [of_python] + [of_torch] * (FEWEST_CALLS - 1), torchscript()))
    assert len(made) == 1 + 1 + FEWEST_CALLS - 1
    for call in made:
        call()
    assert out.item() == 2 * FEWEST_CALLS + FEWEST_CALLS - 1


@pytest.mark.parametrize(
    "experiment",
    [
        mazur(optimizer=sgd(0.5)),
        shuffled(),
        shuffled(test_size=0.3),
        mazur(optimizer=Choice("Adam")),
        scheduled(shuffled(), "ExponentialLR", {"gamma": 0.9}),
    ],
)
@pytest.mark.parametrize("longest", [1, 3, LONGEST_CHUNK])
def test_iterations_that_nothing_looks_into_are_turns_of_a_loop(experiment: Experiment, longest: int) -> None:
    """Counts and rates do not stand in the way: they are known before."""
    beside = Beside(experiment)
    beside.hold(30, longest)
    assert all(isinstance(compiled.runner, ScriptedLoop) for compiled in beside.plan.compiled.values())
    assert beside.plan.operations > FEWEST_CALLS


def test_a_rate_that_goes_by_the_loss_is_no_loop() -> None:
    beside = Beside(scheduled(mazur(optimizer=Choice("Adam")), "ReduceLROnPlateau", {"patience": 1}))
    beside.hold(5)
    (compiled,) = beside.plan.compiled.values()
    assert isinstance(compiled.runner, ReplayedRunner)
    assert len(compiled.runner.calls) < beside.plan.operations
