"""`chainrule explain`: the steps of a formula as text and as JSON, and what is refused in one line."""

from __future__ import annotations

import json

import pytest

from chainrule.cli import main
from tests.explain.cases import case
from tests.formulas import formula_experiment

CIRCUIT = ["f = (x + y)*z", "x=-2", "y=5", "z=-4"]


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    status = main(["explain", *arguments])
    found = capsys.readouterr()
    return status, found.out, found.err


def test_each_step_is_an_equation_with_its_numbers(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = run(capsys, *CIRCUIT)
    assert (status, err) == (0, "")
    assert out == (
        "forward\n"
        "  n1 = x + y = -2 + 5 = 3\n"
        "  f = n1*z = 3*(-4) = -12\n"
        "backward: the derivative of f by each value\n"
        "  f.grad = 1\n"
        "  n1.grad = f.grad*z = 1*(-4) = -4\n"
        "  z.grad = f.grad*n1 = 1*3 = 3\n"
        "  x.grad = n1.grad = -4\n"
        "  y.grad = n1.grad = -4\n"
        "result\n"
        "  f = -12.0\n"
        "  df/dx = -4.0\n"
        "  df/dy = -4.0\n"
        "  df/dz = 3.0\n"
    )


@pytest.mark.parametrize(
    ("texts", "lines"),
    [
        (
            ["f = x^y", "x=2", "y=3"],
            ["x.grad = f.grad*y*x^(y - 1) = 1*3*2^(3 - 1) = 12", "y.grad = f.grad*f*log(x) = 1*8*log(2) = 5.545"],
        ),
        (["f = x^y", "x=0", "y=3"], ["y.grad = f.grad*0 = 1*0 = 0"]),
        # An operator that is `if` shows all of it, and what is 1 or 0 its condition.
        (
            ["f = if(x > y, 2*x, y)", "x=2", "y=1"],
            ["f = if(x > y, n1, y) = 4", "n1.grad = f.grad*if(x > y, 1, 0) = 1*if(2 > 1, 1, 0) = 1"],
        ),
        (["f = if(x > 1, 3, x)", "x=2"], ["f = if(x > 1, 3, x) = 3", "x.grad = f.grad*0 = 1*0 = 0"]),
    ],
)
def test_the_case_that_applies_is_written(
    texts: list[str], lines: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    _, out, _ = run(capsys, *texts)
    shown = [line.strip() for line in out.splitlines()]
    assert set(lines) <= set(shown), out


def test_json_has_a_line_for_each_step(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run(capsys, *CIRCUIT, "--format", "json")
    records = [json.loads(line) for line in out.splitlines()]
    assert status == 0
    assert [record["index"] for record in records] == list(range(7))
    assert records[1] == {
        "iteration": 0,
        "index": 1,
        "phase": "forward",
        "kind": "operator",
        "ref": "f",
        "reads": ["n1", "z"],
        "value": -12.0,
        "equation": r"f = n_{1}\cdot z",
    }
    assert (
        records[3]["equation"] == r"\frac{\partial f}{\partial n_{1}} = \frac{\partial f}{\partial f}\cdot z"
        or records[3]["ref"] == "n1.grad"
    )
    assert [record["phase"] for record in records] == ["forward"] * 2 + ["backward"] * 5


def test_several_lines_and_a_formula_without_a_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert "f = q*z = 3*(-4) = -12" in run(capsys, "q = x + y", "f = q*z", "x=-2", "y=5", "z=-4")[1]
    assert "f = x^2 = 0.3333^2 = 0.1111" in run(capsys, "x^2", "x=1/3")[1]


def test_a_formula_may_begin_with_a_minus(capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in (["-x^2", "x=3"], ["--format", "text", "-x^2", "x=3"], ["--", "-x^2", "x=3"]):
        status, out, err = run(capsys, *arguments)
        assert (status, err) == (0, "")
        assert "f = -n1 = -9" in out
    assert "a number, a name or a bracket is expected" in run(capsys, "-", "x=3")[2]
    assert "unrecognized arguments: --fromat" in run(capsys, "x", "x=3", "--fromat", "json")[2]


def test_a_long_equation_has_a_line_for_each_side(capsys: pytest.CaptureFixture[str]) -> None:
    out = run(
        capsys,
        "f = (second_name - first_name)*(second_name + first_name)",
        "first_name=0.1",
        "second_name=0.10000000000000002",
    )[1]
    # All digits of 0.1 are one digit.
    assert "  n1 = second_name - first_name = 0.10000000000000002 - 0.1 = 1.388e-17\n" in out
    assert (
        "  second_name.grad = second_name.grad.from.n2 + second_name.grad.from.n1\n"
        "                   = 1.388e-17 + 0.2\n"
        "                   = 0.2\n"
    ) in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["f = x*y", "x=2"], "y has no number; give one behind the formula, as in y=1"),
        (["f = x*y"], "x and y have no number; give one behind the formula, as in x=1 y=1"),
        (["f = x", "x=1", "q=2"], "q is not in the formula, which reads x"),
        (["q = x", "f = q", "x=1", "q=2"], "q is given a number and a formula"),
        (["f = x", "x=1", "x=2"], "x is given two numbers"),
        (["x=1", "y=2"], 'expected a formula, as in chainrule explain "f = (x + y)*z" x=-2 y=5 z=-4'),
        (
            ["f = x +* y", "x=1"],
            'character 8: expected a number, a name or a bracket, not "*": "* y" of "f = x +* y"',
        ),
        (["f = x^2", "x=inf"], "x is given inf; a formula is worked out with finite numbers"),
        (["f = x^2", "x=-Infinity"], "x is given -Infinity; a formula is worked out with finite numbers"),
        (["f = x^2", "x=NaN"], "x is given NaN; a formula is worked out with finite numbers"),
        (["f = x^2", "x=1e999"], "character 3: 1e999 is beyond what a number can be"),
        (["f = x^2", "x=1/0"], "x is given 1/0; a formula is worked out with finite numbers"),
        (["f = open(x)", "x=1"], "character 5: open is no function"),
        (["f = x.real", "x=1"], 'character 6: "." cannot stand in a formula'),
        (["a = b", "b = a"], 'a needs itself: a needs b needs a: "a = b"'),
        (["f = log(x)", "x=-1"], "log(x) has no value (NaN) where x = -1; stopped before it"),
        (["f = 1/x", "x=0"], "1/x is a division by zero where x = 0; stopped before it"),
        (["f = x/y", "x=0", "y=0"], "x/y is a division by zero where x = 0, y = 0; stopped before it"),
        (["f = x^-2", "x=0"], "x^(-2) is a division by zero where x = 0; stopped before it"),
        (["f = 1/x", "x=1e-320"], "1/x is too large, or infinite where x = 1e-320; stopped before it"),
        (["f = f + 1"], 'f needs itself: "f = f + 1"'),
        (["0,5*x", "x=1"], 'character 2: decimals are written with a point, as in 0.5: ",5*x" of "0,5*x"'),
        (["x.grad + 1"], '".grad + 1" of "x.grad + 1"'),
        (["x.grad + 1"], 'character 2: "." cannot stand'),
        (["f + 1", "x=1"], 'f needs itself: "f = f + 1"'),
        (["f = 9^9^9^x", "x=9"], "9^n1 is too large, or infinite where n1 = 3.874e+08; stopped before it"),
    ],
)
def test_what_cannot_be_explained_is_said_in_one_line(
    capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    status, _, err = run(capsys, *arguments)
    assert status == 2
    assert err.count("\n") == 1
    assert message in err


def test_an_infinite_derivative_is_told_and_no_result_of_it(capsys: pytest.CaptureFixture[str]) -> None:
    status, out, err = run(capsys, "sqrt(x)", "x=0")
    assert (status, out.splitlines()[-1]) == (2, "  f.grad = 1")
    assert "f.grad*(1/(2*f)) is a division by zero where f.grad = 1, f = 0; stopped before it" in err


@pytest.mark.parametrize(
    ("formula", "given", "ref", "said"),
    [
        ("max(x, y)", {"x": 1, "y": 1}, "y", "PyTorch takes 0.5: y gets half of the gradient of f."),
        ("abs(x)", {"x": 0}, "x", "its slope is -1 below and 1 above. PyTorch takes 0, so nothing comes back to x."),
        ("relu(x)", {"x": 0}, "x", "x is 0, where f has a corner: its slope is 0 below and 1 above. PyTorch takes 0"),
        ("floor(x)", {"x": 1}, "x", "f jumps from 0 to 1: there is no slope. PyTorch takes 0"),
        ("x^y", {"x": 0, "y": 0}, "y", "0 to the power of 0 has no slope by y. PyTorch takes 0"),
    ],
)
def test_where_a_slope_is_a_choice_it_says_so_as_the_window_does(
    capsys: pytest.CaptureFixture[str], formula: str, given: dict[str, float], ref: str, said: str
) -> None:
    out = " ".join(run(capsys, formula, *(f"{name}={number}" for name, number in given.items()))[1].split())
    window = case(formula_experiment(f"f = {formula}", parameters=given)).narrate(f"{ref}.grad")
    assert said in window.replace("−", "-")
    assert window.replace("−", "-") in out


def test_where_nothing_comes_back_or_all_is_smooth_no_sentence_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert "PyTorch" not in run(capsys, "q = abs(x)", "f = q*0", "x=0")[1]
    assert "PyTorch" not in run(capsys, "max(x, y)", "x=1", "y=2")[1]


def test_it_starts_without_torch() -> None:
    import subprocess
    import sys

    code = (
        "import sys; from chainrule.cli import main; main(['explain', 'f = x*y', 'x=1', 'y=2']);"
        "sys.exit(any(name in sys.modules for name in ('torch', 'PySide6', 'numpy')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False, capture_output=True).returncode == 0
