"""One traced iteration against autograd and `torch.optim` doing the same work.

Run it with `python tests/benchmarks/bench_engine.py`. Both are timed in one process, turn by turn, so that what
slows the machine slows both. The exit status is 1 if a limit is exceeded.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from statistics import median
from typing import NamedTuple

import torch
from torch import nn

from chainrule.engine.arguments import Choice
from chainrule.engine.check import check_experiment
from chainrule.engine.spec import DataSpec, Experiment, LayerSpec, NetworkSpec, Rows
from chainrule.engine.trace import Executor

TURNS = 61
TURN_SECONDS = 0.02
# A stall of the machine spoils a measurement, never improves it: one that fails is repeated.
ATTEMPTS = 3


class Row(NamedTuple):
    """One line of the table."""

    name: str
    measured: float
    limit: float
    unit: str


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


def autograd(spec: Experiment) -> Callable[[], None]:
    """One iteration as it is usually written in torch."""
    dtype = getattr(torch, spec.dtype)
    inputs = torch.tensor(spec.data.inputs, dtype=dtype)
    targets = torch.tensor(spec.data.targets, dtype=dtype)
    layers: list[nn.Module] = []
    for index, layer in enumerate(spec.network.layers):
        layers.append(nn.Linear(spec.network.fan_in(index), layer.units, dtype=dtype))
        if layer.activation.name != "Identity":
            layers.append(getattr(nn, layer.activation.name)())
    model, criterion = nn.Sequential(*layers), nn.MSELoss()
    lr, momentum = (spec.optimizer.number(name) for name in ("lr", "momentum"))
    optimizer = torch.optim.SGD(model.parameters(), lr=lr, momentum=momentum)

    def iteration() -> None:
        optimizer.zero_grad()
        loss = criterion(model(inputs), targets)
        loss.backward()
        optimizer.step()

    return iteration


def ratio(a: Callable[[], None], b: Callable[[], None]) -> tuple[float, float, float]:
    """Median seconds of a call of each, and the median of what a takes of b's time in the same turn."""
    calls = [_calls_in(function, TURN_SECONDS) for function in (a, b)]
    turns = []
    for turn in range(TURNS):
        times = [0.0, 0.0]
        # Who begins changes, so that neither always finds the caches as the other left them.
        for which in (0, 1) if turn % 2 else (1, 0):
            times[which] = _seconds((a, b)[which], calls[which])
        turns.append(times)
    return (
        median(ours for ours, _ in turns),
        median(theirs for _, theirs in turns),
        median(ours / theirs for ours, theirs in turns),
    )


def _calls_in(function: Callable[[], None], seconds: float) -> int:
    """How often a function is called in a turn; it is warm afterwards."""
    for _ in range(20):
        function()
    return max(1, round(seconds / _seconds(function, 20)))


def _seconds(function: Callable[[], None], calls: int) -> float:
    start = time.perf_counter()
    for _ in range(calls):
        function()
    return (time.perf_counter() - start) / calls


CASES = [
    ((2, 3, 1), 4, "float64", 0.0, 0.6),
    ((2, 3, 1), 4, "float64", 0.9, 0.6),
    ((784, 128, 10), 64, "float32", 0.0, 1.0),
    ((784, 128, 10), 64, "float32", 0.9, 1.0),
    ((784, 128, 10), 64, "float64", 0.0, 1.0),
    ((784, 128, 10), 64, "float64", 0.9, 1.0),
]


def rows() -> list[Row]:
    """All cases: the traced iteration's share of the time that autograd and torch.optim take."""
    found = []
    for sizes, batch, dtype, momentum, limit in CASES:
        spec = experiment(sizes, batch, dtype, momentum)
        for _ in range(ATTEMPTS):
            ours, theirs, share = ratio(traced(spec), autograd(spec))
            if share <= limit:
                break
        network = "-".join(map(str, sizes))
        name = f"traced iteration, {network}, batch {batch}, {dtype}, momentum {momentum:g}"
        found.append(Row(name, share, limit, f"x autograd + optim.SGD ({ours * 1e6:.0f} / {theirs * 1e6:.0f} us)"))
    return found


def report(table: list[Row]) -> int:
    """Print the table; the exit status is 1 if a limit is exceeded."""
    width = max(len(row.name) for row in table)
    print(f"{'':{width}}  measured  limit")
    for row in table:
        mark = "" if row.measured <= row.limit else "   EXCEEDED"
        print(f"{row.name:{width}}  {row.measured:8.2f}  {row.limit:5.2f}  {row.unit}{mark}")
    return int(any(row.measured > row.limit for row in table))


if __name__ == "__main__":
    sys.exit(report(rows()))
