"""What is recorded of an experiment: the steps of an iteration, the values that they write, and how training ends."""

from __future__ import annotations

import base64
import json
import lzma
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import torch

from chainrule.catalog.experiment.spec import Experiment
from chainrule.engine.machine.check import check_experiment
from chainrule.engine.trace import Executor
from chainrule.engine.training import Training
from chainrule.model.files.storage import decode_experiment, encode_experiment

FILE = Path(__file__).with_name("recorded.jsonl.xz")
# Of these iterations the values are recorded: the first, and one in which optimizers remember something.
ITERATIONS = (0, 2)
TRAINED = 6
# By how much a number may differ on another machine, relative to the largest of its tensor.
NEAR = {"float64": 1e-12, "float32": 1e-5}


@dataclass(frozen=True, slots=True)
class Recording:
    """One experiment, as its file has it, and what it gave.

    `steps` are the kind, the phase, the ref that is written and those that are read, in order; `values` are the numbers
    that each step writes in an iteration, and `trained` the losses, the rates, and each of the final parameters.
    """

    name: str
    experiment: Mapping[str, Any]
    steps: list[list[Any]]
    values: list[list[list[float]]]
    trained: list[list[float]]

    @property
    def decoded(self) -> Experiment:
        """The experiment, checked."""
        return check_experiment(decode_experiment(json.dumps(self.experiment).encode()))


def record(name: str, experiment: Experiment) -> Recording:
    """Compute an experiment, and keep what came out."""
    executor = Executor(experiment)
    steps = [[s.kind.value, s.phase.value, s.writes, list(s.reads)] for s in executor.program.steps]
    iterations = islice(executor.iterations(), max(ITERATIONS) + 1)
    kept = [found.values for found in iterations if found.iteration in ITERATIONS]
    values = [[numbers(found[s.writes]) for s in executor.program.steps] for found in kept]
    return Recording(name, json.loads(encode_experiment(experiment)), steps, values, _trained(experiment))


def _trained(experiment: Experiment) -> list[list[float]]:
    training = Training(Executor(experiment))
    trained = list(training.run(TRAINED))
    losses, rates = [float(each.loss or 0.0) for each in trained], [each.lr for each in trained]
    return [losses, rates, *(numbers(training.state.values[ref]) for ref in experiment.network.parameter_shapes())]


def numbers(value: torch.Tensor) -> list[float]:
    """The numbers of a value, in reading order."""
    found: list[float] = value.double().flatten().tolist()
    return found


def difference(one: Recording, other: Recording) -> float:
    """The largest difference of two numbers, relative to the largest number of their tensor.

    That of a sum whose terms may cancel, as those of `SumOfOutputs` do, is relative to its largest term.
    """
    worst, terms = 0.0, _largest_output(one)
    for part, (rows, others) in enumerate(zip((*one.values, one.trained), (*other.values, other.trained), strict=True)):
        for place, (row, against) in enumerate(zip(rows, others, strict=True)):
            is_loss = place == 0 if part == len(one.values) else one.steps[place][2] == "loss"
            scale = max([*map(abs, row), *([terms] if is_loss else [])], default=0.0)
            for a, b in zip(row, against, strict=True):
                if a != b and not (math.isnan(a) and math.isnan(b)):
                    worst = max(worst, abs(a - b) / scale if scale and math.isfinite(abs(a - b)) else math.inf)
    return worst


def _largest_output(recording: Recording) -> float:
    """The largest number that is summed up to the loss; 0 where no term of the loss cancels another."""
    if recording.experiment["loss"]["name"] != "SumOfOutputs":
        return 0.0
    place = next(place for place, step in enumerate(recording.steps) if step[2] == "loss")
    (summed,) = recording.steps[place][3]
    at = [step[2] for step in recording.steps].index(summed)
    return max(abs(number) for values in recording.values for number in values[at])


def write(recordings: list[Recording], path: Path = FILE) -> None:
    """Write recordings, one a line."""
    with lzma.open(path, "wt", preset=9, encoding="utf-8") as file:
        for each in recordings:
            packed = [_packed(rows) for rows in (*each.values, each.trained)]
            file.write(json.dumps([each.name, each.experiment, each.steps, packed], separators=(",", ":")) + "\n")


def read(path: Path = FILE) -> Iterator[Recording]:
    """Read them again."""
    with lzma.open(path, "rt", encoding="utf-8") as file:
        for line in file:
            name, experiment, steps, packed = json.loads(line)
            *values, trained = [_unpacked(*each) for each in packed]
            yield Recording(name, experiment, steps, values, trained)


def _packed(rows: list[list[float]]) -> tuple[list[int], str]:
    flat = torch.tensor([number for row in rows for number in row], dtype=torch.float64)
    return [len(row) for row in rows], base64.b85encode(flat.numpy().tobytes()).decode()


def _unpacked(counts: list[int], text: str) -> list[list[float]]:
    flat = torch.frombuffer(bytearray(base64.b85decode(text)), dtype=torch.float64)
    return [row.tolist() for row in flat.split(counts)]
