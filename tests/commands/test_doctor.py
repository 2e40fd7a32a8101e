"""`chainrule doctor` says what is here, and how to get what is not."""

from __future__ import annotations

import sys
from importlib import metadata

import pytest

from chainrule import __version__, system_libraries
from chainrule.cli import main
from chainrule.commands import doctor

LACKING = (system_libraries.SystemLibrary("libnone.so.0", "libnone0", "window"),)


def report(capsys: pytest.CaptureFixture[str]) -> tuple[int, dict[str, str], list[str]]:
    """Status, findings by name, and what is missing."""
    status = main(["doctor"])
    lines = capsys.readouterr().out.splitlines()
    missing = [line.removeprefix("missing: ") for line in lines if line.startswith("missing: ")]
    return status, {line[:20].strip(): line[20:] for line in lines}, missing


def test_a_healthy_installation(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system_libraries, "missing", lambda: ())
    status, found, missing = report(capsys)
    assert (status, missing) == (0, [])
    assert found["chainrule"] == __version__
    assert found["torch"] == metadata.version("torch")
    assert found["devices"].startswith("cpu")
    assert {"Python", "platform", "PySide6-Essentials", "pyqtgraph", "numpy", "Qt platform", "display"} <= set(found)


def test_missing_libraries_come_with_the_line_that_installs_them(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(system_libraries, "missing", lambda: LACKING)
    status, found, missing = report(capsys)
    assert status == 1
    assert found["system libraries"] == "libnone.so.0 missing"
    assert missing == [f"system libraries; {system_libraries.how_to_get(LACKING)}"]


@pytest.mark.parametrize(
    ("version", "python", "flagged"),
    [("6.12.0", (3, 11), True), ("6.12.1", (3, 12), False), ("6.11.3", (3, 11), False), ("7.0", (3, 11), True)],
)
def test_a_pyside_that_aborts_is_flagged(
    version: str, python: tuple[int, int], flagged: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(metadata, "version", lambda package: version)
    monkeypatch.setattr(sys, "version_info", python)
    problems: list[str] = []
    assert doctor._version("PySide6-Essentials", "PySide6-Essentials>=6.8,<6.12", problems) == version
    assert any('pip install "PySide6-Essentials>=6.8,<6.12"' in problem for problem in problems) == flagged


def test_a_missing_package_comes_with_the_line_that_installs_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def none(package: str) -> str:
        raise metadata.PackageNotFoundError(package)

    monkeypatch.setattr(metadata, "version", none)
    status, found, missing = report(capsys)
    assert status == 1
    assert found["numpy"] == "missing"
    assert 'numpy; get it with: pip install "numpy"' in missing


def test_a_torch_that_cannot_be_imported_is_reported(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "chainrule.engine.machine.devices", None)
    status, found, missing = report(capsys)
    assert (status, found["devices"]) == (1, "none")
    assert any(problem.startswith("a torch that can be imported; this one says: ") for problem in missing)
