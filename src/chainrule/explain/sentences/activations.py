"""What activations do and what flows back through them, in sentences that are true for the number on the screen."""

from __future__ import annotations

import math

from chainrule.catalog.values import refs
from chainrule.catalog.values.step_kinds import StepKind
from chainrule.explain.context import Context
from chainrule.explain.formulas import activations as activation_formulas
from chainrule.explain.formulas.activation_names import function_name, values_at
from chainrule.explain.formulas.activations import (
    chosen_slope,
    condition,
    learned_slopes,
    learned_vector,
    learning_units,
)
from chainrule.explain.formulas.matrices import is_constant, jacobian_entries
from chainrule.explain.sentences.kinks import kink_words
from chainrule.explain.sentences.wording import is_output, no_sum, parameter_name, say, span, summed_over_batch
from chainrule.explain.writing.numbers import format_number, format_short
from chainrule.explain.writing.plain_text import latex_to_text
from chainrule.explain.writing.working_out import work_out
from chainrule.formula.kinks import is_zero_to_zero, kink_at
from chainrule.formula.tree import symbols_of
from chainrule.translation import gettext

# A slope below this lets so little of the error through that it is worth a word.
SMALL_SLOPE = 0.05


def activation(c: Context) -> str:
    """Return what the function does, and what became of this z."""
    entry, name = c.activation(), c.notation.neuron(c.layer, c.unit)
    words = f"{function_name(c)} {entry.words_for(c.activation_choice())}"
    z = c.number(c.step.reads[0], c.index)
    if entry.couples_units and c.units > 1:
        value = gettext(
            "set against the other z, that gives {name} the value {result}", name=name, result=say(c, c.result)
        )
        return gettext("{words}. Here z is {z}; {value}.", words=words, z=say(c, z), value=value)
    if entry.couples_units and is_constant(c):
        return gettext(
            "{words}. With one unit that gives {result}, whatever z is: {z}.",
            words=words,
            result=say(c, c.result),
            z=say(c, z),
        )
    verb = "is" if is_output(c, c.layer) else gettext("passes on")
    return gettext(
        "{words}. Here z is {z}, so {name} {verb} {result}.",
        words=words,
        z=say(c, z),
        name=name,
        verb=verb,
        result=say(c, c.result),
    )


def pre_activation_gradient(c: Context) -> str:
    """Return how much of what came back passes through the activation."""
    if c.activation().couples_units:
        return _through_matrix(c)
    function = function_name(c)
    name, upstream = c.notation.neuron(c.layer, c.unit), c.number(c.step.reads[0], c.index)
    slope, delta = c.slope(c.index[0]), c.result
    back = c.notation.text(c.step.reads[0], c.index)
    if math.isnan(c.number(refs.pre_activation(c.layer), c.index)):
        return gettext(
            "z is not a number (NaN), so {function} has no slope there: δ becomes {delta}.",
            function=function,
            delta=say(c, delta),
        )
    turn = _kink_words(c)
    if not slope and not delta:
        return gettext("{turn}, so it passes nothing back: δ is 0.", turn=turn) if turn else _flat(c)
    if not upstream and not delta:
        return gettext("Nothing came back to {name} ({back} is 0), so its error δ is 0.", name=name, back=back)
    if slope == 1 and upstream == delta:
        error = gettext("the error of {name} (δ) is what came back to it ({back})", name=name, back=back)
        return gettext(
            "The slope of {function} at z is 1, so {error}, unchanged.{more}",
            function=function,
            error=error,
            more=f" {turn}." if turn else "",
        )
    text = gettext(
        "The error of {name} (δ) is what came back to it ({back}) times the slope of {function} at its z, {slope}.",
        name=name,
        back=back,
        function=function,
        slope=say(c, slope),
    )
    if turn:
        return f"{text} {turn}."
    small = abs(slope) < SMALL_SLOPE
    return gettext("{words} That slope is small, so little of the error passes back.", words=text) if small else text


def not_finite(c: Context) -> str:
    """Say why an activation or its slope gives no finite number at a z that is one.

    Empty where the reason is another.
    """
    if c.step.kind not in (StepKind.ACTIVATION, StepKind.PRE_ACTIVATION_GRADIENT) or c.activation().couples_units:
        return ""
    function, z = function_name(c), c.number(refs.pre_activation(c.layer), c.index)
    if not math.isfinite(z):
        return ""
    if c.step.kind is StepKind.ACTIVATION:
        if math.isnan(c.result):
            return gettext("{function} has no value at z = {z}", function=function, z=say(c, z))
        is_overflow = work_out(" ".join(activation_formulas.activation(c).numbers)) is not None
        return (
            "" if is_overflow else gettext("{function} has no finite value at z = {z}", function=function, z=say(c, z))
        )
    slope = c.slope(c.index[0])
    if math.isfinite(slope) or not math.isfinite(c.number(c.step.reads[0], c.index)):
        return ""
    what = gettext("has no value") if math.isnan(slope) else gettext("is {slope}", slope=format_number(slope))
    return gettext("the slope of {function} {what} at z = {z}", function=function, what=what, z=say(c, z))


def _kink_words(c: Context) -> str:
    """Say that the function has a kink at z, or jumps there, and the slope that is taken; empty elsewhere."""
    tree, value = c.activation().tree(c.activation_choice()), values_at(c, c.index)
    if is_zero_to_zero(tree, "z", value):
        return gettext(
            "0 to the power of 0 has no slope. PyTorch takes {slope}", slope=format_short(c.slope(c.index[0]), c.digits)
        )
    found = kink_at(tree, "z", value)
    if found is None:
        return ""
    z, name = c.number(refs.pre_activation(c.layer), c.index), function_name(c)
    return gettext(
        "z is {z}, where {kink}",
        z=format_short(z, c.digits),
        kink=kink_words(found, name, c.slope(c.index[0]), c.digits),
    )


def _flat(c: Context) -> str:
    """Say why nothing passes back: the branch that z is in, or a curve that has levelled off."""
    name, z = function_name(c), c.number(refs.pre_activation(c.layer), c.index)
    if c.activation().flat:
        return gettext("{flat}: δ is 0.", flat=c.activation().flat)
    # What a derived slope is 0 at may be no saturation, but the top of a hill.
    if c.activation().slope and {"z", "a"}.intersection(symbols_of(chosen_slope(c, c.index))):
        exact = gettext("so nearly flat that its slope is 0 in {dtype}", dtype=c.experiment.dtype)
        return gettext(
            "At z = {z} {name} is {exact}: it passes nothing back, so δ is 0.", z=say(c, z), name=name, exact=exact
        )
    where = latex_to_text(condition(c, c.index))
    if where:
        return gettext(
            "z is {z}, and {name} is flat where {where}: it passes nothing back, so δ is 0.",
            z=say(c, z),
            name=name,
            where=where,
        )
    return gettext("{name} is flat at z = {z}: it passes nothing back, so δ is 0.", name=name, z=say(c, z))


def _through_matrix(c: Context) -> str:
    function, name = function_name(c), c.notation.neuron(c.layer, c.unit)
    row, unit = c.index
    upstream = c.step.reads[0]
    if is_constant(c):
        return gettext(
            "With one unit {function} gives the same for every z: it passes nothing back, so δ is 0.", function=function
        )
    if c.units == 1:
        back, moved = c.notation.text(upstream, c.index), say(c, jacobian_entries(c)[0][0])
        return gettext(
            "The error of {name} (δ) is what came back to it ({back}) times how far its z moves it, {moved}.",
            name=name,
            back=back,
            moved=moved,
        )
    text = gettext(
        "The z of {name} moves every output of {function}, so its error δ gathers what came back "
        "to each of them, times how far that one moves: column {number} of the matrix J.",
        name=name,
        function=function,
        number=unit + 1,
    )
    if c.result:
        return text
    if not any(c.number(upstream, (row, k)) for k in range(c.units)):
        return gettext("{words} Nothing came back, so δ is 0.", words=text)
    if not any(line[unit] for line in jacobian_entries(c)):
        return gettext("{words} That column is 0: its share has levelled off, so δ is 0.", words=text)
    return gettext("{words} Here that makes 0.", words=text)


def learned_gradient(c: Context) -> str:
    """Return what moves a number that an activation learns: what came back to its units, where it changes their a."""
    grad, words, units = c.step.reads[0], learned_vector(c).words, learning_units(c)
    names, several = [c.notation.neuron(c.layer, unit) for unit in units], len(units) > 1
    blame = words.blame.format(whose=gettext("its units") if several else names[0], its="their" if several else "its")
    also = (
        gettext("{over} and over {span}", over=summed_over_batch(c), span=span(names))
        if summed_over_batch(c)
        else gettext(", added over {span}", span=span(names))
    )
    text = f"{parameter_name(c)} {blame}{also if several else summed_over_batch(c)}."
    if c.result:
        return text
    slopes, places = learned_slopes(c), [(row, unit) for row in range(c.batch) for unit in units]
    pairs = [(c.number(grad, (row, unit)), slopes[row][unit]) for row, unit in places]
    anywhere = gettext(" in any sample") if c.batch > 1 else ""
    if not any(slope for _, slope in pairs):
        why = f"{words.idle[several]}{anywhere}"
    elif not any(upstream for upstream, _ in pairs):
        why = gettext("nothing came back{anywhere}", anywhere=anywhere)
    elif not any(upstream and slope for upstream, slope in pairs):
        why = gettext("nothing came back {where}", where=words.where)
    else:
        why = no_sum(c, [upstream * slope for upstream, slope in pairs], gettext("the parts"))
    return gettext("{words} The gradient is 0: {why}.", words=text, why=why)
