"""Central finite differences of the loss: a gradient by the definition of a derivative, and nothing else.

The loss is computed in float64 on the CPU, whatever the experiment's dtype: in float32 a difference of two nearly equal
losses keeps two or three digits, and would measure itself instead of the gradient.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from chainrule.engine import refs
from chainrule.engine.reference import Network
from chainrule.engine.reference_losses import criterion
from chainrule.engine.refs import ValueRef
from chainrule.engine.spec import Experiment

# All elements of a gradient of so many, and of a larger one a sample, another one in each iteration.
SMALL, SAMPLE = 12, 4
# The error of a central difference is least for a step of about the cube root of the precision.
STEP = torch.finfo(torch.float64).eps ** (1 / 3)
# How far two steps, one half of the other, may disagree, of the scale of loss and slope; beyond it there is a kink.
SMOOTH = 2.5e-7
# A kink beside the element, not at it, is escaped by smaller steps.
SHRINK, ATTEMPTS = 8.0, 3


@dataclass(frozen=True, slots=True)
class Slope:
    """The derivative of the loss by one element; `value` None where the loss has a kink there, or overflows."""

    ref: ValueRef
    index: tuple[int, ...]
    value: float | None


class LossSurface:
    """The loss of one batch as a function of any single number: a parameter, a pre-activation, an activation."""

    def __init__(self, experiment: Experiment, values: Mapping[ValueRef, Tensor]) -> None:
        moved = {ref: value.detach().to("cpu", torch.float64) for ref, value in values.items()}
        self._network = Network(experiment, moved)
        self._criterion = criterion(experiment.loss)
        self._values, self._target = moved, moved[refs.TARGET]

    def along(self, ref: ValueRef, index: tuple[int, ...]) -> tuple[float, Callable[[float], float]]:
        """Where an element is, and the loss as a function of it, with all that it depends on computed again."""
        if ref in self._network.by_ref:
            varied: Tensor = self._network.by_ref[ref].data
            # What is below a parameter's layer does not depend on it.
            begin = refs.activation((refs.parse(ref).layer or 0) - 1)
            source = self._values[begin]
        else:
            begin, varied = ref, self._values[ref].clone()
            source = varied
        start = varied[index].item()

        def loss(x: float) -> float:
            with torch.inference_mode():
                varied[index] = x
                found = self._loss(self._network.output_from(begin, source))
                varied[index] = start
            return found

        return start, loss

    def _loss(self, output: Tensor) -> float:
        try:
            return self._criterion(output, self._target).item()
        except RuntimeError:
            # nn.BCELoss refuses what is outside [0, 1]: there the loss is not defined.
            return math.nan


def slopes(
    experiment: Experiment, values: Mapping[ValueRef, Tensor], gradients: Sequence[ValueRef], seed: int
) -> Iterator[Slope]:
    """The derivative of the loss by a sample of the elements of each gradient's value."""
    draw = random.Random(seed)
    surface = LossSurface(experiment, values)
    for gradient in gradients:
        ref = ValueRef(gradient.removesuffix(".grad"))
        for index in sample(tuple(values[ref].shape), draw):
            yield Slope(ref, index, slope_at(*surface.along(ref, index)))


def sample(shape: tuple[int, ...], draw: random.Random) -> list[tuple[int, ...]]:
    """All elements of a small value, some of a large one, as indices."""
    count = math.prod(shape)
    chosen = range(count) if count <= SMALL else sorted(draw.sample(range(count), SAMPLE))
    return [_index(flat, shape) for flat in chosen]


def _index(flat: int, shape: tuple[int, ...]) -> tuple[int, ...]:
    found: list[int] = []
    for size in reversed(shape):
        flat, place = divmod(flat, size)
        found.insert(0, place)
    return tuple(found)


def slope_at(x: float, loss: Callable[[float], float]) -> float | None:
    """The central difference of a function at x, or None where it has a kink or is not finite.

    Two steps, one half of the other, must agree. At a kink the differences of the two sides keep their distance
    whatever the step; a kink nearby leaves smaller steps alone.
    """
    step, here = STEP * max(1.0, abs(x)), loss(x)
    for _ in range(ATTEMPTS):
        wide, apart_wide = _central(loss, x, here, step)
        narrow, apart = _central(loss, x, here, step / 2)
        if not math.isfinite(wide + narrow + apart + apart_wide):
            return None
        allowed = SMOOTH * max(1.0, abs(here), abs(narrow))
        # Of a smooth function, half the step halves what the two sides are apart.
        kinked = apart > 4 * allowed and apart > 0.75 * apart_wide
        if abs(wide - narrow) <= allowed and not kinked:
            return narrow
        step /= SHRINK
    return None


def _central(loss: Callable[[float], float], x: float, here: float, step: float) -> tuple[float, float]:
    """The central difference, and how far the differences of the two sides are apart."""
    # The step that the dtype really makes, not the one that was asked for.
    above, below = x + step, x - step
    up, down = loss(above), loss(below)
    right, left = (up - here) / (above - x), (here - down) / (x - below)
    return (up - down) / (above - below), abs(right - left)
