"""What a number means, and one name for one thing in all of the program's words."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.optimizers import OPTIMIZERS
from chainrule.catalog.values import refs
from chainrule.catalog.values.refs import ValueRef
from chainrule.catalog.values.step_kinds import StepKind
from chainrule.catalog.values.value import GRADIENTS
from chainrule.engine.machine.check import check_experiment
from chainrule.engine.program.program import compile_program
from chainrule.explain.names import vocabulary
from chainrule.explain.names.notation import Notation
from chainrule.explain.names.steps import step_mark, step_title
from chainrule.explain.sentences.meanings import meaning
from tests.experiments import article, penalized

Z, A, OUT = (ValueRef(name) for name in ("layers.0.pre_activation", "layers.0.activation", "layers.1.activation"))
W, B = refs.weight(0), refs.bias(0)
SENTENCES = [
    (refs.INPUT, (0, 1), "The input x₂: a number that the network is shown"),
    (refs.TARGET, (0, 0), "The target t: what the network should answer with"),
    (W, (1, 0), "The weight from x₁ to h₂: x₁ is multiplied by it"),
    (B, (0,), "The bias of h₁: added to its products, whatever reaches h₁"),
    (Z, (0, 0), "The pre-activation z of h₁: what reaches h₁, each times its weight, and its bias, added up"),
    (A, (0, 1), "The activation of h₂: ReLU of its z"),
    (OUT, (0, 0), "The output ŷ: Identity of its z"),
    (refs.LOSS, (), "The loss: how far the outputs are from the targets, in one number"),
    (refs.grad(W), (1, 0), "How much the loss changes with the weight from x₁ to h₂"),
    (refs.grad(Z), (0, 0), "How much the loss changes with z of h₁ (δ)"),
    (refs.grad(A), (0, 0), "How much the loss changes with the activation of h₁"),
    (refs.next_value(W), (1, 0), "The weight from x₁ to h₂ after this update"),
    (ValueRef(f"{W}.exp_avg"), (1, 0), "The average gradient of the weight from x₁ to h₂"),
    (
        ValueRef(f"{W}.exp_avg.next"),
        (1, 0),
        "The average gradient of the weight from x₁ to h₂: kept for the next update",
    ),
    (refs.LR, (), "The learning rate: how large a step an update makes"),
]


@pytest.mark.parametrize(("ref", "index", "text"), SENTENCES)
def test_a_tooltip_says_what_a_number_means(ref: ValueRef, index: tuple[int, ...], text: str) -> None:
    experiment = replace(article(), optimizer=Choice("Adam"))
    assert meaning(check_experiment(experiment), ref, index) == text


def everything(optimizer: str) -> Experiment:
    """An experiment with a value of nearly every kind."""
    base = article()
    first, last = base.network.layers
    layers = (replace(first, activation=Choice("PReLU"), lr=0.5), replace(last, units=2, bias=False))
    arguments = {a.name: a.default for a in OPTIMIZERS[optimizer].arguments if a.required}
    experiment = replace(
        base,
        network=replace(base.network, layers=layers),
        data=replace(base.data, targets=((0.0,), (1.0,))),
        parameters={},
        loss=Choice("CrossEntropyLoss"),
        optimizer=Choice(optimizer, arguments),
        clipping=Choice("clip_grad_norm_", {"max_norm": 1.0}),
        scheduler=Choice("ReduceLROnPlateau"),
    )
    return check_experiment(experiment)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_value_of_every_optimizer_has_a_meaning_without_refs(optimizer: str) -> None:
    experiment = everything(optimizer)
    program = compile_program(experiment)
    for ref in dict.fromkeys(ref for step in program.steps for ref in (*step.reads, step.writes)):
        index = (0,) * len(program.values[ref].owner.axes)
        text = meaning(experiment, ref, index)
        assert not re.search(r"layers\.|_|\[|None", text), (ref, text)
        assert text[0].isupper()
        assert not text.endswith(".")


def test_headings_call_each_thing_by_its_name() -> None:
    experiment = everything("SGD")
    notation = Notation.of(experiment)
    titles = {step.writes: step_title(notation, step) for step in compile_program(experiment).steps}
    v = vocabulary
    assert f"layer 1 · {v.PRE_ACTIVATION.name} {v.PRE_ACTIVATION.letter}" in titles[Z]
    assert f"layer 1 · {v.ACTIVATION.name} {v.ACTIVATION.letter}" in titles[A]
    assert f"layer 2 · {v.OUTPUT.name} {v.OUTPUT.letter}" in titles[OUT]
    assert v.DELTA.name in titles[refs.grad(Z)]
    assert f"({v.DELTA.letter})" in titles[refs.grad(Z)]
    for ref, term in ((W, v.WEIGHT), (B, v.BIAS), (refs.learned(0, "weight"), v.LEARNED[0])):
        assert f"{v.GRADIENT.name} of the {term.name}" in titles[refs.grad(ref)]
        assert f"new {term.name}" in titles[refs.next_value(ref)]
    assert v.LEARNING_RATE.name in titles[refs.next_value(refs.layer_lr(0))]


def test_tooltips_call_each_thing_by_its_name() -> None:
    experiment, v = check_experiment(article()), vocabulary
    named = ((W, v.WEIGHT), (B, v.BIAS), (Z, v.PRE_ACTIVATION), (A, v.ACTIVATION), (OUT, v.OUTPUT), (refs.LOSS, v.LOSS))
    for ref, term in (*named, (refs.INPUT, v.INPUT), (refs.TARGET, v.TARGET), (refs.LR, v.LEARNING_RATE)):
        assert meaning(experiment, ref, (0, 0)).startswith(f"The {term.name}")


def test_the_letters_are_those_of_the_equations() -> None:
    notation, v = Notation.of(check_experiment(article())), vocabulary
    named = ((W, v.WEIGHT), (B, v.BIAS), (Z, v.PRE_ACTIVATION), (A, v.ACTIVATION), (OUT, v.OUTPUT), (refs.LOSS, v.LOSS))
    for ref, term in (*named, (refs.TARGET, v.TARGET), (refs.INPUT, v.INPUT), (refs.grad(Z), v.DELTA)):
        assert notation.text(ref, (0, 0)).startswith(term.letter)
    assert notation.letter(refs.LR) == v.LEARNING_RATE.letter
    assert notation.letter(refs.MOMENTUM) == v.MOMENTUM.letter


def test_every_mark_of_a_gradient_is_in_the_glossary() -> None:
    """On the timeline, on the stage and in the State tab, with penalties, gradients that add up, and clipping."""
    base = penalized(article())
    clipping = Choice("clip_grad_norm_", {"max_norm": 1.0, "norm_type": 2.0})
    experiment = replace(base, data=replace(base.data, accumulate=2), clipping=clipping)
    program, notation = compile_program(experiment), Notation.of(experiment)
    letters = {term.letter: term.name for term in vocabulary.TERMS}
    marks = {step_mark(notation, step) for step in program.steps}
    found = {re.sub(r"[₁₂]?[Wb].*|[₁₂]$", "", mark).removeprefix("0→") for mark in marks}
    assert {"Lᴰ", "R", "L", "∂ᴰ", "∂R", "∂", "Gᵃˡˡ", "G", "g"} <= found
    assert {"Lᴰ", "R", "L", "∂ᴰ", "∂R", "∂", "Gᵃˡˡ", "G", "g"} <= set(letters)
    gradients = [step.writes for step in program.steps if program.values[step.writes].role in GRADIENTS]
    assert {notation.letter(ref).rstrip("₁₂") for ref in gradients} <= set(letters)
    for step in (step for step in program.steps if step.kind is StepKind.ACCUMULATED_GRADIENT):
        assert step_mark(notation, step).startswith(notation.letter(step.writes))
    assert letters["Gᵃˡˡ"] in step_title(
        notation, next(s for s in program.steps if s.kind is StepKind.ACCUMULATED_GRADIENT)
    )
    assert letters["g"] in step_title(notation, next(s for s in program.steps if s.kind is StepKind.CLIPPED_GRADIENT))
    assert letters["G"] in meaning(experiment, refs.kept_gradient(W), (0, 0))


def test_no_two_things_have_one_name() -> None:
    names = [term.name for term in vocabulary.TERMS]
    assert len(set(names)) == len(names)
