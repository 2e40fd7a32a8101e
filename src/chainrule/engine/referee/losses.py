"""Losses by `torch.nn`, by their names; what torch lacks is written out here a second time, apart from the tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache

import torch
from torch import Tensor, nn

from chainrule.catalog.arguments import ArgumentValue, Choice
from chainrule.catalog.loss import IGNORE_INDEX, OUTPUT, WEIGHT
from chainrule.catalog.losses import LOSSES
from chainrule.catalog.values import refs
from chainrule.catalog.values.refs import ValueRef
from chainrule.engine.program.lowering import lowered
from chainrule.engine.referee.formula_module import computed_by_case
from chainrule.engine.referee.kinks import beside_kink, has_kinks
from chainrule.engine.referee.rounding import largest_terms
from chainrule.formula.differentiate import derivative
from chainrule.formula.tree import Expr, Symbol, number, rebuilt, substituted

Criterion = Callable[[Tensor, Tensor], Tensor]

# Those of torch's that take class indices as integers (B,): ours are a column of numbers, (B, 1).
OF_CLASSES = ("CrossEntropyLoss", "NLLLoss")
# What nn.BCELoss divides its slope by at least, in place of o (1 - o).
LEAST_DIVISOR = 1e-12


class HalfSquaredError(nn.Module):
    """Half of the squared distance, as textbooks have it."""

    def __init__(self, reduction: str) -> None:
        super().__init__()
        self.whole = nn.MSELoss(reduction=reduction)

    def forward(self, output: Tensor, target: Tensor) -> Tensor:
        """Return the loss of a batch, ()."""
        loss: Tensor = 0.5 * self.whole(output, target)
        return loss


class HingeLoss(nn.Module):
    """max(0, 1 - t y): what `nn.HingeEmbeddingLoss` makes of t y, if all of it is to be pushed beyond the margin."""

    def __init__(self, reduction: str) -> None:
        super().__init__()
        self.embedding = nn.HingeEmbeddingLoss(margin=1.0, reduction=reduction)

    def forward(self, output: Tensor, target: Tensor) -> Tensor:
        """Return the loss of a batch, ()."""
        product = target * output
        loss: Tensor = self.embedding(product, torch.full_like(product, -1.0))
        return loss


class SumOfOutputs(nn.Module):
    """The outputs themselves, whatever the targets are."""

    def __init__(self, reduction: str) -> None:
        super().__init__()
        self.reduce = torch.mean if reduction == "mean" else torch.sum

    def forward(self, output: Tensor, target: Tensor) -> Tensor:
        """Return the loss of a batch, ()."""
        return self.reduce(output)


OWN: dict[str, Callable[..., nn.Module]] = {
    "HalfSquaredError": HalfSquaredError,
    "HingeLoss": HingeLoss,
    "SumOfOutputs": SumOfOutputs,
}


def criterion(choice: Choice) -> Criterion:
    """Return the loss of a batch; the reduction "batchmean" is the sum over the batch size."""
    if choice.name not in OWN and not hasattr(nn, choice.name):
        return formula_criterion(choice)
    arguments: dict[str, ArgumentValue] = dict(choice.arguments)
    shared = arguments.get("reduction") == "batchmean"
    if shared:
        arguments["reduction"] = "sum"
    make = OWN.get(choice.name) or getattr(nn, choice.name)

    @cache
    def module(dtype: torch.dtype, device: torch.device) -> nn.Module:
        made: nn.Module = make(**_with_tensors(arguments, dtype, device))
        return made

    def compute(output: Tensor, target: Tensor) -> Tensor:
        if choice.name in OF_CLASSES and target.shape[1] == 1:
            target = target.squeeze(1).long()
        loss: Tensor = module(output.dtype, output.device)(output, target)
        return loss / len(output) if shared else loss

    return compute


def _with_tensors(
    arguments: Mapping[str, ArgumentValue], dtype: torch.dtype, device: torch.device
) -> dict[str, object]:
    """Return the arguments with a tensor for each list of numbers, as torch wants them."""
    return {
        name: torch.tensor(value, dtype=dtype, device=device) if isinstance(value, tuple) else value
        for name, value in arguments.items()
    }


def formula_criterion(choice: Choice) -> Criterion:
    """Return the loss of a batch by its formula alone: what torch has no function for is left to autograd."""
    entry = LOSSES[choice.name]
    reduction, weight = str(choice["reduction"]), choice.arguments.get(WEIGHT)
    index = choice.arguments.get(IGNORE_INDEX)

    def compute(output: Tensor, target: Tensor) -> Tensor:
        classes = entry.of_classes and target.shape[1] == 1
        if classes and index is not None:
            counted = target[:, 0] != index
            output, target, rows = output[counted], target[counted], len(output)
        else:
            rows = len(output)
        terms = formula_terms(choice, output, target)
        if not terms.requires_grad:
            # A formula without the output: its slope is 0, and not a mistake.
            terms = terms + (output * 0).sum()
        if reduction != "mean":
            return terms.sum() / rows if reduction == "batchmean" else terms.sum()
        if classes and isinstance(weight, tuple):
            return terms.sum() / terms.new_tensor(weight)[target[:, 0].long()].sum()
        return terms.mean()

    return compute


def formula_terms(choice: Choice, output: Tensor, target: Tensor) -> Tensor:
    """Return the terms of a loss by its formula: (B, out), or where there are classes (B,)."""
    entry = LOSSES[choice.name]
    tree = _with_numbers(choice, entry.tree(choice), output.shape[1])
    if not entry.of_classes:
        return computed_by_case(tree, _alongside(choice, output, target))
    values = {name: output.new_tensor(v) for name, v in choice.arguments.items() if isinstance(v, tuple)}
    values |= {"o": output, "t": target.squeeze(1) if target.shape[1] == 1 else target}
    return lowered(tree, ("n",), {"k": output.shape[1]})(values)


@torch.no_grad()
def formula_rounding(choice: Choice, output: Tensor, target: Tensor) -> tuple[Tensor, Tensor] | None:
    """Return how large what is rounded is on the way to each term and to its slope, reduced; None of what torch has.

    Of the slope it is that of what autograd adds up, and of the simplified form in which the engine computes it.
    """
    entry = LOSSES[choice.name]
    if choice.name in OWN or hasattr(nn, choice.name) or entry.of_classes:
        return None
    values = _alongside(choice, output, target)
    tree = _with_numbers(choice, entry.tree(choice), output.shape[1])
    simple = _with_numbers(choice, entry.slope_tree(choice), output.shape[1])
    slope = largest_terms(derivative(tree, Symbol(OUTPUT)), values) + largest_terms(simple, values)
    counted = {"mean": output.numel(), "sum": 1, "batchmean": len(output)}[str(choice["reduction"])]
    return largest_terms(tree, values).expand_as(output) / counted, slope.expand_as(output) / counted


def beside_loss_kink(choice: Choice, output: Tensor, target: Tensor) -> Tensor:
    """Return which outputs have a kink of the loss beside them; where there are classes, none has."""
    find = loss_kinks(choice, output.shape[1])
    return torch.zeros_like(output, dtype=torch.bool) if find is None else find(output, target)


def loss_kinks(choice: Choice, units: int) -> Callable[[Tensor, Tensor], Tensor] | None:
    """Return what finds the kinks of a loss beside outputs and their targets; None where it can have none.

    For who looks at many outputs of one experiment: the formula is put together once.
    """
    entry = LOSSES[choice.name]
    if entry.of_classes:
        return None
    tree = _with_numbers(choice, entry.tree(choice), units)
    if not has_kinks(tree, OUTPUT):
        return None
    return lambda output, target: beside_kink(tree, OUTPUT, _alongside(choice, output, target))


def _alongside(choice: Choice, output: Tensor, target: Tensor) -> dict[str, Tensor]:
    """Return the values of a formula of each output for itself, all of the shape of the output."""
    values = {name: output.new_tensor(v) for name, v in choice.arguments.items() if isinstance(v, tuple)}
    return {name: value.expand_as(output) for name, value in (values | {"o": output, "t": target}).items()}


def _with_numbers(choice: Choice, tree: Expr, units: int) -> Expr:
    """Return a formula with its numbers in it.

    Where each output is for itself, a list of them goes without an index.
    """
    entry = LOSSES[choice.name]
    scalars = {name: value for name, value in choice.arguments.items() if isinstance(value, int | float)}
    known = scalars | {name: constant.value for name, constant in entry.constants.items()} | {"K": units}
    found = substituted(tree, {name: number(value) for name, value in known.items()})
    return found if entry.of_classes else _without_indices(found)


def _without_indices(tree: Expr) -> Expr:
    return Symbol(tree.name) if isinstance(tree, Symbol) else rebuilt(tree, _without_indices)


def unlimited(choice: Choice, output: Tensor, slope: Tensor) -> Tensor | None:
    """Return what the slope by each output is short of that of the loss, where torch limits it.

    None where it never does.
    """
    if choice.name != "BCELoss":
        return None
    divisor = output * (1 - output)
    missing = slope * (LEAST_DIVISOR / divisor - 1)
    # At 0 and 1 the logarithm is limited too, and its slope is 0 as torch has it.
    return missing.masked_fill((divisor >= LEAST_DIVISOR) | (divisor == 0), 0.0)


def loss_terms(choice: Choice, output: Tensor, target: Tensor) -> dict[ValueRef, Tensor]:
    """Return what the program shows on the way to a cross-entropy, by torch's own functions; (B, outputs) each."""
    if choice.name != "CrossEntropyLoss":
        return {}
    classes, smoothing = output.shape[1], choice.number("label_smoothing")
    ignored = torch.zeros_like(target[:, :1], dtype=torch.bool)
    if target.shape[1] == 1:
        ignored = target == choice.number(IGNORE_INDEX)
        target = nn.functional.one_hot(target.masked_fill(ignored, 0).squeeze(1).long(), classes).to(output.dtype)
    uniform = torch.full_like(target, 1 / classes)
    return {
        refs.loss_term("softmax"): nn.Softmax(dim=1)(output),
        refs.loss_term("log_softmax"): nn.LogSoftmax(dim=1)(output),
        refs.loss_term("target"): torch.lerp(target, uniform, smoothing).masked_fill(ignored, 0),
    }
