"""What activations do and what flows back through them, in sentences that are true for the number on the screen."""

from __future__ import annotations

import math

from chainrule.catalog import refs
from chainrule.engine.activations import Learned, Vectorwise
from chainrule.explain.activation_formulas import chosen_slope, condition, jacobian, shares_slope
from chainrule.explain.context import Context
from chainrule.explain.plain import to_text
from chainrule.explain.wording import is_output, no_sum, over_batch, parameter_name, say, span
from chainrule.formula.tree import symbols_of

# A slope below this lets so little of the error through that it is worth a word.
SMALL_SLOPE = 0.05


def activation(c: Context) -> str:
    """What the function does, and what became of this z."""
    entry, name = c.activation(), c.notation.neuron(c.layer, c.unit)
    words = f"{entry.name} {entry.tell(**c.activation_choice().arguments) if entry.tell else entry.words}"
    z = c.number(c.step.reads[0], c.index)
    if isinstance(entry, Vectorwise) and c.units > 1:
        value = f"set against the other z, that gives {name} the value {say(c, c.result)}"
        return f"{words}. Here z is {say(c, z)}; {value}."
    if isinstance(entry, Vectorwise):
        return f"{words}. With one unit that gives {say(c, c.result)}, whatever z is: {say(c, z)}."
    verb = "is" if is_output(c, c.layer) else "passes on"
    return f"{words}. Here z is {say(c, z)}, so {name} {verb} {say(c, c.result)}."


def pre_activation_gradient(c: Context) -> str:
    """How much of what came back passes through the activation."""
    entry = c.activation()
    if isinstance(entry, Vectorwise):
        return _through_matrix(c, entry)
    name, upstream = c.notation.neuron(c.layer, c.unit), c.number(c.step.reads[0], c.index)
    slope, delta = c.slope(c.index[0]), c.result
    back = c.notation.text(c.step.reads[0], c.index)
    if math.isnan(c.number(refs.pre_activation(c.layer), c.index)):
        return f"z is not a number (NaN), so {entry.name} has no slope there: δ becomes {say(c, delta)}."
    if not slope and not delta:
        return _flat(c)
    if not upstream and not delta:
        return f"Nothing came back to {name} ({back} is 0), so its error δ is 0."
    if slope == 1 and upstream == delta:
        error = f"the error of {name} (δ) is what came back to it ({back})"
        return f"The slope of {entry.name} at z is 1, so {error}, unchanged."
    text = (
        f"The error of {name} (δ) is what came back to it ({back}) "
        f"times the slope of {entry.name} at its z, {say(c, slope)}."
    )
    small = abs(slope) < SMALL_SLOPE
    return f"{text} That slope is small, so little of the error passes back." if small else text


def _flat(c: Context) -> str:
    """Why nothing passes back: the branch that z is in, or a curve that has levelled off."""
    name, z = c.activation().name, c.number(refs.pre_activation(c.layer), c.index)
    if name == "ReLU":
        if not z:
            return "z is 0, where ReLU counts as flat: it passes nothing back, so δ is 0."
        return "z is negative, so ReLU passes nothing back: δ is 0."
    if {"z", "a"}.intersection(symbols_of(chosen_slope(c, *c.index))):
        exact = f"so nearly flat that its slope is 0 in {c.experiment.dtype}"
        return f"At z = {say(c, z)} {name} is {exact}: it passes nothing back, so δ is 0."
    where = to_text(condition(c, *c.index))
    if where and not isinstance(c.activation(), Learned):
        return f"z is {say(c, z)}, and {name} is flat where {where}: it passes nothing back, so δ is 0."
    return f"{name} is flat at z = {say(c, z)}: it passes nothing back, so δ is 0."


def _through_matrix(c: Context, entry: Vectorwise) -> str:
    name = c.notation.neuron(c.layer, c.unit)
    row, unit = c.index
    upstream = c.step.reads[0]
    if c.units == 1:
        return f"With one unit {entry.name} gives the same for every z: it passes nothing back, so δ is 0."
    text = (
        f"The z of {name} moves every output of {entry.name}, so its error δ gathers what came back to each of them, "
        f"times how far that one moves: column {unit + 1} of the matrix J."
    )
    if c.result:
        return text
    if not any(c.number(upstream, (row, k)) for k in range(c.units)):
        return f"{text} Nothing came back, so δ is 0."
    if not any(line[unit] for line in jacobian(c, entry)):
        return f"{text} That column is 0: its share has levelled off, so δ is 0."
    return f"{text} Here that makes 0."


def activation_weight_gradient(c: Context) -> str:
    """What moves a slope: the errors that came back to units with a negative z."""
    grad, z = c.step.reads
    units = range(c.units) if shares_slope(c) else c.index
    names = [c.notation.neuron(c.layer, unit) for unit in units]
    whose = f"{names[0]} in proportion to its z" if len(names) == 1 else "its units in proportion to their z"
    also = f"{over_batch(c)} and over {span(names)}" if over_batch(c) else f", added over {span(names)}"
    text = (
        f"{parameter_name(c)} works where z is negative: it is blamed for what came back to {whose} there"
        f"{also if len(names) > 1 else over_batch(c)}."
    )
    if c.result:
        return text
    places = [(row, unit) for row in range(c.batch) for unit in units]
    anywhere = " in any sample" if c.batch > 1 else ""
    if not any(c.number(z, place) < 0 for place in places):
        why = f"{'no' if len(names) > 1 else 'its'} z is {'' if len(names) > 1 else 'not '}negative{anywhere}"
    elif not any(c.number(grad, place) for place in places):
        why = f"nothing came back{anywhere}"
    elif not any(c.number(grad, place) and c.number(z, place) < 0 for place in places):
        why = "nothing came back where z is negative"
    else:
        why = no_sum(c, [c.number(grad, place) * min(0.0, c.number(z, place)) for place in places], "the parts")
    return f"{text} The gradient is 0: {why}."
