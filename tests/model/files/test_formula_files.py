"""Files with a formula in the place of layers: what is refused, where, and that nothing takes long."""

from __future__ import annotations

import json
from time import process_time
from typing import Any

import pytest

from chainrule.catalog.experiment.spec_error import SpecError
from chainrule.engine.machine.check import check_experiment
from chainrule.engine.program.program import compile_program
from chainrule.model.editing.edits import set_optimizer
from chainrule.model.files.decoding import decode_experiment
from chainrule.model.files.encoding import encode_experiment
from chainrule.model.files.file_size import FileSizes
from tests.formulas import formula_experiment

# Of this process, on a machine that does other things too.
MOST_SECONDS = 5.0
LINE = r"\$\.network\.formula"
REFUSED: dict[str, tuple[list[Any], str]] = {
    "10,000 characters": (["f = " + "+".join(["x"] * 5000)], rf"{LINE}\[0\]: character 2001: .* at most 2,000"),
    "1,000 brackets": (["f = " + "(" * 1000 + "x" + ")" * 1000], rf"{LINE}\[0\]: character 2001: "),
    "61 brackets": (["f = " + "(" * 70 + "x" + ")" * 70], rf"{LINE}\[0\]: character \d+: .* 60 deep"),
    "70 signs": (["f = " + "-" * 70 + "x"], rf"{LINE}\[0\]: character \d+: .* 60 deep"),
    "an attribute": (["f = x.__class__"], rf'{LINE}\[0\]: character 6: "\." cannot stand'),
    "a call": (["f = __import__('os')"], rf"{LINE}\[0\]: character 5: __import__ is no function"),
    "a string": (["f = 'a'"], rf"{LINE}\[0\]: character 5: "),
    "a cycle": (["a = b + 1", "b = a*2", "f = a"], rf"{LINE}\[0\]: a needs itself: a needs b needs a"),
    "a name that needs itself": (["f = f + 1"], rf"{LINE}\[0\]: f needs itself"),
    "a name twice": (["a = x", "a = y", "f = a"], rf"{LINE}\[1\]: a is defined twice"),
    "a function's name": (["sin = x"], rf"{LINE}\[0\]: character 1: sin has a meaning"),
    "249 operators": (["f = " + "+".join(f"x{i}" for i in range(250))], rf"{LINE}\[0\]: .* at most 200 operators"),
    "201 lines": ([f"a{i} = x" for i in range(201)], rf"{LINE}: expected at most 200 lines, got 201"),
    "no lines": ([], rf"{LINE}: expected at least 1 line"),
    "an empty line": ([""], rf"{LINE}\[0\]: character 1: expected a name and ="),
    "no name": (["x + y"], rf'{LINE}\[0\]: character 3: expected "="'),
    "a number for a name": (["3 = x"], rf"{LINE}\[0\]: character 1: "),
    "a number that is too large": (["f = x*1e400"], rf"{LINE}\[0\]: character 7: 1e400 is beyond"),
    "500 digits": (["f = x*" + "9" * 500], rf"{LINE}\[0\]: character 7: "),
    "100 arguments": (["f = max(" + ",".join(["x"] * 100) + ")"], rf"{LINE}\[0\]: character 5: max takes at most 60"),
    "an integer": ([3], rf"{LINE}\[0\]: expected text, got an integer"),
    "a list": ([["f = x"]], rf"{LINE}\[0\]: expected text, got a list"),
}
ACCEPTED = {
    "9**9**9": ["f = x*9**9**9"],
    "200 operators": ["f = " + "+".join(f"x{i}" for i in range(201))],
    "a product of 200": ["f = " + "*".join(["x"] * 200)],
    "200 names in cases": [f"a{i} = if(x{i} < y{i}, u{i}, v{i})" for i in range(150)]
    + ["f = " + "+".join(f"a{i}" for i in range(50))],
    "55 functions": ["f = " + "exp(" * 55 + "x" + ")" * 55],
    "a long name": ["f = " + "a" * 1900],
    "blanks and line ends": ["f\t=\tx\n+ y"],
    "other letters": ["ζ_β = α + Жук"],
}


def decoded(lines: list[Any], **members: Any) -> Any:
    raw = {"format": "chainrule-experiment", "version": 2, "network": {"formula": lines}, **members}
    return decode_experiment(json.dumps(raw).encode())


@pytest.mark.parametrize("name", REFUSED)
def test_it_is_refused_with_its_place_in_one_line(name: str) -> None:
    lines, message = REFUSED[name]
    began = process_time()
    with pytest.raises(SpecError, match=message) as refused:
        check_experiment(decoded(lines))
    assert process_time() - began < MOST_SECONDS
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) <= 400


@pytest.mark.parametrize("name", ACCEPTED)
def test_it_is_taken_compiled_and_saved_without_delay(name: str) -> None:
    began = process_time()
    experiment = check_experiment(decoded(ACCEPTED[name]))
    assert compile_program(experiment).steps
    written = encode_experiment(experiment)
    assert process_time() - began < MOST_SECONDS
    assert check_experiment(decode_experiment(written)) == experiment


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"parameters": {"unused": 1}}, r"\$\.parameters\.unused: no such parameter; this network has x or y"),
        ({"parameters": {"q": 1}}, r"\$\.parameters\.q: no such parameter"),
        ({"parameters": {"x": "a"}}, r"\$\.parameters\.x: expected a number, got text"),
        (
            {"parameters": {"x": 1e39}, "dtype": "float32"},
            r"\$\.parameters\.x: expected a number that float32",
        ),
        ({"frozen": ["q"]}, r'\$\.frozen: no parameter "q"; this network has x or y'),
        (
            {"parameter_groups": [{"parameters": ["z"], "lr": 1}]},
            r"\$\.parameter_groups\[0\]\.parameters\[0\]: ",
        ),
        ({"data": {"batch_size": 2}}, r"\$\.data: a formula has no data"),
        ({"network": {"formula": ["f = x"], "layers": []}}, r"\$\.network\.layers: unknown key"),
        ({"network": {"formula": "f = x"}}, r"\$\.network\.formula: expected a list, got text"),
    ],
)
def test_what_does_not_fit_the_formula_is_refused(members: dict[str, Any], message: str) -> None:
    with pytest.raises(SpecError, match=message):
        check_experiment(decoded(**({"lines": ["q = x + y", "f = q^2"]} | members)))


def test_edits_and_sizes_know_formulas() -> None:
    experiment = formula_experiment("f = x^2", parameters={"x": 2})
    FileSizes().check(experiment)
    edited = check_experiment(set_optimizer(experiment.optimizer.replace(lr=0.5))(experiment), experiment)
    assert edited.optimizer.number("lr") == 0.5
    assert edited.network is experiment.network
