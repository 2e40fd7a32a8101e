"""What the standalone program leaves out is nothing that it needs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import left_out
from chainrule.resource_files import OPENING_EXAMPLE

PACKAGING = Path(left_out.__file__).parent

# None in sys.modules is Python's own mark of a module that cannot be found.
WITHOUT = """
import sys
sys.modules |= dict.fromkeys(sys.argv.pop(1).split())
"""
# As the bundle does: our own few lines in place of two modules of PySide6.
STAND_INS = """
import importlib.util
for name in sys.argv.pop(1).split():
    spec = importlib.util.spec_from_file_location("PySide6." + name, f"{sys.argv[1]}/{name}.py")
    sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(sys.modules[spec.name])
"""
COMMAND = "from chainrule.cli import main; sys.exit(main())"
EVERYTHING = """
import importlib, pkgutil, chainrule
for module in pkgutil.walk_packages(chainrule.__path__, "chainrule."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)
"""
PLOT = """
import pyqtgraph
pyqtgraph.mkQApp()
widget = pyqtgraph.PlotWidget()
widget.plot([1.0, 3.0, 2.0], antialias=True)
sys.exit(widget.grab().isNull())
"""


def run(
    code: str, *arguments: str, left: tuple[str, ...] = left_out.module_names()
) -> subprocess.CompletedProcess[str]:
    """Run code in a fresh interpreter that finds none of the modules that are left out."""
    return subprocess.run(
        [sys.executable, "-c", WITHOUT + code, " ".join(left), *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
    )


@pytest.mark.parametrize(
    ("code", "arguments"),
    [
        # The referee's optimizers load half of torch.
        (COMMAND, ("verify", str(OPENING_EXAMPLE), "--iterations", "2")),
        (STAND_INS + EVERYTHING + PLOT, (" ".join(left_out.STAND_INS), str(PACKAGING / "stand_ins"))),
    ],
    ids=["verify", "every module of the program, and a plot"],
)
def test_the_program_does_without_what_is_left_out(code: str, arguments: tuple[str, ...]) -> None:
    done = run(code, *arguments)

    assert done.returncode == 0, done.stderr


def test_leaving_out_too_much_is_seen() -> None:
    assert "argparse" in run(COMMAND, "--version", left=("argparse",)).stderr


def test_each_module_and_pattern_is_named_once_with_a_reason() -> None:
    for entries in (left_out.MODULES, left_out.FILES):
        names = [name for entry in entries for name in entry.names]
        assert len(set(names)) == len(names)
        assert all(entry.why for entry in entries)
