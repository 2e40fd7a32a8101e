"""What shell patterns match, in words, and the usual choices of them."""

from __future__ import annotations

import pytest

from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.groups import matching
from chainrule.catalog.experiment.spec import LayerSpec, NetworkSpec
from chainrule.catalog.values.parameters import parameters_of
from chainrule.explain.names.parameters import matched_in_words, usual_choices, usual_name

PRELU = Choice("PReLU")
NETWORK = NetworkSpec(2, (LayerSpec(2), LayerSpec(3, PRELU), LayerSpec(3, bias=False), LayerSpec(1)))
PARAMETERS = parameters_of(NETWORK)


@pytest.mark.parametrize(
    ("patterns", "words"),
    [
        (("layers.0.*",), "6 numbers: the weights and biases of layer 1"),
        (("*.bias",), "6 numbers: the biases of layers 1, 2 and 4"),
        (("layers.3.*",), "4 numbers: the weights and bias of layer 4"),
        (("*.activation.weight",), "1 number: the slope of layer 2"),
        (("*[0-9].weight",), "22 numbers: the weights of layers 1 to 4"),
        (("layers.0.*", "layers.2.*"), "15 numbers: the weights and biases of layer 1, and the weights of layer 3"),
        (("*",), "29 numbers: all parameters"),
        (("weight",), "no parameter"),
    ],
)
def test_what_patterns_match_is_said(patterns: tuple[str, ...], words: str) -> None:
    assert matched_in_words(NETWORK, patterns) == words


def test_of_many_layers_a_few_are_named() -> None:
    layers = tuple(LayerSpec(1, bias=not index % 2) for index in range(12))
    assert matched_in_words(NetworkSpec(1, layers), ("*.bias",)) == "6 numbers: the biases of layers 1, 3, 5 and 3 more"


def test_usual_choices_match_what_they_say() -> None:
    choices, names = usual_choices(NETWORK), tuple(NETWORK.parameter_shapes())
    for kind in ("weights", "biases", "slopes"):
        assert [PARAMETERS[ref].nouns for ref in matching(choices[f"all {kind}"], names)] == [kind] * len(
            [ref for ref in names if PARAMETERS[ref].nouns == kind]
        )
    assert matching(choices["all parameters"], names) == list(names)
    assert matched_in_words(NETWORK, choices["layer 2"]) == "10 numbers: the weights, biases and slope of layer 2"
    assert matched_in_words(NETWORK, choices["weights of layer 3"]) == "9 numbers: the weights of layer 3"
    assert usual_name(("*.bias",), choices) == "all biases"
    assert usual_name(("*.bias", "*"), choices) == ""


def test_a_network_of_one_layer_has_no_choice_of_layers() -> None:
    assert list(usual_choices(NetworkSpec(1, (LayerSpec(1),)))) == ["all weights", "all biases", "all parameters"]


def test_the_parameters_of_a_formula_are_its_names() -> None:
    network = NetworkSpec(1, (), ("q = x + y", "f = q*z"))
    assert list(usual_choices(network).items()) == [
        ("x", ("x",)),
        ("y", ("y",)),
        ("z", ("z",)),
        ("all parameters", ("*",)),
    ]
    assert matched_in_words(network, ("x", "z")) == "2 numbers: x and z"
