"""Words that the sentences share: names of neurons and parameters, numbers, lists."""

from __future__ import annotations

from collections.abc import Sequence

from chainrule.catalog.values.refs import ValueRef
from chainrule.catalog.values.value import Axis, Role
from chainrule.explain.context import Context
from chainrule.explain.writing.numbers import format_number
from chainrule.formula.errors import joined
from chainrule.translation import gettext

# So many names are listed one by one.
MOST_NAMES = 4
# The smallest number above 0 that a dtype has.
_SMALLEST = {"float64": 2.0**-1074, "float32": 2.0**-149}
# Significant digits that tell any two float64 numbers apart.
MOST_DIGITS = 17


def summed_over_batch(c: Context) -> str:
    """Return what is said of a sum over the batch."""
    if c.batch == 1:
        return ""
    if c.batch == 2:  # noqa: PLR2004
        return gettext(", added over both samples of the batch")
    return gettext(", added over all {count} samples of the batch", count=c.batch)


def everywhere(c: Context) -> str:
    """Return where something holds of every sample."""
    return "" if c.batch == 1 else gettext(" in every sample")


def parameter_name(c: Context) -> str:
    """Return `The weight from x₂ to h₁`, or `the bias of h₁`."""
    parameter, network = c.writes.owner, c.experiment.network
    if network.formula:
        return c.notation.text(parameter.ref)
    noun, to = parameter.noun, c.notation.neuron(c.layer, c.unit)
    if parameter.axes == (Axis.ONE,) and c.units > 1:
        return gettext("the {noun} of layer {number}", noun=noun, number=c.layer + 1)
    if Axis.SOURCE not in parameter.axes:
        return gettext("the {noun} of {to}", noun=noun, to=to)
    return gettext("the weight from {neuron} to {to}", neuron=c.notation.neuron(c.layer - 1, c.index[1]), to=to)


def the_parameter(c: Context) -> str:
    """Return `the weight`, or the name of a formula's parameter: what is spoken of once it was named."""
    return parameter_name(c) if c.experiment.network.formula else gettext("the {noun}", noun=c.writes.noun)


def kept_name(c: Context, ref: ValueRef) -> str:
    """Return `gradient`, `momentum buffer`: what is kept of a parameter, in words."""
    value = c.notation.value(ref)
    if value.called is not None:
        return value.called.words
    return "gradient" if value.role is Role.GRADIENT else value.owner.name


def no_sum(c: Context, products: Sequence[float], what: str) -> str:
    """Say why products of numbers that are not 0 make 0 in the experiment's dtype."""
    if any(abs(product) >= _SMALLEST[c.experiment.dtype] for product in products):
        return gettext("{what} cancel each other out", what=what)
    return gettext("what it is made of is so small that {dtype} makes 0 of it", dtype=c.experiment.dtype)


def unit_name(c: Context, layer: int, unit: int) -> str:
    """Return a neuron's name, with the word output where it is one."""
    name = c.notation.named_neuron(layer, unit)
    return gettext("the output {name}", name=name) if is_output(c, layer) else name


def is_output(c: Context, layer: int) -> bool:
    """Return whether a layer is the last."""
    return layer == len(c.experiment.network.layers) - 1


def say(c: Context, x: float) -> str:
    """Return a number with the digits that are asked for."""
    return format_number(x, c.digits)


def say_apart(c: Context, one: float, other: float) -> tuple[str, str]:
    """Write two numbers that differ, with as many digits as it takes to see that."""
    for digits in range(c.digits or MOST_DIGITS, MOST_DIGITS):
        texts = format_number(one, digits), format_number(other, digits)
        if texts[0] != texts[1]:
            return texts
    return format_number(one, None), format_number(other, None)


def span(names: list[str]) -> str:
    """Return the names one by one, or the first and the last of many."""
    return (
        joined(names)
        if len(names) <= MOST_NAMES
        else gettext("{names} to {names_2}", names=names[0], names_2=names[-1])
    )


def at_the_head(text: str) -> str:
    """Return what begins a sentence: a name keeps its small letter there, h₁ is not H₁."""
    return capital(text) if text.startswith("the ") else text


def capital(text: str) -> str:
    """Return the text with its first letter large."""
    return text[0].upper() + text[1:]
