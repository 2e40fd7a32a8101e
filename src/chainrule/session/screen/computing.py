"""What a moment's numbers were computed from, and what can be computed beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chainrule.catalog.values import refs
from chainrule.catalog.values.refs import ValueRef
from chainrule.model.elements import Index
from chainrule.session.background.lazy_engine import engine
from chainrule.session.screen.moment import Moment, element

if TYPE_CHECKING:
    from chainrule.engine.trace import Trace
    from chainrule.model.curves.activation import ActivationCurve
    from chainrule.model.curves.loss_slice import LossSlice
    from chainrule.model.timeline.history import History


def traced(moment: Moment) -> tuple[History, Trace]:
    """Return the trace of a moment's iteration, computed anew where it was let go, and the history that it is in."""
    history, trace = moment.course.history(moment.cursor.iteration), moment.numbers.trace
    return history, trace if trace is not None and trace.values else history.trace(moment.cursor.iteration)


def computed_value(moment: Moment, ref: ValueRef) -> Any:
    """Return what a micro-step computes from the iteration's values, before any of it is set by hand; nested lists."""
    step = moment.step_of(ref)
    assert step is not None
    return step.compute(*(moment.numbers.tensor(read) for read in step.reads)).tolist()


def computed_number(moment: Moment, ref: ValueRef, index: Index) -> float:
    """Return one number as it is computed, where it is set by hand."""
    return float(element(computed_value(moment, ref), index))


def batch_slice_ends(moment: Moment, ref: ValueRef, index: Index) -> tuple[float, float]:
    """Return between which numbers of an element of a parameter the loss is drawn, around where training is."""
    return engine().slice_ends(traced(moment)[1], ref, index)


def batch_loss_slice(moment: Moment, ref: ValueRef, index: Index, ends: tuple[float, float] | None = None) -> LossSlice:
    """Return the loss of the iteration's batch along one element of a parameter, from one number of it to another."""
    history, trace = traced(moment)
    return engine().loss_slice(history.executor.program, trace, ref, index, moment.overrides, ends)


def shown_activation_curve(moment: Moment, layer: int, unit: int) -> ActivationCurve | None:
    """Return the curve of a neuron's activation that has the shown sample's z on it, if it has one yet.

    None where a is no function of one z, or z too large to be drawn.
    """
    z = moment.number(refs.pre_activation(layer), (moment.sample, unit))
    choice = moment.experiment.network.layers[layer].activation
    return engine().activation_curve(choice, z or 0.0, learned_numbers(moment, layer, unit))


def shown_activation_slope(moment: Moment, layer: int, unit: int) -> float | None:
    """Return f'(z) of a neuron for the shown sample, once its z and its a are known; None where f is not of one z."""
    index = moment.sample, unit
    z, a = (moment.number(of(layer), index) for of in (refs.pre_activation, refs.activation))
    if z is None or a is None:
        return None
    choice = moment.experiment.network.layers[layer].activation
    return engine().activation_slope(choice, z, a, learned_numbers(moment, layer, unit))


def learned_numbers(moment: Moment, layer: int, unit: int) -> tuple[float, ...]:
    """Return what the activation of a neuron has learned, before the iteration's update."""
    sizes = moment.experiment.network.layers[layer].learned.items()
    found = (moment.number(refs.learned(layer, name), (min(unit, size - 1),)) for name, size in sizes)
    return tuple(0.0 if number is None else number for number in found)
