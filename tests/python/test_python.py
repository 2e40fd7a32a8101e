"""`import chainrule`: experiments loaded, traced, trained, verified, shown, and drawn in a notebook that is run."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import warnings
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import nbclient
import nbformat
import pytest
import torch

import chainrule
from chainrule.model.files.storage import read_open_file
from chainrule.resource_files import OPENING_EXAMPLE, example_paths
from tests.explain.code.running import source_of


@pytest.fixture(scope="module")
def article() -> Any:
    return chainrule.load(OPENING_EXAMPLE)


def test_the_package_alone_imports_no_torch() -> None:
    code = "import sys, chainrule; assert 'torch' not in sys.modules; assert 'train' in dir(chainrule)"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_what_is_not_public_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'chainrule' has no attribute 'nothing'"):
        _ = chainrule.nothing


def test_a_trace_has_every_number(article: Any) -> None:
    first, second = chainrule.trace(article, 2)
    assert first.loss == pytest.approx(4.9193)
    assert second.iteration == 1
    assert [step.phase for step in first.steps] == sorted(
        (step.phase for step in first.steps), key=["forward", "loss", "backward", "update"].index
    )
    for step in first.steps:
        assert torch.equal(step.value, first.values[step.ref])
        assert step.equation


def test_training_goes_on_to_the_same_bits(article: Any) -> None:
    whole = chainrule.train(article, 10)
    half = chainrule.train(article, 4)
    rest = half.experiment.train(6)
    assert (*half.losses, *rest.losses) == whole.losses
    assert rest.final_loss == whole.final_loss
    assert torch.equal(rest.parameters["layers.0.weight"], whole.parameters["layers.0.weight"])


def test_it_is_verified(article: Any) -> None:
    assert chainrule.verify(article, 3).agrees


def test_a_file_is_written_and_read(article: Any, tmp_path: Path) -> None:
    path = article.save(tmp_path / "mine.chainrule")
    assert chainrule.load(path) == article


# The article's script as it stands, but for a seed: without one it is said that the seed 0 was chosen.
SCRIPT = source_of("article").replace("import torch\n", "import torch\ntorch.manual_seed(0)\n", 1)


def test_a_script_becomes_an_experiment() -> None:
    experiment = chainrule.Experiment.from_script(SCRIPT, "mine")
    assert repr(experiment).startswith('<chainrule.Experiment "mine": network 2 inputs → 2 ReLU → 1; parameters 9')


def test_what_cannot_be_done_is_a_value_error(article: Any, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no such file"):
        chainrule.load(tmp_path / "none.chainrule")
    for count in (0, -1, 2.5, True, None, "3"):
        for ask in (article.train, article.trace, article.verify):
            with pytest.raises(ValueError, match=f"expected from 1 to 1000000 iterations, got {count!r}"):
                ask(count)
    with pytest.raises(ValueError, match="this is not Python"):
        chainrule.Experiment.from_script("x = = 1")


def test_a_script_that_would_have_other_numbers_is_refused_by_its_lines() -> None:
    source = "from torch import nn\nmodel = nn.Sequential(nn.Conv2d(1, 2, 3), nn.Linear(4, 2))"
    with pytest.raises(
        ValueError, match=r"^the script does not hold its inputs and targets: .*; line 2: torch.nn.Conv2d"
    ):
        chainrule.Experiment.from_script(source)
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        experiment = chainrule.Experiment.from_script(source, strict=False)
    texts = [str(each.message) for each in warned]
    assert {each.filename for each in warned} == {__file__}
    for said in ("line 2: torch.nn.Conv2d", "inputs and targets", "CrossEntropyLoss was chosen", "SGD", "no seed"):
        assert any(said in text for text in texts)
    assert experiment.spec.network.outputs == 2


def test_what_was_chosen_for_a_script_is_a_warning() -> None:
    lines = [line for line in SCRIPT.splitlines() if "optim" not in line]
    with pytest.warns(UserWarning, match="the script has no optimizer: SGD with a learning rate of 0.01 was chosen"):
        chainrule.Experiment.from_script("\n".join(lines))


def test_where_a_script_has_no_network_the_error_names_what_it_has() -> None:
    with pytest.raises(ValueError, match=r"^no network was found in it: .*; line 2: torch.nn.Conv2d is no layer"):
        chainrule.Experiment.from_script("from torch import nn\nmodel = nn.Conv2d(1, 2, 3)")


def test_an_overflow_is_an_arithmetic_error() -> None:
    experiment = chainrule.Experiment.from_script(SCRIPT.replace("lr=0.01", "lr=1e30"))
    with pytest.raises(ArithmeticError, match="became infinite or not a number"):
        experiment.train(20)


# Without a display the program walks through one iteration in the terminal.
WITHOUT_DISPLAY = {
    name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
}


def shown(experiment: Any, monkeypatch: pytest.MonkeyPatch, **given: Any) -> tuple[int, str, str]:
    """The exit status, output and errors of what `show` starts."""
    popen = subprocess.Popen
    monkeypatch.setattr(subprocess, "Popen", lambda command, stdin: popen(command, stdin=stdin, **given))
    process = experiment.show()
    output, errors = process.communicate(timeout=120)
    return process.returncode, output, errors


def test_the_window_takes_the_experiment_from_its_input_and_no_file_stays(
    article: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    half = article.train(2).experiment
    given = {"env": WITHOUT_DISPLAY, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    status, output, errors = shown(half, monkeypatch, **given)
    assert (status, errors) == (0, "")
    assert output.count("micro-step") == 17
    assert f"{half.trace()[0].loss:.4g}"[:5] in output
    assert list(tmp_path.iterdir()) == []


def test_large_data_are_handed_over_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    x = torch.randn(30_000, 40, generator=torch.Generator().manual_seed(0))
    large = chainrule.Experiment.from_module(torch.nn.Linear(40, 1), x, x.sum(1, keepdim=True))
    read: list[Any] = []

    def start(command: list[str], stdin: Any) -> None:
        read.append(read_open_file(stdin, "standard input"))

    monkeypatch.setattr(subprocess, "Popen", start)
    large.show()
    assert read == [large.spec]


def test_what_is_no_experiment_is_refused_in_a_line() -> None:
    command = [sys.executable, "-m", "chainrule", "--from-python"]
    done = subprocess.run(command, input="{", capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "chainrule: $: the file ends too early, at line 1, column 2\n"


@pytest.mark.parametrize("path", example_paths(), ids=lambda path: path.stem)
def test_each_example_is_drawn(path: Path) -> None:
    page = ET.fromstring(chainrule.load(path)._repr_html_())
    assert page.findall(".//details//tr")


def test_the_drawing_has_a_circle_a_unit_and_a_line_a_weight(article: Any) -> None:
    page = ET.fromstring(article._repr_html_())
    svg = "{http://www.w3.org/2000/svg}"
    assert len(page.findall(f".//{svg}circle")) == 5
    lines = page.findall(f".//{svg}line")
    assert sorted(float(str(line.findtext(f"{svg}title"))) for line in lines) == [-0.6, 0.1, 0.2, 0.3, 0.4, 0.5]
    assert [line.get("stroke") for line in lines if line.findtext(f"{svg}title") == "-0.6"] == ["#dd6b20"]


def test_a_title_is_no_html() -> None:
    experiment = chainrule.Experiment.from_script(SCRIPT, "<script>alert(1)</script>")
    assert "<script" not in experiment._repr_html_()


def test_a_notebook_runs(tmp_path: Path) -> None:
    cells = [
        "import chainrule, torch\nfrom torch import nn\ntorch.manual_seed(0)",
        "model = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1))\n"
        "optimizer = torch.optim.SGD(model.parameters(), lr=0.1)\n"
        "x, y = torch.randn(4, 2), torch.randn(4, 1)\n"
        "experiment = chainrule.Experiment.from_module(model, x, y, nn.MSELoss(), optimizer)\nexperiment",
        "losses = []\nfor _ in range(5):\n    optimizer.zero_grad()\n    loss = nn.MSELoss()(model(x), y)\n"
        "    losses.append(loss.item())\n    loss.backward()\n    optimizer.step()\n"
        "max(abs(a - b) for a, b in zip(losses, experiment.train(5).losses)) < 1e-5",
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    nbclient.NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    shown = notebook.cells[1].outputs[0]["data"]
    assert "<svg" in shown["text/html"]
    assert shown["text/plain"].startswith('<chainrule.Experiment "Sequential"')
    assert notebook.cells[2].outputs[0]["data"]["text/plain"] == "True"


def test_the_example_of_the_readme_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    code = readme.partition("### In Python")[2].partition("```python\n")[2].partition("```")[0]
    monkeypatch.setattr(subprocess, "Popen", lambda command, **given: None)
    monkeypatch.chdir(tmp_path)
    exec(compile(code, "README.md", "exec"), {})
    assert (tmp_path / "mine.chainrule").exists()
