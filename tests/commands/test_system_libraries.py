"""The list of system libraries, and the script that installs them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from chainrule import system_libraries
from chainrule.system_libraries import LIBRARIES, SystemLibrary, apt_get_line, how_to_get, missing

ROOT = Path(__file__).resolve().parents[2]
ABSENT = SystemLibrary("libchainrule-absent.so.9", "libchainrule-absent9", "window")
ABSENT_PROGRAM = SystemLibrary("chainrule-absent", "chainrule-absent", "test")

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux leaves these to the system")


def test_names_and_packages_are_listed_once() -> None:
    assert len({library.name for library in LIBRARIES}) == len(LIBRARIES)
    assert len({library.package for library in LIBRARIES}) == len(LIBRARIES)


@on_linux
def test_missing_are_those_that_cannot_be_loaded_or_found(monkeypatch: pytest.MonkeyPatch) -> None:
    present = SystemLibrary("libc.so.6", "libc6", "import")
    program = SystemLibrary("sh", "dash", "test")
    monkeypatch.setattr(system_libraries, "LIBRARIES", (present, ABSENT, program, ABSENT_PROGRAM))

    assert missing() == (ABSENT,)
    assert missing(["import"]) == ()
    assert missing(["import", "window", "test"]) == (ABSENT, ABSENT_PROGRAM)


@pytest.mark.parametrize("platform", ["darwin", "win32"])
def test_nothing_is_missing_on_other_systems(platform: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system_libraries, "LIBRARIES", (ABSENT, ABSENT_PROGRAM))
    monkeypatch.setattr(sys, "platform", platform)

    assert missing(["import", "window", "test"]) == ()


def test_the_line_names_each_package() -> None:
    line = apt_get_line([ABSENT, ABSENT_PROGRAM])

    assert line == "sudo apt-get install --no-install-recommends libchainrule-absent9 chainrule-absent"


def test_what_to_do_fits_the_system(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda program: f"/usr/bin/{program}")
    assert how_to_get([ABSENT]) == f"get them with: {apt_get_line([ABSENT])}"
    monkeypatch.setattr(shutil, "which", lambda program: None)
    assert how_to_get([ABSENT, ABSENT]) == (
        "install the packages that have: libchainrule-absent.so.9 libchainrule-absent.so.9"
    )


def test_the_module_needs_nothing_but_the_standard_library() -> None:
    """The set-up runs it with the system's Python, in isolated mode here, before anything is installed."""
    code = "import runpy, sys; runpy.run_path(sys.argv[1])"
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code, system_libraries.__file__], capture_output=True, check=False
    )

    assert (done.returncode, done.stderr) == (0, b"")


def fake_tree(folder: Path, library: SystemLibrary) -> Path:
    """A copy of the script and its list, where the list is this one library; returns the script."""
    package = folder / "src" / "chainrule"
    package.mkdir(parents=True)
    source = Path(system_libraries.__file__).read_text(encoding="utf-8")
    source += f"\n\nLIBRARIES = ({library!r},)\n"
    (package / "system_libraries.py").write_text(source, encoding="utf-8")
    (folder / "scripts").mkdir()
    return Path(shutil.copy(ROOT / "scripts" / "system-libraries", folder / "scripts"))


def run_script(script: Path, programs: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run the script with no programs to find but those in a folder."""
    environment = {**os.environ, "PATH": str(programs)}
    command = [sys.executable, "-B", str(script), *options]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def write_program(path: Path, text: str) -> None:
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(0o755)


@on_linux
def test_script_runs_nothing_when_all_are_there(tmp_path: Path) -> None:
    script = fake_tree(tmp_path, SystemLibrary("libc.so.6", "libc6", "import"))

    done = run_script(script, tmp_path)

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@on_linux
def test_script_without_apt_get_names_the_libraries_in_one_line(tmp_path: Path) -> None:
    script = fake_tree(tmp_path, ABSENT)

    done = run_script(script, tmp_path)

    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr.count("\n") == 1
    assert ABSENT.name in done.stderr


@on_linux
def test_script_installs_as_root_after_an_update(tmp_path: Path) -> None:
    """The programs are stand-ins: a sudo that asks no password, an apt-get that writes down its arguments."""
    programs = tmp_path / "programs"
    programs.mkdir()
    write_program(programs / "sudo", 'shift\nexec "$@"')
    write_program(programs / "env", 'shift\nexec "$@"')
    write_program(programs / "true", "exit 0")
    write_program(programs / "apt-get", f'echo "$@" >> {tmp_path}/calls\necho E: no such package\nexit 100')
    script = fake_tree(tmp_path, ABSENT_PROGRAM)

    done = run_script(script, programs, "--test")

    update, install = (tmp_path / "calls").read_text(encoding="utf-8").splitlines()
    assert update.endswith(" update")
    assert install.endswith(" install --yes --no-install-recommends chainrule-absent")
    assert done.returncode == 0
    assert "E: no such package" in done.stderr
    assert done.stderr.splitlines()[-1].endswith(apt_get_line([ABSENT_PROGRAM]))


@on_linux
def test_script_leaves_test_programs_alone_unless_asked(tmp_path: Path) -> None:
    script = fake_tree(tmp_path, ABSENT_PROGRAM)

    done = run_script(script, tmp_path)

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
