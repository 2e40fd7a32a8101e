"""`chainrule export`: what is written, and what is refused with nothing written."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest
import torch
from torch import nn

from chainrule.cli import main
from chainrule.commands.export import FORMATS
from tests.commands.running import ARTICLE, EXAMPLES, failed
from tests.experiments import article

SEE = "see chainrule export --help"


def test_the_history_is_what_a_loop_in_pytorch_gives(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "history.csv"
    assert main(["export", ARTICLE, "--to", "csv", "-o", str(out), "--iterations", "7"]) == 0
    assert capsys.readouterr().out == f"wrote {out}\n"
    experiment = article()
    network = nn.Sequential(nn.Linear(2, 2), nn.ReLU(), nn.Linear(2, 1)).double()
    with torch.no_grad():
        for parameter, numbers in zip(network.parameters(), experiment.parameters.values(), strict=True):
            parameter.copy_(torch.tensor(numbers, dtype=torch.float64))
    inputs, targets = (
        torch.tensor(rows, dtype=torch.float64) for rows in (experiment.data.inputs, experiment.data.targets)
    )
    optimizer = torch.optim.SGD(network.parameters(), lr=0.01)
    rows = list(csv.DictReader(out.read_text().splitlines()))
    assert len(rows) == 7
    for iteration, row in enumerate(rows):
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(network(inputs), targets)
        loss.backward()
        norms = [parameter.grad.norm().item() for parameter in network.parameters() if parameter.grad is not None]
        assert list(map(float, row.values())) == pytest.approx([iteration, 0.01, loss.item(), *norms], rel=1e-14)
        optimizer.step()
    assert list(rows[0])[:4] == ["iteration", "lr", "loss", "layers.0.weight.grad.norm"]


def test_each_number_reads_back_to_the_same_bits(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "history.csv"
    path = str(EXAMPLES["three-classes"])
    assert main(["export", path, "--to", "csv", "-o", str(out), "--iterations", "30"]) == 0
    capsys.readouterr()
    assert main(["train", path, "--iterations", "30", "--format", "json"]) == 0
    trained = json.loads(capsys.readouterr().out)
    rows = list(csv.DictReader(out.read_text().splitlines()))
    assert [float(row["loss"]) for row in rows] == trained["losses"]
    assert [float(row["lr"]) for row in rows] == trained["lr"]
    assert [float(row["test_loss"]) if row["test_loss"] else None for row in rows] == trained["test_losses"]


def test_a_training_that_ends_early_is_not_written(
    diverging: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "history.csv"
    out.write_text("old")
    message = failed(capsys, "export", diverging, "--to", "csv", "-o", str(out), "--iterations", "9")
    why = "layers.1.pre_activation became infinite or not a number (NaN)"
    assert message == f"{out}: nothing was written: iteration 1: {why}; before it comes 1 iteration"
    assert out.read_text() == "old"
    assert list(tmp_path.glob(".*")) == []
    assert main(["export", diverging, "--to", "csv", "-o", str(out), "--iterations", "1"]) == 0
    assert len(out.read_text().splitlines()) == 2


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["export", ARTICLE, "-o", "x.csv"], f"the following arguments are required: --to; {SEE}"),
        (["export", ARTICLE, "--to", "csv"], f"the following arguments are required: -o/--out; {SEE}"),
        (["export", ARTICLE, "--to", "csv", "-o", "no/such/x.csv"], "no/such/x.csv: cannot be written: no such folder"),
        (["export", ARTICLE, "--to", "csv", "-o", "/"], "/: this is a folder, not a file"),
    ],
)
def test_what_cannot_be_written_is_said_before_anything_is_computed(
    argv: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert failed(capsys, *argv) == message


@pytest.mark.parametrize("to", FORMATS)
def test_the_experiment_is_not_written_over(to: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path, hard = tmp_path / "e.chainrule", tmp_path / "hard"
    path.write_bytes(Path(ARTICLE).read_bytes())
    os.link(path, hard)
    for out in (path, hard):
        message = failed(capsys, "export", str(path), "--to", to, "-o", str(out))
        assert message == f"{out}: this is the file that is read, and would be lost: name another"
    assert path.read_bytes() == Path(ARTICLE).read_bytes()


def test_an_unknown_format_lists_those_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    message = failed(capsys, "export", ARTICLE, "--to", "docx", "-o", "x.docx")
    assert "docx" in message
    assert all(name in message for name in FORMATS)


def test_a_format_without_iterations_refuses_a_number(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(FORMATS, "csv", replace(FORMATS["csv"], iterations=None))
    message = failed(capsys, "export", ARTICLE, "--to", "csv", "-o", "x.csv", "--iterations", "3")
    assert message == "--to csv has no use for --iterations"


def test_a_spreadsheet_has_a_page_for_each_iteration(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "sheet.xlsx"
    assert main(["export", ARTICLE, "--to", "xlsx", "-o", str(out), "--iterations", "3"]) == 0
    assert capsys.readouterr().out == f"wrote {out}\n"
    workbook = openpyxl.load_workbook(out)
    assert workbook.sheetnames == ["Experiment", "Iteration 0", "Iteration 1", "Iteration 2", "Course", "Check"]


def test_a_spreadsheet_that_cannot_be_is_refused_and_nothing_written(
    diverging: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "sheet.xlsx"
    message = failed(capsys, "export", diverging, "--to", "xlsx", "-o", str(out), "--iterations", "9")
    assert message.startswith(f"{out}: nothing was written: iteration 1: layers.1.pre_activation becomes infinite")
    message = failed(capsys, "export", ARTICLE, "--to", "xlsx", "-o", str(out), "--iterations", "201")
    assert message == f"{out}: nothing was written: a spreadsheet has at most 200 iterations, each on a page of its own"
    assert not out.exists()
    assert list(tmp_path.glob(".*")) == []


@pytest.mark.parametrize(("to", "begins"), [("latex", r"\documentclass"), ("markdown", "# ")])
def test_an_iteration_is_written_for_notes(tmp_path: Path, to: str, begins: str) -> None:
    out = tmp_path / "notes"
    assert main(["export", ARTICLE, "--to", to, "-o", str(out), "--iteration", "3"]) == 0
    text = out.read_text(encoding="utf-8")
    assert text.startswith(begins)
    assert "iteration 3" in text
    assert main(["export", ARTICLE, "--to", to, "-o", str(out)]) == 0
    assert "iteration 0" in out.read_text(encoding="utf-8")


@pytest.mark.parametrize("to", ["latex", "markdown"])
def test_an_iteration_that_is_too_far_is_refused(to: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "notes"
    message = failed(capsys, "export", ARTICLE, "--to", to, "-o", str(out), "--iteration", "99999999999")
    assert message == "--iteration: expected at most 1000000, for all before it are computed, got 99999999999"
    assert list(tmp_path.iterdir()) == []


def test_nothing_stays_of_an_export_that_is_interrupted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> Iterator[bytes]:
        yield b"begun"
        raise KeyboardInterrupt

    monkeypatch.setattr("chainrule.model.exporting.notes.iteration_notes", interrupted)
    assert main(["export", ARTICLE, "--to", "latex", "-o", str(tmp_path / "notes")]) == 130
    assert list(tmp_path.iterdir()) == []


def test_what_an_export_left_that_was_killed_is_taken_away_by_the_next(tmp_path: Path) -> None:
    left = tmp_path / ".chainrule-0123456789abcdef.tmp"
    left.write_bytes(b"begun")
    os.utime(left, (0, 0))
    assert main(["export", ARTICLE, "--to", "markdown", "-o", str(tmp_path / "notes")]) == 0
    assert [path.name for path in tmp_path.iterdir()] == ["notes"]


def test_an_iteration_is_refused_where_the_format_has_no_use_for_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["export", ARTICLE, "--to", "csv", "-o", str(tmp_path / "a"), "--iteration", "3"]) == 2
    assert "--to csv has no use for --iteration" in capsys.readouterr().err


def test_the_option_that_a_format_takes_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    message = failed(capsys, "export", ARTICLE, "--to", "latex", "-o", "x.tex", "--iterations", "3")
    assert message == "--to latex has no use for --iterations; it takes --iteration N"
    message = failed(capsys, "export", ARTICLE, "--to", "csv", "-o", "x.csv", "--iteration", "3")
    assert message == "--to csv has no use for --iteration; it takes --iterations N"
    message = failed(capsys, "export", ARTICLE, "--to", "pytorch", "-o", "x.py", "--iteration", "3")
    assert message == "--to pytorch has no use for --iteration"


def test_the_help_says_which_format_takes_which_number(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["export", "--help"])
    words = " ".join(capsys.readouterr().out.split())
    assert "--iterations N how many (csv, xlsx, safetensors, pt)" in words
    assert "--iteration N which one: 0, 1, ... (latex, markdown)" in words
