"""What penalties add to the loss, as it is written in torch: a sum over parameters that autograd goes through."""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.penalties import ELEMENT, PENALTIES
from chainrule.catalog.values import refs
from chainrule.catalog.values.refs import ValueRef
from chainrule.engine.program.lowering import lowered
from chainrule.engine.referee.rounding import Expected

if TYPE_CHECKING:
    from chainrule.engine.referee.reference import TorchLoop

Values = Mapping[ValueRef, Tensor]
Found = dict[ValueRef, Expected]

_BY_NAME: Mapping[str, Callable[[Choice, Tensor], Tensor]] = {
    "L1": lambda choice, w: choice.number("factor") * torch.linalg.vector_norm(w.flatten(), 1),
    "L2": lambda choice, w: choice.number("factor") * (0.5 if choice["half"] else 1.0) * w.square().sum(),
}


def penalty_of(experiment: Experiment, ref: ValueRef, value: Tensor) -> Tensor | None:
    """Return what one parameter adds to the loss, (); None where no penalty is of it."""
    found = None
    for penalty in experiment.penalties:
        if is_of(penalty.parameters, ref):
            part = _part(penalty.choice, value)
            found = part if found is None else found + part
    return found


def penalty_values(experiment: Experiment, parameters: Mapping[ValueRef, Tensor]) -> list[Tensor]:
    """Return each penalty's value, ()."""
    found = []
    for penalty in experiment.penalties:
        parts = [_part(penalty.choice, value) for ref, value in parameters.items() if is_of(penalty.parameters, ref)]
        found.append(torch.stack(parts).sum())
    return found


@torch.enable_grad()
def penalized_gradients(loop: TorchLoop, found: Found, values: Values) -> Found:
    """Return the expected gradients of a layer, those of penalized parameters as sums: of the data's share and
    penalties'.
    """
    experiment = loop.experiment
    parameters = {refs.grad(ref): ref for ref in loop.network.trained}
    for gradient in [ref for ref in found if ref in parameters]:
        parameter = parameters[gradient]
        numbers = [i for i, penalty in enumerate(experiment.penalties) if is_of(penalty.parameters, parameter)]
        if not numbers:
            continue
        shares = {refs.share(gradient, "data"): found[gradient]}
        w = values[parameter].clone().requires_grad_()
        for index in numbers:
            (slope,) = torch.autograd.grad(_part(experiment.penalties[index].choice, w), w)
            shares[refs.penalty_share(gradient, index)] = Expected(slope)
        read = torch.stack([values[share] for share in shares])
        found = found | shares | {gradient: Expected(read.sum(0), read.abs().sum(0))}
    return found


def penalized_loss(loop: TorchLoop, found: Found, values: Values) -> Found:
    """Return the expected loss as a sum: of the data's and of the penalties."""
    experiment = loop.experiment
    if not experiment.penalties or refs.LOSS not in found:
        return found
    parameters = {ref: values[ref] for ref in loop.network.by_ref}
    parts = {refs.DATA_LOSS: found[refs.LOSS]}
    for index, value in enumerate(penalty_values(experiment, parameters)):
        parts[refs.penalty(index)] = Expected(value.detach(), value.detach().abs())
    read = torch.stack([values[ref] for ref in parts])
    return found | parts | {refs.LOSS: Expected(read.sum(), read.abs().sum())}


def is_of(patterns: tuple[str, ...], ref: ValueRef) -> bool:
    """Return whether one of the shell patterns is of a ref."""
    return any(fnmatch.fnmatchcase(ref, pattern) for pattern in patterns)


def _part(choice: Choice, value: Tensor) -> Tensor:
    if choice.name in _BY_NAME:
        return _BY_NAME[choice.name](choice, value)
    # One that torch has no words for: autograd goes through its formula.
    numbers = {name: value.new_tensor(number) for name, number in choice.arguments.items() if type(number) is float}
    tree = PENALTIES[choice.name].tree(choice)
    return lowered(tree)({ELEMENT: value, **numbers}).expand(value.shape).sum()
