"""Sentences about the optimizer's steps, for every entry of the table and in every direction."""

from __future__ import annotations

import math
import re

from chainrule.catalog import refs
from chainrule.catalog.extent import Extent
from chainrule.catalog.formula_argument import FORMULA
from chainrule.catalog.optimizers import LR
from chainrule.catalog.refs import ValueRef
from chainrule.explain.context import Context
from chainrule.explain.update_formulas import values_read
from chainrule.explain.wording import at_the_head, capital, kept_name, parameter_name, say_apart, the_parameter
from chainrule.formula.cases import resolved
from chainrule.formula.evaluate import evaluate
from chainrule.formula.parse import read
from chainrule.formula.tree import Divide, symbols_of, walk

# What the optimizer is set to: it has no part in the direction of a step.
_SETTINGS = (LR, refs.MOMENTUM, refs.BETA1)
# What an optimizer may go on with in the place of the gradient itself, and where words speak of that.
_GRADIENTS = ("clipped gradient", "adjusted gradient", "accumulated gradient")
_GRADIENT = re.compile(
    r"(?<!average )(?<!adjusted )(?<!accumulated )(?<!Nesterov )(?<!scaled )\bgradient\b(?! to remember)"
)


def state_sentence(c: Context) -> str:
    """What a value of the optimizer becomes, or is."""
    return f"the {kept_name(c, c.step.writes)} of {_owner(c)} {_words(c)}."


def parameter_sentence(c: Context) -> str:
    """Where a parameter moves, and why."""
    _, reads = c.update()
    old = refs.parse(c.step.writes).base
    text, noun = f"{parameter_name(c)} {_words(c)}.", the_parameter(c)
    moved = c.result - c.number(old, c.index)
    others = [ref for ref in reads if ref != old and refs.parse(ref).name not in _SETTINGS]
    # What somebody has typed may move the parameter for any reason.
    if len(others) != 1 or c.experiment.optimizer.name == FORMULA:
        return f"{text} {_moved(c, noun, old, moved)}"
    pull, what = c.number(others[0], c.index), f"the {kept_name(c, others[0])}"
    if not moved:
        return f"{text} {_unmoved(c, noun, pull, what, reads)}"
    if pull and (pull < 0) == (moved > 0):
        sign, verb = ("negative", "grows") if pull < 0 else ("positive", "falls")
        return f"{text} {capital(what)} is {sign}, so {noun} {verb}."
    return f"{text} {_moved(c, noun, old, moved)}"


def divided_by_zero(c: Context) -> bool:
    """Whether a value of the optimizer that is not finite has a zero in one of its denominators."""
    update, _ = c.update()
    value = values_read(c)
    bottoms = [part.bottom for part in walk(resolved(read(update.formula), value)) if isinstance(part, Divide)]
    # How many are averaged is no value, and never 0.
    return any(evaluate(bottom, value) == 0 for bottom in bottoms if "count" not in symbols_of(bottom))


def _words(c: Context) -> str:
    """The words of the case that applies, in which the gradient is called what the update reads: clipped, adjusted."""
    update, reads = c.update()
    words = update.words
    if update.tell:
        words = update.tell(*(c.number(ref, c.index) for ref in reads))
    read = next((name for name in (kept_name(c, ref) for ref in reads) if name in _GRADIENTS), "gradient")
    return _GRADIENT.sub(read, words)


def _owner(c: Context) -> str:
    """What a value belongs to: one parameter, those of a neuron, or all of a layer's."""
    parts = refs.parse(c.step.writes)
    extent = c.notation.kept.extent(parts)
    if extent is Extent.ELEMENTS or c.experiment.network.formula:
        return parameter_name(c)
    if extent is Extent.ROWS:
        return f"the weights to {c.notation.neuron(c.layer, c.index[0])}"
    if extent is Extent.COLUMNS:
        return f"the weights from {c.notation.neuron(c.layer - 1, c.index[-1])}"
    count = math.prod(c.experiment.network.parameter_shapes()[parts.base])
    what = c.notation.parameters(parts.base, several=count > 1)
    return f"the {what} of layer {c.layer + 1}"


def _moved(c: Context, noun: str, old: ValueRef, moved: float) -> str:
    if not moved:
        return f"{at_the_head(noun)} stays as it is."
    before, after = say_apart(c, c.number(old, c.index), c.result)
    return f"{at_the_head(noun)} {'grows' if moved > 0 else 'falls'} from {before} to {after}."


def _unmoved(c: Context, noun: str, pull: float, what: str, reads: tuple[ValueRef, ...]) -> str:
    if not pull:
        return f"{capital(what)} is 0, so {noun} stays as it is."
    if any(refs.parse(ref).name == LR and not c.number(ref) for ref in reads):
        return f"The learning rate is 0, so {noun} stays as it is."
    return f"The step is too small to change {noun} in {c.experiment.dtype}."
