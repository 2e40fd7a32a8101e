"""The command `grade`: files of answers in, points and pages out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from chainrule.cli import main
from chainrule.lessons.assignments.assignment import Assignment
from chainrule.lessons.assignments.variants import VariantMaker
from chainrule.model.files.storage import write_experiment
from tests.commands.running import ARTICLE, failed, strict
from tests.lessons.grading.homework import RIGHT, homework, written


@pytest.fixture
def assignment(tmp_path: Path) -> str:
    path = tmp_path / "homework.chainrule"
    write_experiment(homework(), path)
    return str(path)


def table(answers: dict[str, str]) -> str:
    return "question,answer\n" + "".join(f'"{key}",{given}\n' for key, given in answers.items())


def test_a_folder_is_graded_and_what_cannot_be_read_is_told(
    assignment: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "answers"
    written(folder / "ada.csv", table(RIGHT))
    written(folder / "bob.json", json.dumps({"answers": {**RIGHT, "z1": 1}}))
    assert main(["grade", assignment, str(folder)]) == 0
    out = capsys.readouterr()
    assert out.err == ""
    assert [line.split()[:2] for line in out.out.splitlines()[1:3]] == [["ada", "10"], ["bob", "8"]]
    written(folder / "cleo.pdf", "%PDF")
    written(folder / "a.csv", "student,ADA\nz1,1\n")
    assert main(["grade", assignment, str(folder), "--format", "csv"]) == 1
    out = capsys.readouterr()
    errors = out.err.splitlines()
    assert len(errors) == 2
    assert errors[0].endswith(f"ada.csv: ada: there are answers in {folder / 'a.csv'} already")
    assert "cleo.pdf: expected a file that ends with" in errors[1]
    assert [line.split(",")[0] for line in out.out.splitlines()] == ["student", "ADA", "bob"]


def test_the_same_answers_give_the_same_bytes(
    assignment: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "answers"
    for number in range(4):
        written(folder / f"s{number}.csv", table(RIGHT | {"z1": f"0.{number}", "a1": "0.3775"}))
    outputs = set()
    for run in ("one", "two"):
        pages = tmp_path / run
        assert main(["grade", assignment, str(folder), "--format", "json", "--feedback", str(pages)]) == 0
        found = capsys.readouterr().out
        outputs.add((found, *(path.read_bytes() for path in sorted(pages.iterdir()))))
        assert len(list(pages.iterdir())) == 4
    assert len(outputs) == 1
    report = strict(found)
    answer = report["students"][0]["answers"][1]
    assert (answer["question"], answer["mark"], answer["points"]) == ("a1", "wrong", 0.0)
    assert "left out layer 1's Sigmoid" in answer["said"]


def test_a_variant_is_made_again_from_the_seed_and_the_name(
    assignment: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    maker, folder = VariantMaker(homework()), tmp_path / "answers"
    for student, name, said in (("ada", "ada", ""), ("bob", "B", "variant,B\n")):
        numbers = Assignment.of(maker.variant(7, name).experiment).numbers
        assert numbers[0].right != pytest.approx(0.3775)
        rows = "".join(f'"{number.key}",{number.right!r}\n' for number in numbers)
        written(folder / f"{student}.csv", said + rows)
    assert main(["grade", assignment, str(folder), "--seed", "7", "--format", "json"]) == 0
    students = strict(capsys.readouterr().out)["students"]
    assert [(each["student"], each["variant"], each["points"]) for each in students] == [
        ("ada", "ada", 10.0),
        ("bob", "B", 10.0),
    ]
    # Without the seed a variant is nobody's guess; another seed is said to be one.
    assert main(["grade", assignment, str(folder), "--format", "csv"]) == 1
    assert 'bob: the answers are of variant "B": say the seed of the variants' in capsys.readouterr().err
    written(folder / "bob.csv", "seed,8\nz1,1\n")
    assert main(["grade", assignment, str(folder), "--seed", "7"]) == 1
    assert "bob: the answers are of the seed 8, and not of 7" in capsys.readouterr().err


def test_what_cannot_be_graded_at_all_is_one_line(
    assignment: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    answers = str(written(tmp_path / "ada.csv", "z1,1"))
    assert failed(capsys, "grade", ARTICLE, answers) == f"{ARTICLE}: $.questions: this experiment asks no questions"
    (tmp_path / "empty").mkdir()
    assert failed(capsys, "grade", assignment, str(tmp_path / "empty")) == "there are no files of answers there"
    assert "a file, not a folder" in failed(capsys, "grade", assignment, answers, "--feedback", answers)
    assert main(["grade", assignment, str(tmp_path / "none.csv")]) == 2
    assert capsys.readouterr().err.splitlines() == [
        f"chainrule: {tmp_path / 'none.csv'}: cannot be read: no such file or folder",
        "chainrule: no answers could be graded",
    ]
