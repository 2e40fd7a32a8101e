"""An assignment's answers, held against autograd and torch.optim."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from chainrule.catalog.arguments import Choice, SpecError
from chainrule.catalog.experiment.question import Question, Tolerance
from chainrule.catalog.values.refs import ValueRef
from chainrule.lessons.assignments.assignment import Assignment
from tests.experiments import article, sgd

GRADIENT = ValueRef("layers.0.weight.grad")


def assignment(*questions: Question, **changes: Any) -> Assignment:
    return Assignment.of(article(questions=questions, **changes))


def by_torch(iterations: int) -> tuple[list[torch.Tensor], torch.Tensor]:
    """The article's gradients and loss in the last of so many iterations, by autograd and torch.optim."""
    experiment = article()
    network = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.ReLU(), torch.nn.Linear(2, 1)).double()
    with torch.no_grad():
        for parameter, numbers in zip(network.parameters(), experiment.parameters.values(), strict=True):
            parameter.copy_(torch.tensor(numbers, dtype=torch.float64))
    optimizer = torch.optim.SGD(network.parameters(), lr=0.01)
    inputs, targets = (
        torch.tensor(list(rows), dtype=torch.float64) for rows in (experiment.data.inputs, experiment.data.targets)
    )
    for _ in range(iterations):
        optimizer.zero_grad()
        loss = torch.nn.functional.mse_loss(network(inputs), targets)
        loss.backward()
        gradients = [parameter.grad.clone() for parameter in network.parameters() if parameter.grad is not None]
        optimizer.step()
    return gradients, loss.detach()


@pytest.mark.parametrize("iteration", [0, 3])
def test_answers_are_those_of_autograd(iteration: int) -> None:
    found = assignment(
        Question("one", GRADIENT, (1, 0), iteration),
        Question("all", GRADIENT, None, iteration, points=2.0),
        Question("loss", ValueRef("loss"), (), iteration),
    )
    gradients, loss = by_torch(iteration + 1)
    assert found.by_key["one"].right == pytest.approx(float(gradients[0][1, 0]), rel=1e-12)
    assert [number.right for number in found.questions[1].numbers] == pytest.approx(gradients[0].flatten().tolist())
    assert found.by_key["loss"].right == pytest.approx(float(loss), rel=1e-12)


def test_a_whole_value_shares_its_points() -> None:
    found = assignment(Question("all", GRADIENT, points=2.0), Question("loss", ValueRef("loss"), points=3.0))
    assert [number.key for number in found.numbers] == ["all[0,0]", "all[0,1]", "all[1,0]", "all[1,1]", "loss"]
    assert [number.points for number in found.numbers] == [0.5, 0.5, 0.5, 0.5, 3.0]
    assert found.points == 5.0


def test_numbers_are_called_as_on_the_screen() -> None:
    found = assignment(
        Question("w", GRADIENT, (0, 1)),
        Question("z", ValueRef("layers.0.pre_activation"), (1, 0)),
        Question("l", ValueRef("loss")),
    )
    assert [found.name(number) for number in found.numbers] == ["∂L/∂w₁₂⁽¹⁾", "z₁⁽¹⁾ of sample 2", "L"]


def test_an_answer_is_accepted_within_its_tolerance() -> None:
    number = assignment(Question("l", ValueRef("loss"), tolerance=Tolerance(digits=3))).numbers[0]
    assert number.accepts(float(f"{number.right:.3g}"))
    assert not number.accepts(number.right + 1.01 * number.margin)


def test_what_an_iteration_does_not_compute_is_refused() -> None:
    with pytest.raises(SpecError, match=r"\$\.questions\[0\]\.ref: iteration 0 computes no .*clipped under these"):
        assignment(Question("c", ValueRef("layers.0.weight.grad.clipped")))
    with pytest.raises(SpecError, match=r"\$\.questions: this experiment asks no questions"):
        assignment()


def test_what_has_no_finite_answer_is_refused() -> None:
    with pytest.raises(SpecError, match=r"\$\.questions\[0\]: the answer is no finite number"):
        assignment(
            Question("l", ValueRef("loss"), iteration=20),
            optimizer=sgd(1e60),
            loss=Choice("MSELoss", {"reduction": "mean"}),
        )
