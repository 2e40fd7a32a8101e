"""The function of one neuron, a = f(z), with its derivative and its kinks, and each sample's place on both."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
import torch
from torch import Tensor

from chainrule.catalog.activations import ACTIVATIONS
from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.spec import LayerSpec
from chainrule.catalog.values import refs
from chainrule.catalog.values.refs import ValueRef
from chainrule.engine.program import activations as activation_functions
from chainrule.formula.kinks import Kink, kinks_between
from chainrule.model.curves.activation import REACH, Arguments, nice_reach
from chainrule.model.timeline.downsampled_series import Floats, Positions

# Places of a curve in all; of one that couples many units fewer: each is a row with all of its layer.
PLACES, FEWEST, MOST_NUMBERS = 401, 41, 1_000_000
# So many samples are drawn one by one: all are counted in so many parts of the axis.
MOST_SAMPLES, PARTS = 200, 60
# How far an axis goes before any z is known.
LEAST_REACH = REACH


@dataclass(frozen=True, slots=True)
class CurveKink:
    """A kink or a jump of f: where it is, its a there, and the slope that torch takes there."""

    z: float
    a: float
    taken: float
    found: Kink


@dataclass(frozen=True, slots=True, eq=False)
class NeuronCurve:
    """f(z) and f'(z) from -reach to reach. Each piece is of places, values and slopes, (3, n); between two is a kink.

    What has no value or no slope at a place is NaN or infinite there. `low` and `high` are the least and the largest
    finite a, both 0 where there is none.
    """

    reach: float
    pieces: tuple[Floats, ...]
    kinks: tuple[CurveKink, ...]
    low: float
    high: float

    @classmethod
    def of(cls, reach: float, pieces: Sequence[Floats], kinks: Sequence[CurveKink] = ()) -> NeuronCurve:
        """Return the curve of these pieces."""
        values = np.concatenate([piece[1] for piece in pieces])
        finite = values[np.isfinite(values)]
        low, high = (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 0.0)
        return cls(reach, tuple(pieces), tuple(kinks), low, high)


@dataclass(frozen=True, slots=True, eq=False)
class NeuronSamples:
    """The samples of a batch at a neuron: their places in the batch, and their z, a and f'(z), (n,) each.

    Of many they are some, evenly chosen. `counts` are how many of all have their z in each of the equal parts from
    -reach to reach; `missing` how many have a z that is not finite, of `total`.
    """

    places: Positions
    z: Floats
    a: Floats
    slopes: Floats
    counts: Positions
    reach: float
    missing: int
    total: int


def neuron_curve(
    layer: LayerSpec, unit: int, reach: float, learned: tuple[float, ...], held: Sequence[float] = ()
) -> NeuronCurve:
    """Return the function of a unit of a layer, with what its activation has learned, a number of each vector.

    Where units are coupled it is a over z of this unit alone, with all other z as in `held`, (units,).
    """
    choice = layer.activation
    if ACTIVATIONS[choice.name].couples_units:
        return _coupled_curve(choice, unit, reach, held)
    return _curve(choice.name, tuple(choice.arguments.items()), learned, reach)


@lru_cache(maxsize=64)
def _curve(name: str, arguments: Arguments, learned: tuple[float, ...], reach: float) -> NeuronCurve:
    choice, entry = Choice(name, dict(arguments)), ACTIVATIONS[name]
    known = dict(zip((vector.name for vector in entry.learned), learned, strict=True))
    tree = entry.with_numbers(entry.tree(choice), choice)
    kinks = kinks_between(tree, "z", lambda symbol, _: known[symbol], -reach, reach)
    ends = [-reach, *(z for z, _ in kinks), reach]
    count = max(2, PLACES // (len(ends) - 1))
    pieces = []
    for low, high in pairwise(ends):
        # The kinks themselves belong to neither side.
        inside = np.linspace(low, high, count)
        inside[0] = math.nextafter(low, high) if low != -reach else low
        inside[-1] = math.nextafter(high, low) if high != reach else high
        pieces.append(np.stack((inside, *_of_each(choice, inside, learned))))
    found = []
    if kinks:
        places = np.array([z for z, _ in kinks])
        values, slopes = _of_each(choice, places, learned)
        numbers = zip(kinks, values.tolist(), slopes.tolist(), strict=True)
        found = [CurveKink(z, a, slope, kink) for (z, kink), a, slope in numbers]
    return NeuronCurve.of(reach, pieces, found)


def _of_each(choice: Choice, places: Floats, learned: tuple[float, ...]) -> tuple[Floats, Floats]:
    """Return a and f'(z) at some z, (n,) each."""
    z, vectors = torch.from_numpy(places)[:, None], [torch.tensor([each], dtype=torch.float64) for each in learned]
    with torch.inference_mode():
        a = activation_functions.forward(choice)(z, *vectors)
        slopes = activation_functions.slope(choice)(z, a, *vectors)
    return a.reshape(-1).numpy(), slopes.reshape(-1).numpy()


def _coupled_curve(choice: Choice, unit: int, reach: float, held: Sequence[float]) -> NeuronCurve:
    count = max(FEWEST, min(PLACES, MOST_NUMBERS // len(held)))
    places = torch.linspace(-reach, reach, count, dtype=torch.float64)
    z = torch.tensor(held, dtype=torch.float64).repeat(count, 1)
    z[:, unit] = places
    with torch.inference_mode():
        a = activation_functions.forward(choice)(z)
        slopes = _own_slope(choice, z, a, unit)
    return NeuronCurve.of(reach, [np.stack([part.numpy() for part in (places, a[:, unit], slopes)])])


def _own_slope(choice: Choice, z: Tensor, a: Tensor, unit: int) -> Tensor:
    """Return da by z of a unit itself where units are coupled, (n,)."""
    upstream = torch.zeros_like(z)
    upstream[:, unit] = 1.0
    return activation_functions.backward(choice)(upstream, z, a)[:, unit]


def neuron_reach(values: Mapping[ValueRef, Tensor], layer: int, unit: int) -> float | None:
    """Return how far the axis of z goes to both sides, a round number beyond all finite z of the batch.

    None where they are too large for that.
    """
    sizes = values[refs.pre_activation(layer)][:, unit].double().abs()
    largest = float(torch.where(sizes.isfinite(), sizes, 0.0).max()) if len(sizes) else 0.0
    return nice_reach(largest)


@dataclass(frozen=True, slots=True, eq=False)
class SomeRows:
    """Some samples of a layer: of each unit how far its axis goes, and (z, a) of them, the shown one in front.

    `held` are all z of the shown one.
    """

    reaches: tuple[float | None, ...]
    points: tuple[tuple[tuple[float, float], ...], ...]
    held: tuple[float, ...]


def some_rows(values: Mapping[ValueRef, Tensor], layer: int, units: Sequence[int], shown: int, most: int) -> SomeRows:
    """Return the shown sample and some others, evenly chosen, at some units of a layer."""
    z, a = values[refs.pre_activation(layer)], values.get(refs.activation(layer))
    count = min(len(z), most)
    rows = [shown, *(place * len(z) // count for place in range(count))]
    both = [part[rows].double().cpu().numpy() for part in (z, z if a is None else a)]
    own = both[0][:, list(units)]
    sizes = np.max(np.abs(own), axis=0, initial=0.0, where=np.isfinite(own))
    columns = (zip(*(part[:, unit].tolist() for part in both), strict=True) for unit in units)
    held = tuple(both[0][0].tolist())
    return SomeRows(tuple(map(nice_reach, sizes.tolist())), tuple(map(tuple, columns)), held)


def neuron_samples(
    spec: LayerSpec, values: Mapping[ValueRef, Tensor], layer: int, unit: int, shown: int, reach: float
) -> NeuronSamples:
    """Return the samples of the batch at a unit of a layer, that one that is shown among them."""
    z, a = values[refs.pre_activation(layer)], values[refs.activation(layer)]
    total = len(z)
    chosen = np.unique([*(np.arange(min(total, MOST_SAMPLES)) * total // min(total, MOST_SAMPLES)), shown])
    rows = torch.from_numpy(chosen).to(z.device)
    vectors = [values[refs.learned(layer, name)][min(unit, size - 1)].reshape(1) for name, size in spec.learned.items()]
    with torch.inference_mode():
        if ACTIVATIONS[spec.activation.name].couples_units:
            slopes = _own_slope(spec.activation, z[rows], a[rows], unit)
        else:
            column = slice(unit, unit + 1)
            slopes = activation_functions.slope(spec.activation)(z[rows, column], a[rows, column], *vectors)[:, 0]
    own = z[:, unit].double().cpu().numpy()
    finite = own[np.isfinite(own)]
    counts, _ = np.histogram(finite, PARTS, (-reach, reach))
    drawn = [part.double().cpu().numpy() for part in (z[rows, unit], a[rows, unit], slopes)]
    return NeuronSamples(chosen, drawn[0], drawn[1], drawn[2], counts, reach, total - len(finite), total)
