"""The command `check`: numbers by hand, in the terminal."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from chainrule.cli import main
from chainrule.resource_files import OPENING_EXAMPLE

FILE = str(OPENING_EXAMPLE)


def test_a_wrong_number_is_told_with_its_mistake(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", FILE, "dL/dw_12^(1)=-7.01"]) == 0
    assert capsys.readouterr().out == "∂L/∂w₁₂⁽¹⁾ = -7.01  right\n"
    # The share of the second sample: -1.425 times 4.
    assert main(["check", FILE, "layers.0.weight.grad[0,1]=-5.70"]) == 1
    assert "you took the share of sample 2 of 2 samples alone" in capsys.readouterr().out


def test_a_calculation_in_a_file_is_checked_line_by_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "by_hand.csv"
    path.write_text("name,value\nz_1^(1),0.5\ndL/dyhat,1.31\ndelta^(2),1.31\nq,2\n", encoding="utf-8")
    assert main(["check", FILE, "--lines", str(path), "--format", "json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert [line["verdict"] for line in found["lines"]] == ["right", "wrong", "consequential", "not read"]
    assert found["first_wrong"] == 3
    assert found["lines"][1]["ref"] == "layers.1.activation.grad"
    assert found["lines"][1]["index"] == [0, 0]
    assert "opposite sign" in found["lines"][1]["said"]


@pytest.mark.parametrize("words", [[], ["w"], ["--lines", "/nowhere"], ["a=1", "--iteration", "-1"]])
def test_what_cannot_be_checked_is_one_line(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    try:
        status = main(["check", FILE, *words])
    except SystemExit as ended:
        status = int(ended.code or 0)
    assert status == 2
    assert capsys.readouterr().err.count("\n") == 1
