"""Training with each optimizer against the plain torch loop, and how long it takes to verify an iteration.

Both are timed in one process, turn by turn.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from time import perf_counter

import torch

from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.optimizers import OPTIMIZERS
from chainrule.engine.machine.check import check_experiment
from chainrule.engine.referee.verify import verify_run
from chainrule.engine.trace import Executor
from tests.benchmarks.bench_engine import experiment, plain_loop, traced
from tests.benchmarks.parts.table import Row
from tests.benchmarks.parts.timing import Sample, race

# The least speed as a multiple of torch's, for each network and batch.
CASES = [((2, 8, 8, 1), 4, 1.5), ((784, 128, 10), 64, 1.0)]
VERIFIED_MS = 100.0
VERIFICATIONS = 15


def with_optimizer(sizes: tuple[int, ...], batch: int, name: str) -> Experiment:
    """The benchmark's network with an optimizer of that name; SGD with momentum, all else as torch has it."""
    arguments = {"lr": 1e-3, "momentum": 0.9} if name == "SGD" else {"lr": 1e-3}
    return check_experiment(replace(experiment(sizes, batch, "float32", 0.0), optimizer=Choice(name, arguments)))


def verification_ms(spec: Experiment) -> Sample:
    """Milliseconds to hold one iteration against every referee, a sample of finite differences among them."""
    executor = Executor(spec)
    trace = next(executor.iterations())
    times = []
    for _ in range(1 + VERIFICATIONS):
        start = perf_counter()
        for _ in verify_run(spec, executor.program, [trace], untouched=True):
            pass
        times.append((perf_counter() - start) * 1e3)
    # The first one imports torch.optim.
    return Sample.of(times[1:])


def rows() -> Iterator[Row]:
    """Each optimizer on each network, then the verification."""
    for sizes, batch, least in CASES:
        # The one by formula is none of torch's.
        for name in filter(partial(hasattr, torch.optim), OPTIMIZERS):
            spec = with_optimizer(sizes, batch, name)
            found = race(partial(traced, spec), partial(plain_loop, spec), least)
            yield Row.speed(f"{name}, {'-'.join(map(str, sizes))}, batch {batch}", found, least, "the plain torch loop")
    took = verification_ms(with_optimizer((784, 128, 10), 64, "Adam"))
    yield Row.of("verify one iteration, Adam, 784-128-10, batch 64", took, VERIFIED_MS, "ms")
