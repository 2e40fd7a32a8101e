"""What the activation of a neuron does in a moment: its function, and where each sample of the batch is on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chainrule.catalog.activations import ACTIVATIONS
from chainrule.catalog.values import refs
from chainrule.session.background.lazy_engine import engine
from chainrule.session.screen.computing import learned_numbers, traced
from chainrule.session.screen.moment import Moment

if TYPE_CHECKING:
    from chainrule.model.curves.neuron import NeuronCurve, NeuronSamples

# What is small needs so few samples to be told from others.
FEW = 24


@dataclass(frozen=True, slots=True, eq=False)
class NeuronFunction:
    """The function of a neuron, and the samples on it once their z and a are known.

    `z`, `a` and `slope` are the shown sample's, `upstream` and `delta` the gradients that arrive at its a and go on
    from its z: each None as long as it is not known. `is_alone` says that no other z has a say in a.
    """

    layer: int
    unit: int
    curve: NeuronCurve
    samples: NeuronSamples | None
    z: float | None
    a: float | None
    slope: float | None
    upstream: float | None
    delta: float | None
    is_alone: bool


def neuron_function(moment: Moment, layer: int, unit: int) -> NeuronFunction | None:
    """Return what the activation of a neuron does; None where its numbers are too large to be drawn."""
    spec, index = moment.experiment.network.layers[layer], (moment.sample, unit)
    before, after = refs.pre_activation(layer), refs.activation(layer)
    z, a, upstream, delta = (moment.number(ref, index) for ref in (before, after, refs.grad(after), refs.grad(before)))
    reach, samples, is_alone = engine().neuron.LEAST_REACH, None, _is_alone(moment, layer)
    held: tuple[float, ...] = ()
    if z is not None:
        values = traced(moment)[1].values
        found = engine().neuron.neuron_reach(values, layer, unit)
        if found is None:
            return None
        reach = found
        if a is not None:
            samples = engine().neuron.neuron_samples(spec, values, layer, unit, moment.sample, reach)
    if not is_alone:
        row = moment.lists(before)
        # Before there are any, all others are 0.
        held = (0.0,) * spec.units if row is None else tuple(row[moment.sample])
    curve = engine().neuron.neuron_curve(spec, unit, reach, learned_numbers(moment, layer, unit), held)
    slope = None
    if samples is not None:
        slope = float(samples.slopes[samples.places.tolist().index(moment.sample)])
    return NeuronFunction(layer, unit, curve, samples, z, a, slope, upstream, delta, is_alone)


def _is_alone(moment: Moment, layer: int) -> bool:
    return not ACTIVATIONS[moment.experiment.network.layers[layer].activation.name].couples_units


@dataclass(frozen=True, slots=True, eq=False)
class SmallFunction:
    """The function of a neuron where there is little room: z and a of some samples, and of the shown one."""

    curve: NeuronCurve
    points: tuple[tuple[float, float], ...]
    here: tuple[float, float] | None


def small_functions(moment: Moment, layer: int, units: Sequence[int]) -> dict[int, SmallFunction]:
    """Return the functions of some units of a layer; without those whose numbers are too large to be drawn."""
    spec, model = moment.experiment.network.layers[layer], engine().neuron
    before, after = refs.pre_activation(layer), refs.activation(layer)
    is_known = moment.is_known(after)
    values = traced(moment)[1].values if moment.is_known(before) else None
    rows = model.some_rows(values, layer, units, moment.sample, FEW) if values is not None else None
    found = {}
    for place, unit in enumerate(units):
        reach = model.LEAST_REACH if rows is None else rows.reaches[place]
        if reach is None:
            continue
        held = () if _is_alone(moment, layer) else rows.held if rows is not None else (0.0,) * spec.units
        curve = model.neuron_curve(spec, unit, reach, learned_numbers(moment, layer, unit), held)
        shows = rows is not None and is_known and moment.is_revealed(after, (moment.sample, unit))
        points = rows.points[place] if rows is not None and shows else ()
        found[unit] = SmallFunction(curve, points[1:], points[0] if points else None)
    return found
