"""What an experiment takes of a machine, known before any of it is taken: memory, and the work of an iteration."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from chainrule.catalog.arguments import SpecError
from chainrule.catalog.experiment.spec import DEFAULT_ACTIVATION, Experiment
from chainrule.catalog.optimizers import OPTIMIZERS
from chainrule.catalog.tables import lookup
from chainrule.engine.program.program import updates_by_parameter

ITEM_BYTES = {"float64": 8, "float32": 4}
# A number in Python, with its place in a tuple.
NUMBER = 32
# Less than this any machine has: nobody is asked how much there is.
SMALL = 256 * 2**20
# What takes more bytes, or an iteration more seconds, is opened only after a question.
LARGE, SLOW = 10**9, 10.0
# Multiplications and additions that a processor does in a second, about.
SPEED = 1e10


@dataclass(frozen=True, slots=True)
class Estimate:
    """Bytes that an experiment takes, and the operations of an iteration.

    `document` are its numbers as Python has them, `data` the same as tensors, `state` is what an iteration hands to the
    next, and `trace` every value of one, the state it starts from and its batch among them.
    """

    document: int
    data: int
    state: int
    trace: int
    operations: int

    @property
    def nbytes(self) -> int:
        """With one iteration on the screen, and one state more to train on from."""
        return self.document + self.data + self.state + self.trace

    @property
    def seconds(self) -> float:
        """What an iteration takes, about."""
        return self.operations / SPEED

    @property
    def is_large(self) -> bool:
        """Whether somebody is to be asked before it is opened."""
        return self.nbytes > LARGE or self.seconds > SLOW

    @property
    def text(self) -> str:
        """What it needs, in words: "about 8.1 GB, and about 20 s for an iteration"."""
        time = f", and about {self.seconds:.0f} s for an iteration" if self.seconds >= 1 else ""
        return f"about {memory_in_words(self.nbytes)}{time}"


def estimate(experiment: Experiment) -> Estimate:
    """Return what a checked experiment takes."""
    network, data, item = experiment.network, experiment.data, ITEM_BYTES[experiment.dtype]
    shapes = network.parameter_shapes()
    sizes = {ref: math.prod(shape) for ref, shape in shapes.items()}
    columns = network.inputs + len(data.targets[0]) if data.targets else 0
    given = sum(sizes[ref] for ref in experiment.parameters)
    kept, computed = sum(sizes.values()), 0
    clips, entry = experiment.clipping is not None, lookup(OPTIMIZERS, experiment.optimizer.name)
    trained = [ref for ref in shapes if ref not in experiment.frozen]
    for ref, (choice, updates) in updates_by_parameter(experiment, trained).items():
        shape = shapes[ref]
        kept += sum(math.prod(buffer.extent.shape(shape)) for buffer in entry.state(choice, shape))
        computed += sizes[ref] * (1 + clips)
        computed += sum(math.prod(update.extent.shape(shape)) for update in updates)
    batch = data.batch_size or data.training_rows
    # z and a and the gradient of each; where a is z it is the same memory.
    units = sum(
        (3 if layer.activation.name == DEFAULT_ACTIVATION.name else 4) * layer.units for layer in network.layers
    )
    below = sum(network.fan_in(index) * layer.units for index, layer in enumerate(network.layers))
    return Estimate(
        NUMBER * given + data.inputs.nbytes + data.targets.nbytes,
        item * columns * (len(data.inputs) + (data.test_rows if data.batch_size else len(data.inputs) * data.is_split)),
        item * kept,
        item * (kept + computed + batch * (units + columns + network.outputs)),
        6 * batch * below + 10 * (kept + computed),
    )


def check_budget(experiment: Experiment, free: Callable[[], int | None], known: Experiment | None = None) -> None:
    """Refuse a checked experiment for which the machine has no memory, with what it needs.

    `free` tells how many bytes there are. `known` is one that is there already: only what is more is to fit.
    """
    wanted = estimate(experiment)
    if wanted.nbytes <= SMALL:
        return
    more = wanted.nbytes - (estimate(known).nbytes if known is not None else 0)
    if more <= 0 or (left := free()) is None or more <= left:
        return
    raise SpecError("$", f"needs {wanted.text}, and this machine has {memory_in_words(left)} free")


def memory_in_words(nbytes: int) -> str:
    """Return `8.1 GB`, `350 MB`."""
    return f"{nbytes / 1e9:.1f} GB" if nbytes >= 1e9 else f"{nbytes / 1e6:.0f} MB"  # noqa: PLR2004 - a gigabyte
