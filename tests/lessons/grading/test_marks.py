"""What answers are worth: the truth is Mazur's network by plain arithmetic."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chainrule.catalog.experiment.question import Question, Tolerance
from chainrule.catalog.values.refs import ValueRef
from chainrule.lessons.assignments.assignment import Assignment
from chainrule.lessons.grading.handed_in import HandedIn
from chainrule.lessons.grading.marker import AnswerMarker
from chainrule.lessons.grading.marks import Mark
from tests.experiments import article
from tests.lessons.grading.homework import RIGHT, A, Z, graded, homework


def sigmoid(z: float) -> float:
    return 1 / (1 + math.exp(-z))


def loss_of(a1: float) -> float:
    """The loss of Mazur's network where the first neuron's output is another one."""
    a2 = sigmoid(0.25 * 0.05 + 0.3 * 0.1 + 0.35)
    o1, o2 = sigmoid(0.4 * a1 + 0.45 * a2 + 0.6), sigmoid(0.5 * a1 + 0.55 * a2 + 0.6)
    return ((o1 - 0.01) ** 2 + (o2 - 0.99) ** 2) / 2


def marks(answers: dict[str, str], *questions: Question) -> list[str]:
    return [answer.mark.value for answer in graded(answers, *questions).answers]


def test_all_right_gets_all_points() -> None:
    found = graded(RIGHT)
    assert found.points == found.of == 10.0
    assert {answer.mark for answer in found.answers} == {Mark.RIGHT}
    assert found.first_wrong is None


def test_the_tolerance_of_the_question_decides() -> None:
    # 1 % of 0.3775, and half a unit of the fourth digit of 0.35891648.
    assert marks({"z1": "0.3812"})[0] == "right"
    assert marks({"z1": "0.3813"})[0] == "wrong"
    assert marks({"w[0,0]": "0.35896"})[3] == "right"
    assert marks({"w[0,0]": "0.35897"})[3] == "wrong"


def test_what_follows_from_an_own_wrong_number_gets_its_points() -> None:
    wrong_z = 0.0275  # the bias was forgotten
    a, loss = sigmoid(wrong_z), loss_of(sigmoid(wrong_z))
    found = graded({"z1": str(wrong_z), "a1": f"{a:.6f}", "L": f"{loss:.6f}"}).by_key
    assert [found[key].mark for key in ("z1", "a1", "L")] == [Mark.WRONG, Mark.CONSEQUENTIAL, Mark.CONSEQUENTIAL]
    assert [found[key].points for key in ("z1", "a1", "L")] == [0.0, 1.0, 3.0]
    assert found["a1"].from_own == ("z1",)
    assert found["a1"].followed == pytest.approx(a, rel=1e-12)
    # a1 follows from z1, and L from a1 as it was given.
    assert found["L"].from_own == ("z1", "a1")
    assert found["L"].followed == pytest.approx(loss_of(float(f"{a:.6f}")), rel=1e-12)


def test_the_question_says_what_a_consequential_answer_gets() -> None:
    questions = (Question("z1", Z, (0, 0)), Question("a1", A, (0, 0), points=2.0, consequential=0.25))
    assert graded({"z1": "1", "a1": str(sigmoid(1))}, *questions).points == 0.5
    assert graded({"z1": "0.3775", "a1": "0.5933"}, *questions).points == 3.0


def test_a_right_number_is_right_whatever_was_before_it() -> None:
    assert marks({"z1": "5", "a1": "0.5933"})[:2] == ["wrong", "right"]


def test_a_weight_of_one_iteration_is_carried_into_the_next() -> None:
    w = ValueRef("layers.1.weight.next")
    questions = (Question("w", w, (0, 0)), Question("z", ValueRef("layers.1.pre_activation"), (0, 0), 1))
    assignment = Assignment.of(homework(*questions))
    right = {number.key: number.right for number in assignment.numbers}
    a = assignment.calculations[1].values[A][0, 0].item()
    # The weight is 0.3589164797 after the step; 0.44 has the wrong sign in the update.
    carried = right["z"] + (0.44 - right["w"]) * a
    found = AnswerMarker(assignment).marked(HandedIn("Ada", "ada.csv", {"w": "0.44", "z": f"{carried:.6f}"}))
    assert [answer.mark for answer in found.answers] == [Mark.WRONG, Mark.CONSEQUENTIAL]
    assert found.answers[1].name == "z₁⁽²⁾ in iteration 1"


def test_the_mistake_is_told_by_the_students_own_numbers() -> None:
    found = graded({"z1": "0.5", "a1": "0.5"}).by_key
    assert found["a1"].mark is Mark.WRONG
    assert found["a1"].said[0] == "With your own z₁⁽¹⁾ = 0.5 it would be 0.6225."
    assert "you left out layer 1's Sigmoid: you took a = z" in " ".join(found["a1"].said).replace("You", "you")
    # By the numbers that are right it is told, too, where nothing was wrong before it.
    assert "left out layer 1's Sigmoid" in " ".join(graded({"a1": "0.3775"}).by_key["a1"].said)


@pytest.mark.parametrize(
    ("text", "mark"),
    [
        ("", "missing"),
        ("  ", "missing"),
        ("=", "missing"),
        ("0,3775", "right"),
        ("=0.05*0.15 + 0.1*0.2 + 0.35", "right"),
        ("'0.3775", "right"),
        ("−0.3775", "wrong"),
        ("=A1+B2", "not read"),
        ('=HYPERLINK("http://x")', "not read"),
        ("__import__('os')", "not read"),
        ("9^9^9^9^9", "not read"),
        ("1e999", "not read"),
        ("nan", "not read"),
        ("0.3775" * 1000, "not read"),
        ("(" * 500, "not read"),
    ],
)
def test_an_answer_is_a_number_or_a_formula_of_numbers(text: str, mark: str) -> None:
    assert marks({"z1": text})[0] == mark


def test_two_answers_are_none() -> None:
    found = AnswerMarker(Assignment.of(homework())).marked(
        HandedIn("a", "a", {"z1": "0.3775"}, twice=frozenset({"z1"}))
    )
    assert (found.answers[0].mark, found.points) == (Mark.UNREAD, 0.0)


def test_numbers_beyond_all_bounds_follow_from_nothing() -> None:
    found = graded({"z1": "-1e308", "a1": "1e308", "L": "1e308", "w[0,0]": "1e308"})
    assert found.points == 0.0
    assert found.count(Mark.WRONG) == 4


@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from([0.0, -1.0, 0.25, 1.5]), min_size=2, max_size=2), st.integers(3, 6))
def test_who_works_on_rightly_from_any_wrong_numbers_loses_these_alone(wrong: list[float], digits: int) -> None:
    """Of the article's network: the first layer is wrong, and all behind it is worked out from that."""
    questions = (
        Question("z", ValueRef("layers.0.pre_activation"), points=4.0),
        Question("o", ValueRef("layers.1.activation"), points=2.0),
        Question("loss", ValueRef("loss"), (), points=3.0),
    )
    marker = AnswerMarker(Assignment.of(article(questions=questions)))
    rows = [wrong, [1.1, 2.5]]
    out = [0.5 * max(a, 0) - 0.6 * max(b, 0) + 0.1 for a, b in rows]
    loss = sum((o - t) ** 2 for o, t in zip(out, (1.0, 2.0), strict=True)) / 2
    answers = {f"z[{n},{k}]": repr(rows[n][k]) for n in (0, 1) for k in (0, 1)}
    answers |= {f"o[{n},0]": f"{out[n]:.{digits}g}" for n in (0, 1)} | {"loss": f"{loss:.{digits}g}"}
    found = marker.marked(HandedIn("a", "a", answers))
    # (0.5, 1.1) is right; sums of tenths differ from what the network computes by rounding alone.
    right = sum(math.isclose(own, true, rel_tol=0.01) for own, true in zip(wrong, (0.5, 1.1), strict=True))
    assert found.points == 2.0 + right + 2.0 + 3.0
    assert found.count(Mark.WRONG) == 2 - right


@pytest.mark.parametrize("answer", ["0.38", "0.4"])
def test_tolerances_are_said_where_an_answer_is_rounded_too_far(answer: str) -> None:
    found = graded({"z1": answer}, Question("z1", Z, (0, 0), tolerance=Tolerance(digits=4))).answers[0]
    assert (found.mark, found.points) == (Mark.WRONG, 0.0)
    assert found.said == ("It is rounded too far.", "What is asked for is 4 significant digits.")


def test_a_formula_without_its_value_is_not_read_and_says_why() -> None:
    why = "The cell B3 holds a formula whose value was not saved: open and save it in a spreadsheet program."
    handed_in = HandedIn("Ada", "ada.xlsx", {"z1": "", "a1": ""}, unread={"z1": why})
    found = AnswerMarker(Assignment.of(homework())).marked(handed_in).by_key
    assert (found["z1"].mark, found["z1"].said) == (Mark.UNREAD, (why,))
    assert found["a1"].mark is Mark.MISSING
