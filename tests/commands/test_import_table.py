"""`chainrule import DATA.csv`: a table becomes an experiment that trains."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from chainrule.cli import main

ROWS = "length;kind\n" + "".join(f"{row % 3},{row};{'abc'[row % 3]}\n" for row in range(9))


def test_a_table_becomes_an_experiment_that_trains(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, out = tmp_path / "flowers.csv", tmp_path / "flowers.chainrule"
    source.write_text(ROWS + ";a\n", encoding="cp1252")
    assert main(["import", str(source), "-o", str(out), "--hidden", "3"]) == 0
    said = capsys.readouterr()
    assert said.err.endswith(
        "9 rows, 1 dropped for missing values (row 10); 1 input; 3 classes of “kind” (a, b, c). The network has "
        "1 input, a hidden layer of 3 units (Tanh), 3 outputs; "
        "it is trained with CrossEntropyLoss and SGD at a rate of 0.1.\n"
    )
    raw = json.loads(out.read_text(encoding="utf-8"))
    assert raw["version"] == 3
    assert raw["data"]["class_names"] == ["a", "b", "c"]
    assert [layer["units"] for layer in raw["network"]["layers"]] == [3, 3]
    assert main(["train", str(out), "--iterations", "3", "--format", "json"]) == 0
    losses = json.loads(capsys.readouterr().out)["losses"]
    assert losses[2] < losses[0]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--target", "nothing"), 'there is no column "nothing"; there are length, kind'),
        (("--missing", "often"), 'expected drop, mean, median, frequent or a number, got "often"'),
        (("--encoding", "klingon"), "this is no text in klingon"),
        (("--hidden", "a"), "expected units such as 8 or 8,4, got a"),
        (("--leave-out", "length"), "no column is an input"),
    ],
)
def test_what_is_refused_is_one_line(
    options: tuple[str, ...], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source, out = tmp_path / "flowers.csv", tmp_path / "flowers.chainrule"
    source.write_text(ROWS, encoding="utf-8")
    assert main(["import", str(source), "-o", str(out), *options]) == 2
    said = capsys.readouterr().err
    assert message in said
    assert said.count("\n") == 1
    assert not out.exists()


def test_a_table_is_not_written_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, link, hard = tmp_path / "flowers.csv", tmp_path / "link", tmp_path / "hard"
    source.write_text(ROWS, encoding="utf-8")
    os.link(source, hard)
    outs = [source, hard]
    with suppress(OSError):
        link.symlink_to(source)
        outs.append(link)
    for out in outs:
        assert main(["import", str(source), "-o", str(out)]) == 2
        assert capsys.readouterr().err == (
            f"chainrule: {out}: this is the file that is read, and would be lost: name another\n"
        )
        assert source.read_text(encoding="utf-8") == ROWS


def test_a_message_names_the_file_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source, arrays, single = tmp_path / "x.csv", tmp_path / "x.npz", tmp_path / "single.csv"
    source.write_text("a,b\n1,2,3\n", encoding="utf-8")
    single.write_text("a\n1\n2\n", encoding="utf-8")
    np.savez(arrays, x=np.array([None]))
    for path, message in (
        (source, "row 1 has 3 cells, more than the 2 of the first line"),
        (arrays, "array x: expected an array of numbers, got one of object"),
        (tmp_path / "none.csv", "cannot be read: no such file or folder"),
        (single, "no column is an input: choose at least one"),
    ):
        assert main(["import", str(path), "-o", str(tmp_path / "out.chainrule")]) == 2
        assert capsys.readouterr().err == f"chainrule: {path}: {message}\n"


def test_images_to_train_with_come_without_those_to_test_with(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As Keras keeps MNIST."""
    source, out = tmp_path / "mnist.npz", tmp_path / "mnist.chainrule"
    pixels = np.arange(20 * 2 * 3, dtype=np.uint8).reshape(20, 2, 3)
    labels = np.arange(20, dtype=np.uint8) % 3
    np.savez(source, x_test=pixels[:5], x_train=pixels[5:], y_train=labels[5:], y_test=labels[:5])
    assert main(["import", str(source), "-o", str(out), "--raw"]) == 0
    assert capsys.readouterr().err.startswith(
        f"{source}: 15 rows; 6 inputs; 3 classes of “y_train” (0, 1, 2). "
        "“x_test”, “y_test” stay out: they are to test with. "
    )
    raw = json.loads(out.read_text(encoding="utf-8"))
    assert raw["data"]["inputs"] == pixels[5:].reshape(15, 6).tolist()
    assert raw["data"]["targets"] == [[label] for label in labels[5:].tolist()]
