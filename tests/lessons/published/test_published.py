"""Printed numbers beside ours: right, or wrong by a method that gives just the printed digits."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from chainrule.catalog.arguments import SpecError
from chainrule.cli import main
from chainrule.commands.experiments import load
from chainrule.lessons.published.comparison import ComparedNumber, compare
from chainrule.lessons.published.table import published_numbers, read_published
from chainrule.resource_files import example_paths
from tests.commands.running import ARTICLE, MAZUR, failed, strict
from tests.experiments import mazur

TABLES = [(path, table) for path in example_paths() if (table := path.with_suffix(".published.csv")).exists()]


def mazur_by_torch(steps: int, *, updated: bool) -> float:
    """Mazur's loss after some steps, by torch alone: rightly, or through the second layer as it is after the step."""
    double = {"dtype": torch.float64}
    x, t = torch.tensor([0.05, 0.1], **double), torch.tensor([0.01, 0.99], **double)
    w1, w2 = torch.tensor([[0.15, 0.2], [0.25, 0.3]], **double), torch.tensor([[0.4, 0.45], [0.5, 0.55]], **double)
    for _ in range(steps + 1):
        a = torch.sigmoid(w1 @ x + 0.35)
        o = torch.sigmoid(w2 @ a + 0.6)
        loss = ((t - o) ** 2).sum() / 2
        delta = (o - t) * o * (1 - o)
        new = w2 - 0.5 * torch.outer(delta, a)
        w1 = w1 - 0.5 * torch.outer(((new if updated else w2).T @ delta) * a * (1 - a), x)
        w2 = new
    return float(loss)


def compared(text: str) -> tuple[ComparedNumber, ...]:
    return compare(mazur(), published_numbers(text, "table"), "table")


def test_there_is_a_table_for_each_published_example() -> None:
    assert {path.stem for path, _ in TABLES} == {
        "mazur-2-2-2", "cs231n-sigmoid-neuron", "cs231n-sigmoid-circuit", "karpathy-tanh-neuron",
        "nielsen-saturated-neuron",
    }  # fmt: skip


@pytest.mark.parametrize(("path", "table"), TABLES, ids=lambda path: path.stem)
def test_each_printed_number_that_is_not_known_as_wrong_is_right(path: Path, table: Path) -> None:
    numbers = [number for number in read_published(table) if number.iteration < 1000]
    found = compare(load(path), numbers, table.name)
    wrong = [
        (each.published.ref, each.published.iteration, each.published.given.text) for each in found if not each.is_right
    ]
    assert wrong == ([("loss", 1, "0.291027924")] if path.stem == "mazur-2-2-2" else [])


def test_mazurs_wrong_digits_come_from_the_updated_second_layer() -> None:
    (found,) = compared("ref,iteration,published\nloss,1,0.291027924\n")
    assert not found.is_right
    assert found.ours == pytest.approx(mazur_by_torch(1, updated=False), rel=1e-12)
    assert found.by_method == pytest.approx(mazur_by_torch(1, updated=True), rel=1e-12)
    assert f"{found.by_method:.9f}" == "0.291027924"
    assert "used the weights of layer 2 as updated already" in found.said[0]


def test_a_wrong_method_goes_on_as_far_as_the_table_does() -> None:
    wrong = mazur_by_torch(60, updated=True)
    later, first = compared(f"ref,iteration,published\nloss,60,{wrong:.10f}\nloss,1,0.291027924\n")
    assert later.by_method == pytest.approx(wrong, rel=1e-12)
    assert later.said == first.said
    # Alone it is too far for all wrong methods to be tried.
    (alone,) = compared(f"ref,iteration,published\nloss,60,{wrong:.10f}\n")
    assert not alone.is_right
    assert alone.by_method is None


def test_a_mistake_within_an_iteration_is_found_there() -> None:
    # The slope of the output is left out: 0.74136507 * 0.593269992.
    (found,) = compared('ref,index,published,note\nlayers.1.weight.grad,"0,0",0.439829649,dE/dw5\n')
    assert found.by_method == pytest.approx(0.439829649, abs=1e-9)
    assert "left out f′(z)" in found.said[0]


def test_right_is_what_rounds_to_the_printed_digits() -> None:
    rows = [("0.3", True), ("0.29837", True), ("0.298371", True), ("0.298372", False), ("0.298371108", False)]
    found = compared("ref,published\n" + "".join(f"loss,{text}\n" for text, _ in rows))
    assert [each.is_right for each in found] == [is_right for _, is_right in rows]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "table: there is no published number in it"),
        ("ref\nloss\n", "table: there is no column published"),
        ("ref,value\nloss,1\n", 'table: unknown column "value"; there can be ref, index, iteration, published, note'),
        ("ref,published,ref\n", "table: two columns have one name"),
        ("ref,published\nloss,one\n", "table, line 2: the published number cannot be read"),
        ("ref,published,index\nloss,1,-1\n", "table, line 2: expected an index such as 0,1, got"),
        ("ref,published,iteration\nloss,1,x\n", "table, line 2: expected an iteration from 0 to"),
        ("# a\nref,published\n\nlos,1\n", 'table, line 4: no value "los" in this experiment'),
        ("ref,published,index\nloss,1,0\n", "table, line 2: expected an index within the shape [], got [0]"),
    ],
)
def test_what_is_wrong_in_a_table_is_said_with_its_line(text: str, said: str) -> None:
    with pytest.raises(SpecError) as error:
        compared(text)
    assert str(error.value).startswith(said)
    assert str(error.value).isprintable()


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=80))
def test_any_text_is_a_table_or_refused_in_a_line(text: str) -> None:
    refused = ""
    try:
        published_numbers(f"ref,index,iteration,published,note\n{text}", "table")
    except SpecError as error:
        refused = str(error)
    assert refused.isprintable()


def test_the_command_takes_the_table_beside_the_file_or_another(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "own.csv"
    table.write_text("ref,iteration,published,note\nloss,0,0.298371109,first\nloss,1,0.291027924,\n", encoding="utf-8")
    assert main(["check", MAZUR, "--published", str(table)]) == 1
    out = capsys.readouterr().out
    assert "right  first" in out
    assert "2 published numbers: 1 right, 1 wrong." in out
    assert main(["check", MAZUR, "--published", str(table), "--format", "json"]) == 1
    first, second = strict(capsys.readouterr().out)["numbers"]
    assert (first["is_right"], second["is_right"], second["iteration"]) == (True, False, 1)
    nielsen = MAZUR.replace("mazur-2-2-2", "nielsen-saturated-neuron")
    assert main(["check", nielsen, "--published"]) == 0
    assert "2 published numbers: 2 right, 0 wrong." in capsys.readouterr().out
    assert "no such file" in failed(capsys, "check", ARTICLE, "--published")
    assert "not both" in failed(capsys, "check", MAZUR, "L=1", "--published")


def test_the_guide_prints_what_the_command_prints(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = (Path(__file__).parents[3] / "docs" / "published.md").read_text(encoding="utf-8")
    printed, table = (re.findall(rf"```{kind}\n(.*?)```", text, re.DOTALL)[0] for kind in ("text", "csv"))
    (tmp_path / "own.csv").write_text(table, encoding="utf-8")
    assert main(["check", MAZUR, "--published", str(tmp_path / "own.csv")]) == 1
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert all(" ".join(line.split()) in lines for line in printed.splitlines())
