"""The referee finds what is broken: each computation of each table's entry, in both dtypes, and nothing that is right.

A micro-step is given a wrong computation, and the iteration is run with it: a thousandth off, its sign turned, nothing
at all. Wrong settings are an optimizer with another value of one argument, whatever the argument is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from torch import Tensor

from chainrule.catalog.activations import ACTIVATIONS
from chainrule.catalog.arguments import Choice, Flag, SpecError
from chainrule.catalog.experiment.spec import DataSpec, Experiment, LayerSpec, NetworkSpec
from chainrule.catalog.experiment.targets import needs_probabilities, targets_of
from chainrule.catalog.loss import REDUCTIONS, Targets
from chainrule.catalog.losses import LOSSES
from chainrule.catalog.optimizers import OPTIMIZERS
from chainrule.catalog.tables import complete
from chainrule.catalog.values import refs
from chainrule.catalog.values.refs import ValueRef
from chainrule.catalog.values.step_kinds import Phase
from chainrule.engine.machine.check import check_experiment
from chainrule.engine.program.steps import MicroStep
from chainrule.engine.referee.verify import DEFAULT_DTYPE, Verdict, verify_trace
from chainrule.engine.state import TrainingState
from chainrule.engine.trace import Executor, Trace
from tests.engine.program.test_schedulers import PLATEAUS, SEQUENCES, name_of
from tests.engine.scheduler_cases import CASES
from tests.engine.scheduler_cases import experiment as scheduled
from tests.engine.test_whole_experiments import whole_experiments
from tests.experiments import experiments, parameters, sgd, usual

DTYPES = ("float64", "float32")
# How each computation is broken; a new parameter's change is.
WRONG: dict[str, Callable[[Tensor], Tensor]] = {
    "a thousandth off": lambda value: value * 1.001,
    "its sign": lambda value: -value,
    "nothing": lambda value: value * 0,
}
# A number is broken where it is another one: by more than it can be known in its dtype.
VISIBLE = 16


def network_of(*activations: Choice, **changes: Any) -> Experiment:
    """Three inputs, four units and two outputs, with numbers of every size between 0.1 and 3."""
    layers = tuple(LayerSpec(4 if place == 0 else 2, choice) for place, choice in enumerate(activations))
    experiment = Experiment(
        network=NetworkSpec(3, layers),
        data=DataSpec(
            inputs=((1.5, -0.7, 0.3), (-2.5, 1.1, 0.9), (0.2, 0.6, -1.7)), targets=((0.3, 0.9), (0.7, 0.2), (0.1, 0.6))
        ),
        parameters=parameters(
            {
                "layers.0.weight": ((0.9, -0.4, 0.3), (-1.2, 0.5, 0.7), (0.2, 1.3, -0.6), (0.4, 0.8, 1.1)),
                "layers.0.bias": (0.1, -0.3, 0.6, 0.2),
                "layers.1.weight": ((0.5, -0.8, 0.9, 0.3), (-0.4, 0.7, 0.2, 1.2)),
                "layers.1.bias": (0.2, -0.1),
            }
        ),
        optimizer=sgd(0.5),
    )
    return check_experiment(replace(experiment, **changes))


@dataclass(frozen=True)
class Bench:
    """An experiment in the middle of its training, and what its next iteration is."""

    executor: Executor
    state: TrainingState
    honest: Trace

    @staticmethod
    def of(experiment: Experiment, iterations: int = 0) -> Bench:
        """The bench after so many iterations."""
        executor = Executor(experiment)
        state = executor.initial_state()
        for _ in range(iterations):
            _, state = executor.advance(state)
        return Bench(executor, state, executor.trace(state))

    def judged(self, trace: Trace, *, update: bool = True) -> Verdict:
        """The verdict on a trace."""
        return verify_trace(self.executor.experiment, self.executor.program, trace, update=update)

    def run_with(self, broken: MicroStep) -> Trace:
        """The iteration with one step replaced, and all that follows from it."""
        program, honest = self.executor.program, self.executor.program.steps
        steps = tuple(broken if step.writes == broken.writes else step for step in honest)
        self.executor.program = replace(program, steps=steps)
        try:
            return self.executor.trace(self.state)
        finally:
            self.executor.program = program

    def is_changed(self, trace: Trace) -> bool:
        """Whether a value that PyTorch knows is another one, by more than it can be known."""
        steps = [step for step in self.executor.program.steps if step.kind.value != "update_term"]
        # torch's SGD counts no steps.
        counted = self.executor.experiment.optimizer.name == "SGD"
        return any(
            differs(trace.values[step.writes], self.honest.values[step.writes], self.honest.values.get(before_of(step)))
            for step in steps
            if not (counted and step.writes.endswith(".step.next"))
        )


def before_of(step: MicroStep) -> ValueRef:
    """The parameter that a step updates; else nothing that there is."""
    return ValueRef(step.writes.removesuffix(".next")) if step.kind.value == "parameter_update" else ValueRef("")


def differs(value: Tensor, honest: Tensor, before: Tensor | None) -> bool:
    """Whether a number has changed by 1e-4 of itself, or of its change, and by more than its last places."""
    size = honest if before is None else honest - before
    least = torch.maximum(size.abs() * 1e-4, (honest.abs()) * (VISIBLE * torch.finfo(honest.dtype).eps))
    return bool(((value - honest).abs() > least).any())


def break_each(bench: Bench, wanted: Callable[[MicroStep], bool], *, update: bool = True) -> Iterator[str]:
    """Break each of these steps in each way; what was broken, where the referee has not found it."""
    assert bench.judged(bench.honest, update=update).agrees
    broken = 0
    for step in filter(wanted, bench.executor.program.steps):
        before = bench.state.values.get(before_of(step))
        for way, wrong in WRONG.items():
            trace = bench.run_with(replace(step, compute=broken_computation(step, wrong, before)))
            if not bench.is_changed(trace):
                continue
            broken += 1
            verdict = bench.judged(trace, update=update)
            if verdict.agrees:
                yield f"{step.writes}: {way}"
    # A rate of 0 is 0 however it is computed.
    assert broken or not bench.honest.values[refs.next_value(refs.LR)]


def broken_computation(step: MicroStep, wrong: Callable[[Tensor], Tensor], before: Tensor | None) -> Any:
    """The step's computation with a wrong result."""

    def compute(*read: Tensor) -> Tensor:
        found = step.compute(*read)
        return wrong(found) if before is None else before + wrong(found - before)

    return compute


def none_is_missed(
    experiment: Experiment,
    wanted: Callable[[MicroStep], bool],
    iterations: int = 0,
    dtypes: Sequence[str] = DTYPES,
    **kw: Any,
) -> None:
    for dtype in dtypes:
        bench = Bench.of(replace(experiment, dtype=dtype), iterations)
        assert list(break_each(bench, wanted, **kw)) == [], dtype


# ------------------------------------------------------------------------------------------- the passes


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_each_function_and_derivative(name: str) -> None:
    experiment = network_of(complete(ACTIVATIONS, usual(ACTIVATIONS, name), "$"), Choice("Identity"))
    own = [refs.activation(0), refs.grad(refs.pre_activation(0)), refs.grad(refs.learned(0, "weight"))]
    none_is_missed(experiment, lambda step: step.writes in own, update=False)


def test_each_sum_and_its_gradients() -> None:
    experiment = network_of(Choice("Tanh"), Choice("Identity"))
    none_is_missed(experiment, lambda step: step.phase in (Phase.FORWARD, Phase.BACKWARD), update=False)


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("name", LOSSES)
def test_each_loss_and_its_slope(name: str, reduction: str) -> None:
    loss = complete(LOSSES, usual(LOSSES, name, reduction=reduction), "$")
    last = Choice("Sigmoid" if needs_probabilities(Choice(name)) else "Identity")
    targets: Any = {
        Targets.SIGNS: ((1.0, -1.0), (1.0, 1.0), (-1.0, 1.0)),
        Targets.CLASSES: ((1.0,), (0.0,), (1.0,)),
        Targets.DISTRIBUTIONS: ((0.25, 0.75), (1.0, 0.0), (0.5, 0.5)),
    }.get(targets_of(loss))
    experiment = network_of(Choice("Tanh"), Choice("Identity"))
    data = experiment.data if targets is None else replace(experiment.data, targets=targets)
    experiment = network_of(Choice("Tanh"), last, loss=loss, data=data)
    output = refs.grad(refs.activation(1))
    none_is_missed(experiment, lambda step: step.phase is Phase.LOSS or step.writes == output, update=False)


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_vanishing_gradient_is_no_gradient_of_0(dtype: str) -> None:
    """Ten saturated layers: the gradients of the lowest are under 1e-20, and are compared as any other."""
    layers = tuple(LayerSpec(2, Choice("Sigmoid")) for _ in range(10))
    weights = {f"layers.{index}.weight": ((3.0, 3.5), (4.0, 2.5)) for index in range(10)}
    data = DataSpec(inputs=((1.0, 2.0), (0.5, 1.0)), targets=((0.0, 1.0), (1.0, 0.0)))
    given = Experiment(network=NetworkSpec(2, layers), data=data, parameters=parameters(weights), dtype=dtype)
    bench = Bench.of(check_experiment(replace(given, optimizer=sgd(0.1))))
    lowest = bench.honest.values[refs.grad(refs.weight(0))].abs()
    assert 0 < lowest.min() <= lowest.max() < 1e-10
    for step in bench.executor.program.steps:
        if step.phase is Phase.BACKWARD and bench.honest.values[step.writes].abs().max() < 1e-10:
            trace = bench.run_with(replace(step, compute=broken_computation(step, WRONG["nothing"], None)))
            verdict = bench.judged(trace, update=False)
            assert (verdict.agrees, verdict.ref) == (False, step.writes)


# ------------------------------------------------------------------------------------------- the update


def optimizers() -> Iterator[Choice]:
    """Each optimizer as it is, and with each of its arguments that is usually off, or 0, switched on."""
    for name, entry in OPTIMIZERS.items():
        given = {"lr": 0.1} if any(argument.name == "lr" for argument in entry.arguments) else {}
        usual = complete(OPTIMIZERS, Choice(name, given), "$")
        yield usual
        for argument in entry.arguments:
            if argument.name == "nesterov":
                yield usual.replace(nesterov=True, momentum=0.9)
            elif argument.name == "dampening":
                yield usual.replace(dampening=0.25, momentum=0.9)
            elif isinstance(argument, Flag) and not usual[argument.name]:
                yield usual.replace(**{argument.name: True})
            elif usual[argument.name] == 0 and argument.name in ("weight_decay", "momentum", "lr_decay", "lambd"):
                yield usual.replace(**{argument.name: 0.5})


def optimizer_name(choice: Choice) -> str:
    """The optimizer, and which of its arguments are not the usual ones."""
    usual = complete(OPTIMIZERS, Choice(choice.name, {"lr": 0.1}), "$")
    return "-".join((choice.name, *(name for name, value in choice.arguments.items() if value != usual[name])))


@pytest.mark.parametrize("optimizer", [*optimizers()], ids=optimizer_name)
def test_each_computation_of_each_optimizer(optimizer: Choice) -> None:
    experiment = network_of(Choice("Tanh"), Choice("Identity"), optimizer=optimizer, frozen=ONE_LAYER)
    none_is_missed(experiment, lambda step: step.phase is Phase.UPDATE, iterations=2)


ONE_LAYER = frozenset(parameters({"layers.0.weight": (), "layers.0.bias": (), "layers.1.bias": ()}))


def changed_arguments(optimizer: Choice) -> Iterator[tuple[str, Choice]]:
    """The optimizer with another value of one argument, where that is allowed."""
    for argument in OPTIMIZERS[optimizer.name].arguments:
        value: Any = optimizer[argument.name]
        others: list[Any] = []
        if isinstance(value, bool):
            others = [not value]
        elif isinstance(value, float | int):
            others = [0.0, value * 0.999]
        elif isinstance(value, tuple) and isinstance(value[0], str):
            others = [tuple(line.replace("lr", "0.99*lr") for line in value)]
        elif isinstance(value, tuple):
            others = [((value[0] or 1e-3) * 0.99, *value[1:]), (*value[:-1], value[-1] * 0.99)]
        for other in others:
            changed = optimizer.replace(**{argument.name: other})
            try:
                check_experiment(network_of(Choice("Tanh"), Choice("Identity"), optimizer=changed))
            except SpecError:
                continue
            yield argument.name, changed


@pytest.mark.parametrize("optimizer", [*optimizers()], ids=optimizer_name)
def test_an_optimizer_that_is_set_otherwise(optimizer: Choice) -> None:
    """A decay that is left out, a momentum that is another: whatever makes a parameter another one."""
    missed = []
    for dtype in DTYPES:
        experiment = network_of(Choice("Tanh"), Choice("Identity"), optimizer=optimizer, frozen=ONE_LAYER, dtype=dtype)
        bench = Bench.of(experiment, 3)
        for name, changed in changed_arguments(optimizer):
            other = Executor(replace(experiment, optimizer=changed))
            values = other.values(other.fit(bench.state))
            updated = {ref: value for ref, value in values.items() if ref.endswith(".next")}
            trace = replace(bench.honest, values={**bench.honest.values, **updated})
            if bench.is_changed(trace) and bench.judged(trace).agrees:
                missed.append((dtype, name))
    assert missed == []


@pytest.mark.parametrize(("interval", "dtype"), [("iteration", "float32"), ("epoch", "float64")])
@pytest.mark.parametrize("scheduler", [*CASES, *SEQUENCES, *PLATEAUS], ids=name_of)
def test_each_schedule(scheduler: Choice, interval: str, dtype: str) -> None:
    """At the end of an epoch, where something happens whatever the interval is; rates are float64 in both dtypes."""
    experiment = scheduled(scheduler, Choice("SGD", {"lr": 0.02, "momentum": 0.5}), interval)
    none_is_missed(experiment, lambda step: step.kind.value == "schedule", iterations=3, dtypes=(dtype,))


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_schedule_that_never_steps(dtype: str) -> None:
    experiment = network_of(
        Choice("Tanh"),
        Choice("Identity"),
        optimizer=sgd(0.001),
        scheduler=Choice("StepLR", {"step_size": 1, "gamma": 0.5, "interval": "iteration"}),
        dtype=dtype,
    )
    bench = Bench.of(experiment)
    following = refs.next_value(refs.LR)
    trace = replace(bench.honest, values={**bench.honest.values, following: bench.honest.values[refs.LR]})
    verdict = bench.judged(trace)
    assert (verdict.agrees, verdict.ref, verdict.tolerance) == (False, following, 1e-10)


@pytest.mark.parametrize(
    "clipping",
    [
        *(Choice("clip_grad_norm_", {"max_norm": 0.1, "norm_type": p}) for p in ("1", "2", "inf")),
        Choice("clip_grad_value_", {"clip_value": 0.1}),
    ],
    ids=lambda choice: "-".join(map(str, (choice.name, *choice.arguments.values()))),
)
def test_each_way_to_clip(clipping: Choice) -> None:
    experiment = network_of(Choice("Tanh"), Choice("Identity"), clipping=clipping)
    none_is_missed(experiment, lambda step: step.phase is Phase.UPDATE)


def test_a_decay_that_is_left_out_of_a_small_step_of_float32() -> None:
    """A learning rate of 0.001 and a decay of 0.01 of it: five millionths of a weight of 0.5."""
    network = NetworkSpec(1, (LayerSpec(1),))
    data = DataSpec(inputs=((1.0,),), targets=((1.0,),))
    given = parameters({"layers.0.weight": ((0.5,),), "layers.0.bias": (0.25,)})
    optimizer = complete(OPTIMIZERS, Choice("AdamW", {"lr": 0.001}), "$")
    one = Experiment(network=network, data=data, parameters=given, optimizer=optimizer, dtype="float32")
    experiment = check_experiment(one)
    without = Executor(replace(experiment, optimizer=optimizer.replace(weight_decay=0.0)))
    bench = Bench.of(experiment)
    trace = replace(bench.honest, values={**bench.honest.values, **without.values(without.initial_state())})
    verdict = bench.judged(trace)
    assert bench.judged(bench.honest).agrees
    assert (verdict.agrees, verdict.ref) == (False, refs.next_value(refs.weight(0)))


# ------------------------------------------------------------------------------------------- what is right


@settings(max_examples=15, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(whole_experiments(), experiments("float32"))
def test_no_iteration_that_is_right_differs(whole: Experiment, narrow: Experiment) -> None:
    for experiment in (whole, replace(whole, dtype="float32"), narrow):
        executor = Executor(experiment)
        for trace in islice(executor.iterations(), 3):
            verdict = verify_trace(experiment, executor.program, trace)
            assert verdict.agrees, verdict


def test_what_torch_keeps_in_its_default_dtype_is_told() -> None:
    """Of all optimizers of float64 parameters, as a script makes them."""
    found = {}
    for name in (name for name in OPTIMIZERS if hasattr(torch.optim, name)):
        weight = torch.nn.Parameter(torch.ones(2, 2, dtype=torch.float64))
        optimizer = getattr(torch.optim, name)([weight], lr=0.1)
        weight.grad = torch.ones(2, 2, dtype=torch.float64)
        optimizer.step()
        kept = {key for key, value in optimizer.state[weight].items() if is_narrow(value)}
        if kept - {"step"}:
            found[name] = kept - {"step"}
    assert found == {name: set(kept) for name, kept in DEFAULT_DTYPE.items()}


def is_narrow(value: object) -> bool:
    """Whether a part of an optimizer's state is a float32."""
    return isinstance(value, Tensor) and value.dtype == torch.float32
