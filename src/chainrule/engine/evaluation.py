"""The network's outputs and loss on all training rows or on the test rows: a forward pass, and nothing is learned."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import torch
from torch import Tensor

from chainrule.catalog.experiment.batches import batches_per_epoch, place_in_epoch
from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.values import refs
from chainrule.catalog.values.refs import ValueRef
from chainrule.engine.data import Batches
from chainrule.engine.machine.threads import threads_for, use_threads
from chainrule.engine.metrics import Answer, Classification, answer_of, classify
from chainrule.engine.program.program import Program

DataPart = Literal["training", "test"]
# A forward pass of so many multiplications takes about as long as an iteration of the smallest network.
CHEAP = 2**17
# And one of so many about 30 ms.
QUICK = 2**30


@dataclass(frozen=True, slots=True, eq=False)
class Evaluation:
    """Outputs (rows, out) of the last layer, the targets as the data has them, and the loss, ()."""

    outputs: Tensor
    targets: Tensor
    loss: Tensor


class Evaluator:
    """Runs a program's forward and loss `steps` on rows that need not be the batch.

    `threads` is how many threads its experiment is computed with.
    """

    def __init__(self, experiment: Experiment, program: Program, batches: Batches) -> None:
        self.steps = program.steps[: program.index[program.loss] + 1]
        self._loss = program.loss
        # The output of a formula is what training makes smaller.
        layers = experiment.network.layers
        self._output = refs.activation(len(layers) - 1) if layers else program.loss
        self._parameters = program.parameters
        self._batches = batches
        self._experiment, self._data = experiment, experiment.data
        self.has_test = bool(batches.test_rows)
        self._always = self.has_test and _is_cheap(experiment)
        self.threads = threads_for(experiment)

    def evaluate(self, values: Mapping[ValueRef, Tensor], part: DataPart) -> Evaluation:
        """Return what the parameters among `values` give for all rows of one part; the test part must not be empty."""
        use_threads(self.threads)
        inputs, targets = self._batches.training() if part == "training" else self._batches.test()
        found = {refs.INPUT: inputs, refs.TARGET: targets} | {ref: values[ref] for ref in self._parameters}
        with torch.inference_mode():
            for step in self.steps:
                found[step.writes] = step.compute(*[found[ref] for ref in step.reads])
        return Evaluation(found[self._output], targets, found[self._loss])

    def final_losses(self, values: Mapping[ValueRef, Tensor]) -> tuple[float, float | None]:
        """Return the losses on all training rows and on the test rows, if there are some, of what an iteration has led
        to.

        `values` are a state's, or those of an iteration: then the parameters that it updates to.
        """
        updated = {ref: values.get(refs.next_value(ref), values[ref]) for ref in self._parameters}
        test = self.evaluate(updated, "test").loss.item() if self.has_test else None
        return self.evaluate(updated, "training").loss.item(), test

    @property
    def is_quick(self) -> bool:
        """Whether all rows go through the network before a person notices."""
        shapes = self._experiment.network.parameter_shapes().values()
        return len(self._data.inputs) * sum(map(math.prod, shapes)) <= QUICK

    @cached_property
    def answer(self) -> Answer | None:
        """How the outputs say a class; None where the loss asks for none."""
        return answer_of(self._experiment)

    def classification(self, values: Mapping[ValueRef, Tensor], part: DataPart) -> Classification | None:
        """Return how many rows of one part the network assigns to which class; None where it tells no classes."""
        if self.answer is None:
            return None
        found = self.evaluate(values, part)
        return classify(self._experiment, self.answer, found.outputs, found.targets)

    def is_tested(self, iteration: int) -> bool:
        """Return whether the test loss of an iteration's first parameters is worth its time: always,
        or once an epoch.
        """
        return self._always or (self.has_test and place_in_epoch(self._data, iteration)[1] == 0)


def _is_cheap(experiment: Experiment) -> bool:
    """Return whether a forward pass on the test rows adds little to an iteration."""
    data = experiment.data
    parameters = sum(math.prod(shape) for shape in experiment.network.parameter_shapes().values())
    few = data.test_rows <= (data.batch_size or data.training_rows)
    return batches_per_epoch(data) == 1 or few or data.test_rows * parameters <= CHEAP
