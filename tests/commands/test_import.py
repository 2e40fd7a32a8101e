"""`chainrule import`: an experiment of a script, with what is said of its lines on stderr."""

from __future__ import annotations

from pathlib import Path

import pytest

from chainrule.cli import main
from chainrule.model.files.storage import read_experiment
from tests.commands.running import failed
from tests.explain.code.running import source_of


@pytest.fixture
def script(tmp_path: Path) -> Path:
    path = tmp_path / "article.py"
    path.write_text(source_of("article"), encoding="utf-8")
    return path


def test_the_articles_script_loads_as_it_stands(
    script: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out.chainrule"
    assert main(["import", str(script), "-o", str(out)]) == 0
    experiment = read_experiment(out)
    assert experiment.title == "article"
    assert [layer.activation.name for layer in experiment.network.layers] == ["ReLU", "Identity"]
    assert experiment.data.inputs == ((1.0, 2.0), (3.0, 4.0))
    assert (experiment.loss.name, experiment.optimizer.name, experiment.optimizer["lr"]) == ("MSELoss", "SGD", 0.01)
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err == (
        f"{script}: line 7: the script sets no seed, so that each of its runs draws others; "
        "drawn here as with the seed 0\n"
    )


def test_strict_writes_nothing_where_a_line_that_changes_numbers_was_left_out(
    script: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = script.read_text(encoding="utf-8").replace("x = self.fc2(x)", "x = self.fc2(torch.fft(x))")
    script.write_text(text, encoding="utf-8")
    out = tmp_path / "out.chainrule"
    assert main(["import", str(script), "-o", str(out), "--strict"]) == 2
    left_out, _, refused = capsys.readouterr().err.splitlines()
    assert left_out == f"{script}: line 12: torch.fft(x) is not understood, and was left out"
    assert refused == (
        f"chainrule: {out} was not written: not all of {script} was understood, and --strict asks for that"
    )
    assert not out.exists()
    assert main(["import", str(script), "-o", str(out)]) == 0
    assert out.exists()


def test_what_makes_no_network_is_refused(script: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    script.write_text("print('hello')", encoding="utf-8")
    message = failed(capsys, "import", str(script), "-o", str(tmp_path / "out.chainrule"))
    assert message == (f"{script}: no network was found in it: layers of torch.nn.Linear that numbers go through")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (
            "model.jpg",
            "model.jpg: expected a file that ends in .py, .pt, .pth, .safetensors, .csv, .tsv, .txt, .xlsx, .npy "
            'or .npz, got ".jpg"',
        ),
        ("none.py", "none.py: cannot be read: no such file or folder"),
    ],
)
def test_files_that_cannot_be_imported(
    name: str, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert failed(capsys, "import", name, "-o", "out.chainrule") == message


def test_what_is_no_text_is_refused(script: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    script.write_bytes(b"x = '\xff'")
    message = failed(capsys, "import", str(script), "-o", str(tmp_path / "out.chainrule"))
    assert message == f"{script}: expected UTF-8 text, but byte 6 is 0xff"


def test_a_script_in_the_place_of_an_experiment_is_told_of_import(
    script: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert failed(capsys, str(script)) == (
        f"{script} is a script, not an experiment; chainrule import makes one of it, with -o OUT"
    )
