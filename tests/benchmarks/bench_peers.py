"""Training as the program does it, all its curves and checkpoints kept, beside a torch script and a NumPy script.

All three train the same network from the same numbers. Their losses are compared before any of them is timed: the time
of something that computes another thing says nothing.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import islice
from math import isclose

import numpy as np
import torch
from torch import Tensor

from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.spec import DataSpec, Experiment, LayerSpec, NetworkSpec
from chainrule.catalog.values import refs
from chainrule.engine.initializers import initial_parameters
from chainrule.engine.machine.check import check_experiment
from chainrule.model.document import Document
from chainrule.model.timeline.timeline import Timeline
from tests.benchmarks.parts.table import Row
from tests.benchmarks.parts.timing import Work, race
from tests.benchmarks.peers import numpy_script, torch_script

LR = 0.01
# Past those that the program computes by the trace, before it makes a plan.
COMPARED = 80
# Of the losses: what may differ is the order in which numbers are added up, and what each rounds to.
CLOSE = {"float64": 1e-9, "float32": 1e-3}


Peer = Callable[["Case", Experiment], Iterator[float]]


@dataclass(frozen=True, slots=True)
class Case:
    """A network, its data and its optimizer.

    A call of each side is `together` iterations: the program computes them in chunks. `least` is the least speed, as a
    multiple of the torch script's, and `least_of_numpy` of the NumPy script's; None holds it to nothing.
    """

    sizes: tuple[int, ...]
    activation: str
    rows: int
    batch: int
    optimizer: str
    dtype: str
    together: int
    least: float = 1.0
    least_of_numpy: float | None = None

    @property
    def name(self) -> str:
        """As the table has it."""
        network = "-".join(map(str, self.sizes))
        return f"{network} {self.activation}, batch {self.batch} of {self.rows}, {self.optimizer}, {self.dtype}"


# The first is as large as TensorFlow Playground's opening network and data.
CASES = [
    Case((2, 4, 2, 1), "Tanh", 250, 10, "SGD", "float64", 64, least_of_numpy=1.3),
    Case((2, 4, 2, 1), "Tanh", 250, 10, "Adam", "float64", 64, least_of_numpy=1.3),
    Case((2, 4, 1), "Tanh", 4, 4, "SGD", "float64", 64),
    Case((2, 4, 1), "Tanh", 4, 4, "Adam", "float64", 64),
    Case((784, 128, 10), "ReLU", 256, 64, "SGD", "float64", 16),
    Case((784, 128, 10), "ReLU", 256, 64, "SGD", "float32", 16),
    Case((784, 128, 10), "ReLU", 256, 64, "Adam", "float32", 16),
]


def experiment_of(case: Case) -> Experiment:
    """The case as the program has it; the data are drawn."""
    generator = torch.Generator().manual_seed(0)
    inputs, targets = (
        tuple(map(tuple, (torch.rand(case.rows, columns, generator=generator) - 0.5).tolist()))
        for columns in (case.sizes[0], case.sizes[-1])
    )
    hidden = tuple(LayerSpec(units, Choice(case.activation)) for units in case.sizes[1:-1])
    return check_experiment(
        Experiment(
            network=NetworkSpec(case.sizes[0], (*hidden, LayerSpec(case.sizes[-1]))),
            data=DataSpec(inputs, targets, batch_size=case.batch),
            optimizer=Choice(case.optimizer, {"lr": LR}),
            dtype=case.dtype,
        )
    )


class Ours:
    """Training at full pace, with all that the window's plots and its way back need."""

    def __init__(self, spec: Experiment) -> None:
        self._timeline, self._document = Timeline(), Document.of(spec)
        self._computed, self._goal = 0, 0
        self._training = self._timeline.run(self._document, 0, lambda: self._goal - self._computed)

    def advance(self, iterations: int) -> None:
        """Train on, in chunks as long as the program makes them."""
        self._goal += iterations
        while self._computed < self._goal:
            last, _ = next(self._training)
            self._computed = last + 1

    @property
    def losses(self) -> list[float]:
        """The loss of every iteration so far, as the plot has it: of so few, each."""
        outline = self._timeline.losses(self._document, self._computed)
        found: list[float] = outline.low[:, 0].tolist()
        return found


def torch_peer(case: Case, spec: Experiment) -> Iterator[float]:
    """The torch script, from the experiment's first numbers."""
    dtype = getattr(torch, case.dtype)
    inputs, targets = (torch.tensor(rows, dtype=dtype) for rows in (spec.data.inputs, spec.data.targets))
    options = {"lr": LR}
    return torch_script.train(_first(case, spec), inputs, targets, case.batch, case.activation, case.optimizer, options)


def numpy_peer(case: Case, spec: Experiment) -> Iterator[float]:
    """The NumPy script, from the experiment's first numbers."""
    inputs, targets = (np.array(rows, dtype=case.dtype) for rows in (spec.data.inputs, spec.data.targets))
    first = [(weight.numpy(), bias.numpy()) for weight, bias in _first(case, spec)]
    options = {"lr": LR}
    return numpy_script.train(first, inputs, targets, case.batch, case.activation, case.optimizer, options)


def _first(case: Case, spec: Experiment) -> list[tuple[Tensor, Tensor]]:
    values = initial_parameters(spec)
    return [(values[refs.weight(layer)], values[refs.bias(layer)]) for layer in range(len(case.sizes) - 1)]


PEERS: dict[str, Peer] = {"the torch script": torch_peer, "the NumPy script": numpy_peer}


def check_losses(case: Case, spec: Experiment) -> None:
    """ValueError if a peer's losses are not ours."""
    ours = Ours(spec)
    ours.advance(COMPARED)
    for name, peer in PEERS.items():
        theirs = islice(peer(case, spec), COMPARED)
        for iteration, (loss, other) in enumerate(zip(ours.losses, theirs, strict=True)):
            if not isclose(loss, other, rel_tol=CLOSE[case.dtype]):
                raise ValueError(
                    f"{case.name}: at iteration {iteration} our loss is {loss!r}, that of {name} {other!r}"
                )


def our_work(case: Case, spec: Experiment) -> Work:
    """Our iterations of a call."""
    ours = Ours(spec)
    return lambda: ours.advance(case.together)


def their_work(case: Case, spec: Experiment, peer: Peer) -> Work:
    """As many of a peer's."""
    training = peer(case, spec)
    return lambda: deque(islice(training, case.together), maxlen=0)


def rows() -> Iterator[Row]:
    """Our speed beside each peer's, in every case. Most of NumPy's are to know, no limits: it pays less for a call."""
    for case in CASES:
        spec = experiment_of(case)
        check_losses(case, spec)
        for name, peer in PEERS.items():
            least = case.least if peer is torch_peer else case.least_of_numpy
            found = race(
                partial(our_work, case, spec), partial(their_work, case, spec, peer), least, each=case.together
            )
            yield Row.speed(f"{case.name}, and {name}", found, least, name)
