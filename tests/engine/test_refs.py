"""Names of values, and taking them apart."""

from __future__ import annotations

import pytest
from hypothesis import given

from chainrule.catalog import refs
from chainrule.catalog.refs import RefParts, ValueRef
from chainrule.catalog.spec import Experiment
from chainrule.engine.program import compile_program
from tests.experiments import experiments


def test_names_are_the_keys_of_a_state_dict_with_suffixes() -> None:
    assert refs.weight(0) == "layers.0.weight"
    assert refs.bias(12) == "layers.12.bias"
    assert refs.pre_activation(1) == "layers.1.pre_activation"
    assert refs.activation(1) == "layers.1.activation"
    assert refs.activation(-1) == refs.INPUT == "input"
    assert refs.grad(refs.weight(0)) == "layers.0.weight.grad"
    assert refs.next_value(refs.LR) == "lr.next"
    assert refs.next_value(refs.optimizer_state(refs.bias(0), "exp_avg")) == "layers.0.bias.exp_avg.next"


@pytest.mark.parametrize(
    ("ref", "parts"),
    [
        ("loss", RefParts(None, "loss", ())),
        ("lr.next", RefParts(None, "lr", ("next",))),
        ("layers.0.bias", RefParts(0, "bias", ())),
        ("layers.10.weight.exp_avg.next", RefParts(10, "weight", ("exp_avg", "next"))),
    ],
)
def test_parts(ref: str, parts: RefParts) -> None:
    assert refs.parse(ValueRef(ref)) == parts


@given(experiments())
def test_parts_put_together_are_the_ref(experiment: Experiment) -> None:
    for step in compile_program(experiment).steps:
        for ref in (step.writes, *step.reads):
            parts = refs.parse(ref)
            assert ".".join([parts.base, *parts.suffixes]) == ref
