"""The example in docs/grading.md, as it is printed there."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from chainrule.cli import main
from tests.commands.running import MAZUR

GUIDE = Path(__file__).parents[3] / "docs" / "grading.md"


def test_the_example_of_the_guide_is_graded_as_it_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = GUIDE.read_text(encoding="utf-8")
    questions, answers, printed = (
        re.findall(rf"```{kind}\n(.*?)```", text, re.DOTALL)[0] for kind in ("json", "csv", "text")
    )
    found = json.loads(Path(MAZUR).read_bytes()) | {"version": 7, "questions": json.loads(questions)}
    (tmp_path / "mazur-2-2-2.chainrule").write_text(json.dumps(found), encoding="utf-8")
    (tmp_path / "ada.csv").write_text(answers, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert main(["grade", "mazur-2-2-2.chainrule", "ada.csv"]) == 0
    assert capsys.readouterr().out == printed
