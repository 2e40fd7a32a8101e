"""Gradient clipping: what bounds all gradients before the optimizer reads them, as micro-steps of its own."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor
from torch.linalg import vector_norm

from chainrule.catalog import refs
from chainrule.catalog.arguments import Argument, Choice, Number, Value, Word
from chainrule.catalog.optimizers.entry import GRAD, Update
from chainrule.catalog.refs import ValueRef
from chainrule.catalog.step_kinds import StepKind
from chainrule.catalog.tables import lookup, table
from chainrule.engine.kernels.scalars import new_scalar
from chainrule.engine.steps import MicroStep
from chainrule.formula.functions import quotient


@dataclass(frozen=True, slots=True)
class Clipping:
    """A way to clip, by the name of torch's function in `torch.nn.utils`.

    `clipped(choice)` is what becomes of one gradient; it may read "clip_coef", which comes from the norm of all.
    """

    name: str
    arguments: tuple[Argument, ...]
    words: str
    clipped: Callable[[Choice], Update]


@dataclass(frozen=True, slots=True)
class NormType(Word):
    """The p of a norm: one of a few, as a number or as a word, because JSON has no infinity."""

    def check_given(self, value: object, path: str) -> Value:
        """A str, as torch takes it too."""
        number = isinstance(value, int | float) and not isinstance(value, bool)
        word = f"{value:g}" if number else value
        return word if isinstance(word, str) and word in self.choices else self.refuse(value, path)


# torch has no default for these.
MAX_NORM = Number("max_norm", 1.0, "largest norm", symbol="M", above=0.0, required=True)
NORM_TYPE = NormType("norm_type", "2", "kind of norm", choices=("1", "2", "inf"))
CLIP_VALUE = Number("clip_value", 1.0, "largest value", symbol="C", above=0.0, required=True)
# What torch adds to the norm, so that it never divides by zero.
TINY = 1e-6

SCALED = Update(
    "clipped",
    (GRAD, refs.CLIP_COEFFICIENT),
    formula="clip_coef*grad",
    words="is multiplied by the share that is kept",
)


def _cut_off(choice: Choice) -> Update:
    return Update(
        "clipped",
        (GRAD,),
        formula="min(max(grad, -clip_value), clip_value)",
        words="is cut off where its size is more than allowed",
    )


CLIP_NORM = Clipping(
    "clip_grad_norm_",
    (MAX_NORM, NORM_TYPE),
    "makes all gradients shorter together, so that their norm is at most a given one",
    lambda choice: SCALED,
)
CLIP_VALUE_ENTRY = Clipping("clip_grad_value_", (CLIP_VALUE,), "cuts each gradient off at a given size", _cut_off)

CLIPPINGS: dict[str, Clipping] = table(CLIP_NORM, CLIP_VALUE_ENTRY)


def _scale(choice: Choice, grad: Tensor, share: Tensor) -> Tensor:
    return torch.mul(grad, share.item())


def _clamp(choice: Choice, grad: Tensor) -> Tensor:
    most = choice.number("clip_value")
    return torch.clamp(grad, -most, most)


_KERNELS: dict[str, Callable[..., Tensor]] = {CLIP_NORM.name: _scale, CLIP_VALUE_ENTRY.name: _clamp}


def clipping_steps(choice: Choice | None, gradients: list[ValueRef]) -> list[MicroStep]:
    """The micro-steps of clipping the gradients of all trained parameters; none without any."""
    if choice is None or not gradients:
        return []
    steps, clipped = list[MicroStep](), lookup(CLIPPINGS, choice.name).clipped(choice)
    if choice.name == CLIP_NORM.name:
        norm = partial(total_norm, float(str(choice["norm_type"])))
        share = partial(clip_coefficient, choice.number("max_norm"))
        steps += [
            MicroStep(StepKind.GRADIENT_NORM, refs.GRAD_NORM, tuple(gradients), norm),
            MicroStep(StepKind.CLIP_COEFFICIENT, refs.CLIP_COEFFICIENT, (refs.GRAD_NORM,), share),
        ]
    for gradient in gradients:
        reads = tuple(gradient if name == GRAD else ValueRef(name) for name in clipped.reads)
        compute = partial(_KERNELS[choice.name], choice)
        steps.append(MicroStep(StepKind.CLIPPED_GRADIENT, refs.clipped(gradient), reads, compute))
    return steps


def total_norm(p: float, *gradients: Tensor) -> Tensor:
    """The p-norm of all gradients as one long vector, ()."""
    norms = torch.stack([vector_norm(gradient, p) for gradient in gradients])
    return new_scalar(vector_norm(norms, p).item())


def clip_coefficient(most: float, norm: Tensor) -> Tensor:
    """What each gradient is multiplied by: 1 where the norm is allowed, ()."""
    share = quotient(most, norm.item() + TINY)
    return new_scalar(share if math.isnan(share) else min(1.0, share))
