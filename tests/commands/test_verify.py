"""`chainrule verify`: the table, the JSON, and the exit status that says whether all agree."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from chainrule.catalog.arguments import Choice
from chainrule.catalog.values import refs
from chainrule.cli import main
from chainrule.commands.report_text import report_json, report_lines
from chainrule.engine.kernels.activations import KERNELS
from chainrule.engine.machine.check import check_experiment
from chainrule.engine.referee.report import Comparison, Report, ReportRow
from chainrule.engine.trace import Executor
from chainrule.model.files.storage import encode_experiment, read_experiment
from chainrule.resource_files import example_paths
from tests.engine.referee.test_verification import BROKEN
from tests.experiments import article, mazur, sgd

EXAMPLES = {path.stem: str(path) for path in example_paths()}
SMOOTH = mazur(frozen=frozenset(), optimizer=sgd(0.5, momentum=0.9))


@pytest.fixture
def smooth(tmp_path: Path) -> str:
    """A file with Mazur's network, all trained, with momentum."""
    path = tmp_path / "smooth.chainrule"
    path.write_bytes(encode_experiment(SMOOTH))
    return str(path)


def verified(capsys: pytest.CaptureFixture[str], status: int, *argv: str) -> str:
    """What the command prints, with that exit status and nothing on stderr."""
    assert main(["verify", *argv]) == status
    output = capsys.readouterr()
    assert output.err == ""
    return output.out


def row_of(text: str, ref: str) -> list[str]:
    """The words of one line of the table."""
    return next(line.split() for line in text.splitlines() if line.split()[:1] == [ref])


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_examples_agree(capsys: pytest.CaptureFixture[str], name: str) -> None:
    text = verified(capsys, 0, EXAMPLES[name], "--iterations", "3")
    program = Executor(check_experiment(read_experiment(Path(EXAMPLES[name])))).program
    for step in program.steps:
        # What torch forgets is held in what is made from it.
        *_, before, last = row_of(text, step.writes)
        assert last == "agrees" or (before == "see" and row_of(text, last)[-1] == "agrees")
    assert text.splitlines()[-1] == f"All {len(program.steps)} refs agree."
    assert "3 iterations" in text.splitlines()[0]


def test_json_is_one_object_with_a_row_for_each_ref(capsys: pytest.CaptureFixture[str], smooth: str) -> None:
    found = json.loads(verified(capsys, 0, smooth, "--format", "json"))
    assert list(found) == ["title", "dtype", "iterations", "agrees", "first", "overflow", "rows"]
    assert (found["iterations"], found["agrees"], found["first"], found["overflow"]) == (10, True, None, None)
    assert [row["ref"] for row in found["rows"]] == [step.writes for step in Executor(SMOOTH).program.steps]
    keys = ["ref", "agrees", "autograd", "torch.optim", "finite_differences", "run", "seen_in", "note"]
    for row in found["rows"]:
        assert list(row) == keys
        assert (row["autograd"] is None) == row["ref"].endswith(".next") == (row["torch.optim"] is not None)
        assert row["run"]["compared"] > 0
        for referee in keys[2:5]:
            if row[referee]:
                assert 0 <= row[referee]["relative"] <= row[referee]["tolerance"]


@pytest.mark.parametrize("what", BROKEN)
@pytest.mark.parametrize("output", ["text", "json"])
def test_an_error_in_a_table_ends_with_status_1_and_the_row_says_which(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], smooth: str, what: str, output: str
) -> None:
    entries, name, change, ref, referee = BROKEN[what]
    monkeypatch.setitem(entries, name, replace(entries[name], **change) if isinstance(change, dict) else change)
    text = verified(capsys, 1, smooth, "--format", output)
    column = {"differences": "finite differences", "optimizer": "torch.optim"}.get(referee, referee)
    if output == "text":
        words = " ".join(row_of(text, ref))
        assert "DIFFERS <-- " in words
        assert column in words
        assert text.splitlines()[-1].endswith(f"the first is {ref}, in iteration 0.")
    else:
        found = json.loads(text)
        assert (found["agrees"], found["first"]) == (False, {"iteration": 0, "ref": ref})
        row: Any = next(row for row in found["rows"] if row["ref"] == ref)
        assert row["agrees"] is False
        assert row[column.replace(" ", "_")]["agrees"] is False


def test_rows_that_agree_are_not_marked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: Any) -> None:
    """In the first iteration a wrong slope of the first layer spoils nothing above it."""
    relu = KERNELS["ReLU"]
    assert relu.slope is not None
    slope = relu.slope
    monkeypatch.setitem(KERNELS, "ReLU", replace(relu, slope=lambda z, a: 2 * slope(z, a)))  # type: ignore[arg-type]
    path = tmp_path / "article.chainrule"
    path.write_bytes(encode_experiment(article()))
    text = verified(capsys, 1, str(path), "--iterations", "1")
    marked = [line.split()[0] for line in text.splitlines() if "DIFFERS" in line]
    # Of the gradients that follow from it only the loss itself, a little above and below, knows that they are wrong.
    assert marked == [f"layers.0.{name}" for name in ("pre_activation.grad", "weight.grad", "bias.grad")]


def test_a_run_that_overflows_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "wild.chainrule"
    path.write_bytes(encode_experiment(article(optimizer=sgd(1e100))))
    text = verified(capsys, 0, str(path))
    assert "2 iterations" in text.splitlines()[0]
    assert "Iteration 1: loss became infinite or not a number (NaN), as it does in PyTorch." in text
    found = json.loads(verified(capsys, 0, str(path), "--format", "json"))
    assert found["overflow"] == {"iteration": 1, "ref": "loss"}


def test_a_schedule_that_is_over_says_so_and_is_no_overflow(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    scheduler = Choice("OneCycleLR", {"max_lr": 0.1, "total_steps": 4, "interval": "iteration"})
    path = tmp_path / "cycle.chainrule"
    optimizer = Choice("SGD", {"lr": 0.01, "momentum": 0.5})
    path.write_bytes(encode_experiment(replace(article(), optimizer=optimizer, scheduler=scheduler)))
    text = verified(capsys, 0, str(path), "--iterations", "9")
    reason = "OneCycleLR has 4 steps; this would be the 6th rate, which torch refuses"
    assert f"Iteration 4: {reason}. Nothing later was compared." in text
    assert "infinite" not in text


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["verify"], "the following arguments are required: FILE; see chainrule verify --help"),
        (
            ["verify", "{smooth}", "--iterations", "0"],
            "argument --iterations: expected an integer from 1 to 9007199254740992, got "
            '"0"; see chainrule verify --help',
        ),
        (["verify", "none.chainrule"], "none.chainrule: cannot be read: no such file or folder"),
    ],
)
def test_errors_are_one_line_and_status_2(
    capsys: pytest.CaptureFixture[str], smooth: str, argv: list[str], message: str
) -> None:
    assert main([part.format(smooth=smooth) for part in argv]) == 2
    output = capsys.readouterr()
    assert (output.out, output.err) == ("", f"chainrule: {message}\n")


# ------------------------------------------------------------------------------------------ what is seldom printed


def test_skipped_differences_infinite_ones_and_uncompared_refs_are_said() -> None:
    inf = float("inf")
    same, apart = Comparison(0.0, 0.0, 1e-10, 4), Comparison(inf, inf, 1e-10, 4)
    rows = (
        ReportRow(refs.LOSS, autograd=apart),
        ReportRow(refs.grad(refs.weight(0)), autograd=same, differences=Comparison(1e-9, 1e-9, 1e-6, 3, skipped=2)),
        ReportRow(refs.grad(refs.bias(0)), autograd=same, differences=Comparison(0.0, 0.0, 1e-6, 0, skipped=1)),
        ReportRow(refs.optimizer_state(refs.weight(0), "denom"), seen_in=refs.next_value(refs.weight(0))),
        ReportRow(refs.next_value(refs.weight(0))),
    )
    report = Report(rows, 1, first=(0, refs.LOSS), overflow=(0, refs.LOSS))
    text = "\n".join(report_lines(article(), report))
    assert row_of(text, "loss") == ["loss", "∞", "∞", "-", "-", "-", "-", "DIFFERS", "<--", "autograd"]
    assert row_of(text, "layers.0.weight.grad")[-3:] == ["3", "-", "agrees"]
    assert row_of(text, "layers.0.weight.denom")[-2:] == ["see", "layers.0.weight.next"]
    assert row_of(text, "layers.0.weight.next")[-2:] == ["not", "reached"]
    assert row_of(text, "layers.0.bias.grad")[3:] == ["cannot", "tell", "0", "-", "agrees"]
    assert "3 finite differences cannot tell" in text
    assert "loss became infinite or not a number (NaN). Nothing later" in text
    assert "1 ref of 5 differs; the first is loss, in iteration 0." in text
    assert json.loads(report_json(article(), report))["rows"][0]["autograd"]["absolute"] == "inf"


def test_how_many_numbers_the_finite_differences_are_of_is_said_where_not_all_are() -> None:
    size = Comparison(0.0, 0.0, 1e-10, 64)
    row = ReportRow(refs.grad(refs.weight(0)), autograd=size, differences=Comparison(0.0, 0.0, 1e-6, 3, skipped=1))
    line = "Finite differences were taken of a sample: 4 of 64 numbers in gradients."
    assert line in list(report_lines(article(), Report((row,), 1)))
    whole = replace(row, differences=Comparison(0.0, 0.0, 1e-6, 62, skipped=2))
    assert not any("sample" in text for text in report_lines(article(), Report((whole,), 1)))
