"""Which micro-steps are asked of: by phase, by kind, by number, by ref."""

from __future__ import annotations

import pytest

from chainrule.catalog.arguments import SpecError
from chainrule.catalog.experiment.question import Tolerance
from chainrule.lessons.assignments.asking import asked_questions, parsed_tolerance
from tests.experiments import article


def asked(wanted: str, **options: object) -> list[tuple[str, object]]:
    return [(each.ref, each.index) for each in asked_questions(article(), wanted, [0], **options)]  # type: ignore[arg-type]


def test_a_phase_is_all_its_numbers_in_their_order() -> None:
    found = asked("forward")
    assert [ref for ref, _ in found] == [
        *["layers.0.pre_activation"] * 4, *["layers.0.activation"] * 4,
        *["layers.1.pre_activation"] * 2, *["layers.1.activation"] * 2,
    ]  # fmt: skip
    assert [index for _, index in found[:4]] == [(0, 0), (0, 1), (1, 0), (1, 1)]


def test_a_kind_and_a_ref_are_those() -> None:
    assert {ref for ref, _ in asked("weight_gradient")} == {"layers.0.weight.grad", "layers.1.weight.grad"}
    assert asked("loss", whole=True) == [("loss", None)]
    assert asked("layers.0.weight.grad, loss", whole=True) == [("loss", None), ("layers.0.weight.grad", None)]
    assert [ref for ref, _ in asked("*.bias.grad", whole=True)] == ["layers.1.bias.grad", "layers.0.bias.grad"]


def test_micro_steps_go_by_their_number_as_in_the_window() -> None:
    assert asked("1-2", whole=True) == [("layers.0.pre_activation", None), ("layers.0.activation", None)]
    assert asked("5", whole=True) == [("loss", None)]


def test_ids_count_and_leave_out_those_that_are_taken() -> None:
    found = asked_questions(article(), "loss", [0, 1], points=2.0, tolerance=Tolerance(digits=3), taken=("1",))
    assert [(each.id, each.iteration, each.points, each.tolerance.digits) for each in found] == [
        ("2", 0, 2.0, 3), ("3", 1, 2.0, 3),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ("", "questions: expected forward, loss, backward, update or all, a kind such as weight_gradient,"),
        ("backwards", 'questions: there is no "backwards" to ask for: expected forward,'),
        ("0-3", "questions: this iteration has micro-steps 1 to 1"),
        ("4-99", "questions: this iteration has micro-steps 1 to 1"),
    ],
)
def test_what_there_is_not_is_refused(wanted: str, said: str) -> None:
    with pytest.raises(SpecError) as error:
        asked(wanted)
    assert str(error.value).startswith(said)


@pytest.mark.parametrize(
    ("text", "tolerance"),
    [
        ("1%", Tolerance(relative=0.01)),
        ("0.5 %", Tolerance(relative=0.005)),
        ("0.001", Tolerance(absolute=0.001)),
        ("3 digits", Tolerance(digits=3)),
        ("1digit", Tolerance(digits=1)),
    ],
)
def test_a_tolerance_is_read(text: str, tolerance: Tolerance) -> None:
    assert parsed_tolerance(text) == tolerance


@pytest.mark.parametrize("text", ["", "one", "2.5 digits", "1 percent", "--", "1e", "nan", "inf"])
def test_no_tolerance_is_refused(text: str) -> None:
    with pytest.raises(SpecError, match=r"^tolerance: expected"):
        parsed_tolerance(text)
