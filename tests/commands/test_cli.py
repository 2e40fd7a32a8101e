"""The commands: what they print, with which status they end, and what they leave alone."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from itertools import islice
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

import chainrule.ui
from chainrule import __version__, cli, commands, display, resource_files, system_libraries
from chainrule.catalog.arguments import Choice
from chainrule.catalog.experiment.spec import DataSpec
from chainrule.catalog.values import refs
from chainrule.cli import main
from chainrule.engine import evaluation
from chainrule.engine.machine.check import check_experiment
from chainrule.engine.trace import Executor
from chainrule.explain.equations import explain_step
from chainrule.explain.names.notation import Notation
from chainrule.explain.names.steps import step_title
from chainrule.model.files.storage import encode_experiment, read_experiment
from chainrule.resource_files import OPENING_EXAMPLE, example_paths, resources_directory
from tests.experiments import article, dense

EXAMPLES = {path.stem: path for path in example_paths()}
MAZUR = str(EXAMPLES["mazur-2-2-2"])
ARTICLE = str(OPENING_EXAMPLE)
KEYS = ["iteration", "index", "phase", "kind", "ref", "reads", "value", "equation"]
NINE_DIGITS = 5e-10


def strict(text: str) -> Any:
    """JSON without NaN and Infinity, which Python's own parser would let through."""

    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    return json.loads(text, parse_constant=refuse)


def failed(capsys: pytest.CaptureFixture[str], *argv: str) -> str:
    """The one line with which a command fails."""
    assert main(argv) == 2
    error = capsys.readouterr().err
    assert error.startswith("chainrule: ")
    assert error.count("\n") == 1
    assert error.strip().isprintable()
    return error.removeprefix("chainrule: ").strip()


def process(*argv: str, **environ: str) -> subprocess.CompletedProcess[str]:
    """The program in a process of its own, without a display unless one is given."""
    kept = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")}
    command = [sys.executable, "-m", "chainrule", *argv]
    return subprocess.run(
        command, capture_output=True, encoding="utf-8", env={**kept, **environ}, check=False, timeout=120
    )


def process_in_shell(words: str) -> subprocess.CompletedProcess[str]:
    """The program as a shell starts it, without a display."""
    kept = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")}
    command = ["sh", "-c", f"{sys.executable} -m chainrule {words}"]
    return subprocess.run(command, capture_output=True, encoding="utf-8", env=kept, check=False, timeout=120)


@pytest.fixture
def written(tmp_path: Path) -> Any:
    """Writes an experiment and gives its path as an argument."""

    def write(name: str, **changes: Any) -> str:
        path = tmp_path / f"{name}.chainrule"
        path.write_bytes(encode_experiment(article(**changes)))
        return str(path)

    return write


# --------------------------------------------------------------------------------------------------------- trace


@pytest.mark.parametrize("name", EXAMPLES)
def test_trace_prints_every_value_of_the_executor(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["trace", str(EXAMPLES[name]), "--iterations", "3", "--format", "json"]) == 0
    lines = [strict(line) for line in capsys.readouterr().out.splitlines()]
    experiment = check_experiment(read_experiment(EXAMPLES[name]))
    executor = Executor(experiment)
    expected = [
        {
            "iteration": trace.iteration,
            "index": index,
            "phase": step.phase.value,
            "kind": step.kind.value,
            "ref": step.writes,
            "reads": list(step.reads),
            "value": trace.values[step.writes].tolist(),
            "equation": explain_step(experiment, executor.program, step),
        }
        for trace in islice(executor.iterations(), 3)
        for index, step in enumerate(executor.program.steps)
    ]
    assert lines == expected
    assert all(list(line) == KEYS for line in lines)


def test_the_trace_s_values_can_be_computed_from_each_other(capsys: pytest.CaptureFixture[str]) -> None:
    """The first z of the article's network, by hand, from what the file holds."""
    assert main(["trace", ARTICLE, "--format", "json"]) == 0
    first = strict(capsys.readouterr().out.splitlines()[0])
    assert first["reads"] == ["input", "layers.0.weight", "layers.0.bias"]
    assert first["value"] == [pytest.approx(row, abs=1e-15) for row in ([0.5, 1.1], [1.1, 2.5])]


def test_the_text_has_each_title_equation_and_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["trace", ARTICLE]) == 0
    text = capsys.readouterr().out
    experiment = article()
    for index, step in enumerate(Executor(experiment).program.steps):
        title = step_title(Notation.of(experiment), step)
        assert f"{title}  (iteration 0, micro-step {index + 1} of 17: {step.writes})\n" in text
    assert "sample 1: z₁⁽¹⁾ = w₁₁⁽¹⁾·x₁ + w₁₂⁽¹⁾·x₂ + b₁⁽¹⁾ = (0.1)(1) + (0.2)(2) + 0 = 0.5\n" in text
    assert "  The loss is one number for how wrong the outputs are" in text
    assert text.count("    new w") == 6


def test_a_wide_layer_is_cut_short(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "wide.chainrule"
    path.write_bytes(encode_experiment(dense((3, 40, 2), rows=1)))
    assert main(["trace", str(path)]) == 0
    text = capsys.readouterr().out
    assert "z₈⁽¹⁾ = " in text
    assert "z₉⁽¹⁾ = " not in text
    assert "    and 32 more numbers\n" in text


def test_samples_have_the_numbers_of_their_rows(capsys: pytest.CaptureFixture[str], written: Any) -> None:
    data = replace(article().data, inputs=((1.0, 2.0),) * 3, targets=((1.0,),) * 3, batch_size=2)
    assert main(["trace", written("batches", data=data), "--iterations", "2"]) == 0
    first, second = capsys.readouterr().out.split("iteration 1, micro-step 1 of")
    assert "sample 1: ŷ" in first
    assert "sample 2: ŷ" in first
    # The last batch has one sample, and needs no number.
    assert "sample 3" not in first + second
    shuffled = replace(data, shuffle=True, batch_size=2, seed=1)
    assert main(["trace", written("shuffled", data=shuffled)]) == 0
    rows = Executor(article(data=shuffled)).trace(Executor(article(data=shuffled)).initial_state()).rows
    assert rows != (0, 1)
    text = capsys.readouterr().out
    assert all(f"sample {row + 1}: ŷ" in text for row in rows)


# --------------------------------------------------------------------------------------------------------- train


def trained(capsys: pytest.CaptureFixture[str], path: str, iterations: int, *more: str) -> Any:
    assert main(["train", path, "--iterations", str(iterations), "--format", "json", *more]) == 0
    return strict(capsys.readouterr().out)


def test_mazur_s_numbers(capsys: pytest.CaptureFixture[str]) -> None:
    found = trained(capsys, MAZUR, 2)
    assert list(found) == ["losses", "lr", "parameters", "final_loss"]
    assert found["losses"] == pytest.approx([0.298371109, 0.29102777369], abs=NINE_DIGITS)
    assert found["lr"] == [0.5, 0.5]
    once = trained(capsys, MAZUR, 1)["parameters"]
    first, second = once["layers.0.weight"], once["layers.1.weight"]
    assert first[0] + first[1] == pytest.approx([0.149780716, 0.19956143, 0.24975114, 0.29950229], abs=5e-9)
    published = [0.35891648, 0.408666186, 0.511301270, 0.561370121]
    assert second[0] + second[1] == pytest.approx(published, abs=5e-9)
    assert (once["layers.0.bias"], once["layers.1.bias"]) == ([0.35, 0.35], [0.6, 0.6])


def test_training_is_the_executor_s(capsys: pytest.CaptureFixture[str]) -> None:
    path = EXAMPLES["seven-segment-digits"]
    found = trained(capsys, str(path), 5)
    executor = Executor(check_experiment(read_experiment(path)))
    traces = list(islice(executor.iterations(), 6))
    assert found["losses"] == [trace.values[refs.LOSS].item() for trace in traces[:5]]
    assert found["lr"] == [2.0] * 5
    expected = {ref: traces[5].values[ref].tolist() for ref in executor.program.parameters}
    assert found["parameters"] == expected
    assert list(found["parameters"]) == list(expected)


def test_rows_held_back_add_their_losses(capsys: pytest.CaptureFixture[str], written: Any) -> None:
    experiment = replace(article(), data=replace(article().data, test_size=0.5))
    path = written("tested", data=experiment.data)
    found = trained(capsys, path, 3)
    assert list(found) == ["losses", "lr", "test_losses", "parameters", "final_loss", "final_test_loss"]
    executor = Executor(experiment)
    *traces, following = islice(executor.iterations(), 4)
    assert found["losses"] == [trace.values[refs.LOSS].item() for trace in traces]
    tests = [executor.evaluator.evaluate(trace.values, "test").loss.item() for trace in traces]
    assert found["test_losses"] == tests
    assert main(["train", path, "--iterations", "1"]) == 0
    line = capsys.readouterr().out.splitlines()[0]
    assert line == f"iteration 0  loss {found['losses'][0]!r}  lr 0.01  test loss {tests[0]!r}"
    assert found["final_test_loss"] == executor.evaluator.evaluate(following.values, "test").loss.item()
    assert main(["train", path, "--iterations", "3"]) == 0
    last = f"with the final parameters  loss {found['final_loss']!r}  test loss {found['final_test_loss']!r}\n"
    assert last in capsys.readouterr().out


def test_the_loss_after_batches_says_that_it_is_of_all_rows(capsys: pytest.CaptureFixture[str], written: Any) -> None:
    path = written("batches", data=replace(article().data, batch_size=1))
    found = trained(capsys, path, 3)
    assert main(["train", path, "--iterations", "3"]) == 0
    last = f"with the final parameters, on all training rows  loss {found['final_loss']!r}\n"
    assert last in capsys.readouterr().out


@pytest.mark.parametrize("batch_size", [None, 2])
def test_the_final_loss_is_torch_s_of_the_final_parameters(
    capsys: pytest.CaptureFixture[str], written: Any, batch_size: int | None
) -> None:
    """On all training rows, whatever a batch has, and not on those held back."""
    inputs, targets = tuple((x / 7, 1 - x / 5) for x in range(8)), tuple((x / 3,) for x in range(8))
    path = written("held", data=DataSpec(inputs, targets, batch_size=batch_size, test_size=0.25))
    found = trained(capsys, path, 5)
    network = torch.nn.Sequential(torch.nn.Linear(2, 2), torch.nn.ReLU(), torch.nn.Linear(2, 1)).double()
    names = {"layers.0": "0", "layers.1": "2"}
    weights = {
        f"{names[ref[:8]]}.{ref[9:]}": torch.tensor(given, dtype=torch.float64)
        for ref, given in found["parameters"].items()
    }
    network.load_state_dict(weights)
    criterion = torch.nn.MSELoss()
    with torch.no_grad():
        outputs = network(torch.tensor(inputs, dtype=torch.float64))
        expected = torch.tensor(targets, dtype=torch.float64)
    # The last quarter is held back.
    assert found["final_loss"] == pytest.approx(criterion(outputs[:6], expected[:6]).item(), rel=1e-12)
    assert found["final_test_loss"] == pytest.approx(criterion(outputs[6:], expected[6:]).item(), rel=1e-12)
    assert found["final_loss"] != found["losses"][-1]


def test_what_is_not_finite_is_a_string_in_json(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """The best loss of a plateau is infinite before there is one; the test loss overflows where the loss does not."""
    path = tmp_path / "plateau.chainrule"
    scheduler = Choice("ReduceLROnPlateau", {"interval": "epoch"})
    data = replace(article().data, batch_size=1)
    path.write_bytes(encode_experiment(article(data=data, scheduler=scheduler)))
    assert main(["trace", str(path), "--format", "json"]) == 0
    lines = [strict(line) for line in capsys.readouterr().out.splitlines()]
    assert [line["value"] for line in lines if line["ref"] == "scheduler.best.next"] == ["inf"]
    data = DataSpec(((1.0, 2.0), (1e200, 1e200)), ((1.0,), (1.0,)), test_size=0.5)
    path.write_bytes(encode_experiment(article(data=data)))
    found = trained(capsys, str(path), 2)
    assert found["test_losses"] == ["inf", "inf"]
    assert found["final_test_loss"] == "inf"


def test_a_test_that_takes_long_is_made_once_an_epoch(
    capsys: pytest.CaptureFixture[str], written: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evaluation, "CHEAP", 0)
    inputs, targets = ((1.0, 2.0),) * 4, ((1.0,),) * 4
    path = written("tested", data=DataSpec(inputs, targets, batch_size=1, test_size=0.5))
    assert [test is None for test in trained(capsys, path, 4)["test_losses"]] == [False, True, False, True]
    assert main(["train", path, "--iterations", "2"]) == 0
    assert capsys.readouterr().out.splitlines()[1].endswith("  test loss -")


def test_what_was_saved_goes_on_where_it_stopped(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    whole = trained(capsys, ARTICLE, 7)
    saved = tmp_path / "trained.chainrule"
    assert trained(capsys, ARTICLE, 4, "--save", str(saved))["losses"] == whole["losses"][:4]
    assert trained(capsys, str(saved), 3) == {**whole, "losses": whole["losses"][4:], "lr": whole["lr"][4:]}
    before, after = read_experiment(OPENING_EXAMPLE), read_experiment(saved)
    assert replace(after, parameters=before.parameters) == before


def test_the_text_of_a_training(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", MAZUR, "--iterations", "2"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == [
        "iteration 0  loss 0.2983711087600027  lr 0.5",
        "iteration 1  loss 0.29102777369359933  lr 0.5",
    ]
    assert lines[2].startswith("with the final parameters  loss 0.28354713")
    assert lines[3] == "layers.0.weight"
    assert "  0.35, 0.35" in lines


def test_large_parameters_are_left_to_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", str(EXAMPLES["seven-segment-digits"]), "--iterations", "1"]) == 0
    assert "layers.0.weight: 224 numbers; --format json prints them\n" in capsys.readouterr().out


# ---------------------------------------------------------------------------------------------------- divergence


@pytest.fixture
def diverging(written: Any) -> str:
    """Iteration 1 still has finite z of the first layer, then overflows."""
    path: str = written("diverging", optimizer=Choice("SGD", {"lr": 1e200, "momentum": 0.0}))
    return path


MESSAGE = "iteration 1: layers.1.pre_activation became infinite or not a number (NaN); stopped before it\n"


def test_a_trace_that_diverges_stops_before_it(diverging: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["trace", diverging, "--iterations", "9", "--format", "json"]) == 2
    out, err = capsys.readouterr()
    lines = [strict(line) for line in out.splitlines()]
    assert (lines[-1]["iteration"], lines[-1]["ref"]) == (1, "layers.0.activation")
    assert len(lines) == 17 + 2
    assert err == f"chainrule: {MESSAGE}"


def test_a_training_that_diverges_stops_before_it(
    diverging: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    saved = tmp_path / "saved.chainrule"
    argv = ["train", diverging, "--iterations", "9", "--format", "json", "--save", str(saved)]
    assert main(argv) == 2
    out, err = capsys.readouterr()
    found = strict(out)
    assert found["losses"] == [pytest.approx(4.9193)]
    assert len(found["lr"]) == 1
    assert err == f"chainrule: {MESSAGE}"
    assert not saved.exists()
    assert main(argv[:4]) == 2
    out, err = capsys.readouterr()
    assert out.startswith("iteration 0  loss 4.919")
    assert err == f"chainrule: {MESSAGE}"


@pytest.mark.parametrize("command", ["trace", "train"])
def test_a_cycle_of_rates_that_is_over_says_so(command: str, written: Any, capsys: pytest.CaptureFixture[str]) -> None:
    """torch computes a rate more than there are steps, and refuses the next."""
    scheduler = Choice("OneCycleLR", {"max_lr": 0.1, "total_steps": 4, "interval": "iteration"})
    path = written("cycle", scheduler=scheduler, optimizer=Choice("SGD", {"lr": 0.01, "momentum": 0.5}))
    assert main([command, path, "--iterations", "4"]) == 0
    assert capsys.readouterr().err == ""
    assert main([command, path, "--iterations", "40"]) == 2
    reason = "OneCycleLR has 4 steps; this would be the 6th rate, which torch refuses"
    assert capsys.readouterr().err == f"chainrule: iteration 4: {reason}; stopped before it\n"


# -------------------------------------------------------------------------------------------------------- errors


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["trace"], "the following arguments are required: FILE; see chainrule trace --help"),
        (["train", MAZUR], "the following arguments are required: --iterations; see chainrule train --help"),
        (["trace", MAZUR, MAZUR], f"unrecognized arguments: {MAZUR}; see chainrule trace --help"),
        (["trace", MAZUR, "--iter", "2"], "unrecognized arguments: --iter 2; see chainrule trace --help"),
        (["doctor", "who"], "unrecognized arguments: who; see chainrule doctor --help"),
        (["--nonsense"], "unrecognized arguments: --nonsense; see chainrule --help"),
        (
            ["nonsense"],
            'expected one FILE or a command (trace, train, verify, explain, doctor), but there is no file "nonsense"',
        ),
        (
            ["nonsense", MAZUR[:3]],
            "expected one FILE or a command (trace, train, verify, explain, doctor), "
            f'got "nonsense {MAZUR[:3]}"; see chainrule --help',
        ),
    ],
)
def test_wrong_arguments(argv: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert failed(capsys, *argv) == message


COUNTS = ["0", "-1", "1.5", "many", "", "9" * 400, "9" * 5000, "nan", str(2**53 + 1)]


@pytest.mark.parametrize("count", COUNTS)
@pytest.mark.parametrize("command", ["trace", "train", "verify"])
def test_a_number_of_iterations_is_a_whole_number(command: str, count: str, capsys: pytest.CaptureFixture[str]) -> None:
    message = failed(capsys, command, MAZUR, f"--iterations={count}")
    assert message.startswith("argument --iterations: expected an integer from 1 to 9007199254740992, got ")


def test_a_wrong_format_lists_those_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    message = failed(capsys, "trace", MAZUR, "--format", "yaml")
    assert "yaml" in message
    assert "text" in message
    assert "json" in message


def test_a_wrong_file_is_named_with_the_place(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "wrong.chainrule"
    path.write_text(OPENING_EXAMPLE.read_text().replace("[3, 4]\n", "[3]\n"))
    message = failed(capsys, "trace", str(path))
    assert message == f"{path}: $.data.inputs[1]: expected 2 numbers, got 1"
    # Known to the tables only.
    path.write_text(OPENING_EXAMPLE.read_text().replace("ReLU", "Relu"))
    message = failed(capsys, "train", str(path), "--iterations", "1")
    assert message.startswith(f"{path}: $.network.layers[0].activation.name: expected Identity, ReLU, ")


def test_a_file_that_cannot_be_read_is_named_once(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    missing = str(tmp_path / "missing.chainrule")
    assert failed(capsys, "trace", missing) == f"{missing}: cannot be read: no such file or folder"
    assert failed(capsys, "trace", str(tmp_path)) == f"{tmp_path}: this is a folder, not a file"


def test_a_device_that_is_not_here(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "elsewhere.chainrule"
    path.write_text(OPENING_EXAMPLE.read_text().replace('"cpu"', '"abacus:0"'))
    assert failed(capsys, "trace", str(path)).startswith(f'{path}: $.device: "abacus:0" is not here; ')


def test_a_place_to_save_is_looked_at_first(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(commands, "Executor")
    nowhere = str(tmp_path / "nowhere" / "x.chainrule")
    message = failed(capsys, "train", MAZUR, "--iterations", "1", "--save", nowhere)
    assert message == f"{nowhere}: cannot be written: no such folder"


def test_what_torch_cannot_do_is_one_line(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("the card has no memory left\nand more about it")

    monkeypatch.setattr(Executor, "values", fail)
    assert failed(capsys, "trace", MAZUR) == "the computation failed: the card has no memory left"


def test_an_interrupt_is_quiet(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Executor, "values", interrupt)
    assert main(["trace", MAZUR]) == 130
    assert capsys.readouterr() == ("", "")


# -------------------------------------------------------------------------------------------- a process of its own


def test_the_version_needs_neither_torch_nor_qt() -> None:
    assert process("--version").stdout == f"chainrule {__version__}\n"
    code = (
        "import sys; from chainrule.cli import main\n"
        "try: main(['--version'])\nexcept SystemExit: pass\n"
        "print({'torch', 'numpy', 'PySide6', 'msgspec'} & set(sys.modules))"
    )
    assert run_python(code).splitlines()[-1] == "set()"


def run_python(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, encoding="utf-8", check=True)
    return done.stdout


@pytest.mark.parametrize("argv", [["trace", ARTICLE], ["train", ARTICLE, "--iterations", "1"], ["doctor"]])
def test_commands_load_no_qt(argv: list[str]) -> None:
    code = f"import sys; from chainrule.cli import main; main({argv!r}); print('PySide6' in sys.modules)"
    assert run_python(code).splitlines()[-1] == "False"


def test_commands_do_not_load_torch_s_optimizers() -> None:
    code = f"import sys; from chainrule.cli import main; main(['trace', {ARTICLE!r}]); print('sympy' in sys.modules)"
    assert run_python(code).splitlines()[-1] == "False"


def test_an_error_goes_to_stderr_after_the_output(diverging: str) -> None:
    done = process("train", diverging, "--iterations", "3")
    assert done.returncode == 2
    assert done.stderr == f"chainrule: {MESSAGE}"
    assert done.stdout.startswith("iteration 0")


@pytest.mark.skipif(sys.platform == "win32", reason="needs a shell with head")
def test_a_closed_pipe_ends_quietly() -> None:
    command = f"{sys.executable} -m chainrule trace {MAZUR} --iterations 2000 --format json | head -1"
    done = subprocess.run(["sh", "-c", command], capture_output=True, encoding="utf-8", check=True)
    assert strict(done.stdout)["index"] == 0
    assert done.stderr == ""


def test_an_output_that_takes_nothing_is_an_error() -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    with open("/dev/full", "w") as full:
        command = [sys.executable, "-m", "chainrule", "trace", MAZUR]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, encoding="utf-8", check=False)
    assert done.returncode == 2
    assert done.stderr == "chainrule: the output cannot be written: No space left on device\n"


@pytest.mark.skipif(sys.platform == "win32", reason="needs a shell that closes an output")
@pytest.mark.parametrize(
    "words", [f"trace {MAZUR}", f"train {MAZUR} --iterations 1", f"verify {MAZUR}", "doctor", MAZUR]
)
def test_a_closed_output_is_an_error(words: str) -> None:
    done = process_in_shell(f"{words.format(MAZUR)} >&-")
    assert (done.returncode, done.stderr) == (2, "chainrule: the output cannot be written: it is closed\n")


@pytest.mark.skipif(sys.platform == "win32", reason="needs a shell that closes an output")
def test_a_wrong_argument_is_told_where_the_output_is_closed() -> None:
    done = process_in_shell("--nonsense >&-")
    assert done.returncode == 2
    assert done.stderr.startswith("chainrule: unrecognized arguments")
    # Nothing goes to the output in its place.
    done = process_in_shell("--nonsense 2>&-")
    assert (done.returncode, done.stdout) == (2, "")


def test_an_output_without_mathematical_signs_gets_question_marks() -> None:
    done = process("trace", MAZUR, PYTHONIOENCODING="ascii")
    assert (done.returncode, done.stderr) == (0, "")
    assert "?L/?w" in done.stdout


# ------------------------------------------------------------------------------------- the window, and none at all


def test_without_a_display_the_example_is_walked_through_in_the_terminal() -> None:
    done = process()
    assert (done.returncode, done.stderr) == (0, "")
    first, *lines = done.stdout.splitlines()
    assert first == (
        "No window can open here: neither DISPLAY nor WAYLAND_DISPLAY is set; "
        "try a desktop session, ssh -X or xvfb-run. One iteration in the terminal instead:"
    )
    assert lines[1] == "SimpleNN 2-2-1"
    assert sum("micro-step" in line for line in lines) == 17


def test_without_a_display_a_file_is_walked_through() -> None:
    done = process(str(EXAMPLES["single-neuron"]))
    assert "Single neuron" in done.stdout
    assert "of 9: layers.0.bias.next" in done.stdout


def test_without_a_display_a_wrong_file_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "wrong.chainrule"
    path.write_text("{")
    done = process(str(path))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"chainrule: {path}: $: the file ends too early, at line 1, column 2\n"


def test_a_walk_that_overflows_says_so(capsys: pytest.CaptureFixture[str], written: Any) -> None:
    path = written("large", data=replace(article().data, targets=((1e200,), (2.0,))))
    cli._walk(Path(path), "no display")
    text = capsys.readouterr().out
    assert text.splitlines()[-1] == "loss became infinite or not a number (NaN)."
    assert "Forward" in text
    assert "Loss" not in text


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[Path | None]:
    """What the window was asked to open; none opens here."""
    asked: list[Path | None] = []

    def run(path: Path | None, *_: object) -> int:
        asked.append(path)
        return 7

    monkeypatch.setattr(chainrule.ui, "app", SimpleNamespace(run=run), raising=False)
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    return asked


def test_the_window_opens_where_there_is_a_display(opened: list[Path | None]) -> None:
    assert main([]) == 7
    assert main([ARTICLE]) == 7
    assert opened == [None, OPENING_EXAMPLE]


def test_a_file_named_like_a_command_is_opened_by_its_path(
    opened: list[Path | None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("trace").write_bytes(OPENING_EXAMPLE.read_bytes())
    assert main(["./trace"]) == 7
    assert opened == [Path("trace")]


@pytest.mark.skipif(sys.platform != "linux", reason="these platforms of Qt's are Linux's")
@pytest.mark.parametrize(
    ("platform", "reason"),
    [
        ("linuxfb:fb=/dev/nowhere", "Qt could not start (Cannot create window: no screens available; linuxfb: Failed"),
        ("vkkhrdisplay", "Qt's platform vkkhrdisplay, which QT_QPA_PLATFORM asks for, shows nothing but Vulkan; try"),
    ],
)
def test_where_qt_would_abort_the_example_is_walked_through_in_the_terminal(platform: str, reason: str) -> None:
    done = process(QT_QPA_PLATFORM=platform)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"No window can open here: {reason}")
    assert done.stdout.splitlines()[0].endswith(" One iteration in the terminal instead:")
    assert done.stdout.count("micro-step") == 17


def test_where_qt_would_abort_a_wrong_file_is_an_error(tmp_path: Path) -> None:
    if sys.platform != "linux":
        pytest.skip("this platform of Qt's is Linux's")
    path = tmp_path / "wrong.chainrule"
    path.write_text("{")
    done = process(str(path), QT_QPA_PLATFORM="linuxfb:fb=/dev/nowhere")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"chainrule: {path}: $: the file ends too early, at line 1, column 2\n"


@pytest.mark.parametrize("folder", ["experiments", "fonts", "icons"])
def test_files_of_the_program_that_are_missing_are_named(
    folder: str,
    opened: list[Path | None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    resources = tmp_path / "resources"
    shutil.copytree(resources_directory(), resources)
    monkeypatch.setattr(resource_files, "resources_directory", lambda: resources)
    assert main([]) == 7
    shutil.rmtree(resources / folder)
    message = failed(capsys)
    assert message == f"{resources / folder}: files of the program are missing here; install it again"
    assert opened == [None]


@pytest.mark.skipif(sys.platform == "win32", reason="there nobody can take a folder away that is in use")
@pytest.mark.parametrize("argv", [["trace", MAZUR], ["train", MAZUR, "--iterations", "1"], []])
def test_a_folder_that_is_gone_is_told(argv: list[str], tmp_path: Path) -> None:
    """MKL would end the process, in words of its own."""
    start = 'cd "$1"; rmdir "$1"; shift; exec "$0" -m chainrule "$@"'
    command = ["sh", "-c", start, sys.executable, str(tmp_path), *argv]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", check=False, timeout=120)
    assert (done.returncode, done.stdout) == (2, "")
    said = "the folder in which this was started cannot be found (No such file or directory); go to another one"
    assert done.stderr == f"chainrule: {said}\n"


def test_why_no_window_opens_is_one_line(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QT_QPA_PLATFORM", "xcb")
    monkeypatch.setenv("DISPLAY", "a\nb")
    assert main([]) == 0
    assert capsys.readouterr().out.splitlines()[0].endswith("One iteration in the terminal instead:")


def test_a_file_that_cannot_be_opened_is_not_called_the_output(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(commands, "trace", lambda *_: Path("/nowhere/at/all").read_bytes())
    assert failed(capsys, "trace", MAZUR) == "/nowhere/at/all: No such file or directory"


LACKING = (system_libraries.SystemLibrary("libnone.so.0", "libnone0", "window"),)


def test_without_qt_s_libraries_the_line_to_install_them_is_given(
    opened: list[Path | None], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(system_libraries, "missing", lambda purposes: LACKING)
    assert main([]) == 0
    assert system_libraries.how_to_get(LACKING) in capsys.readouterr().out.splitlines()[0]
    assert not opened


@pytest.mark.parametrize(("complete", "opens"), [("window", True), ("wayland", True), ("", False)])
def test_of_two_window_systems_one_that_is_complete_is_enough(
    complete: str,
    opens: bool,
    opened: list[Path | None],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(display, "find_display", lambda: display.Display(("window", "wayland")))
    monkeypatch.setattr(system_libraries, "missing", lambda purposes: () if complete in purposes else LACKING)
    main([])
    assert bool(opened) == opens
