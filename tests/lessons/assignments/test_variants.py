"""Variants: deterministic, no special cases, and with answers that are short."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import pytest
import torch

from chainrule.catalog.arguments import Choice, SpecError
from chainrule.catalog.experiment.check import checked_experiment
from chainrule.catalog.experiment.question import Question
from chainrule.catalog.experiment.spec import DataSpec, Experiment, LayerSpec, NetworkSpec
from chainrule.catalog.values.refs import ValueRef
from chainrule.lessons.assignments.asking import asked_questions
from chainrule.lessons.assignments.assignment import Assignment
from chainrule.lessons.assignments.friendly import Draws, digits_written, drawer
from chainrule.lessons.assignments.variants import VariantMaker, letters
from chainrule.model.files.decoding import decode_experiment
from chainrule.model.files.encoding import encode_experiment
from tests.experiments import article, sgd


def asking(experiment: Experiment, wanted: str = "all", iterations: int = 1) -> Experiment:
    return replace(experiment, questions=asked_questions(experiment, wanted, range(iterations)))


def gradients(experiment: Experiment) -> list[torch.Tensor]:
    """Gradients of the article's network with an experiment's numbers, by autograd."""
    network = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.ReLU(), torch.nn.Linear(2, 1)).double()
    with torch.no_grad():
        for parameter, numbers in zip(network.parameters(), experiment.parameters.values(), strict=True):
            parameter.copy_(torch.tensor(numbers, dtype=torch.float64))
    inputs, targets = (torch.tensor(list(rows)).double() for rows in (experiment.data.inputs, experiment.data.targets))
    torch.nn.functional.mse_loss(network(inputs), targets).backward()
    return [parameter.grad for parameter in network.parameters() if parameter.grad is not None]


def test_a_variant_is_the_same_whenever_it_is_made() -> None:
    maker = VariantMaker(asking(article()))
    first = [maker.variant(7, name).experiment for name in "ABC"]
    again = VariantMaker(asking(article()))
    # Whoever comes before changes nothing.
    assert [again.variant(7, name).experiment for name in "CBA"] == first[::-1]
    assert again.variant(8, "A").experiment != first[0]
    assert len({encode_experiment(each) for each in first}) == 3
    assert again.variant(7, " a ").experiment == first[0]


def test_it_stays_the_same_from_version_to_version() -> None:
    """Whoever grades a year later has to find the numbers that were handed out."""
    found = VariantMaker(asking(article(), "backward")).variant(0, "Ada Lovelace").experiment
    assert found.parameters == {
        "layers.0.weight": ((0.2, 1.0), (0.3, 0.8)),
        "layers.0.bias": (0.0, 0.0),
        "layers.1.weight": ((-0.3, 0.5),),
        "layers.1.bias": (0.4,),
    }
    assert tuple(found.data.inputs) == ((2.0, 1.0), (3.0, 2.0))


def test_a_variant_changes_numbers_and_nothing_else() -> None:
    original = asking(article())
    found = VariantMaker(original).variant(1, "A").experiment
    data = replace(found.data, inputs=original.data.inputs, targets=original.data.targets)
    assert replace(found, parameters=original.parameters, data=data) == original
    assert decode_experiment(encode_experiment(found)) == found
    assert found.parameters[ValueRef("layers.0.bias")] == (0.0, 0.0)


@pytest.mark.parametrize("seed", range(5))
def test_no_variant_is_a_special_case(seed: int) -> None:
    """No gradient vanishes, no pre-activation is at ReLU's kink, and the answers are those of autograd."""
    maker = VariantMaker(asking(article()))
    for name in letters(10):
        found = maker.variant(seed, name).experiment
        there, own = gradients(article()), gradients(found)
        assert all(bool(((one == 0) | (other.abs() > 1e-9)).all()) for one, other in zip(there, own, strict=True))
        assignment = Assignment.of(found)
        asked = {number.ref: number for number in assignment.numbers if number.index == (0, 0)}
        assert asked[ValueRef("layers.0.weight.grad")].right == pytest.approx(float(own[0][0, 0]), rel=1e-12)
        pre_activations = [n.right for n in assignment.numbers if n.ref == "layers.0.pre_activation"]
        assert min(map(abs, pre_activations)) > 1e-9


def test_answers_are_shorter_than_by_chance() -> None:
    original = asking(article())
    maker = VariantMaker(original)
    digits = [maker.variant(0, name).digits for name in letters(20)]
    first = [number.right for number in Assignment.of(original).numbers]
    assert sum(digits) / 20 < sum(map(digits_written, first)) / len(first)
    assert max(digits) < 5


def test_later_iterations_count() -> None:
    original = asking(article(), "loss,update", iterations=2)
    found = VariantMaker(original).variant(3, "A").experiment
    assert [number.iteration for number in Assignment.of(found).numbers][-1] == 1


def classes(**changes: Any) -> Experiment:
    network = NetworkSpec(2, (LayerSpec(3, Choice("Tanh")), LayerSpec(3)))
    data = DataSpec(((0.5, -1.0), (1.5, 2.0), (-0.5, 1.0)), ((0.0,), (2.0,), (-100.0,)))
    loss = Choice("CrossEntropyLoss")
    return checked_experiment(Experiment(network, data, loss=loss, optimizer=sgd(0.1), **changes))


def test_classes_are_classes_and_what_is_ignored_stays_so() -> None:
    maker = VariantMaker(asking(classes(), "loss"))
    drawn = [tuple(maker.variant(0, name).experiment.data.targets) for name in letters(12)]
    assert {target for rows in drawn for (target,) in rows[:2]} == {0.0, 1.0, 2.0}
    assert {rows[2] for rows in drawn} == {(-100.0,)}


@pytest.mark.parametrize(
    ("loss", "activation", "targets", "allowed"),
    [
        ("BCEWithLogitsLoss", "Identity", ((1.0,), (0.0,)), {0.0, 1.0}),
        ("HingeLoss", "Identity", ((1.0,), (-1.0,)), {-1.0, 1.0}),
        ("BCELoss", "Sigmoid", ((0.25,), (0.75,)), {each / 10 for each in range(1, 10)}),
    ],
)
def test_targets_are_those_that_the_loss_takes(
    loss: str, activation: str, targets: tuple[tuple[float, ...], ...], allowed: set[float]
) -> None:
    network = NetworkSpec(2, (LayerSpec(2, Choice("Tanh")), LayerSpec(1, Choice(activation))))
    data = DataSpec(((1.0, 2.0), (3.0, 1.0)), targets)
    experiment = checked_experiment(Experiment(network, data, loss=Choice(loss), optimizer=sgd(0.1)))
    maker = VariantMaker(asking(experiment, "loss"))
    for name in letters(6):
        found = maker.variant(0, name).experiment
        assert allowed.issuperset(target for row in found.data.targets for target in row)
        assert Assignment.of(found).numbers


def test_a_gate_stays_a_gate() -> None:
    network = NetworkSpec(2, (LayerSpec(2, Choice("Tanh")), LayerSpec(1)))
    data = DataSpec(((0.0, 0.0), (0.0, 1.0), (1.0, 0.0), (1.0, 1.0)), ((0.0,), (1.0,), (1.0,), (0.0,)))
    original = asking(checked_experiment(Experiment(network, data, optimizer=sgd(0.1))), "backward")
    found = VariantMaker(original).variant(0, "A").experiment
    assert found.data == original.data
    assert found.parameters


def test_a_formula_keeps_its_signs() -> None:
    network = NetworkSpec(0, (), ("q = x + y", "f = q*log(z)"))
    experiment = Experiment(
        network, DataSpec((), ()), loss=Choice("SumOfOutputs", {"reduction": "sum"}), optimizer=sgd(0.1),
        parameters={ValueRef("x"): -2.0, ValueRef("y"): 5.0, ValueRef("z"): 4.0},
    )  # fmt: skip
    original = asking(checked_experiment(experiment))
    for name in letters(8):
        found = VariantMaker(original).variant(0, name).experiment.parameters
        x, y, z = (found[ValueRef(each)] for each in "xyz")
        assert isinstance(x, float)
        assert isinstance(y, float)
        assert isinstance(z, float)
        assert x < 0 < y
        # Where z is 1 its logarithm is 0, and with it two gradients.
        assert z > 1


def test_what_can_have_no_variant_says_why() -> None:
    with pytest.raises(SpecError, match=r"\$\.questions: this experiment asks no questions"):
        VariantMaker(article())
    wide = checked_experiment(
        Experiment(NetworkSpec(60, (LayerSpec(40),)), DataSpec(((1.0,) * 60,), ((1.0,) * 40,)), optimizer=sgd(0.1))
    )
    with pytest.raises(SpecError, match=r"variants: at most 2000 parameters are drawn, and this network has 2440"):
        VariantMaker(replace(wide, questions=(Question("l", ValueRef("loss")),)))


def test_variants_of_what_is_never_finite_are_refused() -> None:
    network = NetworkSpec(0, (), ("q = x - x", "f = 1/q"))
    experiment = Experiment(
        network, DataSpec((), ()), loss=Choice("SumOfOutputs", {"reduction": "sum"}), optimizer=sgd(0.1),
        parameters={ValueRef("x"): 2.0}, questions=(Question("f", ValueRef("f")),),
    )  # fmt: skip
    with pytest.raises(SpecError, match=r'variants: no variant "A" was found: in all that were drawn an answer is no'):
        VariantMaker(checked_experiment(experiment)).variant(0, "A")


def test_four_hundred_variants_take_less_than_a_minute() -> None:
    """Ten are made; a machine that is busy with something else is let off."""
    maker = VariantMaker(asking(article()))
    start = time.process_time()
    for name in letters(10):
        maker.variant(0, name)
    assert (time.process_time() - start) * 40 < 60


def test_letters_go_on_after_z() -> None:
    assert letters(28)[:3] == ("A", "B", "C")
    assert letters(28)[-3:] == ("Z", "AA", "AB")


@pytest.mark.parametrize(
    ("number", "digits"),
    [(0.5, 1), (0.1 + 0.2, 1), (0.125, 3), (-12.5, 3), (400.0, 1), (1 / 3, 12), (0.0, 1), (1e-7, 1)],
)
def test_digits_are_those_that_a_person_writes(number: float, digits: int) -> None:
    assert digits_written(number) == digits


def test_draws_follow_from_seed_and_name() -> None:
    assert [Draws(1, "Ada").below(1000) for _ in range(2)] == [Draws(1, "ada").below(1000)] * 2
    one, other = Draws(1, "Ada"), Draws(2, "Ada")
    assert [one.below(10**6) for _ in range(5)] != [other.below(10**6) for _ in range(5)]
    draws = Draws(0, "")
    assert {drawer(2.0, (2.0, 3.0))(draws) for _ in range(60)} == {1.0, 2.0, 3.0}
    assert {drawer(0.0, (0.0, 3.0))(draws) for _ in range(5)} == {0.0}
    assert min(drawer(0.2, (0.2, -0.3))(draws) for _ in range(60)) < 0
