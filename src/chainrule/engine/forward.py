"""A forward pass of inputs that need not be data: what each layer makes of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from chainrule.catalog.values import refs
from chainrule.catalog.values.refs import ValueRef
from chainrule.catalog.values.step_kinds import Phase
from chainrule.engine.program.program import Program

# So many numbers of the widest layer go through at once, and so many rows: as many as stay near to the processor.
AT_ONCE, MOST_ROWS = 2**18, 2**14
# What gives the inputs (end - first, in) of some of the rows.
Inputs = Callable[[int, int], Tensor]


def layer_values(
    program: Program,
    values: Mapping[ValueRef, Tensor],
    inputs: Inputs,
    rows: int,
    wanted: Collection[ValueRef],
    *,
    quick: bool = False,
) -> dict[ValueRef, Tensor]:
    """Return what the wanted steps of the forward pass write for so many rows of inputs, (rows, units) each.

    `values` hold the parameters. Each row goes through the network for itself, as many of them at once as bounds the
    memory. Numbers that were set by hand have no part in it. `quick` ones may be wrong by a few 10⁻⁷: for pictures.
    """
    # What is wanted is written by the first steps.
    last = max((program.index[ref] for ref in wanted if ref in program.index), default=-1)
    steps = [step for step in program.steps[: last + 1] if step.phase is Phase.FORWARD]
    forward = [_Computed(step.writes, step.reads, step.compute) for step in steps]
    if quick:
        forward = _quicker(forward, wanted)
    parameters = {ref: values[ref] for ref in program.parameters}
    widest = max((shape for ref in parameters for shape in parameters[ref].shape), default=1)
    size = max(1, min(MOST_ROWS, AT_ONCE // widest))
    found: dict[ValueRef, list[Tensor]] = {ref: [] for ref in wanted}
    with torch.inference_mode():
        for first in range(0, rows, size):
            computed = {**parameters, refs.INPUT: inputs(first, min(first + size, rows))}
            for writes, reads, compute in forward:
                computed[writes] = compute(*[computed[ref] for ref in reads])
            for ref, parts in found.items():
                parts.append(computed[ref])
        return {ref: parts[0] if len(parts) == 1 else torch.cat(parts) for ref, parts in found.items()}


class _Computed(NamedTuple):
    """What is written, what is read, and what computes one from the other."""

    writes: ValueRef
    reads: Sequence[ValueRef]
    compute: Callable[..., Tensor]


def _quick_tanh(z: Tensor) -> Tensor:
    """Return tanh z = 2 sigmoid(2z) - 1, in less than half of the time that `torch.tanh` takes."""
    return (2 * z).sigmoid_().mul_(2).sub_(1)


def _quick_linear(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """Return x Wᵀ + b, (rows, units), unit by unit in memory: of few units and many rows that takes half the time."""
    return _multiple_of_linear(1, x, weight, bias)


def _multiple_of_linear(times: int, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    if bias is None:
        return torch.mm(weight if times == 1 else times * weight, x.t()).t()
    return torch.addmm(bias[:, None], weight, x.t(), beta=times, alpha=times).t()


def _quick_tanh_of_linear(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """Return tanh(x Wᵀ + b), (rows, units), in the memory of z: 2z comes out of the product itself."""
    return _multiple_of_linear(2, x, weight, bias).sigmoid_().mul_(2).sub_(1)


_QUICK: dict[Callable[..., Tensor], Callable[..., Tensor]] = {torch.tanh: _quick_tanh, functional.linear: _quick_linear}


def _quicker(steps: Sequence[_Computed], wanted: Collection[ValueRef]) -> list[_Computed]:
    """Return what computes the same as some steps quicker: a layer's z and its tanh in one, where z is not wanted."""
    found: list[_Computed] = []
    readers = Counter(ref for step in steps for ref in step.reads)
    for step in steps:
        before = found[-1] if found else None
        if (
            step.compute is torch.tanh
            and before is not None
            and before.compute is _quick_linear
            and step.reads == (before.writes,)
            and readers[before.writes] == 1
            and before.writes not in wanted
        ):
            found[-1] = _Computed(step.writes, before.reads, _quick_tanh_of_linear)
        else:
            found.append(step._replace(compute=_QUICK.get(step.compute, step.compute)))
    return found
