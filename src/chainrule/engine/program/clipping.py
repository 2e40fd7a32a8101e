"""Gradient clipping as micro-steps: the norm of all gradients, the share that is kept, and each clipped gradient."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor
from torch.linalg import vector_norm

from chainrule.catalog.arguments import Choice
from chainrule.catalog.clipping import CLIPPINGS, GRAD, Clipping, norm_type
from chainrule.catalog.tables import lookup
from chainrule.catalog.values import refs
from chainrule.catalog.values.refs import ValueRef
from chainrule.catalog.values.step_kinds import StepKind
from chainrule.engine.kernels.clipping import KERNELS
from chainrule.engine.kernels.scalars import new_scalar
from chainrule.engine.program.lowering import lowered
from chainrule.engine.program.steps import MicroStep
from chainrule.formula.parse import read
from chainrule.formula.rule import Rule


def clipping_steps(choice: Choice | None, gradients: list[ValueRef]) -> list[MicroStep]:
    """Return the micro-steps of clipping the gradients of all trained parameters; none without any."""
    if choice is None or not gradients:
        return []
    steps, entry = list[MicroStep](), lookup(CLIPPINGS, choice.name)
    if entry.reads_norm:
        norm = partial(total_norm, float(norm_type(choice)))
        steps.append(MicroStep(StepKind.GRADIENT_NORM, refs.GRAD_NORM, tuple(gradients), norm))
    if entry.coefficient:
        share = partial(clip_coefficient, entry, choice)
        steps.append(MicroStep(StepKind.CLIP_COEFFICIENT, refs.CLIP_COEFFICIENT, (refs.GRAD_NORM,), share))
    compute = partial(KERNELS[choice.name], choice) if choice.name in KERNELS else by_formula(entry, choice)
    rule = Rule(read(entry.formula), entry.reads)
    for gradient in gradients:
        reads = tuple(gradient if name == GRAD else ValueRef(name) for name in entry.reads)
        steps.append(MicroStep(StepKind.CLIPPED_GRADIENT, refs.clipped(gradient), reads, compute, rule))
    return steps


def total_norm(p: float, *gradients: Tensor) -> Tensor:
    """Return the p-norm of all gradients as one long vector, ()."""
    norms = torch.stack([vector_norm(gradient, p) for gradient in gradients])
    return new_scalar(vector_norm(norms, p).item())


def clip_coefficient(entry: Clipping, choice: Choice, norm: Tensor) -> Tensor:
    """Return what each gradient is multiplied by: 1 where the norm is allowed, ()."""
    return new_scalar(entry.share(choice, norm.item()))


def by_formula(entry: Clipping, choice: Choice) -> Callable[..., Tensor]:
    """Return what a clipping makes of a gradient, and of what else its formula reads, as the formula has it."""
    found = lowered(read(entry.formula))
    given = {
        name: new_scalar(value)
        for name, value in choice.arguments.items()
        if isinstance(value, int | float) and not isinstance(value, bool)
    }
    return lambda *values: found({**dict(zip(entry.reads, values, strict=True)), **given})
