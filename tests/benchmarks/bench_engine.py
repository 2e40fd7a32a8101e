"""One traced iteration against autograd and `torch.optim` doing the same work.

Both are timed in one process, turn by turn, so that what slows the machine slows both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import torch
from torch import Tensor, nn

from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.rows import Rows
from chainrule.catalog.experiment.spec import DataSpec, Experiment, LayerSpec, NetworkSpec
from chainrule.catalog.experiment.versions import without_news
from chainrule.catalog.optimizers import OPTIMIZERS
from chainrule.engine.machine.check import check_experiment
from chainrule.engine.trace import Executor
from tests.benchmarks.parts.table import Row
from tests.benchmarks.parts.timing import race


def experiment(sizes: tuple[int, ...], rows: int, dtype: str, momentum: float) -> Experiment:
    """ReLU layers, an Identity at the end, MSELoss and SGD."""
    generator = torch.Generator().manual_seed(0)

    def numbers(columns: int) -> Rows:
        return tuple(map(tuple, torch.rand(rows, columns, generator=generator).tolist()))

    hidden = tuple(LayerSpec(units, Choice("ReLU")) for units in sizes[1:-1])
    return check_experiment(
        Experiment(
            network=NetworkSpec(sizes[0], (*hidden, LayerSpec(sizes[-1]))),
            data=DataSpec(inputs=numbers(sizes[0]), targets=numbers(sizes[-1])),
            optimizer=Choice("SGD", {"lr": 0.01, "momentum": momentum}),
            dtype=dtype,
        )
    )


def traced(spec: Experiment) -> Callable[[], None]:
    """One iteration of ours, with every value kept until the next."""
    executor = Executor(spec)
    state = executor.initial_state()

    def iteration() -> None:
        nonlocal state
        _, state = executor.advance(state)

    return iteration


def torch_optimizer(spec: Experiment, parameters: list[Tensor]) -> torch.optim.Optimizer:
    """Torch's optimizer by the experiment's choice, without what torch does not know."""
    choice = without_news(spec.optimizer, OPTIMIZERS[spec.optimizer.name].arguments)
    found: torch.optim.Optimizer = getattr(torch.optim, choice.name)(parameters, **choice.arguments)
    return found


def plain_loop(spec: Experiment) -> Callable[[], None]:
    """One iteration as it is usually written in torch, with the optimizer as torch makes it by default."""
    dtype = getattr(torch, spec.dtype)
    inputs, targets = (torch.tensor(rows, dtype=dtype) for rows in (spec.data.inputs, spec.data.targets))
    layers: list[nn.Module] = []
    for index, layer in enumerate(spec.network.layers):
        layers.append(nn.Linear(spec.network.fan_in(index), layer.units, dtype=dtype))
        if layer.activation.name != "Identity":
            layers.append(getattr(nn, layer.activation.name)())
    model, criterion = nn.Sequential(*layers), nn.MSELoss()
    optimizer = torch_optimizer(spec, list(model.parameters()))

    def iteration() -> None:
        optimizer.zero_grad()
        criterion(model(inputs), targets).backward()
        optimizer.step()

    return iteration


# The least speed, as a multiple of that of autograd and torch.optim.
CASES = [
    ((2, 3, 1), 4, "float64", 0.0, 1.65),
    ((2, 3, 1), 4, "float64", 0.9, 1.65),
    ((784, 128, 10), 64, "float32", 0.0, 1.0),
    ((784, 128, 10), 64, "float32", 0.9, 1.0),
    ((784, 128, 10), 64, "float64", 0.0, 1.0),
    ((784, 128, 10), 64, "float64", 0.9, 1.0),
]


def rows() -> Iterator[Row]:
    """All cases: the traced iteration's speed beside that of autograd and torch.optim."""
    for sizes, batch, dtype, momentum, least in CASES:
        spec = experiment(sizes, batch, dtype, momentum)
        network = "-".join(map(str, sizes))
        name = f"traced iteration, {network}, batch {batch}, {dtype}, momentum {momentum:g}"
        yield Row.speed(
            name, race(partial(traced, spec), partial(plain_loop, spec), least), least, "autograd + optim.SGD"
        )
