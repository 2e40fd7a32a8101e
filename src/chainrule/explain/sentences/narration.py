"""What a number means, in one or two plain sentences that are true for the numbers on the screen."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from itertools import groupby

from chainrule.catalog.experiment.spec import Experiment, LayerSpec
from chainrule.catalog.experiment.spec_error import plural
from chainrule.catalog.values.step_kinds import StepKind
from chainrule.engine.program.program import Program
from chainrule.engine.program.steps import MicroStep
from chainrule.explain.circuit import sentences as circuit_sentences
from chainrule.explain.context import Context, Index, ReadValue
from chainrule.explain.formulas.accumulation import added_sentence, zero_sentence
from chainrule.explain.formulas.clipping import clipped_sentence, coefficient_sentence, norm_sentence
from chainrule.explain.formulas.penalties import penalty_sentence, pull_sentence, sum_sentence, total_sentence
from chainrule.explain.formulas.schedule import schedule_sentence
from chainrule.explain.names.data_names import neuron_column
from chainrule.explain.names.notation import Notation
from chainrule.explain.sentences import activations as activation_sentences
from chainrule.explain.sentences import losses as loss_sentences
from chainrule.explain.sentences.updates import parameter_sentence, state_sentence, without_value
from chainrule.explain.sentences.wording import (
    MOST_NAMES,
    at_the_head,
    everywhere,
    no_sum,
    parameter_name,
    span,
    summed_over_batch,
    unit_name,
)
from chainrule.explain.writing.numbers import format_number
from chainrule.formula.errors import joined
from chainrule.translation import gettext

UPDATES = (StepKind.UPDATE_TERM, StepKind.STATE_UPDATE, StepKind.PARAMETER_UPDATE)


def narrate(
    experiment: Experiment,
    program: Program,
    step: MicroStep,
    index: Index,
    sample: int,
    values: ReadValue,
    digits: int | None = 4,
) -> str:
    """Return what one element of a step's result means, for a newcomer; the arguments of `explain_element`."""
    c = Context(experiment, Notation.of(experiment), step, index, sample, cache(values), digits)
    # A schedule knows why its number is not finite, and when it may be.
    known = math.isfinite(c.result) or step.kind is StepKind.SCHEDULE
    if step.node is not None:
        text = circuit_sentences.sentence(c) if known else circuit_sentences.not_finite(c)
    else:
        text = _SENTENCES[step.kind](c) if known else _not_finite(c)
    return re.sub(r"(?<!\w)-(?=\d)", "−", at_the_head(text))


def own_reason(experiment: Experiment, program: Program, step: MicroStep, values: ReadValue) -> str:
    """Say why a step's result is not finite, where its own formula is why and no number grew too large; else empty."""
    index = _first_not_finite(values(step.writes))
    if index is None:
        return ""
    c = Context(experiment, Notation.of(experiment), step, index, 0, cache(values))
    if why := activation_sentences.not_finite(c):
        return why
    read = [number for ref in step.reads for number in _flat(c.values(ref))]
    return loss_sentences.not_finite(c) if all(map(math.isfinite, read)) else ""


def introduce(experiment: Experiment) -> str:
    """Return what the network is, for the moment before the first step."""
    network, data = experiment.network, experiment.data
    if network.formula:
        return circuit_sentences.introduce_formula(experiment)
    *hidden, last = network.layers
    parts = [plural(network.inputs, "input")]
    if len(hidden) == 1:
        parts.append(gettext("a hidden layer of {layer}", layer=_layer(hidden[0], "unit")))
    elif hidden:
        parts.append(_hidden_layers(hidden))
    parts.append(_layer(last, "output"))
    batch = data.batch_size is not None and data.batch_size < data.training_rows
    batches = gettext(", {batch_size} at a time", batch_size=data.batch_size) if batch else ""
    samples = plural(data.training_rows, "sample")
    test = gettext(", and tested on {others}", others=plural(data.test_rows, "other")) if data.test_rows else ""
    return gettext(
        "A network of {parts}, trained on {samples}{batches}{test}. Press → to compute the first number.",
        parts=joined(parts),
        samples=samples,
        batches=batches,
        test=test,
    )


def _hidden_layers(layers: Sequence[LayerSpec]) -> str:
    """Return the hidden layers one by one where they are few; equal ones that follow each other are counted."""
    runs = [(words, len(tuple(same))) for words, same in groupby(_layer(layer, "unit") for layer in layers)]
    if len(runs) == 1:
        return gettext("{layers} hidden layers of {runs} each", layers=len(layers), runs=runs[0][0])
    if len(runs) > MOST_NAMES:
        widths = [layer.units for layer in layers]
        least, most = min(widths), max(widths)
        units = (
            plural(most, "unit")
            if least == most
            else gettext("{least} to {units}", least=least, units=plural(most, "unit"))
        )
        return gettext("{layers} hidden layers of {units}", layers=len(layers), units=units)
    return gettext(
        "hidden layers of {value}",
        value=joined([words if count == 1 else f"{count} times {words}" for words, count in runs]),
    )


def _layer(layer: LayerSpec, noun: str) -> str:
    return f"{plural(layer.units, noun)} ({layer.function})"


def _weighted_sum(c: Context) -> str:
    name = unit_name(c, c.layer, c.unit)
    below = _reaching(c)
    bias = len(c.step.reads) > 2  # noqa: PLR2004
    if len(below) == 1:
        end = gettext("and adds its bias") if bias else gettext("and has no bias to add")
        return gettext(
            "{name} multiplies what reaches it ({below}) by its weight {end}: that is its z.",
            name=name,
            below=below[0],
            end=end,
        )
    end = gettext(", adds the products up and adds its bias") if bias else gettext(" and adds the products up")
    values = gettext("each value that reaches it ({span})", span=span(below))
    return gettext("{name} multiplies {values} by its weight{end}: that is its z.", name=name, values=values, end=end)


def _reaching(c: Context) -> list[str]:
    """Return what a neuron reads: `x₁`, or `petal length x₁` where the data say so."""
    units, layer = range(c.experiment.network.fan_in(c.layer)), c.layer - 1
    called = (neuron_column(c.experiment, layer, unit).name for unit in units)
    return [f"{name} {c.notation.neuron(layer, unit)}".lstrip() for unit, name in zip(units, called, strict=True)]


def _weight_gradient(c: Context) -> str:
    delta, below = c.step.reads
    out, into = c.index
    name, carried = c.notation.neuron(c.layer, out), c.notation.neuron(c.layer - 1, into)
    called = neuron_column(c.experiment, c.layer - 1, into).name
    text = gettext(
        "{parameter} is blamed for the error of {name} (δ) in proportion to what it carried ({more}){over}.",
        parameter=parameter_name(c),
        name=name,
        more=f"{called} {carried}" if called else carried,
        over=summed_over_batch(c),
    )
    if c.result:
        return text
    errors = [c.number(delta, (row, out)) for row in range(c.batch)]
    inputs = [c.number(below, (row, into)) for row in range(c.batch)]
    if not any(inputs):
        why = gettext(
            "{carried} is 0{everywhere}, so it had no part in the error", carried=carried, everywhere=everywhere(c)
        )
    elif not any(errors):
        why = gettext(
            "the error of {name} is 0{everywhere}, so there is nothing to blame it for",
            name=name,
            everywhere=everywhere(c),
        )
    elif not any(x and y for x, y in zip(errors, inputs, strict=True)):
        why = gettext("wherever there is an error, {carried} is 0", carried=carried)
    else:
        why = no_sum(c, [x * y for x, y in zip(errors, inputs, strict=True)], gettext("the samples"))
    return gettext("{words} The gradient is 0: {why}.", words=text, why=why)


def _bias_gradient(c: Context) -> str:
    (delta,) = c.step.reads
    name = c.notation.neuron(c.layer, c.unit)
    error = gettext("the error of {name} (δ){over}", name=name, over=summed_over_batch(c))
    text = gettext(
        "{parameter} is added to z as it is, so it is blamed for all of {error}.",
        parameter=parameter_name(c),
        error=error,
    )
    if c.result:
        return text
    silent = not any(c.number(delta, (row, c.unit)) for row in range(c.batch))
    why = (
        gettext("the error of {name} is 0{everywhere}", name=name, everywhere=everywhere(c))
        if silent
        else gettext("the samples cancel each other out")
    )
    return gettext("{words} The gradient is 0: {why}.", words=text, why=why)


def _activation_gradient(c: Context) -> str:
    delta, weight = c.step.reads
    row, unit = c.index
    layer = c.notation.value(delta).layer or 0
    count = c.experiment.network.layers[layer].units
    above = [c.notation.neuron(layer, i) for i in range(count)]
    name = c.notation.neuron(layer - 1, unit)
    if count == 1:
        way = gettext("the weight that carried {name} forward", name=name)
        text = gettext(
            "The error (δ) of {above} comes back to {name} through {way}.", above=above[0], name=name, way=way
        )
    else:
        text = gettext(
            "The errors (δ) of {span} come back to {name}, each through the weight that carried "
            "{name} there, and add up.",
            span=span(above),
            name=name,
        )
    if c.result:
        return text
    if not any(c.number(delta, (row, i)) for i in range(count)):
        return gettext("{words} There is no error to bring back, so the gradient is 0.", words=text)
    if not any(c.number(weight, (i, unit)) for i in range(count)):
        return gettext(
            "{words} {more} 0, so nothing arrives.",
            words=text,
            more=gettext("That weight is") if count == 1 else gettext("Those weights are"),
        )
    return gettext("{words} Here that makes 0.", words=text)


_SENTENCES: Mapping[StepKind, Callable[[Context], str]] = {
    StepKind.PRE_ACTIVATION: _weighted_sum,
    StepKind.ACTIVATION: activation_sentences.activation,
    StepKind.LOSS_TERM: loss_sentences.loss_term,
    StepKind.LOSS: loss_sentences.loss,
    StepKind.OUTPUT_GRADIENT: loss_sentences.output_gradient,
    StepKind.PRE_ACTIVATION_GRADIENT: activation_sentences.pre_activation_gradient,
    StepKind.ACTIVATION_WEIGHT_GRADIENT: activation_sentences.learned_gradient,
    StepKind.WEIGHT_GRADIENT: _weight_gradient,
    StepKind.BIAS_GRADIENT: _bias_gradient,
    StepKind.ACTIVATION_GRADIENT: _activation_gradient,
    StepKind.PENALTY: penalty_sentence,
    StepKind.TOTAL_LOSS: total_sentence,
    StepKind.PENALTY_GRADIENT: pull_sentence,
    StepKind.GRADIENT_SUM: sum_sentence,
    StepKind.ACCUMULATED_GRADIENT: added_sentence,
    StepKind.ZERO_GRAD: zero_sentence,
    StepKind.GRADIENT_NORM: norm_sentence,
    StepKind.CLIP_COEFFICIENT: coefficient_sentence,
    StepKind.CLIPPED_GRADIENT: clipped_sentence,
    StepKind.UPDATE_TERM: state_sentence,
    StepKind.STATE_UPDATE: state_sentence,
    StepKind.PARAMETER_UPDATE: parameter_sentence,
    StepKind.SCHEDULE: schedule_sentence,
}


def _not_finite(c: Context) -> str:
    """Return where an infinity or a NaN comes from: from what was read, or from this very computation."""
    name = c.notation.text(c.step.writes, c.index)
    name = gettext("the {name}", name=name) if name.startswith("new ") else name
    read = [number for ref in c.step.reads for number in _flat(c.values(ref))]
    if why := activation_sentences.not_finite(c):
        return gettext(
            "{name} is {result}{more}: {why}.",
            name=name,
            result=format_number(c.result),
            more=gettext(" (not a number)") if math.isnan(c.result) else "",
            why=why,
        )
    if c.step.kind in UPDATES and all(map(math.isfinite, read)) and (why := without_value(c)):
        return gettext("{name} is {result}{why}.", name=name, result=format_number(c.result), why=why)
    if all(map(math.isfinite, read)) and (why := loss_sentences.not_finite(c)):
        return gettext("{name} is {result}: {why}.", name=name, result=format_number(c.result), why=why)
    return _without_value(c, name, read)


def _without_value(c: Context, name: str, read: Sequence[float]) -> str:
    if math.isnan(c.result):
        if any(math.isnan(x) for x in read):
            return gettext(
                "{name} is NaN (not a number), because something that it is computed from is NaN.", name=name
            )
        return gettext(
            "{name} is NaN (not a number): infinities met, as in ∞ − ∞ or 0·∞, and that has no value.", name=name
        )
    if not all(math.isfinite(x) for x in read):
        return gettext(
            "{name} is {result}, because something that it is computed from is infinite.",
            name=name,
            result=format_number(c.result),
        )
    return gettext(
        "{name} overflowed: no number of {dtype} is large enough to hold it.", name=name, dtype=c.experiment.dtype
    )


def _first_not_finite(value: object) -> Index | None:
    """Return where the first number is that is infinite or none at all."""
    if not isinstance(value, Sequence):
        return None if isinstance(value, int | float) and math.isfinite(value) else ()
    found = ((place, _first_not_finite(item)) for place, item in enumerate(value))
    return next(((place, *index) for place, index in found if index is not None), None)


def _flat(value: object) -> list[float]:
    if isinstance(value, Sequence):
        return [number for item in value for number in _flat(item)]
    return [float(value)] if isinstance(value, int | float) else []
