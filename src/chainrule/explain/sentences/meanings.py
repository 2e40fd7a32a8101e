"""What a number means, in a sentence for its tooltip: before its name, its digits and what can be done with it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.experiment.targets import has_classes
from chainrule.catalog.losses import LOSS_TERMS
from chainrule.catalog.values import refs
from chainrule.catalog.values.refs import ValueRef
from chainrule.catalog.values.value import Axis, Role, Value
from chainrule.explain.circuit.meanings import meaning_of, operators
from chainrule.explain.names.data_names import column_of
from chainrule.explain.names.notation import Notation
from chainrule.explain.names.schedule import noun
from chainrule.explain.names.steps import step_title
from chainrule.explain.names.vocabulary import (
    ACTIVATION,
    BIAS,
    INPUT,
    LEARNING_RATE,
    LOSS,
    OUTPUT,
    PRE_ACTIVATION,
    TARGET,
)
from chainrule.translation import gettext, gettext_noop

if TYPE_CHECKING:
    from chainrule.engine.program.steps import MicroStep

_OF_ALL = {
    refs.LOSS: f"The {LOSS.name}: how far the outputs are from the targets, in one number",
    refs.DATA_LOSS: gettext_noop("The loss of the data alone: how far the outputs are from the targets"),
    refs.ITERATION: gettext_noop("Which iteration this is, from 0"),
    refs.GRAD_NORM: gettext_noop("The length of all gradients together, as one vector"),
    refs.CLIP_COEFFICIENT: gettext_noop("What all gradients are multiplied by to be clipped"),
}


def meaning(experiment: Experiment, ref: ValueRef, index: Sequence[int]) -> str:
    """Return what one number means: `How much the loss changes with z of h₁ (δ)`; the index is that of its value."""
    if experiment.network.formula and (found := meaning_of(experiment, ref)):
        return found
    notation = Notation.of(experiment)
    value = notation.value(ref)
    if value.owner.layer is None and value.owner.role not in (Role.INPUT, Role.TARGET):
        return _of_all(value)
    if value.role is Role.SETTING:
        return gettext("The {noun}: how large a step an update makes there", noun=noun(value).removeprefix("the "))
    thing = _thing(notation, value, index)
    if value.role is Role.SHARE:
        source = gettext("the penalty") if value.penalty is not None else gettext("the data's loss")
        return gettext("How much {source} changes with {thing}: a share of its gradient", source=source, thing=thing)
    if value.role is Role.GRADIENT:
        mark = " (δ)" if value.owner.role is Role.PRE_ACTIVATION else ""
        return gettext("How much the loss changes with {thing}{mark}", thing=thing, mark=mark)
    if value.called is not None:
        return gettext(
            "The {words} of {thing}{more}",
            words=value.called.words,
            thing=thing,
            more=gettext(": kept for the next update") if value.is_next else "",
        )
    if value.is_next:
        return gettext("{name} after this update", name=_capital(thing))
    return _capital(_described(experiment, notation, value, index, thing))


def value_name(experiment: Experiment, step: MicroStep | None, ref: ValueRef) -> str:
    """Return what all numbers of a value are called, as the stage's headings do: `layer 1 · gradient of the weights`.

    `step` is the one that writes it; None of a value whose program is not on the screen any more.
    """
    if ref == refs.LOSS and not experiment.network.formula:
        return LOSS.name
    return str(ref) if step is None else step_title(Notation.of(experiment), step).partition(" · ")[2]


def value_in_words(experiment: Experiment, step: MicroStep) -> str:
    """Return the same of what a step writes, within a sentence: `the gradient of the weights of layer 1`."""
    if experiment.network.formula and step.writes in operators(experiment):
        return operators(experiment)[step.writes]
    where, _, what = value_name(experiment, step, step.writes).rpartition(" · ")
    return (
        gettext("the {what} of {where}", what=what, where=where)
        if where.startswith("layer ")
        else gettext("the {what}", what=what)
    )


def _of_all(value: Value) -> str:
    """Return what belongs to no layer."""
    if value.ref in _OF_ALL:
        return gettext(_OF_ALL[value.ref])
    match value.role:
        case Role.LOSS_TERM:
            return LOSS_TERMS[value.name].meaning
        case Role.PENALTY:
            return gettext("A penalty: what the size of parameters adds to the loss")
        case Role.SETTING | Role.SCHEDULER:
            after = gettext(", for the next iteration") if value.is_next else ""
            is_rate = value.name == refs.LR and not value.is_next
            what = f": {LEARNING_RATE.meaning.removesuffix(' (lr)')}" if is_rate else ""
            return gettext("The {noun}{after}{what}", noun=noun(value).removeprefix("the "), after=after, what=what)
    # Of an experiment that is not on the screen any more.
    return str(value.ref)


def _thing(notation: Notation, value: Value, index: Sequence[int]) -> str:
    """Return what the value belongs to, in words: `the weight from x₁ to h₂`, `z of h₁`."""
    owner = value.owner
    if owner.layer is None:
        return notation.text(owner.ref, index)
    if value.is_of_parameter:
        # What the optimizer keeps for a whole row, or for all of a parameter, has fewer indices than the parameter.
        one = value.axes == owner.axes
        every = gettext("the {nouns} of layer {number}", nouns=owner.nouns, number=owner.layer + 1)
        return _parameter(notation, owner, index) if one else every
    name = notation.neuron(owner.layer, index[-1] if index else 0)
    if owner.role is Role.PRE_ACTIVATION:
        return gettext("z of {name}", name=name)
    return (
        gettext("the {name} {name_2}", name=OUTPUT.name, name_2=name)
        if notation.is_output(value)
        else gettext("the {name} of {name_2}", name=ACTIVATION.name, name_2=name)
    )


def _parameter(notation: Notation, parameter: Value, index: Sequence[int]) -> str:
    layer, word = parameter.layer or 0, parameter.noun
    if parameter.sizes == (1,) and parameter.is_learned:
        return gettext("the {word} of layer {number}", word=word, number=layer + 1)
    to = notation.neuron(layer, index[0])
    if Axis.SOURCE in parameter.axes:
        return gettext(
            "the weight from {named_neuron} to {to}", named_neuron=notation.named_neuron(layer - 1, index[1]), to=to
        )
    return gettext("the {word} of {to}", word=word, to=to)


def _called(experiment: Experiment, value: Value, index: Sequence[int]) -> str:
    """Return the name of a number's column in brackets; empty where it has none."""
    if value.role not in (Role.INPUT, Role.TARGET, Role.ACTIVATION):
        return ""
    name = column_of(experiment, value.ref, index).name
    return f" ({name})" if name else ""


def _described(experiment: Experiment, notation: Notation, value: Value, index: Sequence[int], thing: str) -> str:
    """Return a value that is no gradient and belongs to no optimizer, with what it is."""
    thing += _called(experiment, value, index)
    match value.role:
        case Role.INPUT:
            return gettext("the {name} {thing}: a number that the network is shown", name=INPUT.name, thing=thing)
        case Role.TARGET if has_classes(experiment):
            return gettext("the {name} {thing}: the number of the right class, from 0", name=TARGET.name, thing=thing)
        case Role.TARGET:
            return gettext("the {name} {thing}: what the network should answer with", name=TARGET.name, thing=thing)
        case Role.PARAMETER:
            return f"{thing}: {_what_for(notation, value, index)}"
    layer = value.layer or 0
    spec, name = experiment.network.layers[layer], notation.neuron(layer, index[-1] if index else 0)
    if value.role is Role.PRE_ACTIVATION:
        bias = gettext(", and its {name}", name=BIAS.name) if spec.bias else ""
        return gettext(
            "the {name} {thing}: what reaches {name_2}, each times its weight{bias}, added up",
            name=PRE_ACTIVATION.name,
            thing=thing,
            name_2=name,
            bias=bias,
        )
    return gettext("{thing}: {function} of its z", thing=thing, function=spec.function)


def _what_for(notation: Notation, parameter: Value, index: Sequence[int]) -> str:
    """Return what a parameter does."""
    layer = parameter.layer or 0
    if Axis.SOURCE in parameter.axes:
        return gettext("{neuron} is multiplied by it", neuron=notation.neuron(layer - 1, index[1]))
    if parameter.learned is not None:
        return parameter.learned.meaning
    return gettext("added to its products, whatever reaches {neuron}", neuron=notation.neuron(layer, index[0]))


def _capital(text: str) -> str:
    """Leave a name its small letter at the head of a sentence: h₁ is not H₁."""
    return text[0].upper() + text[1:] if text.startswith("the ") else text
