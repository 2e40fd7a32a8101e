"""Every command in the clean system, and that it says what the source tree says."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from chainrule.resource_files import OPENING_EXAMPLE, example_paths
from tests.dist import bundle
from tests.dist.source import first_difference, source_output
from tests.dist.system import HOME, System

NAMES = tuple(path.stem for path in example_paths())
NO_DISPLAY = "neither DISPLAY nor WAYLAND_DISPLAY is set"


def test_the_experiments_are_those_of_the_source_tree() -> None:
    folder = bundle.unpacked() / bundle.resources()
    files = {path.name: path.read_bytes() for path in (folder / "experiments").iterdir()}
    assert files == {path.name: path.read_bytes() for path in OPENING_EXAMPLE.parent.iterdir()}


@pytest.mark.parametrize("command", ["--version", "--help", "trace --help", "train --help", "verify --help"])
def test_it_says_what_it_is(system: System, command: str, capsys: pytest.CaptureFixture[str]) -> None:
    done = system.run(*command.split())
    with pytest.raises(SystemExit) as ended:
        source_output(*command.split())
    assert (done.returncode, done.stderr) == (ended.value.code, "")
    assert done.stdout


def test_doctor_finds_all_that_is_needed(system: System) -> None:
    done = system.run("doctor")
    assert (done.returncode, done.stderr) == (0, "")
    found = dict(line.split(maxsplit=1) for line in done.stdout.splitlines() if line[20:])
    _, expected = source_output("doctor")
    for line in expected.splitlines():
        if line.startswith(("chainrule", "torch", "PySide6", "pyqtgraph", "numpy", "msgspec", "ziamath")):
            assert line in done.stdout.splitlines()
    assert found["devices"].startswith("cpu")
    assert f"none for a window: {NO_DISPLAY}" in done.stdout
    assert done.stdout.endswith("nothing is missing\n")


@pytest.mark.parametrize("name", NAMES)
def test_trace(system: System, experiments: str, name: str) -> None:
    same(system, experiments, "trace", name, "--iterations", "2", "--format", "json")


def test_trace_in_words(system: System, experiments: str) -> None:
    same(system, experiments, "trace", "mazur-2-2-2")


@pytest.mark.parametrize("name", NAMES)
def test_train(system: System, experiments: str, name: str) -> None:
    same(system, experiments, "train", name, "--iterations", "30", "--format", "json")


@pytest.mark.parametrize("name", NAMES)
def test_verify(system: System, experiments: str, name: str) -> None:
    same(system, experiments, "verify", name)


def test_train_in_words_and_save(system: System, experiments: str, home: Path, tmp_path: Path) -> None:
    name = "three-classes"
    same(system, experiments, "train", name, "--iterations", "7")
    done = system.run(
        "train", f"{experiments}/{name}.chainrule", "--iterations", "7", "--save", f"{HOME}/trained.chainrule"
    )
    assert (done.returncode, done.stderr) == (0, "")
    source_output("train", path_of(name), "--iterations", "7", "--save", str(tmp_path / "trained.chainrule"))
    assert (home / "trained.chainrule").read_bytes() == (tmp_path / "trained.chainrule").read_bytes()


def test_without_a_display_it_walks_through_an_iteration(
    system: System, experiments: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    for inside, here in (([], []), ([f"{experiments}/mazur-2-2-2.chainrule"], [path_of("mazur-2-2-2")])):
        done, (status, expected) = system.run(*inside), source_output(*here)
        assert (done.returncode, done.stderr) == (status, "")
        assert done.stdout.startswith(f"No window can open here: {NO_DISPLAY}")
        assert first_difference(done.stdout, expected) == ""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("--nonsense", "unrecognized arguments: --nonsense; see chainrule --help"),
        ("trace", "the following arguments are required: FILE; see chainrule trace --help"),
        ("train FILE --iterations 0", 'argument --iterations: expected an integer from 1 to 9007199254740992, got "0"'),
        ("verify /nothing.chainrule", "/nothing.chainrule: cannot be read: no such file or folder"),
        ("/nothing.chainrule", 'there is no file "/nothing.chainrule"'),
        ("trace HOME/broken.chainrule", "broken.chainrule: $: the file ends too early, at line 1, column 2"),
        ("train HOME/wrong.chainrule --iterations 1", "wrong.chainrule: $.network.layers[0].activation"),
        (
            "train FILE --iterations 1 --save /nowhere/x.chainrule",
            "/nowhere/x.chainrule: cannot be written: no such folder",
        ),
        (
            "train FILE --iterations 1 --save /usr/x.chainrule",
            "/usr/x.chainrule: cannot be written: this disk is read-only",
        ),
    ],
)
def test_what_is_wrong_is_said_in_a_line(
    system: System, experiments: str, home: Path, arguments: str, said: str
) -> None:
    broken = json.loads(OPENING_EXAMPLE.read_text())
    broken["network"]["layers"][0]["activation"]["name"] = "Relu"
    (home / "wrong.chainrule").write_text(json.dumps(broken))
    (home / "broken.chainrule").write_text("{")
    example = f"{experiments}/{OPENING_EXAMPLE.name}"
    done = system.run(*(word.replace("FILE", example).replace("HOME", HOME) for word in arguments.split()))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("chainrule: ")
    assert done.stderr.count("\n") == 1
    assert said in done.stderr


def test_an_output_that_is_full_or_closed_is_no_fault(system: System, experiments: str) -> None:
    command = f"{system.program} trace {experiments}/{OPENING_EXAMPLE.name}"
    done = system.run_other("/bin/sh", "-c", f"{command} >/dev/full")
    assert (done.returncode, done.stderr) == (2, "chainrule: the output cannot be written: No space left on device\n")
    done = system.run_other("/bin/sh", "-c", f"{command} | /usr/bin/head -n 1")
    assert (done.returncode, done.stderr, done.stdout.count("\n")) == (0, "", 1)


def same(system: System, experiments: str, command: str, name: str, *options: str) -> None:
    """Run it in the bundle and in the source tree: status and every letter must be equal."""
    done = system.run(command, f"{experiments}/{name}.chainrule", *options)
    status, expected = source_output(command, path_of(name), *options)
    assert (done.returncode, done.stderr) == (status, "")
    assert first_difference(done.stdout, expected) == ""


def path_of(name: str) -> str:
    """The source tree's file of an experiment."""
    return os.fspath(OPENING_EXAMPLE.with_name(f"{name}.chainrule"))
