"""The race: many rates at once, beside one run by itself. Both are timed in one process, turn by turn."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

from chainrule.catalog.experiment.spec import Experiment
from chainrule.engine.race.heat import Heat, run_start
from chainrule.engine.trace import Executor
from tests.benchmarks.bench_optimizers import with_optimizer
from tests.benchmarks.bench_plan import TOGETHER, planned
from tests.benchmarks.parts.table import Row
from tests.benchmarks.parts.timing import race

RUNS, NETWORK = 256, (2, 8, 8, 1)
# At most 12 times as long as one run of four rows; one core of an EPYC needs 3 to 6 times as long.
LEAST = 1 / 12
CASES: list[tuple[str, int, float | None]] = [("SGD", 4, LEAST), ("Adam", 4, LEAST), ("SGD", 32, None)]


def raced(spec: Experiment) -> Callable[[], object]:
    """Iterations of all runs, from the smallest rate to the largest."""
    rates = [10 ** (-4 + 3 * run / RUNS) for run in range(RUNS)]
    runs = [replace(spec, optimizer=spec.optimizer.replace(lr=rate)) for rate in rates]
    executor = Executor(runs[0])
    heat = Heat(runs, [run_start(run, executor.program) for run in runs], executor)
    return lambda: heat.run(TOGETHER)


def rows() -> Iterator[Row]:
    """One row for each optimizer and batch."""
    for name, batch, least in CASES:
        spec = with_optimizer(NETWORK, batch, name)
        found = race(partial(raced, spec), partial(planned, spec), least or 0.0, each=TOGETHER)
        label = f"{RUNS} rates of {name} at once, {'-'.join(map(str, NETWORK))}, batch {batch}"
        yield Row.speed(label, found, least, "one run")
