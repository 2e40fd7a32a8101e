"""How large the gradient of each layer is: of deep networks the first layers' may vanish, or explode."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chainrule.catalog.values.value import Value
    from chainrule.model.timeline.downsampled_series import Floats


@dataclass(frozen=True, slots=True)
class LayerNorm:
    """The Euclidean norm of the gradient of all trained parameters of a layer; NaN where one of its numbers is NaN.

    Layers are counted from 0; `curves` are the places of the layer's curves.
    """

    layer: int
    norm: float
    curves: tuple[int, ...]


def layer_norms(gradients: Sequence[Value], row: Floats) -> tuple[LayerNorm, ...]:
    """Return the norms of the layers from the numbers of one iteration, (curves,): elements of gradients, or their
    norms.

    `gradients` are what the curves are of.
    """
    places: dict[int, list[int]] = {}
    for place, gradient in enumerate(gradients):
        if gradient.layer is not None:
            places.setdefault(gradient.layer, []).append(place)
    return tuple(
        LayerNorm(layer, _norm([float(row[place]) for place in among]), tuple(among))
        for layer, among in sorted(places.items())
    )


def _norm(numbers: list[float]) -> float:
    # The hypotenuse of inf and NaN is inf.
    return math.nan if any(map(math.isnan, numbers)) else math.hypot(*numbers)
