"""Training by plan against the plain torch loop, with each optimizer: what a run does when nobody looks.

Both train on the same batch again and again, and are timed in one process, turn by turn. Of the large network a plan is
also held against the physical limit: what torch needs for the products of matrices alone, and for reading and writing
what the optimizer works on once.
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
from chainrule.engine.plan.backends import Backend, Replayed
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
# Where torch has dropped TorchScript, which it calls deprecated.
LEAST_REPLAYED = 4.0
# A plan takes at most 1.15 times as long as the limit. Adam is not held to it: the trace makes it in nine passes
# over the parameters, and torch's kernel of one pass rounds in another order.
LEAST_OF_LIMIT: dict[str, float | None] = {"SGD": 1 / 1.15, "Adam": None}


def planned(spec: Experiment, backend: Backend | None = None) -> Callable[[], object]:
    """Iterations of ours, with what a history keeps of each; by the quickest backend unless another is given."""
    executor = Executor(spec)
    plan = Plan(executor, executor.initial_state(), backend)
    return lambda: plan.run(TOGETHER)


def at_the_limit(spec: Experiment) -> Callable[[], None]:
    """As many iterations of nothing but the products of matrices of a network with one hidden layer, and one pass over
    the parameters, their gradients, and what Adam keeps of them."""
    hidden, outputs = (layer.units for layer in spec.network.layers)
    dtype = getattr(torch, spec.dtype)
    x = torch.tensor(spec.data.inputs, dtype=dtype)
    z, a = torch.zeros(2, len(x), hidden, dtype=dtype)
    o = torch.rand(len(x), outputs, dtype=dtype)
    w1, w2 = torch.rand(hidden, x.shape[1], dtype=dtype), torch.rand(outputs, hidden, dtype=dtype)
    g1, g2 = torch.empty_like(w1), torch.empty_like(w2)
    count = w1.numel() + w2.numel() + hidden + outputs
    parameter, gradient, mean, square = torch.zeros(4, count, dtype=dtype)
    # The kernel behind `Adam(fused=True)`, without the work of Python around it.
    rates = {"lr": 1e-3, "beta1": 0.9, "beta2": 0.999, "weight_decay": 0.0, "eps": 1e-8}
    adam = partial(
        torch._fused_adam_,
        *([parameter], [gradient], [mean], [square], [], [torch.tensor(1.0)]),
        **rates,
        amsgrad=False,
        maximize=False,
    )
    sgd = partial(torch.sub, parameter, gradient, alpha=1e-3, out=parameter)
    update = adam if spec.optimizer.name == "Adam" else sgd

    def iterations() -> None:
        for _ in range(TOGETHER):
            torch.mm(x, w1.T, out=z)
            torch.mm(a, w2.T, out=o)
            torch.mm(o.T, a, out=g2)
            torch.mm(o, w2, out=z)
            torch.mm(z.T, x, out=g1)
            update()

    return iterations


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
    replayed = case(SMALL, 10, "float64", "SGD")
    found = race(partial(planned, replayed, Replayed()), partial(looped, replayed), LEAST_REPLAYED, each=TOGETHER)
    label = "SGD, 2-4-2-1, batch 10, float64, without TorchScript"
    yield Row.speed(label, found, LEAST_REPLAYED, "the plain torch loop")
    for sizes, batch, dtype, limits in CASES:
        for name, least in limits.items():
            spec = case(sizes, batch, dtype, name)
            found = race(partial(planned, spec), partial(looped, spec), least, each=TOGETHER)
            label = f"{name}, {'-'.join(map(str, sizes))}, batch {batch}, {dtype}"
            yield Row.speed(label, found, least, "the plain torch loop")
            if sizes == LARGE and dtype == "float32" and name in LEAST_OF_LIMIT:
                yield limit_row(label, without_momentum(spec), LEAST_OF_LIMIT[name])


def without_momentum(spec: Experiment) -> Experiment:
    """The experiment with an SGD that keeps nothing, so that its update is one pass."""
    if spec.optimizer.name != "SGD":
        return spec
    return check_experiment(replace(spec, optimizer=Choice("SGD", {"lr": 1e-3})))


def limit_row(label: str, spec: Experiment, least: float | None) -> Row:
    """A plan beside the physical limit: 1 is the limit itself."""
    found = race(partial(planned, spec), partial(at_the_limit, spec), least, each=TOGETHER)
    return Row.speed(f"{label}, and its physical limit", found, least, "five products and one pass")
