"""What losses mean, in sentences: how far off the outputs are, and which way they would have to go."""

from __future__ import annotations

import math

import torch

from chainrule.catalog.experiment.targets import has_classes, targets_of
from chainrule.catalog.formula_argument import in_a_sentence
from chainrule.catalog.loss import OUTPUT, TARGET, WEIGHT, Targets
from chainrule.catalog.losses import FORMULA_ARGUMENT, LOG_SOFTMAX, POS_WEIGHT, SOFTMAX, TARGET_PROBABILITIES
from chainrule.catalog.values import refs
from chainrule.catalog.values.step_kinds import StepKind
from chainrule.engine.program.losses import Setting, slope_function, term_function
from chainrule.explain.context import Context
from chainrule.explain.formulas.loss_divisor import adds_weights, divisor_of, ignored_rows
from chainrule.explain.formulas.loss_names import LossNumbers
from chainrule.explain.formulas.losses import is_one_hot, loss_slope_that_holds
from chainrule.explain.sentences.kinks import kink_words
from chainrule.explain.writing.numbers import format_number, format_short
from chainrule.formula.evaluate import evaluate
from chainrule.formula.kinks import kink_at
from chainrule.formula.parse import read
from chainrule.translation import gettext


def loss(c: Context) -> str:
    """Return what the one number stands for."""
    entry, over = c.loss(), _reduced(c)
    if targets_of(c.experiment.loss) is Targets.UNUSED:
        return gettext(
            "The outputs themselves stand for the loss{over}: targets are not used, each gradient begins here.",
            over=over,
        )
    formula = c.experiment.loss.arguments.get(FORMULA_ARGUMENT)
    if formula is not None:
        target = gettext(" and its target t") if len(c.step.reads) > 1 else ""
        text = gettext(
            "The loss is what the formula {formula} makes of each output o{target}{over}.",
            formula=in_a_sentence(str(formula)),
            target=target,
            over=over,
        )
    else:
        text = gettext(
            "The loss is one number for how wrong the outputs are: {words}{over}.",
            words=gettext(entry.words),
            over=over,
        )
    text = " ".join((text, *_counted(c)))
    if TARGET_PROBABILITIES in entry.terms:
        if is_one_hot(c.experiment):
            return gettext("{words} The nearer that probability is to 1, the nearer is the loss to 0.", words=text)
        return gettext("{words} Each class counts by the share that the target gives it.", words=text)
    if entry.expects is not None:
        return f"{text} {_expected(c, *entry.expects)}"
    if c.result == 0 and not entry.of_classes and _on_target(c):
        return gettext("{words} It is 0: every output is on its target.", words=text)
    return text


def output_gradient(c: Context) -> str:
    """Return which way the loss goes when an output grows."""
    entry, name, (row, unit) = c.loss(), _name(c, c.index[-1]), c.index
    question = gettext("How would the loss change if {name} grew a little?", name=name)
    if row in ignored_rows(c):
        return gettext(
            "{question} The class of its sample, {the_class}, is ignored: it would stay as it is.",
            question=question,
            the_class=_class(c, row),
        )
    if refs.loss_term(SOFTMAX.name) in c.step.reads:
        p, q = c.step.reads[:2]
        given = format_number(c.number(p, c.index), c.digits)
        wanted = format_short(c.number(q, c.index), c.digits)
        return gettext(
            "{question} Softmax gives {name} the probability {given} and its target is {wanted}: {change}.",
            question=question,
            name=name,
            given=given,
            wanted=wanted,
            change=_change(c),
        )
    if entry.of_classes:
        if int(c.number(refs.TARGET, (row, 0))) != unit and not c.result:
            return gettext(
                "{question} {name} is not the output of the target's class, so it would stay as it is: 0.",
                question=question,
                name=name,
            )
        whose = "" if int(c.number(refs.TARGET, (row, 0))) == unit else "not "
        return gettext(
            "{question} {name} is {whose}the output of the target's class: {change}.",
            question=question,
            name=name,
            whose=whose,
            change=_change(c),
        )
    if entry.targets is Targets.UNUSED:
        return gettext(
            "{question} It is made of the outputs alone, so it would grow with {name} at the same rate everywhere.",
            question=question,
            name=name,
        )
    return _by_output(c, question, name)


def loss_term(c: Context) -> str:
    """Return what softmax, its logarithm and the target's probability are."""
    name, result = _name(c, c.index[-1]), format_number(c.result, c.digits)
    if c.step.writes == refs.loss_term(SOFTMAX.name):
        return gettext(
            "Softmax turns the outputs of a sample into probabilities that sum to 1: e to the power "
            "of each, over the sum of all of these. {name} gets {result}.",
            name=name,
            result=result,
        )
    if c.step.writes == refs.loss_term(LOG_SOFTMAX.name):
        return gettext(
            "The logarithm of the probability that softmax gives {name}, computed from the outputs, "
            "so that no digit is lost where the probability is near 0. It is 0 for what is certain, "
            "and less for what is less likely.",
            name=name,
        )
    return _target(c, name, format_short(c.result, c.digits))


def not_finite(c: Context) -> str:
    """Say why the loss, or a gradient of it, is no finite number though all that it is made of is; else empty."""
    if c.step.kind not in (StepKind.LOSS, StepKind.OUTPUT_GRADIENT):
        return ""
    divisor = divisor_of(c)
    if has_classes(c.experiment) and not divisor.value:
        if len(ignored_rows(c)) == c.batch:
            whose = (
                gettext("the only sample of the batch is")
                if c.batch == 1
                else gettext("all {batch} samples of the batch are", batch=c.batch)
            )
            return gettext("{whose} ignored, and the mean of nothing has no value", whose=whose)
        return gettext("the weights of the targets' classes add up to 0, and what is divided by 0 has no value")
    if FORMULA_ARGUMENT not in c.experiment.loss.arguments:
        return ""
    return _where_not_finite(c)


def _where_not_finite(c: Context) -> str:
    """Return the first output whose formula has no value, or an infinite one."""
    make = term_function if c.step.kind is StepKind.LOSS else slope_function
    given = [torch.tensor(c.values(ref), dtype=torch.float64) for ref in c.step.reads]
    found = make(c.experiment.loss, Setting(c.experiment.network.outputs))(*given)
    wrong = (~torch.isfinite(found)).nonzero().tolist()
    if not wrong:
        return ""
    row, unit = wrong[0] if c.step.kind is StepKind.LOSS else c.index
    output = refs.activation(len(c.experiment.network.layers) - 1)
    where = gettext(
        "{name} is {number}", name=_name(c, unit), number=format_number(c.number(output, (row, unit)), c.digits)
    )
    if refs.TARGET in c.step.reads:
        where += gettext(" and its target {number}", number=format_short(c.number(refs.TARGET, (row, unit)), c.digits))
    sample = gettext(" in sample {number}", number=row + 1) if c.batch > 1 else ""
    what = (
        gettext("the loss's formula")
        if c.step.kind is StepKind.LOSS
        else gettext("the derivative of the loss's formula")
    )
    kind = gettext("has no value") if math.isnan(found[row, unit]) else gettext("is infinite")
    return gettext("{what} {kind} where {where}{sample}", what=what, kind=kind, where=where, sample=sample)


def _name(c: Context, unit: int) -> str:
    return c.notation.neuron(len(c.experiment.network.layers) - 1, unit)


def _class(c: Context, row: int) -> str:
    number = c.number(refs.TARGET, (row, 0))
    name = c.experiment.data.names.class_name(number)
    return f"{format_short(number)} ({name})" if name else format_short(number)


def _by_output(c: Context, question: str, name: str) -> str:
    """Return the sentence of a loss that looks at each output for itself."""
    output = c.number(c.step.reads[0], c.index)
    text = gettext(
        "{question} {name} is {output}", question=question, name=name, output=format_number(output, c.digits)
    )
    if refs.TARGET in c.step.reads:
        text += gettext(" and its target is {number}", number=format_short(c.number(refs.TARGET, c.index), c.digits))
    if math.isnan(output):
        return gettext(
            "{name} is not a number (NaN), so nobody can tell how the loss would change: PyTorch takes {slope}.",
            name=name,
            slope=_slope(c),
        )
    kink = _kink(c)
    # At a kink the loss need not change as the slope says.
    return (
        f"{text}{kink}: {_change(c)}."
        if "PyTorch" not in kink
        else gettext("{words}{kink}: the gradient is {slope}.", words=text, kink=kink, slope=_slope(c))
    )


def _target(c: Context, name: str, result: str) -> str:
    text, row = gettext("The target's probability of {name} is {result}", name=name, result=result), c.index[0]
    if row in ignored_rows(c):
        return gettext(
            "The target is class {the_class}, which is ignored: no class has a share in it. {words}.",
            the_class=_class(c, row),
            words=text,
        )
    if has_classes(c.experiment):
        target = int(c.number(refs.TARGET, (row, 0)))
        text = gettext(
            "The target is class {target}, counted from 0: that is {name}. {words}",
            target=target,
            name=_name(c, target),
            words=text,
        )
    smoothing = c.experiment.loss.number("label_smoothing")
    if not smoothing:
        return f"{text}."
    return gettext(
        "{words}: label smoothing takes {smoothing} of it and gives all classes equal shares.",
        words=text,
        smoothing=format_short(smoothing, c.digits),
    )


def _reduced(c: Context) -> str:
    """Return what happens to the terms: nothing, a sum, a mean, or a mean of sums."""
    outputs = 1 if c.loss().of_classes else c.experiment.network.outputs
    rows = c.batch - len(ignored_rows(c))
    count, divisor = rows * outputs, divisor_of(c).value
    samples = gettext("both samples") if rows == 2 else gettext("all {rows} samples", rows=rows)  # noqa: PLR2004
    if ignored_rows(c):
        samples = (
            gettext("the one sample that counts") if rows == 1 else gettext("the {rows} samples that count", rows=rows)
        )
    if count == 1 and divisor == 1:
        return ""
    if adds_weights(c.experiment):
        return gettext(", averaged over {samples}", samples=samples) if rows > 1 else ""
    verb = {1: "added", count: "averaged"}.get(int(divisor))
    if verb and outputs == 1:
        return gettext(", {verb} over {samples}", verb=verb, samples=samples)
    if verb:
        return gettext(
            ", {verb} over the {count} outputs{more}",
            verb=verb,
            count=count,
            more=gettext(" of the batch") if c.batch > 1 else "",
        )
    if outputs == 1:
        return gettext(", added over {samples} and divided by all {batch} of the batch", samples=samples, batch=c.batch)
    return gettext(", added over the outputs and averaged over {samples}", samples=samples)


def _counted(c: Context) -> list[str]:
    """Return what counts more, and what does not count."""
    arguments, found = c.experiment.loss.arguments, []
    if arguments.get(WEIGHT) is not None and not c.loss().of_classes:
        found.append(gettext("Each output counts by its weight."))
    elif arguments.get(WEIGHT) is not None and not has_classes(c.experiment):
        found.append(gettext("Each class counts by its weight."))
    elif arguments.get(WEIGHT) is not None:
        divided = gettext(", and the sum is divided by the sum of these weights") if adds_weights(c.experiment) else ""
        found.append(gettext("Each sample counts by the weight of its class{divided}.", divided=divided))
    if arguments.get(POS_WEIGHT.name) is not None:
        found.append(gettext("What a target says yes to counts by the positive weight of its output."))
    if ignored := len(ignored_rows(c)):
        which = gettext("1 sample is") if ignored == 1 else gettext("{ignored} samples are", ignored=ignored)
        found.append(
            gettext(
                "{which} ignored and {more} nothing.",
                which=which,
                more=gettext("adds") if ignored == 1 else gettext("add"),
            )
        )
    return found


def _expected(c: Context, activation: str, what: str) -> str:
    text = gettext("It takes the outputs for {what}, as {activation} makes them", what=what, activation=activation)
    last = c.experiment.network.layers[-1].activation.name
    return (
        f"{text}."
        if last == activation
        else gettext("{words}; {last} as the last activation does not.", words=text, last=last)
    )


def _on_target(c: Context) -> bool:
    return refs.TARGET in c.step.reads and c.values(c.step.reads[0]) == c.values(refs.TARGET)


def _slope(c: Context) -> str:
    return ("negative" if c.result < 0 else "positive") if c.result else "0"


def _change(c: Context) -> str:
    if not c.result:
        return gettext("it would stay as it is, so the gradient is 0")
    return gettext(
        "it would {more}, so the gradient is {slope}",
        more=gettext("fall") if c.result < 0 else gettext("rise"),
        slope=_slope(c),
    )


def _kink_words(c: Context) -> str:
    """Say that a typed formula has a kink at an output, or jumps there, and the slope that is taken.

    Empty elsewhere.
    """
    entry, choice = c.loss(), c.experiment.loss
    read_from = LossNumbers.of(c).naming.places

    def value(name: str, places: tuple[int, ...]) -> float:
        return c.number(read_from[name], c.index)

    found = kink_at(entry.tree(choice), OUTPUT, value)
    slope = evaluate(entry.slope_tree(choice), value)
    return "" if found is None else kink_words(found, gettext("the formula"), slope, c.digits)


def _kink(c: Context) -> str:
    """Say why the slope is what it is where the formula has a kink, or is the same everywhere."""
    if FORMULA_ARGUMENT in c.experiment.loss.arguments and (turn := _kink_words(c)):
        return gettext(", where {turn}", turn=turn)
    if refs.TARGET not in c.step.reads:
        return ""
    output, target = (c.number(ref, c.index) for ref in c.step.reads)
    names = LossNumbers.of(c)
    sign = names.at(names.naming.indexed(read("sign(o - t)")), *c.index)
    if loss_slope_that_holds(c) == sign and output == target:
        return gettext(", where the loss has a corner and PyTorch takes the slope 0")
    if (kink := c.loss().kink) is None:
        return ""
    numbers = {OUTPUT: output, TARGET: target}
    place = evaluate(read(kink.formula), lambda name, _: numbers[name])
    if place == kink.number:
        return f", {kink.words}"
    return f", and {kink.text} is {'more' if place > kink.number else 'less'} than {kink.number:g}"
