"""What an activation does in words: the neuron and its function, what passes it, the kinks, and the numbers."""

from __future__ import annotations

from math import isclose
from typing import TYPE_CHECKING

import numpy as np

from chainrule.catalog.activations import ACTIVATIONS
from chainrule.catalog.values import refs
from chainrule.explain.names.notation import Notation
from chainrule.explain.sentences.kinks import kink_words
from chainrule.explain.sentences.passing import passing_in_words
from chainrule.explain.writing.numbers import format_count, format_number, format_short
from chainrule.session.screen.computing import learned_numbers
from chainrule.session.screen.moment import Moment
from chainrule.session.screen.neurons import NeuronFunction
from chainrule.translation import gettext, gettext_noop
from chainrule.ui.numbers.copying import CopiedCell

if TYPE_CHECKING:
    from chainrule.model.curves.neuron import CurveKink

NOT_YET = gettext_noop("z is not computed yet: → steps to it")
# So many kinks are told of one by one.
MOST_KINKS = 3
# How near to a kink a place is said to be at it, of half the axis.
NEAR = 0.04


def function_in_words(moment: Moment, function: NeuronFunction) -> str:
    """Return `h₁: LeakyReLU (negative slope 0.01)`, with what it has learned."""
    layer = moment.experiment.network.layers[function.layer]
    entry, choice = ACTIVATIONS[layer.activation.name], layer.activation
    if entry.learned:
        numbers = learned_numbers(moment, function.layer, function.unit)
        parts = [
            gettext("learned {word} {number}", word=vector.word, number=format_short(number, moment.digits))
            for vector, number in zip(entry.learned, numbers, strict=True)
        ]
    else:
        given = ((argument.label, choice.arguments.get(argument.name)) for argument in entry.arguments)
        parts = [f"{label} {format_short(value)}" for label, value in given if isinstance(value, float)]
    own = Notation.of(moment.experiment).named_neuron(function.layer, function.unit)
    name = f"{own}: {entry.called(choice)}"
    return f"{name} ({', '.join(parts)})" if parts else name


def said_of(moment: Moment, function: NeuronFunction, *, is_brief: bool = False) -> str:
    """Say what passes at the shown sample, with the gradients once they are known; and where the kinks are.

    In brief of the kinks that alone at which z is.
    """
    name, kinks = function_in_words(moment, function), function.curve.kinks
    sentences = _passing(moment, function, name) if function.is_alone else _coupled(moment, function, name)
    here = [kink for kink in kinks if function.z is not None and kink.z == function.z]
    told = here or (() if is_brief else kinks[:MOST_KINKS])
    sentences += [kink_in_words(moment, function, kink) for kink in told]
    if len(kinks) > MOST_KINKS and not (here or is_brief):
        sentences.append(gettext("There are more of them."))
    missing = 0 if function.samples is None else function.samples.missing
    if missing:
        what = gettext("sample has") if missing == 1 else gettext("samples have")
        sentences.append(gettext("{count} {what} a z that is not finite.", count=format_count(missing), what=what))
    return " ".join(sentences)


def _name(moment: Moment, function: NeuronFunction) -> str:
    return moment.experiment.network.layers[function.layer].function


def kink_in_words(moment: Moment, function: NeuronFunction, kink: CurveKink) -> str:
    """Say what a function does at a kink, and which slope PyTorch takes there."""
    digits = moment.digits
    told = kink_words(kink.found, _name(moment, function), kink.taken, digits)
    return gettext("At z = {z} {told}.", z=format_short(kink.z, digits), told=told)


def _passing(moment: Moment, function: NeuronFunction, name: str) -> list[str]:
    z, slope, digits = function.z, function.slope, moment.digits
    if z is None:
        return [f"{name}. {gettext(NOT_YET)}."]
    if slope is None:
        return [gettext("{name}. z = {z}, and a is not computed yet.", name=name, z=format_short(z, digits))]
    sentences = [f"{passing_in_words(name, z, slope, digits)}."]
    upstream, delta = function.upstream, function.delta
    # A gradient that was set by hand is not what came of the other.
    if upstream is not None and delta is not None and isclose(upstream * slope, delta, rel_tol=1e-4):
        notation, index = Notation.of(moment.experiment), (moment.sample, function.unit)
        of = (refs.activation(function.layer), refs.pre_activation(function.layer))
        back, error = (notation.text(refs.grad(ref), index) for ref in of)
        numbers = format_number(upstream, digits), format_number(delta, digits)
        sentences.append(
            gettext(
                "{back} = {numbers} arrives, {error} = {numbers_2} goes on.",
                back=back,
                numbers=numbers[0],
                error=error,
                numbers_2=numbers[1],
            )
        )
    return sentences


def _coupled(moment: Moment, function: NeuronFunction, name: str) -> list[str]:
    digits = moment.digits
    if function.z is None:
        return [
            gettext(
                "{name} makes a of all z of a sample: here the others are 0. {what}.",
                name=name,
                what=gettext(NOT_YET),
            )
        ]
    held = gettext(
        "{name} makes a of all z of a sample. Here this z alone changes, the others are as in the sample.", name=name
    )
    if function.slope is None:
        return [held]
    steep = f"∂a/∂z = {format_short(function.slope, digits)}"
    return [
        gettext(
            "{held} At z = {z} {steep}; δ adds up what comes back to all units.",
            held=held,
            z=format_short(function.z, digits),
            steep=steep,
        )
    ]


def place_on_curve(moment: Moment, function: NeuronFunction, z: float, sample: int | None) -> str:
    """Return a sample of the batch, or a place of the curve, with all digits."""
    samples, many = function.samples, len(moment.rows) > 1
    if sample is not None and samples is not None:
        place = int(np.flatnonzero(samples.places == sample)[0])
        numbers = (float(part[place]) for part in (samples.z, samples.a, samples.slopes))
        row = gettext("Sample {count}", count=format_count(moment.rows[sample] + 1)) if many else gettext("This sample")
        names = ("z", "a", _slope_name(function))
        lines = [f"{name} = {format_number(number, None)}" for name, number in zip(names, numbers, strict=True)]
        more = [gettext("Click to show this sample everywhere")] if sample != moment.sample else []
        return "\n".join([row, *lines, *more])
    piece = next((piece for piece in function.curve.pieces if piece[0][0] <= z <= piece[0][-1]), None)
    if piece is None:
        return ""
    at = int(np.abs(piece[0] - z).argmin())
    names = ("z", "a", _slope_name(function))
    lines = [f"{name} = {format_number(float(row[at]))}" for name, row in zip(names, piece, strict=True)]
    near = [kink for kink in function.curve.kinks if abs(kink.z - z) <= NEAR * function.curve.reach]
    return "\n".join([*lines, *(kink_in_words(moment, function, kink) for kink in near[:1])])


def _slope_name(function: NeuronFunction) -> str:
    return "f′(z)" if function.is_alone else "∂a/∂z"


def table_of_samples(moment: Moment, function: NeuronFunction) -> list[list[CopiedCell]]:
    """Return the samples as rows of numbers; before they are known, the curve."""
    names: list[CopiedCell] = ["z", "a", _slope_name(function)]
    samples = function.samples
    if samples is None:
        curve = np.concatenate(function.curve.pieces, axis=1).T.tolist()
        return [names, *(list(row) for row in curve)]
    rows = (gettext("sample {number}", number=moment.rows[place] + 1) for place in samples.places.tolist())
    numbers = zip(samples.z.tolist(), samples.a.tolist(), samples.slopes.tolist(), strict=True)
    return [["", *names], *([row, *three] for row, three in zip(rows, numbers, strict=True))]
