"""What losses mean, in sentences: how far off the outputs are, and which way they would have to go."""

from __future__ import annotations

import math

from chainrule.catalog import refs
from chainrule.catalog.targets import Targets, has_classes, targets_of
from chainrule.engine.loss_steps import LOG_SOFTMAX, SOFTMAX, ClassLoss, CrossEntropy, ElementwiseLoss
from chainrule.explain.context import Context
from chainrule.explain.loss_formulas import chosen, is_one_hot
from chainrule.explain.numbers import format_number, format_short
from chainrule.formula.parse import read
from chainrule.formula.tree import Call


def loss(c: Context) -> str:
    """What the one number stands for."""
    entry, over = c.loss(), _reduced(c)
    if targets_of(c.experiment.loss) is Targets.UNUSED:
        return f"The outputs themselves stand for the loss{over}: targets are not used, each gradient begins here."
    text = f"The loss is one number for how wrong the outputs are: {entry.words}{over}."
    if isinstance(entry, CrossEntropy):
        if is_one_hot(c.experiment):
            return f"{text} The nearer that probability is to 1, the nearer is the loss to 0."
        return f"{text} Each class counts by the share that the target gives it."
    if isinstance(entry, ClassLoss):
        return f"{text} {_log_probabilities(c)}"
    if c.result == 0 and _on_target(c):
        return f"{text} It is 0: every output is on its target."
    return text


def output_gradient(c: Context) -> str:
    """Which way the loss goes when an output grows."""
    entry, name = c.loss(), c.notation.neuron(len(c.experiment.network.layers) - 1, c.index[-1])
    question = f"How would the loss change if {name} grew a little?"
    if isinstance(entry, CrossEntropy):
        p, q = c.step.reads
        given = format_number(c.number(p, c.index), c.digits)
        wanted = format_short(c.number(q, c.index), c.digits)
        return f"{question} Softmax gives {name} the probability {given} and its target is {wanted}: {_change(c)}."
    if isinstance(entry, ClassLoss):
        target = int(c.number(refs.TARGET, (c.index[0], 0)))
        if target != c.index[-1]:
            return f"{question} {name} is not the output of the target's class, so it would stay as it is: 0."
        return f"{question} {name} is the output of the target's class: {_change(c)}."
    assert isinstance(entry, ElementwiseLoss)
    if len(c.step.reads) == 1:
        return f"{question} It is made of the outputs alone, so it would grow with {name} at the same rate everywhere."
    output = format_number(c.number(c.step.reads[0], c.index), c.digits)
    wanted = format_short(c.number(refs.TARGET, c.index), c.digits)
    text = f"{question} {name} is {output} and its target is {wanted}"
    if math.isnan(c.number(c.step.reads[0], c.index)):
        return f"{name} is not a number (NaN), so nobody can tell how the loss would change: PyTorch takes {_slope(c)}."
    kink = _kink(c, entry)
    # At a corner the loss need not change as the slope says.
    return f"{text}{kink}: {_change(c)}." if "corner" not in kink else f"{text}{kink}: the gradient is {_slope(c)}."


def loss_term(c: Context) -> str:
    """What softmax, its logarithm and the target's probability are."""
    name, result = (
        c.notation.neuron(len(c.experiment.network.layers) - 1, c.index[-1]),
        format_number(c.result, c.digits),
    )
    if c.step.writes == SOFTMAX:
        return (
            "Softmax turns the outputs of a sample into probabilities that sum to 1: e to the power of each, over the "
            f"sum of all of these. {name} gets {result}."
        )
    if c.step.writes == LOG_SOFTMAX:
        return (
            f"The logarithm of the probability that softmax gives {name}, computed from the outputs, so that no digit "
            "is lost where the probability is near 0. It is 0 for what is certain, and less for what is less likely."
        )
    return _target(c, name, format_short(c.result, c.digits))


def _target(c: Context, name: str, result: str) -> str:
    text = f"The target's probability of {name} is {result}"
    if has_classes(c.experiment):
        row = c.index[0]
        target = int(c.number(refs.TARGET, (row, 0)))
        of = c.notation.neuron(len(c.experiment.network.layers) - 1, target)
        text = f"The target is class {target}, counted from 0: that is {of}. {text}"
    smoothing = c.experiment.loss.number("label_smoothing")
    if not smoothing:
        return f"{text}."
    return (
        f"{text}: label smoothing takes {format_short(smoothing, c.digits)} of it and gives all classes equal shares."
    )


def _reduced(c: Context) -> str:
    """What happens to the terms: nothing, a sum, a mean, or a mean of sums."""
    outputs = 1 if isinstance(c.loss(), ClassLoss) else c.experiment.network.outputs
    count, divisor = c.batch * outputs, c.divisor()
    samples = "both samples" if c.batch == 2 else f"all {c.batch} samples"  # noqa: PLR2004
    if count == 1:
        return ""
    verb = {1: "added", count: "averaged"}.get(divisor)
    if verb and outputs == 1:
        return f", {verb} over {samples}"
    if verb:
        return f", {verb} over the {count} outputs{' of the batch' if c.batch > 1 else ''}"
    return f", added over the outputs and averaged over {samples}"


def _log_probabilities(c: Context) -> str:
    text = "It takes the outputs for logarithms of probabilities, as LogSoftmax makes them"
    last = c.experiment.network.layers[-1].activation.name
    return f"{text}." if last == "LogSoftmax" else f"{text}; {last} as the last activation does not."


def _on_target(c: Context) -> bool:
    output, target = (c.values(ref) for ref in c.step.reads)
    return output == target


def _slope(c: Context) -> str:
    return ("negative" if c.result < 0 else "positive") if c.result else "0"


def _change(c: Context) -> str:
    if not c.result:
        return "it would stay as it is, so the gradient is 0"
    return f"it would {'fall' if c.result < 0 else 'rise'}, so the gradient is {_slope(c)}"


def _kink(c: Context, entry: ElementwiseLoss) -> str:
    """Why the slope is what it is where the formula has a corner, or is the same everywhere."""
    output, target = (c.number(ref, c.index) for ref in c.step.reads)
    slope, _ = chosen(c, read(entry.slope), entry.slope_limits, c.index)
    if slope == Call("sign", (read("o - t"),)) and output == target:
        return ", where the loss has a corner and PyTorch takes the slope 0"
    if entry.name == "HingeLoss" and output * target == 1:
        return ", at the corner of the hinge, where PyTorch still takes the slope of its side"
    if entry.name == "HingeLoss":
        return f", and t·ŷ is {'more' if output * target > 1 else 'less'} than 1"
    return ""
