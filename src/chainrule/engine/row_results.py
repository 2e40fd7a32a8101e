"""What the network says of single rows, and the loss that each of them has: so many rows at a time as take a moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.losses import LOSSES
from chainrule.catalog.values import refs
from chainrule.catalog.values.refs import ValueRef
from chainrule.catalog.values.step_kinds import StepKind
from chainrule.engine.metrics import Answer, answers, counted_rows
from chainrule.engine.program.losses import Setting, row_loss_function
from chainrule.engine.trace import Executor

# So many multiplications, or numbers of the widest layer, are done at once: about 10 ms of work.
AT_ONCE, MOST_NUMBERS = 2**25, 2**19
# So many outputs of a row are kept: nobody reads more of them side by side.
MOST_OUTPUTS = 8


@dataclass(frozen=True, slots=True, eq=False)
class RowResults:
    """What came out for rows of the data, one after the other, (n,) each, on the CPU.

    `losses` are NaN for rows that are not counted, and where there is no number. `outputs` (n, some) are the first.
    `said` is the class that the outputs say, -1 where they say none, and `chances` its probability, NaN where the loss
    knows of none. Of the `answers` of a row, 0 where it does not count, so many are `wrong`; without classes there are
    none.
    """

    losses: Tensor
    outputs: Tensor
    said: Tensor
    chances: Tensor
    answers: Tensor
    wrong: Tensor


@dataclass(frozen=True, slots=True)
class Score:
    """How many answers were right, of how many."""

    right: int
    count: int


class RowReader:
    """Reads rows under any parameters of one experiment; numbers that are set by hand have no part in it."""

    def __init__(self, executor: Executor) -> None:
        self._evaluator, self._experiment = executor.evaluator, executor.experiment
        program, choice = executor.program, executor.experiment.loss
        self._terms = [step for step in program.steps if step.kind is StepKind.LOSS_TERM]
        self._read = next(step for step in program.steps if step.kind is StepKind.LOSS).reads
        self._row_loss = row_loss_function(choice, Setting.of(executor.experiment))
        network = executor.experiment.network
        self._output = refs.activation(len(network.layers) - 1)
        widest = max(network.inputs, *(layer.units for layer in network.layers))
        self.at_once = max(1, min(AT_ONCE // max(1, network.parameter_count), MOST_NUMBERS // widest))

    def read(self, values: Mapping[ValueRef, Tensor], rows: Tensor) -> RowResults:
        """Return what comes out for rows of the data, (n,) by their numbers: at most `at_once` are read at a time."""
        found = self._evaluator.forward(values, rows)
        with torch.inference_mode():
            for step in self._terms:
                found[step.writes] = step.compute(*[found[ref] for ref in step.reads])
            losses = self._row_loss(*[found[ref] for ref in self._read])
            outputs, targets = found[self._output], found[refs.TARGET]
            said, chances = self._said(outputs)
            count, wrong = self._judged(outputs, targets)
        return RowResults(
            losses.double().cpu(),
            outputs[:, :MOST_OUTPUTS].double().cpu(),
            said.cpu(),
            chances.double().cpu(),
            count.cpu(),
            wrong.cpu(),
        )

    def score(self, values: Mapping[ValueRef, Tensor], rows: Tensor) -> Score | None:
        """Return how many answers of some rows are right; None where an output is NaN, which says no class."""
        found = self._evaluator.forward(values, rows)
        with torch.inference_mode():
            outputs, targets = found[self._output], found[refs.TARGET]
            counted = counted_rows(self._experiment, targets)
            if bool(outputs[counted].isnan().any()):
                return None
            count, wrong = (int(part.sum()) for part in self._judged(outputs, targets))
        return Score(count - wrong, count)

    def _judged(self, outputs: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        """Return how many answers each row gives, and how many of them are wrong; one that is NaN is."""
        answer = self._evaluator.answer
        none = torch.zeros(len(outputs), dtype=torch.int64, device=outputs.device)
        if answer is None:
            return none, none
        counted = counted_rows(self._experiment, targets)
        predicted, true = answers(self._experiment, answer, outputs, targets)
        unknown = outputs.isnan().any(1, keepdim=True) if answer is Answer.LARGEST else outputs.isnan()
        wrong = ((predicted != true) | unknown).sum(1)
        return torch.where(counted, predicted.shape[1], none), torch.where(counted, wrong, none)

    def _said(self, outputs: Tensor) -> tuple[Tensor, Tensor]:
        """Return the class that each row's outputs say, -1 for none, and its probability, NaN for none."""
        answer, loss = self._evaluator.answer, LOSSES[self._experiment.loss.name]
        unknown = torch.full((len(outputs),), torch.nan, dtype=outputs.dtype, device=outputs.device)
        no_class = torch.full((len(outputs),), -1, dtype=torch.int64, device=outputs.device)
        if answer is None or (answer is Answer.YES_OR_NO and outputs.shape[1] > 1):
            return no_class, unknown
        is_known = ~outputs.isnan().any(1)
        if answer is Answer.YES_OR_NO:
            assert loss.decision is not None
            said = (outputs[:, 0] > loss.decision.output).long()
            yes = probabilities(self._experiment, outputs)
            chance = unknown if yes is None else torch.where(said > 0, yes[:, 0], 1 - yes[:, 0])
        else:
            said = outputs.argmax(1)
            each = probabilities(self._experiment, outputs)
            chance = unknown if each is None else each.gather(1, said[:, None])[:, 0]
        return torch.where(is_known, said, no_class), torch.where(is_known, chance, unknown)


def probabilities(experiment: Experiment, outputs: Tensor) -> Tensor | None:
    """Return the probabilities that the loss takes outputs (n, out) for, or makes of them; None where there are none.

    Of BCELoss and BCEWithLogitsLoss each is that of a yes for itself.
    """
    match experiment.loss.name, experiment.network.layers[-1].activation.name:
        case "CrossEntropyLoss", _:
            return torch.softmax(outputs, 1)
        case "BCEWithLogitsLoss", _:
            return torch.sigmoid(outputs)
        case "NLLLoss", "LogSoftmax":
            return torch.exp(outputs)
        case "BCELoss", _:
            return outputs
        case _:
            return None
