"""The workflows run what there is: targets of the Makefile, files, and the Pythons that pyproject.toml names."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yml"))
# YAML 1.1 reads the key `on` as a truth value.
ON = True
JOB_KEYS = {"needs", "if", "strategy", "runs-on", "timeout-minutes", "defaults", "permissions", "env", "steps"}
STEP_KEYS = {"name", "id", "if", "uses", "with", "run", "shell", "env", "working-directory", "continue-on-error"}
needs_make = pytest.mark.skipif(shutil.which("make") is None, reason="needs make")


def read(path: Path) -> dict[Any, Any]:
    found = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert isinstance(found, dict)
    return found


def of_the_tests() -> dict[Any, Any]:
    return read(ROOT / ".github/workflows/tests.yml")


def project() -> dict[str, Any]:
    return dict(tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"])


def commands(workflow: dict[Any, Any]) -> Iterator[list[str]]:
    """Each line that a workflow's steps run, in words."""
    for job in workflow["jobs"].values():
        for step in job["steps"]:
            for line in step.get("run", "").splitlines():
                yield shlex.split(line)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_has_the_keys_that_there_are(path: Path) -> None:
    workflow = read(path)
    assert set(workflow) <= {"name", ON, "permissions", "concurrency", "env", "defaults", "jobs"}
    assert workflow[ON]
    for job in workflow["jobs"].values():
        assert set(job) <= JOB_KEYS
        assert {"runs-on", "steps"} <= set(job)
        assert set([job["needs"]] if "needs" in job else []) <= set(workflow["jobs"])
        for step in job["steps"]:
            assert set(step) <= STEP_KEYS
            assert ("uses" in step) != ("run" in step)
            assert "@" in step.get("uses", "@")


def test_tests_run_on_each_push_on_three_systems_with_each_python_of_the_project() -> None:
    workflow = of_the_tests()
    assert workflow[ON]["push"] is None
    matrix = workflow["jobs"]["test"]["strategy"]["matrix"]
    assert [os.split("-")[0] for os in matrix["os"]] == ["ubuntu", "windows", "macos"]
    named = [text.rpartition(" ")[2] for text in project()["classifiers"] if re.search(r":: 3\.\d+$", text)]
    assert matrix["python"] == named
    assert project()["requires-python"] == f">={named[0]}"
    assert ["make", "test", "PYTHON=python"] in list(commands(workflow))
    assert ["make", "lint", "PYTHON=python"] in list(commands(workflow))


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_what_a_workflow_runs_is_there(path: Path) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    extras = project()["optional-dependencies"]
    for words in commands(read(path)):
        if words[0] == "make":
            for word in words[1:]:
                name, is_given, _ = word.partition("=")
                assert re.search(rf"^{name} \?=" if is_given else rf"^{name}:.* ## ", makefile, re.MULTILINE), word
        elif words[0] == "python":
            scripts = [word for word in words[1:2] if not word.startswith("-")]
            assert [word for word in scripts if not (ROOT / word).is_file()] == []
            wanted = [extra for word in words for extra in re.findall(r"^\.\[(.*)\]$", word)]
            assert [extra for extra in wanted if extra not in extras] == []


@needs_make
@pytest.mark.parametrize(("system", "folder", "pip"), [("Windows_NT", "Scripts", "pip.exe"), ("", "bin", "pip")])
@pytest.mark.parametrize("target", ["test", "lint"])
def test_make_finds_python_in_the_folder_where_a_system_has_it(
    target: str, system: str, folder: str, pip: str, tmp_path: Path
) -> None:
    # What is only printed is what would be done in a folder where nothing is set up.
    shutil.copy(ROOT / "Makefile", tmp_path)
    (tmp_path / "pyproject.toml").touch()
    dry = ["make", "--dry-run", "--directory", str(tmp_path), target, "PYTHON=python", f"OS={system}"]
    printed = subprocess.run(dry, capture_output=True, text=True, check=True).stdout
    assert "python -m venv .venv" in printed
    assert set(re.findall(r"\.venv/(\w+)/", printed)) == {folder}
    # A venv that is whole is not made again.
    made = tmp_path / ".venv" / folder / pip
    made.parent.mkdir(parents=True)
    made.touch()
    again = subprocess.run(dry, capture_output=True, text=True, check=True).stdout
    assert "-m venv" not in again
