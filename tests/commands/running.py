"""Running the commands, and files for them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from chainrule.cli import main
from chainrule.resource_files import OPENING_EXAMPLE, example_paths

EXAMPLES = {path.stem: path for path in example_paths()}
MAZUR = str(EXAMPLES["mazur-2-2-2"])
ARTICLE = str(OPENING_EXAMPLE)


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


MESSAGE = "iteration 1: layers.1.pre_activation became infinite or not a number (NaN); stopped before it\n"
