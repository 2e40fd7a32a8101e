"""Equations and sentences of penalties: worked out again from their digits, and true for their numbers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.spec import Experiment, PenaltySpec
from chainrule.catalog.values import refs
from chainrule.catalog.values.refs import ValueRef
from chainrule.engine.machine.check import check_experiment
from chainrule.explain.names.notation import Notation
from chainrule.explain.tensors import explain_step
from tests.experiments import article, mazur
from tests.explain.cases import WIDE, Case, case
from tests.explain.checks import typeset
from tests.explain.writing.worked import check

L2 = PenaltySpec(Choice("L2", {"factor": 0.3}), ("*",))
HALF = PenaltySpec(Choice("L2", {"factor": 0.1, "half": True}))
L1 = PenaltySpec(Choice("L1", {"factor": 0.05}), ("layers.0.*",))


def penalized(base: Experiment, *penalties: PenaltySpec) -> Case:
    return case(check_experiment(replace(base, penalties=penalties)))


@pytest.mark.parametrize("digits", [4, 2, None])
@pytest.mark.parametrize("base", [article(), mazur(), WIDE], ids=["article", "mazur", "wide"])
def test_every_equation_gives_its_result(base: Experiment, digits: int | None) -> None:
    check(penalized(base, L2, HALF, L1), digits=digits, rounds=True)


def test_they_can_be_set() -> None:
    it = penalized(mazur(), L2, HALF, L1)
    for step, index in it.elements():
        typeset(it.explain(step, index))


def test_each_has_a_name_of_its_own() -> None:
    it = penalized(article(), L2, HALF, L1)
    notation = Notation.of(it.experiment)
    names = [notation.latex(refs.penalty(index)) for index in range(3)]
    assert names == [r"R_{\text{L2, 1}}", r"R_{\text{L2, 2}}", r"R_{\text{L1}}"]
    assert notation.latex(refs.DATA_LOSS) == r"L_{\text{data}}"
    assert notation.text(ValueRef("layers.1.bias.grad.from.penalties.0"), (0,)) == "∂R(L2, 1)/∂b⁽²⁾"
    total = explain_step(it.experiment, it.program, it.step("loss"))
    assert total == r"L = L_{\text{data}}+R_{\text{L2, 1}}+R_{\text{L2, 2}}+R_{\text{L1}}"


def test_what_is_in_front_of_the_sum() -> None:
    it = penalized(article(), HALF)
    assert it.explain(it.step("loss.penalties.0"), ()).symbols == (r"\frac{\lambda_2}{2}\sum_{w} w^2",)


@pytest.mark.parametrize(
    ("penalty", "ref", "index", "text"),
    [
        (L1, "loss.penalties.0", (), "The L1 penalty takes the sizes of the parameters, added up: here of the weights"),
        (L1, "loss", (), "with its penalty added."),
        (L1, "layers.0.bias.grad.from.penalties.0", (0,), "The bias of h₁ is 0, where the L1 penalty does not pull."),
        (
            L1,
            "layers.0.weight.grad.from.penalties.0",
            (0, 0),
            "pulls the weight from x₁ to h₁ towards 0",
        ),
        (HALF, "layers.0.weight.grad", (0, 0), "they pull against each other, and the data are the stronger."),
    ],
)
def test_a_sentence_says_what_it_does(penalty: PenaltySpec, ref: str, index: tuple[int, ...], text: str) -> None:
    it = penalized(article(), penalty)
    assert text in it.narrate(it.step(ref), index)


def test_a_penalty_of_nothing_says_so() -> None:
    nothing = PenaltySpec(Choice("L2", {"factor": 0.0}))
    it = penalized(article(), nothing)
    assert "It is 0, because its factor is 0." in it.narrate(it.step("loss.penalties.0"), ())
