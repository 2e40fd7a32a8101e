"""What the commands refuse, and how they end: one line, a status, nothing loaded in vain."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from chainrule import __version__
from chainrule.cli import main
from chainrule.commands import experiments
from chainrule.engine.trace import Executor
from chainrule.resource_files import OPENING_EXAMPLE
from tests.commands.running import ARTICLE, MAZUR, MESSAGE, failed, process, strict

NAMES = [
    "trace",
    "train",
    "verify",
    "check",
    "grade",
    "import",
    "explain",
    "export",
    "lessons",
    "doctor",
]
COMMANDS = ", ".join(NAMES)


def process_in_shell(words: str) -> subprocess.CompletedProcess[str]:
    """The program as a shell starts it, without a display."""
    kept = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")}
    command = ["sh", "-c", f"{sys.executable} -m chainrule {words}"]
    return subprocess.run(command, capture_output=True, encoding="utf-8", env=kept, check=False, timeout=120)


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["trace"], "the following arguments are required: FILE; see chainrule trace --help"),
        (["train", MAZUR], "the following arguments are required: --iterations; see chainrule train --help"),
        (["trace", MAZUR, MAZUR], f"unrecognized arguments: {MAZUR}; see chainrule trace --help"),
        (["trace", MAZUR, "--iter", "2"], "unrecognized arguments: --iter 2; see chainrule trace --help"),
        (["doctor", "who"], "unrecognized arguments: who; see chainrule doctor --help"),
        (["--nonsense"], "unrecognized arguments: --nonsense; see chainrule --help"),
        (["nonsense"], f'expected one FILE or a command ({COMMANDS}), but there is no file "nonsense"'),
        (
            ["nonsense", MAZUR[:3]],
            f'expected one FILE or a command ({COMMANDS}), got "nonsense {MAZUR[:3]}"; see chainrule --help',
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
    monkeypatch.delattr(experiments, "Executor")
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
