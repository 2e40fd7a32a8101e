"""Sentences about the optimizer's steps, for every entry of the table and in every direction."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from chainrule.catalog.optimizers import LR
from chainrule.catalog.values.extent import Extent
from chainrule.catalog.values.refs import ValueRef
from chainrule.catalog.values.value import Axis, Role
from chainrule.explain.context import Context, names_read
from chainrule.explain.formulas.updates import values_read
from chainrule.explain.sentences.wording import (
    at_the_head,
    capital,
    kept_name,
    parameter_name,
    say_apart,
    the_parameter,
)
from chainrule.formula.cases import resolved
from chainrule.formula.differentiate import derivative
from chainrule.formula.evaluate import ElementReader, evaluate
from chainrule.formula.parse import read
from chainrule.formula.tree import Add, Call, Divide, Expr, Multiply, Symbol, parts, symbols_of, walk
from chainrule.translation import gettext

# What an optimizer may go on with in the place of the gradient itself, and where words speak of that.
_GRADIENTS = ("clipped gradient", "adjusted gradient", "accumulated gradient")
_GRADIENT = re.compile(
    r"(?<!average )(?<!adjusted )(?<!accumulated )(?<!Nesterov )(?<!scaled )\bgradient\b(?! to remember)"
)


def state_sentence(c: Context) -> str:
    """Return what a value of the optimizer becomes, or is."""
    return gettext("the {name} of {owner} {words}.", name=kept_name(c, c.step.writes), owner=_owner(c), words=_words(c))


def parameter_sentence(c: Context) -> str:
    """Return where a parameter moves, and why."""
    old, pull = c.writes.owner.ref, _pull(c)
    text, noun = f"{parameter_name(c)} {_words(c)}.", the_parameter(c)
    moved = c.result - c.number(old, c.index)
    if pull is None:
        return f"{text} {_moved(c, noun, old, moved)}"
    what = gettext("the {name}", name=kept_name(c, pull.ref))
    if not moved:
        return f"{text} {_unmoved(c, noun, pull, what)}"
    if pull.number and (pull.number < 0) == (moved > 0):
        sign, verb = ("negative", "grows") if pull.number < 0 else ("positive", "falls")
        return gettext(
            "{words} {what} is {sign}, so {noun} {verb}.",
            words=text,
            what=capital(what),
            sign=sign,
            noun=noun,
            verb=verb,
        )
    return f"{text} {_moved(c, noun, old, moved)}"


@dataclass(frozen=True, slots=True)
class _Pull:
    """What a parameter moves against: the one value that moves it, its number, and the update's slope by it."""

    ref: ValueRef
    number: float
    slope: float


def _pull(c: Context) -> _Pull | None:
    """Return what the parameter moves against, as the update's formula says; None where it may move for another reason.

    Without the pull it would stay where it is, and the opposite pull would move it the other way.
    """
    update, named = c.update(), names_read(c.step)
    parameter, value = c.writes.owner.ref, values_read(c)
    moving = {name: ref for name, ref in named.items() if ref != parameter and not _is_setting(c, ref)}
    if len(moving) != 1:
        return None
    ((name, ref),) = moving.items()
    formula, old, number = read(update.formula), c.number(parameter, c.index), c.number(ref, c.index)

    def moved(pull: float) -> float:
        return evaluate(formula, lambda each, places: pull if each == name else value(each, places)) - old

    here, turned = moved(number), moved(-number)
    if moved(0.0) or (here > 0) != (turned < 0) or (here < 0) != (turned > 0):
        return None
    return _Pull(ref, number, evaluate(derivative(formula, Symbol(name)), value))


def _is_setting(c: Context, ref: ValueRef) -> bool:
    return c.notation.value(ref).role is Role.SETTING


def without_value(c: Context) -> str:
    """Say why a value of the optimizer is not finite though all that it reads is.

    Empty where it only grew too large.
    """
    update, value = c.update(), values_read(c)
    # What is summed up is no value that the formula reads: it is finite, and how many there are is never 0.
    found = [part for part in walk(resolved(read(update.formula), value)) if "count" not in symbols_of(part)]
    if any(isinstance(part, Divide) and evaluate(part.bottom, value) == 0 for part in found):
        return gettext(", because it is divided by 0")
    roots = [evaluate(part, value) for part in found if isinstance(part, Call) and part.function == "sqrt"]
    # In the experiment's dtype a difference may be negative that is not where it is not rounded.
    rounded = all(math.isfinite(evaluate(part, value)) for part in found)
    if math.isnan(c.result) and roots and (rounded or any(map(math.isnan, roots))):
        return gettext(" (not a number), because it is the root of a negative number")
    return (
        gettext(": for these numbers its formula has no value") if any(_has_none(part, value) for part in found) else ""
    )


def _has_none(part: Expr, value: ElementReader) -> bool:
    """Return whether an operator has no value, or an infinite one, where its operands have one: log(0), or 0^-1."""
    operands = [evaluate(each, value) for each in parts(part)]
    if not operands or not all(map(math.isfinite, operands)):
        return False
    at_zero = operands[0] == 0 and not isinstance(part, Multiply | Add)
    return math.isnan(evaluate(part, value)) or (math.isinf(evaluate(part, value)) and at_zero)


def _words(c: Context) -> str:
    """Return the words of the case that applies, in which the gradient is called what the update reads: clipped,
    adjusted.
    """
    update, reads = c.update(), c.step.reads
    words = update.words
    if update.tell:
        words = update.tell(*(c.number(ref, c.index) for ref in reads))
    read = next((name for name in (kept_name(c, ref) for ref in reads) if name in _GRADIENTS), "gradient")
    return _GRADIENT.sub(read, words)


def _owner(c: Context) -> str:
    """Return what a value belongs to: one parameter, those of a neuron, or all of a layer's."""
    value = c.writes
    if value.extent is Extent.ELEMENTS or c.experiment.network.formula:
        return parameter_name(c)
    if Axis.SOURCE in value.owner.axes and Axis.UNIT in value.axes:
        return gettext("the weights to {neuron}", neuron=c.notation.neuron(c.layer, c.unit))
    if Axis.SOURCE in value.axes:
        return gettext("the weights from {neuron}", neuron=c.notation.neuron(c.layer - 1, c.index[-1]))
    return c.notation.title_of(value.owner.ref)


def _moved(c: Context, noun: str, old: ValueRef, moved: float) -> str:
    if not moved:
        return gettext("{name} stays as it is.", name=at_the_head(noun))
    before, after = say_apart(c, c.number(old, c.index), c.result)
    return gettext(
        "{name} {more} from {before} to {after}.",
        name=at_the_head(noun),
        more=gettext("grows") if moved > 0 else gettext("falls"),
        before=before,
        after=after,
    )


def _unmoved(c: Context, noun: str, pull: _Pull, what: str) -> str:
    if not pull.number:
        return gettext("{what} is 0, so {noun} stays as it is.", what=capital(what), noun=noun)
    if any(c.notation.value(ref).name == LR and not c.number(ref) for ref in c.step.reads):
        return gettext("The learning rate is 0, so {noun} stays as it is.", noun=noun)
    if not pull.slope:
        return gettext("{name} stays as it is.", name=at_the_head(noun))
    return gettext("The step is too small to change {noun} in {dtype}.", noun=noun, dtype=c.experiment.dtype)
