"""The guide for teachers: its example is a file that can be read, and its commands are ones that there are."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from chainrule.catalog.experiment.check import checked_experiment
from chainrule.cli import main
from chainrule.lessons.assignments.assignment import Assignment
from chainrule.model.files.decoding import decode_experiment

GUIDE = (Path(__file__).parents[3] / "docs" / "assignments.md").read_text(encoding="utf-8")
(EXAMPLE,) = re.findall(r"```json\n(.*?)```", GUIDE, re.DOTALL)
COMMANDS = re.findall(r"^    chainrule (export .*)$", GUIDE, re.MULTILINE)


def test_the_example_is_an_assignment() -> None:
    assignment = Assignment.of(checked_experiment(decode_experiment(EXAMPLE.encode())))
    assert [asked.question.id for asked in assignment.questions] == ["loss", "w11", "z"]
    assert assignment.points == 8
    assert assignment.by_key["w11"].accepts(-4.93)


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_can_be_given(command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, qapp: object) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("net.chainrule", "homework.chainrule"):
        Path(name).write_text(EXAMPLE, encoding="utf-8")
    words = shlex.split(command)
    if words[words.index("-o") + 1] == "homework.chainrule":
        Path("homework.chainrule").unlink()
    assert main(words) == 0
    assert Path(words[words.index("-o") + 1]).stat().st_size > 1000


def test_there_are_commands() -> None:
    assert len(COMMANDS) == 4
