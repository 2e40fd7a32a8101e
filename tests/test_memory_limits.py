"""Little address space: it is told in a line, before the libraries are loaded that would end the process over it."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from chainrule.cli import main
from chainrule.resource_files import OPENING_EXAMPLE
from chainrule.surroundings import lack_of_memory

if sys.platform == "win32":
    pytest.skip("Windows has no such limits", allow_module_level=True)
import resource

EXAMPLE = str(OPENING_EXAMPLE)
COMMANDS = {
    "trace": ["trace", EXAMPLE],
    "train": ["train", EXAMPLE, "--iterations", "1"],
    "verify": ["verify", EXAMPLE],
    "window": [EXAMPLE],
    "walk": [],
}


@pytest.fixture(autouse=True)
def one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is needed depends on how many there are."""
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)


def limited(megabytes: int, argv: list[str], platform: str) -> subprocess.CompletedProcess[str]:
    """The program where it may take so much."""
    start = f'ulimit -v {megabytes << 10}; exec "$0" -m chainrule "$@"'
    kept = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY")}
    return subprocess.run(
        ["sh", "-c", start, sys.executable, *argv],
        capture_output=True,
        encoding="utf-8",
        env={**kept, "QT_QPA_PLATFORM": platform},
        check=False,
        timeout=120,
    )


@pytest.mark.parametrize("megabytes", [100, 500])
@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_that_has_no_room_says_so(command: str, megabytes: int) -> None:
    done = limited(megabytes, COMMANDS[command], "offscreen" if command == "window" else "")
    needs = "the window needs 960 MB" if command == "window" else "PyTorch needs 680 MB"
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        f"chainrule: this process may take {megabytes} MB of address space, and {needs}; "
        "raise the limit with ulimit -v or ulimit -d\n"
    )


def test_the_doctor_says_so_too() -> None:
    done = limited(300, ["doctor"], "")
    assert (done.returncode, done.stderr) == (1, "")
    assert "missing: memory; this process may take 300 MB of address space, and PyTorch needs 680 MB" in done.stdout


def test_with_a_little_more_than_that_it_computes() -> None:
    """Otherwise what is said to be needed is not enough."""
    done = limited(700, ["verify", EXAMPLE], "")
    assert (done.returncode, done.stderr) == (0, "")


def limit(monkeypatch: pytest.MonkeyPatch, **limits: int) -> None:
    """Limits in MB, by their names."""
    known = {getattr(resource, name): megabytes << 20 for name, megabytes in limits.items()}
    monkeypatch.setattr(resource, "getrlimit", lambda kind: (known.get(kind, resource.RLIM_INFINITY), 0))


def test_what_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    limit(monkeypatch)
    assert lack_of_memory(window=True) is None
    limit(monkeypatch, RLIMIT_AS=800)
    assert lack_of_memory(window=False) is None
    assert lack_of_memory(window=True) is not None
    limit(monkeypatch, RLIMIT_AS=8000, RLIMIT_DATA=600)
    assert "may take 600 MB" in str(lack_of_memory(window=False))
    limit(monkeypatch, RLIMIT_AS=700)
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: set(range(8)), raising=False)
    for wanted, needed in (("", 960), ("nonsense", 960), ("0", 960), ("3", 760), ("99", 960)):
        monkeypatch.setenv("OMP_NUM_THREADS", wanted)
        assert f"needs {needed} MB" in str(lack_of_memory(window=False))


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (ImportError("libtorch_cpu.so: failed to map segment from shared object"), "not enough memory: libtorch_cpu"),
        (OSError(12, "Cannot allocate memory"), "not enough memory: Cannot allocate memory"),
        (MemoryError(), "not enough memory"),
    ],
)
def test_memory_that_ends_later_is_named(
    error: Exception, line: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> int:
        raise error

    monkeypatch.setattr("chainrule.commands.experiments.trace", fail)
    assert main(["trace", EXAMPLE]) == 2
    assert capsys.readouterr().err.startswith(f"chainrule: {line}")
