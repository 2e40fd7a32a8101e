"""Whoever follows the guide's examples as they stand has what they promise; nothing else has to be changed."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.guide.examples import apply_to_a_copy, blocks
from tests.guide.names import ROOT

EXPERIMENT = {
    "format": "chainrule-experiment",
    "version": 2,
    "network": {
        "inputs": 2,
        "layers": [
            {"units": 3, "activation": {"name": "ScaledTanh", "slope": 0.5}},
            {"units": 1, "activation": {"name": "Identity"}},
        ],
    },
    "data": {"inputs": [[1, 2], [3, 4], [-1, 0.5]], "targets": [[1], [2], [0]]},
    "loss": {"name": "QuantileLoss", "quantile": 0.75},
    "optimizer": {"name": "Lion", "lr": 0.01},
}

# An added loss is found by it as it is.
OF_LOSSES = "tests/engine/program/test_losses.py"


@pytest.fixture(scope="module")
def followed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str]]:
    """A copy of the source in which the guide was followed, and the files that it changes."""
    root = tmp_path_factory.mktemp("followed")
    return root, apply_to_a_copy(root)


def run(root: Path, *arguments: str, status: int = 0) -> str:
    """Run Python on the copy; return what it prints."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    environment["PYTHONPATH"] = str(root / "src")
    done = subprocess.run(
        [sys.executable, *arguments], cwd=root, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout


def test_the_code_is_in_the_projects_style(followed: tuple[Path, list[str]]) -> None:
    root, paths = followed
    # Where blank lines go, and imports beside what others have added, `make format` knows.
    run(root, "-m", "ruff", "check", "--quiet", "--fix-only", *paths)
    run(root, "-m", "ruff", "format", "--quiet", *paths)
    run(root, "-m", "ruff", "check", "--quiet", *paths)


def test_what_is_added_trains_and_agrees_with_pytorch(followed: tuple[Path, list[str]]) -> None:
    root, _ = followed
    file = root / "added.chainrule"
    file.write_text(json.dumps(EXPERIMENT), encoding="utf-8")
    report = run(root, "-m", "chainrule", "verify", str(file), "--iterations", "12")
    for ref in ("layers.0.activation", "loss", "layers.0.weight.grad", "layers.0.weight.exp_avg.next"):
        assert re.search(rf"^{re.escape(ref)} .* agrees$", report, re.MULTILINE), report
    assert "refs agree." in report
    trained = json.loads(run(root, "-m", "chainrule", "train", str(file), "--iterations", "60", "--format", "json"))
    assert trained["final_loss"] < trained["losses"][0] / 2


def test_what_is_added_is_held_by_the_tests_that_are_there(followed: tuple[Path, list[str]]) -> None:
    root, paths = followed
    tests = [path for path in paths if Path(path).name.startswith("test_")]
    own = [block.path for block in blocks() if not block.how]
    tables = [path for path in tests if path not in own]
    assert len(tables) >= 3
    names = "ScaledTanh or Lion or QuantileLoss or wrong_arguments"
    printed = run(root, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", names, *tables, OF_LOSSES)
    assert int(re.findall(r"(\d+) passed", printed)[-1]) > 20


def test_the_tests_in_the_examples_pass(followed: tuple[Path, list[str]]) -> None:
    root, _ = followed
    own = [block.path for block in blocks() if not block.how and Path(block.path).name.startswith("test_")]
    assert own
    printed = run(root, "-m", "pytest", "-q", "-p", "no:cacheprovider", *own)
    passed = int(re.findall(r"(\d+) passed", printed)[-1])
    assert passed == sum(len(re.findall(r"^def test_", (root / path).read_text(), re.MULTILINE)) for path in own)


def test_a_picture_is_taken_as_contributing_says(tmp_path: Path) -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    (script,) = re.findall(r"<<'END'\n(.*?)^    END$", text, re.MULTILINE | re.DOTALL)
    lines = "\n".join(line.removeprefix("    ") for line in script.splitlines())
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "XDG_CONFIG_HOME": str(tmp_path)}
    environment["PYTHONPATH"] = str(ROOT / "src")
    subprocess.run([sys.executable, "-c", lines], cwd=tmp_path, env=environment, check=True, capture_output=True)
    assert (tmp_path / "window.png").stat().st_size > 10_000
