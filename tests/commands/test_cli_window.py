"""`chainrule [FILE]`: the window, or one iteration in the terminal where there is no display."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import chainrule.ui
from chainrule import cli, display, resource_files, system_libraries
from chainrule.cli import main
from chainrule.commands import experiments
from chainrule.resource_files import OPENING_EXAMPLE, resources_directory
from tests.commands.running import ARTICLE, EXAMPLES, MAZUR, failed, process
from tests.experiments import article


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
    monkeypatch.setattr(experiments, "trace", lambda *_: Path("/nowhere/at/all").read_bytes())
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
