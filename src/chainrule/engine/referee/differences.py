"""Central finite differences of the loss: a gradient by the definition of a derivative, and nothing else.

The loss is computed in float64 on the CPU, whatever the experiment's dtype: in float32 a difference of two nearly equal
losses keeps two or three digits, and would measure itself instead of the gradient.

The points around all elements of a layer go through the layers above it together, stacked as if they were more samples:
a deep network of narrow layers costs a pass for each layer, not five for each element. Work is counted in
multiplications; the sample gets smaller where it would take too many, and a caller gets its turn after each few layers.
"""

from __future__ import annotations

import math
import random
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, groupby
from operator import itemgetter
from typing import NamedTuple

import torch
from torch import Tensor

from chainrule.catalog.experiment.spec import Experiment, NetworkSpec
from chainrule.catalog.values import refs
from chainrule.catalog.values.of_experiment import values_of
from chainrule.catalog.values.refs import ValueRef
from chainrule.catalog.values.value import Value
from chainrule.engine.referee.losses import criterion
from chainrule.engine.referee.numerical_errors import NumericalErrors, numerical_errors
from chainrule.engine.referee.penalties import penalty_of
from chainrule.engine.referee.reference import Network

# All elements of a gradient of so many, and of a larger one a sample, another one in each iteration.
SMALL, SAMPLE = 12, 4
# The multiplications that the samples of all gradients together may take, and what each gradient has even so.
BUDGET, FEWEST = 5e9, 2
# One function of one number, in multiplications, and how many of these others wait for, or for how many layers.
ELEMENTWISE, STACK, LAYERS = 16, 2_000_000, 32
# The error of a central difference is least for a step of about the cube root of the precision.
STEP = torch.finfo(torch.float64).eps ** (1 / 3)
# How far two steps, one half of the other, may disagree, of the scale of loss and slope; beyond it there is a kink.
SMOOTH = 2.5e-7
# A kink beside the element, not at it, is escaped by smaller steps.
SHRINK, ATTEMPTS = 8.0, 3
# How many places one attempt looks at.
POINTS = 5


@dataclass(frozen=True, slots=True)
class Slope:
    """The derivative of the loss by one element; `value` None where the loss has a kink there, or overflows.

    `numerical_error` is how far it may be off, by no error of anybody's: rounding, and PyTorch's limits.
    """

    ref: ValueRef
    index: tuple[int, ...]
    value: float | None
    numerical_error: float = 0.0


class Quotient(NamedTuple):
    """A central difference, how far its two places are apart, and how large the function is at most there."""

    slope: float
    width: float
    size: float


@dataclass(frozen=True, slots=True)
class Point:
    """A place on the loss surface: one number is moved to `x`, and all others stay."""

    ref: ValueRef
    index: tuple[int, ...]
    x: float


class LossSurface:
    """The loss of one batch as a function of any single number: a parameter, a pre-activation, an activation."""

    def __init__(self, experiment: Experiment, values: Mapping[ValueRef, Tensor]) -> None:
        moved = {ref: value.detach().to("cpu", torch.float64) for ref, value in values.items()}
        self._network = Network(experiment, moved)
        self._experiment, self._criterion = experiment, criterion(experiment.loss)
        self.values, self._target = moved, moved[refs.TARGET]
        self.costs = layer_costs(experiment.network, len(self._target))

    def at(self, ref: ValueRef, index: tuple[int, ...]) -> float:
        """Return where an element is."""
        return self.values[ref][index].item()

    def losses(self, layer: int, points: Sequence[Point]) -> Generator[None, None, list[float]]:
        """Return the loss at points that are all of one layer, -1 for the input.

        Yields after each few layers of a stack.
        """
        highest = max(self.costs[layer + 1 :], default=1)
        size = max(1, int(STACK // highest))
        found: list[float] = []
        for first in range(0, len(points), size):
            changed = []
            for point in points[first : first + size]:
                changed.append(self._activation(layer, point))
                yield
            stack = torch.cat(changed)
            together = max(1, min(LAYERS, int(STACK // (len(changed) * highest))))
            for above in range(layer + 1, len(self.costs), together):
                stack = self._through(above, together, stack)
                yield
            for point, output in zip(points[first : first + size], stack.split(len(self._target)), strict=True):
                found.append(self._loss(output) + self._penalty(point))
                yield
        return found

    # A mode of this thread: it is for one moment's work, and never on while others have their turn.
    @torch.inference_mode()
    def _through(self, first: int, count: int, stack: Tensor) -> Tensor:
        """Return what some layers make of a stack of samples."""
        return self._network.through(first, count, stack)

    @torch.inference_mode()
    def _activation(self, layer: int, point: Point) -> Tensor:
        """Return the activation of the layer at a point."""
        if point.ref in self._network.by_ref:
            varied: Tensor = self._network.by_ref[point.ref].data
            start = varied[point.index].item()
            varied[point.index] = point.x
            # What is below a parameter's layer does not depend on it.
            found = self._network.through(layer, 1, self.values[refs.activation(layer - 1)])
            varied[point.index] = start
            return found
        varied = self.values[point.ref].clone()
        varied[point.index] = point.x
        return self._network.activated(layer, varied) if point.ref == refs.pre_activation(layer) else varied

    @torch.inference_mode()
    def _penalty(self, point: Point) -> float:
        """Return what penalties add at a point, but for that of the parameters which stay as they are."""
        if point.ref not in self._network.by_ref:
            return 0.0
        varied = self._network.by_ref[point.ref].data.clone()
        varied[point.index] = point.x
        added = penalty_of(self._experiment, point.ref, varied)
        return 0.0 if added is None else added.item()

    @torch.inference_mode()
    def _loss(self, output: Tensor) -> float:
        try:
            return self._criterion(output, self._target).item()
        except RuntimeError:
            # nn.BCELoss refuses what is outside [0, 1]: there the loss is not defined.
            return math.nan


def layer_costs(network: NetworkSpec, rows: int) -> list[int]:
    """Return the multiplications that a forward pass takes, layer by layer."""
    return [rows * layer.units * (network.fan_in(index) + ELEMENTWISE) for index, layer in enumerate(network.layers)]


def slopes(
    experiment: Experiment, values: Mapping[ValueRef, Tensor], gradients: Sequence[ValueRef], seed: int
) -> Iterator[Slope | None]:
    """Yield the derivative of the loss by a sample of the elements of each gradient's value, of one gradient after
    another.

    None comes between them, after each moment of work: others then have their turn.
    """
    draw = random.Random(seed)
    surface, described = LossSurface(experiment, values), values_of(experiment)
    errors = yield from numerical_errors(experiment, surface.values)
    varied = [described[gradient].owner for gradient in gradients]
    layers = [layer_of(each) for each in varied]
    sizes = sample_sizes([values[each.ref].numel() for each in varied], layers, surface.costs)
    for layer, group in groupby(zip(layers, varied, sizes, strict=True), itemgetter(0)):
        elements = [
            (each.ref, index) for _, each, size in group for index in sample(tuple(values[each.ref].shape), size, draw)
        ]
        yield from _slopes_at(surface, errors, layer, elements)


def _slopes_at(
    surface: LossSurface, errors: NumericalErrors, layer: int, elements: Sequence[tuple[ValueRef, tuple[int, ...]]]
) -> Iterator[Slope | None]:
    """Yield the slopes at some elements of a layer: the points that their searches ask for are computed together."""
    found: list[Quotient | None] = [None] * len(elements)
    searches = {place: search(surface.at(*element)) for place, element in enumerate(elements)}
    asked = {place: next(one) for place, one in searches.items()}
    while asked:
        points = [Point(*elements[place], x) for place, wanted in asked.items() for x in wanted]
        losses = iter((yield from surface.losses(layer, points)))
        for place, wanted in list(asked.items()):
            try:
                asked[place] = searches[place].send([next(losses) for _ in wanted])
            except StopIteration as end:
                found[place] = end.value
                del asked[place]
    for (ref, index), quotient in zip(elements, found, strict=True):
        if quotient is None:
            yield Slope(ref, index, None)
        else:
            yield Slope(ref, index, quotient.slope, errors.of(ref, index, quotient.width, quotient.size))


def layer_of(value: Value) -> int:
    """Return the layer of a parameter, a pre-activation or an activation; -1 is the input's."""
    return -1 if value.layer is None else value.layer


def sample_sizes(counts: Sequence[int], layers: Sequence[int], costs: Sequence[int]) -> list[int]:
    """Return how many elements of each value to take: all of a small one, some of a large one, fewer where that is
    costly.

    `layers` are those that the values are of, and `costs` what each layer takes.
    """
    # A parameter's own layer is computed again, and every layer above.
    above = list(accumulate(reversed(costs)))[::-1]
    sizes = [count if count <= SMALL else SAMPLE for count in counts]
    work = sum(POINTS * size * above[max(0, layer)] for size, layer in zip(sizes, layers, strict=True))
    share = min(1.0, BUDGET / max(work, 1))
    return [max(min(size, FEWEST), int(size * share)) for size in sizes]


def sample(shape: tuple[int, ...], size: int, draw: random.Random) -> list[tuple[int, ...]]:
    """Choose so many elements of a value, as indices."""
    count = math.prod(shape)
    chosen = range(count) if count <= size else sorted(draw.sample(range(count), size))
    return [_index(flat, shape) for flat in chosen]


def _index(flat: int, shape: tuple[int, ...]) -> tuple[int, ...]:
    found: list[int] = []
    for size in reversed(shape):
        flat, place = divmod(flat, size)
        found.insert(0, place)
    return tuple(found)


def search(x: float) -> Generator[tuple[float, ...], Sequence[float], Quotient | None]:
    """Return the central difference of a function at x, or None where it has a kink or is not finite.

    It yields places and is sent the function's values there. Two steps, one half of the other, must agree. Of what the
    differences of the two sides are apart, half a step halves what the bend of a curve has made, and leaves what a kink
    has; a kink nearby leaves smaller steps alone.
    What moves the function as far as twice the step does is a jump to it, as any is of a softmax's z of 1e40.
    """
    step = STEP * max(1.0, abs(x))
    for _ in range(ATTEMPTS):
        places = (x, x + step, x - step, x + step / 2, x - step / 2)
        here, *beside = yield places
        wide, apart_wide = _central(x, here, places[1:3], beside[:2])
        narrow, apart = _central(x, here, places[3:], beside[2:])
        if not math.isfinite(wide + narrow + apart + apart_wide):
            return None
        allowed = SMOOTH * max(1.0, abs(here), abs(narrow))
        kinked = abs(2 * apart - apart_wide) > 4 * allowed
        moved_wide, moved = (max(abs(value - here) for value in pair) for pair in (beside[:2], beside[2:]))
        jumped = moved > SMOOTH * max(1.0, abs(here)) and moved > 0.75 * moved_wide
        if abs(wide - narrow) <= allowed and not (kinked or jumped):
            return Quotient(narrow, places[3] - places[4], max(map(abs, beside[2:])))
        step /= SHRINK
    return None


def _central(x: float, here: float, places: Sequence[float], values: Sequence[float]) -> tuple[float, float]:
    """Return the central difference, and how much larger that of the side above is than that of the side below."""
    # The step that the dtype really makes, not the one that was asked for.
    (above, below), (up, down) = places, values
    right, left = (up - here) / (above - x), (here - down) / (x - below)
    return (up - down) / (above - below), right - left
