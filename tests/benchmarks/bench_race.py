"""The race: many rates at once, beside one run by itself, and beside TensorFlow Playground's engine, which has one run.

Two are timed turn by turn.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from math import isclose

from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.spec import DataSpec, Experiment, LayerSpec, NetworkSpec
from chainrule.catalog.values import refs
from chainrule.engine.initializers import initial_parameters
from chainrule.engine.machine.check import check_experiment
from chainrule.engine.race.heat import Heat, run_start
from chainrule.engine.trace import Executor
from tests.benchmarks.bench_optimizers import with_optimizer
from tests.benchmarks.bench_plan import TOGETHER, planned
from tests.benchmarks.bench_run import playground as its_data
from tests.benchmarks.parts.table import Row
from tests.benchmarks.parts.timing import Work, race
from tests.benchmarks.peers.playground_script import Playground, missing, playground

RUNS, NETWORK = 256, (2, 8, 8, 1)
# At most 12 times as long as one run of four rows; one core of an EPYC needs 3 to 6 times as long.
LEAST = 1 / 12
CASES: list[tuple[str, int, float | None]] = [("SGD", 4, LEAST), ("Adam", 4, LEAST), ("SGD", 32, None)]
# The least speed of a race of so many, as a multiple of TensorFlow Playground's, for each update of a run.
OF_PLAYGROUND: dict[int, float | None] = {32: None, 256: 1.0, 1024: 1.0}
# Iterations whose losses are compared first, and how near they are: numbers are added up in another order.
COMPARED, CLOSE = 80, 1e-9


def at_rates(spec: Experiment, count: int) -> list[Experiment]:
    """The experiment with so many rates, from the smallest to the largest."""
    return [replace(spec, optimizer=spec.optimizer.replace(lr=10 ** (-4 + 3 * run / count))) for run in range(count)]


def heat_of(runs: list[Experiment]) -> Heat:
    """All runs, at their starts."""
    executor = Executor(runs[0])
    return Heat(runs, [run_start(run, executor.program) for run in runs], executor)


def raced(spec: Experiment, count: int = RUNS) -> Callable[[], object]:
    """Iterations of runs at so many rates."""
    heat = heat_of(at_rates(spec, count))
    return lambda: heat.run(TOGETHER)


# -------------------------------------------------------------------------------------------- TensorFlow Playground


def of_playground() -> Experiment:
    """Its 250 rows in batches of 10, its loss, its precision and its optimizer, with the network of the race."""
    known = its_data()
    hidden = tuple(LayerSpec(units, Choice("Tanh")) for units in NETWORK[1:-1])
    return check_experiment(
        Experiment(
            network=NetworkSpec(NETWORK[0], (*hidden, LayerSpec(NETWORK[-1]))),
            data=DataSpec(known.data.inputs, known.data.targets, batch_size=known.data.batch_size),
            loss=Choice("HalfSquaredError", {"reduction": "mean"}),
            optimizer=Choice("SGD", {"lr": 0.03}),
            dtype="float64",
        )
    )


def its_run(stack: ExitStack, spec: Experiment) -> Playground:
    """The experiment in TensorFlow Playground's engine, until the stack is closed."""
    values, data = initial_parameters(spec), spec.data
    parameters = [
        (values[refs.weight(layer)].tolist(), values[refs.bias(layer)].tolist()) for layer in range(len(NETWORK) - 1)
    ]
    inputs, targets = list(map(list, data.inputs)), [row[0] for row in data.targets]
    assert data.batch_size is not None
    lr = float(spec.optimizer["lr"])
    return stack.enter_context(playground(parameters, inputs, targets, data.batch_size, "Tanh", lr))


def check_losses(spec: Experiment) -> None:
    """ValueError if the losses of TensorFlow Playground's engine are not those of the race, run by run."""
    runs = at_rates(spec, 3)
    ours = heat_of(runs).run(COMPARED)
    for place, run in enumerate(runs):
        with ExitStack() as stack:
            theirs = its_run(stack, run).losses(COMPARED)
        for iteration, (loss, other) in enumerate(zip(ours[:, place].tolist(), theirs, strict=True)):
            if not isclose(loss, other, rel_tol=CLOSE):
                raise ValueError(f"run {place}: at iteration {iteration} our loss is {loss!r}, theirs {other!r}")


def _same(work: Work) -> Work:
    return work


def beside_playground() -> Iterator[Row]:
    """An update of a run in races of some sizes, beside one of TensorFlow Playground's."""
    if reason := missing():
        print(f"race: nothing is measured beside TensorFlow Playground, for {reason}", file=sys.stderr)
        return
    spec = of_playground()
    check_losses(spec)
    for count, least in OF_PLAYGROUND.items():
        with ExitStack() as stack:
            # As many updates as a call of the race makes.
            theirs = partial(its_run(stack, spec).train, updates := TOGETHER * count)
            found = race(partial(raced, spec, count), partial(_same, theirs), least, each=updates)
        name = f"an update of a run in a race of {count}, {'-'.join(map(str, NETWORK))} Tanh, batch 10 of 250"
        yield Row.speed(name, found, least, "TensorFlow Playground's engine")


def rows() -> Iterator[Row]:
    """One row for each optimizer and batch, and one for each size of a race beside TensorFlow Playground."""
    for name, batch, least in CASES:
        spec = with_optimizer(NETWORK, batch, name)
        found = race(partial(raced, spec), partial(planned, spec), least or 0.0, each=TOGETHER)
        label = f"{RUNS} rates of {name} at once, {'-'.join(map(str, NETWORK))}, batch {batch}"
        yield Row.speed(label, found, least, "one run")
    yield from beside_playground()
