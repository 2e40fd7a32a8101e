"""What a loss is: the micro-steps that compute it and its gradient, and the formulas and words that go with them.

In formulas `o` stands for the output, `t` for the target, and `beta` for the argument or constant of that name. Tests
hold the code against the formulas.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial

import torch
from torch import Tensor

from chainrule.catalog import refs
from chainrule.catalog.arguments import Argument, Choice, Value, Word
from chainrule.catalog.constant import Constant
from chainrule.catalog.refs import ValueRef
from chainrule.catalog.step_kinds import StepKind
from chainrule.catalog.targets import Targets, targets_of
from chainrule.engine.steps import MicroStep

REDUCTIONS = ("mean", "sum", "batchmean")
REDUCTION = Word("reduction", "mean", "reduction", choices=REDUCTIONS)


@dataclass(frozen=True, slots=True)
class Loss:
    """A loss that adds up terms and divides by `divisor`; `words` say what it measures."""

    name: str
    words: str
    arguments: tuple[Argument, ...] = field(default=(REDUCTION,), kw_only=True)

    def divisor(self, reduction: str, batch: int, outputs: int) -> int:
        """What the sum of the terms is divided by: `mean` counts every element, `batchmean` the samples."""
        return {"mean": batch * outputs, "sum": 1, "batchmean": batch}[reduction]

    def steps(self, choice: Choice, output: ValueRef, outputs: int, classes: bool) -> tuple[MicroStep, ...]:
        """The micro-steps from the output (B, outputs) and the target to the loss (), and to the output's gradient.

        `classes` says that the target is (B, 1), the index of a class.
        """
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Limit:
    """A formula that holds in the place of the usual one where a condition does, and the note that says why.

    It is another way to compute the same, or a limit that torch sets.
    """

    formula: str
    when: str
    note: str


@dataclass(frozen=True, slots=True)
class ElementwiseLoss(Loss):
    """A loss that adds one term for each output of each sample.

    `term(o, t)` and `derivative(o, t)` work elementwise on (batch, outputs). At a kink the derivative is the one that
    torch chooses. `formula` and `slope` are theirs; the cases of a piecewise one follow each other along o - t.
    `constants` are numbers of theirs by name.
    """

    term: Callable[..., Tensor]
    derivative: Callable[..., Tensor]
    formula: str
    slope: str
    limits: tuple[Limit, ...] = ()
    slope_limits: tuple[Limit, ...] = ()
    constants: Mapping[str, Constant] = field(default_factory=dict)

    def steps(self, choice: Choice, output: ValueRef, outputs: int, classes: bool) -> tuple[MicroStep, ...]:
        """The loss, and its gradient."""
        unused = targets_of(choice) is Targets.UNUSED
        reads, reduction = (output,) if unused else (output, refs.TARGET), str(choice["reduction"])
        arguments = own_arguments(choice)
        return (
            MicroStep(StepKind.LOSS, refs.LOSS, reads, partial(_reduced, self, reduction, arguments)),
            MicroStep(StepKind.OUTPUT_GRADIENT, refs.grad(output), reads, partial(_slope, self, reduction, arguments)),
        )


def own_arguments(choice: Choice) -> dict[str, Value]:
    """The arguments that the terms of a loss take: all but the reduction."""
    return {name: value for name, value in choice.arguments.items() if name != REDUCTION.name}


def _reduced(loss: ElementwiseLoss, reduction: str, arguments: Mapping[str, Value], o: Tensor, *t: Tensor) -> Tensor:
    """Loss of a batch: (B, out), (B, out) -> ()."""
    return loss.term(o, *t, **arguments).sum() / loss.divisor(reduction, *o.shape)


def _slope(loss: ElementwiseLoss, reduction: str, arguments: Mapping[str, Value], o: Tensor, *t: Tensor) -> Tensor:
    """Derivative of the reduced loss with respect to each output: (B, out), (B, out) -> (B, out)."""
    return loss.derivative(o, *t, **arguments) / loss.divisor(reduction, *o.shape)


@dataclass(frozen=True, slots=True)
class ClassLoss(Loss):
    """A loss of samples that belong to classes, an output for each: torch's `mean` divides by the samples alone."""

    def divisor(self, reduction: str, batch: int, outputs: int) -> int:
        """What the sum over the samples is divided by."""
        return 1 if reduction == "sum" else batch


SOFTMAX = refs.loss_term("softmax")
LOG_SOFTMAX = refs.loss_term("log_softmax")
# The target as a probability for each class.
TARGET_PROBABILITIES = refs.loss_term("target")


@dataclass(frozen=True, slots=True)
class CrossEntropy(ClassLoss):
    """-sum of q log p over the classes, with p the softmax of the outputs and q the target's probabilities."""

    def steps(self, choice: Choice, output: ValueRef, outputs: int, classes: bool) -> tuple[MicroStep, ...]:
        """p, log p, where it is not given q, and then the loss and its gradient (p - q)."""
        smoothing, reduction = choice.number("label_smoothing"), str(choice["reduction"])
        divide = partial(self.divisor, reduction)
        steps = [
            MicroStep(StepKind.LOSS_TERM, SOFTMAX, (output,), _softmax, couples_units=True),
            MicroStep(StepKind.LOSS_TERM, LOG_SOFTMAX, (output,), _log_softmax, couples_units=True),
        ]
        target = refs.TARGET
        if classes or smoothing:
            compute = partial(_probabilities, outputs, classes, smoothing)
            steps.append(MicroStep(StepKind.LOSS_TERM, TARGET_PROBABILITIES, (target,), compute))
            target = TARGET_PROBABILITIES
        # A class that is not the target's has no share, even where its log p is -inf.
        loss = partial(_cross_entropy, divide, classes and not smoothing)
        return (
            *steps,
            MicroStep(StepKind.LOSS, refs.LOSS, (LOG_SOFTMAX, target), loss),
            MicroStep(
                StepKind.OUTPUT_GRADIENT, refs.grad(output), (SOFTMAX, target), partial(_cross_entropy_slope, divide)
            ),
        )


def _softmax(output: Tensor) -> Tensor:
    """p = e^o / sum of e^o over the outputs, (B, out) -> (B, out)."""
    return torch.softmax(output, dim=1)


def _log_softmax(output: Tensor) -> Tensor:
    """log p = o - log of the sum of e^o, without computing any e^o that could overflow; (B, out) -> (B, out)."""
    return torch.log_softmax(output, dim=1)


def _probabilities(outputs: int, classes: bool, smoothing: float, target: Tensor) -> Tensor:
    """q = (1 - eps) t + eps / K, where t is 1 for the target's class and else 0, or given; -> (B, out)."""
    if classes:
        target = (target == torch.arange(outputs, device=target.device)).to(target.dtype)
    return target * (1 - smoothing) + smoothing / outputs if smoothing else target


def _cross_entropy(divide: Callable[[int, int], int], one_hot: bool, log_p: Tensor, q: Tensor) -> Tensor:
    """-sum of q log p, reduced: (B, out), (B, out) -> ()."""
    terms = torch.where(q == 0, 0.0, q * log_p) if one_hot else q * log_p
    return -terms.sum() / divide(*q.shape)


def _cross_entropy_slope(divide: Callable[[int, int], int], p: Tensor, q: Tensor) -> Tensor:
    """(p sum(q) - q), reduced: (B, out), (B, out) -> (B, out). The sum is 1 but for rounding."""
    return (p * q.sum(1, keepdim=True) - q) / divide(*q.shape)


@dataclass(frozen=True, slots=True)
class NegativeLogLikelihood(ClassLoss):
    """Minus the output of the target's class, which is to be the logarithm of its probability."""

    def steps(self, choice: Choice, output: ValueRef, outputs: int, classes: bool) -> tuple[MicroStep, ...]:
        """The loss, and its gradient: -1 at the target's class."""
        divide, reads = partial(self.divisor, str(choice["reduction"])), (output, refs.TARGET)
        return (
            MicroStep(StepKind.LOSS, refs.LOSS, reads, partial(_likelihood, divide)),
            MicroStep(StepKind.OUTPUT_GRADIENT, refs.grad(output), reads, partial(_likelihood_slope, divide)),
        )


def _likelihood(divide: Callable[[int, int], int], output: Tensor, target: Tensor) -> Tensor:
    """The outputs of the targets' classes, reduced: (B, out), (B, 1) -> ()."""
    return -output.gather(1, target.long()).sum() / divide(*output.shape)


def _likelihood_slope(divide: Callable[[int, int], int], output: Tensor, target: Tensor) -> Tensor:
    """-1 at the target's class, reduced: (B, out), (B, 1) -> (B, out)."""
    return torch.zeros_like(output).scatter_(1, target.long(), -1.0) / divide(*output.shape)
