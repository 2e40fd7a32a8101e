"""What a number means, in a sentence for its tooltip: before its name, its digits and what can be done with it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from chainrule.catalog import refs
from chainrule.catalog.extent import Extent
from chainrule.catalog.losses import LOSS_TERMS
from chainrule.catalog.refs import RefParts, ValueRef
from chainrule.catalog.spec import Experiment
from chainrule.catalog.targets import has_classes
from chainrule.catalog.values import values_of
from chainrule.explain.circuit.meanings import meaning_of, operators
from chainrule.explain.notation import Notation
from chainrule.explain.optimizer_names import state_names
from chainrule.explain.schedule_names import noun
from chainrule.explain.vocabulary import ACTIVATION, BIAS, INPUT, LEARNING_RATE, LOSS, OUTPUT, PRE_ACTIVATION, TARGET

if TYPE_CHECKING:
    from chainrule.engine.program import Program

_OF_ALL = {
    "loss": f"The {LOSS.name}: how far the outputs are from the targets, in one number",
    "iteration": "Which iteration this is, from 0",
    "grad_norm": "The length of all gradients together, as one vector",
    "clip_coef": "What all gradients are multiplied by to be clipped",
}


def meaning(experiment: Experiment, ref: ValueRef, index: Sequence[int]) -> str:
    """What one number means: `How much the loss changes with z of h₁ (δ)`; the index is that of its value."""
    if experiment.network.formula and (found := meaning_of(experiment, ref)):
        return found
    parts, notation = refs.parse(ref), Notation.of(experiment)
    names, new = state_names(parts), parts.suffixes[-1:] == ("next",)
    if parts.layer is None and parts.name not in ("input", "target"):
        return _of_all(parts, ref)
    thing = _thing(experiment, notation, parts, index)
    if not names:
        if parts.name == "lr":
            return f"The {noun(ref).removeprefix('the ')}: how large a step an update makes there"
        return (
            f"{_capital(thing)} after this update"
            if new
            else _capital(_described(experiment, notation, parts, index, thing))
        )
    if names[:2] == ("grad", refs.FROM):
        source = "the data's loss" if names[-1] == "data" else "the penalty"
        return f"How much {source} changes with {thing}: a share of its gradient"
    if names == ("grad",):
        mark = " (δ)" if parts.name == "pre_activation" else ""
        return f"How much the loss changes with {thing}{mark}"
    return f"The {notation.kept.of(parts).called.words} of {thing}{': kept for the next update' if new else ''}"


def value_name(experiment: Experiment, program: Program, ref: ValueRef) -> str:
    """What all numbers of a value are called, as the stage's headings do: `layer 1 · gradient of the weights`."""
    if ref == refs.LOSS and not experiment.network.formula:
        return LOSS.name
    place = program.index.get(ref)
    if place is None:
        # Of a program that is not on the screen any more.
        return str(ref)
    return Notation.of(experiment).title(program.steps[place]).partition(" · ")[2]


def value_in_words(experiment: Experiment, program: Program, ref: ValueRef) -> str:
    """The same within a sentence: `the gradient of the weights of layer 1`."""
    if experiment.network.formula and ref in operators(experiment):
        return operators(experiment)[ref]
    where, _, what = value_name(experiment, program, ref).rpartition(" · ")
    return f"the {what} of {where}" if where.startswith("layer ") else f"the {what}"


def _of_all(parts: RefParts, ref: ValueRef) -> str:
    if parts.name == "loss" and parts.suffixes[:1] and parts.suffixes[0] in LOSS_TERMS:
        return LOSS_TERMS[parts.suffixes[0]].meaning
    if parts.name == "loss" and parts.suffixes:
        data = "The loss of the data alone: how far the outputs are from the targets"
        return data if ref == refs.DATA_LOSS else "A penalty: what the size of parameters adds to the loss"
    if parts.name in _OF_ALL:
        return _OF_ALL[parts.name]
    after = ", for the next iteration" if parts.suffixes[-1:] == ("next",) else ""
    what = f": {LEARNING_RATE.meaning.removesuffix(' (lr)')}" if parts.name == "lr" and not after else ""
    name = noun(ValueRef(ref.removesuffix(".next"))).removeprefix("the ")
    return f"The {name}{after}{what}"


def _thing(experiment: Experiment, notation: Notation, parts: RefParts, index: Sequence[int]) -> str:
    """The value without its suffixes, in words: `the weight from x₁ to h₂`, `z of h₁`."""
    layer, last = parts.layer, len(experiment.network.layers) - 1
    if layer is None:
        return notation.text(parts.base, index)
    unit = index[-1] if index else 0
    if parts.is_parameter:
        # What the optimizer keeps for a whole row, or for all of a parameter, has fewer indices than the parameter.
        one = not parts.suffixes or notation.kept.extent(parts) is Extent.ELEMENTS
        return _parameter(experiment, notation, parts, index) if one else _all_of(notation, parts, layer)
    name = notation.neuron(layer, unit)
    if parts.name == "pre_activation":
        return f"z of {name}"
    return f"the {OUTPUT.name} {name}" if layer == last else f"the {ACTIVATION.name} of {name}"


def _parameter(experiment: Experiment, notation: Notation, parts: RefParts, index: Sequence[int]) -> str:
    layer = parts.layer or 0
    network = experiment.network
    if parts.learned and network.layers[layer].learned[parts.learned] == 1:
        return f"the {values_of(experiment)[parts.base].noun} of layer {layer + 1}"
    to = notation.neuron(layer, index[0])
    if parts.name == "weight":
        return f"the weight from {notation.neuron(layer - 1, index[1])} to {to}"
    return f"the {values_of(experiment)[parts.base].noun} of {to}"


def _all_of(notation: Notation, parts: RefParts, layer: int) -> str:
    return f"the {notation.parameters(parts.base, several=True)} of layer {layer + 1}"


def _described(experiment: Experiment, notation: Notation, parts: RefParts, index: Sequence[int], thing: str) -> str:
    """A value that is no gradient and belongs to no optimizer, with what it is."""
    if parts.name == "input":
        return f"the {INPUT.name} {thing}: a number that the network is shown"
    if parts.name == "target":
        if has_classes(experiment):
            return f"the {TARGET.name} {thing}: the number of the right class, from 0"
        return f"the {TARGET.name} {thing}: what the network should answer with"
    layer = parts.layer or 0
    spec = experiment.network.layers[layer]
    name = notation.neuron(layer, index[0 if parts.name == "weight" else -1] if index else 0)
    if parts.name == "pre_activation":
        bias = f", and its {BIAS.name}" if spec.bias else ""
        return f"the {PRE_ACTIVATION.name} {thing}: what reaches {name}, each times its weight{bias}, added up"
    if parts.name == "activation":
        return f"{thing}: {spec.function} of its z"
    if parts.name == "bias":
        return f"{thing}: added to its products, whatever reaches {name}"
    if parts.name == "weight":
        return f"{thing}: {notation.neuron(layer - 1, index[1])} is multiplied by it"
    vector = values_of(experiment)[parts.base].learned
    assert vector is not None
    return f"{thing}: {vector.meaning}"


def _capital(text: str) -> str:
    """A name keeps its small letter at the head of a sentence: h₁ is not H₁."""
    return text[0].upper() + text[1:] if text.startswith("the ") else text
