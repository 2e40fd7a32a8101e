"""A calculation by hand, line by line: right, wrong by itself, or what follows from a wrong number before it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainrule.lessons.hand_calculation import LineVerdict, calculation_lines, checked_calculation
from chainrule.lessons.hand_names import HandNames, UnknownNameError
from tests.experiments import mazur
from tests.formulas import formula_experiment
from tests.lessons.test_known_mistakes import A1, B2, W2, T, X, calculation_of, two_layers


def verdicts(text: str) -> list[str]:
    found = checked_calculation(calculation_of(two_layers()), calculation_lines(text))
    return [line.verdict.value for line in found.lines]


def test_what_is_worked_out_rightly_from_a_wrong_number_is_consequential() -> None:
    # The sign of the difference is turned round once, and all else is right.
    out = (A1 @ W2.T + B2)[0, 0]
    wrong = T[0, 0] - out
    upstream = wrong * W2[0, 0]
    delta = upstream * A1[0, 0] * (1 - A1[0, 0])
    text = f"""
        # by hand
        name, value
        z_1^(1) = 0.5
        a_1^(1) = {A1[0, 0]:.4f}
        yhat = {out:.5f}
        dL/dyhat = {wrong:.5f}
        delta^(2) = {wrong:.5f}
        dL/da_1^(1) = {upstream:.5f}
        delta_1^(1) = {delta:.5f}
        delta_2^(1) = 0.5
        nothing = 3
    """
    found = checked_calculation(calculation_of(two_layers()), calculation_lines(text))
    assert [line.verdict for line in found.lines] == [
        *[LineVerdict.RIGHT] * 3,
        LineVerdict.WRONG,
        *[LineVerdict.CONSEQUENTIAL] * 3,
        LineVerdict.WRONG,
        LineVerdict.UNREAD,
    ]
    assert found.first_wrong == 3
    answer = found.lines[3].answer
    assert answer is not None
    assert "opposite sign" in answer.text
    assert found.lines[-1].reason == "nothing is the name of no number here"
    assert found.lines[0].line.number == 4


def test_numbers_that_were_rounded_and_carried_on_are_right_but_for_rounding() -> None:
    a = np.round(A1[0], 1)
    out = float((a @ W2.T + B2)[0])
    assert verdicts(f"a1^(1) = {a[0]}\na2^(1) = {a[1]}\nyhat = {out:.6f}\nL = 2.7")[2] in ("consequential", "wrong")
    a = np.round(A1[0], 3)
    out = float((a @ W2.T + B2)[0])
    assert verdicts(f"a1^(1) = {a[0]}\na2^(1) = {a[1]}\nyhat = {out:.6f}") == [
        "right",
        "right",
        "right but for rounding",
    ]


def test_the_sample_and_the_ref_can_be_said() -> None:
    z = X @ np.array([[0.1, 0.2], [0.3, 0.4]]).T
    assert verdicts(f"z_1^(1) sample 2 = {z[1, 0]:.3f}\nlayers.0.pre_activation[1,0] = {z[1, 0]:.3f}") == ["right"] * 2
    assert verdicts("z_1^(1) sample 3 = 1") == ["not read"]
    assert verdicts("layers.0.weight[9,9] = 1") == ["not read"]


@pytest.mark.parametrize(
    ("name", "ref", "index"),
    [
        ("w_12^(1)", "layers.0.weight", (0, 1)),
        ("w₁₂⁽¹⁾", "layers.0.weight", (0, 1)),
        ("dL/dw_12^(1)", "layers.0.weight.grad", (0, 1)),
        ("∂L/∂w₁₂⁽¹⁾", "layers.0.weight.grad", (0, 1)),
        ("delta_2^(1)", "layers.0.pre_activation.grad", (0, 1)),
        ("new w_12^(1)", "layers.0.weight.next", (0, 1)),
        ("w_12^(1) new", "layers.0.weight.next", (0, 1)),
        ("y_hat", "layers.1.activation", (0, 0)),
        ("L", "loss", ()),
        ("loss", "loss", ()),
        ("x_2", "input", (0, 1)),
    ],
)
def test_names_are_taken_as_they_are_seen_and_as_they_are_typed(name: str, ref: str, index: tuple[int, ...]) -> None:
    assert HandNames(calculation_of(two_layers())).place(name) == (ref, index)


def test_a_name_of_several_layers_says_which_there_are() -> None:
    with pytest.raises(UnknownNameError, match="say which layer"):
        HandNames(calculation_of(mazur())).place("w_12")


def test_names_of_a_typed_formula_are_its_own() -> None:
    numbers = {"x": -2, "y": 5, "z": -4}
    names = HandNames(calculation_of(formula_experiment("q = x + y", "f = q*z", parameters=numbers)))
    assert names.place("q") == ("q", ())
    assert names.place("x.grad") == ("x.grad", ())


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    for line in checked_calculation(CALCULATION, calculation_lines(text)).lines:
        assert line.reason or line.answer is not None


CALCULATION = calculation_of(two_layers())


@pytest.mark.parametrize("name", ["input[0 0]", f"input[{'9' * 5000}]", f"z^({'9' * 5000})", f"z sample {'9' * 5000}"])
def test_a_place_that_is_none_is_the_name_of_no_number(name: str) -> None:
    with pytest.raises(UnknownNameError):
        HandNames(calculation_of(two_layers())).place(name)
