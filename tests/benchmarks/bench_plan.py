"""Training by plan against the plain torch loop, with each optimizer: what a run does when nobody looks.

Both train on the same batch again and again, and are timed in one process, turn by turn.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

import torch

from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.spec import Experiment, LayerSpec
from chainrule.catalog.optimizers import OPTIMIZERS
from chainrule.catalog.values.refs import ValueRef
from chainrule.engine.machine.check import check_experiment
from chainrule.engine.plan import Plan
from chainrule.engine.trace import Executor
from tests.benchmarks.bench_engine import plain_loop, torch_optimizer
from tests.benchmarks.bench_optimizers import with_optimizer
from tests.benchmarks.parts.table import Row
from tests.benchmarks.parts.timing import race
from tests.formulas import formula_experiment

# Iterations in a call of either.
TOGETHER = 16
OF_TORCH = [name for name in OPTIMIZERS if hasattr(torch.optim, name)]
# The least speed as a multiple of torch's, by optimizer. The first network is TensorFlow Playground's opening one.
SMALL, LARGE = (2, 4, 2, 1), (784, 128, 10)
CASES: list[tuple[tuple[int, ...], int, str, dict[str, float]]] = [
    # Adafactor goes by whole matrices, so that its updates cannot be made for all parameters at once.
    (SMALL, 10, "float64", dict.fromkeys(OF_TORCH, 4.0) | {"Adafactor": 1.0}),
    # Most of the time goes into the products of matrices, which are the same on both sides; in float64 more of it.
    (LARGE, 64, "float32", {"SGD": 1.4, "Adam": 1.4, "RMSprop": 1.0, "Adafactor": 1.0}),
    (LARGE, 64, "float64", {"SGD": 1.0, "Adam": 1.0, "RMSprop": 1.0}),
]
# Of a formula in the place of layers.
LEAST_OF_FORMULAS = 2.5


def planned(spec: Experiment) -> Callable[[], object]:
    """Iterations of ours, with what a history keeps of each."""
    executor = Executor(spec)
    plan = Plan(executor, executor.initial_state())
    return lambda: plan.run(TOGETHER)


def looped(spec: Experiment) -> Callable[[], None]:
    """As many as they are usually written in torch."""
    iteration = plain_loop(spec)

    def iterations() -> None:
        for _ in range(TOGETHER):
            iteration()

    return iterations


def case(sizes: tuple[int, ...], batch: int, dtype: str, optimizer: str) -> Experiment:
    """The benchmark's network; the small one with tanh, as TensorFlow Playground has it."""
    spec = with_optimizer(sizes, batch, optimizer)
    if len(sizes) > 3:
        layers = tuple(LayerSpec(units, Choice("Tanh")) for units in sizes[1:])
        spec = replace(spec, network=replace(spec.network, layers=layers))
    return check_experiment(replace(spec, dtype=dtype))


def valley_in_torch(spec: Experiment) -> Callable[[], None]:
    """Rosenbrock's valley as it is usually written in torch."""
    x, y = (torch.tensor(spec.parameters[ValueRef(name)], dtype=torch.float64, requires_grad=True) for name in "xy")
    optimizer = torch_optimizer(spec, [x, y])

    def iterations() -> None:
        for _ in range(TOGETHER):
            optimizer.zero_grad()
            ((1 - x) ** 2 + 100 * (y - x**2) ** 2).backward()
            optimizer.step()

    return iterations


def rows() -> Iterator[Row]:
    """A formula, and every optimizer on the small network and on the large one."""
    valley = formula_experiment(
        "f = (1 - x)^2 + 100*(y - x^2)^2", parameters={"x": -1.2, "y": 1}, optimizer={"name": "Adam", "lr": 0.001}
    )
    found = race(partial(planned, valley), partial(valley_in_torch, valley), LEAST_OF_FORMULAS, each=TOGETHER)
    yield Row.speed("Adam, a formula of 7 operators, float64", found, LEAST_OF_FORMULAS, "the plain torch loop")
    for sizes, batch, dtype, limits in CASES:
        for name, least in limits.items():
            spec = case(sizes, batch, dtype, name)
            found = race(partial(planned, spec), partial(looped, spec), least, each=TOGETHER)
            label = f"{name}, {'-'.join(map(str, sizes))}, batch {batch}, {dtype}"
            yield Row.speed(label, found, least, "the plain torch loop")
