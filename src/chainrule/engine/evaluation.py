"""The network's outputs and loss on all training rows or on the test rows: a forward pass, and nothing is learned."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from chainrule.catalog.experiment.batches import batches_per_epoch, place_in_epoch
from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.values import refs
from chainrule.catalog.values.refs import ValueRef
from chainrule.catalog.values.step_kinds import Phase
from chainrule.engine.data import Batches, DataPart
from chainrule.engine.machine.threads import threads_for, use_threads
from chainrule.engine.metrics import Answer, Classification, answer_of, classify
from chainrule.engine.program.program import Program

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
        # Each row goes through the layers for itself; the loss is of all rows together.
        self._first_of_loss = sum(step.phase is Phase.FORWARD for step in self.steps)
        read = {ref for step in self.steps[self._first_of_loss :] for ref in step.reads}
        written = {step.writes for step in self.steps[: self._first_of_loss]}
        self._kept = {self._output, refs.TARGET} | read.intersection(written)
        self._experiment, self._data = experiment, experiment.data
        self.has_test = bool(batches.test_rows)
        self._always = self.has_test and _is_cheap(experiment)
        self.threads = threads_for(experiment)

    def evaluate(self, values: Mapping[ValueRef, Tensor], part: DataPart) -> Evaluation:
        """Return what the parameters among `values` give for all rows of one part; the test part must not be empty."""
        use_threads(self.threads)
        parameters = {ref: values[ref] for ref in self._parameters}
        with torch.inference_mode():
            parts = [self._forward(parameters, *rows) for rows in self._batches.slices(part)]
            found = parts[0] if len(parts) == 1 else {ref: torch.cat([each[ref] for each in parts]) for ref in parts[0]}
            found |= parameters
            for step in self.steps[self._first_of_loss :]:
                found[step.writes] = step.compute(*[found[ref] for ref in step.reads])
        return Evaluation(found[self._output], found[refs.TARGET], found[self._loss])

    def forward(self, values: Mapping[ValueRef, Tensor], rows: Tensor) -> dict[ValueRef, Tensor]:
        """Return what the loss reads of some rows of the data, (n,) by their numbers, and their outputs."""
        use_threads(self.threads)
        parameters = {ref: values[ref] for ref in self._parameters}
        with torch.inference_mode():
            return self._forward(parameters, *self._batches.take(rows))

    def _forward(
        self, parameters: Mapping[ValueRef, Tensor], inputs: Tensor, targets: Tensor
    ) -> dict[ValueRef, Tensor]:
        """Return what the loss reads of some rows, and their outputs."""
        found = {refs.INPUT: inputs, refs.TARGET: targets} | dict(parameters)
        for step in self.steps[: self._first_of_loss]:
            found[step.writes] = step.compute(*[found[ref] for ref in step.reads])
        return {ref: found[ref] for ref in self._kept}

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
