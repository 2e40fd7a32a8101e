"""Running a script in this process: what it prints, as `python SCRIPT.py N` would."""

from __future__ import annotations

import io
import sys
import warnings
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
import torch

from chainrule.catalog.experiment.spec import Experiment
from chainrule.engine.trace import Executor
from chainrule.engine.training import Training
from chainrule.explain.code.writing.lines import WIDTH
from chainrule.explain.code.writing.script import PytorchScript, pytorch_script

# What rounding alone may differ by, of a loss in float64: sums are added up in another order.
CLOSE = 1e-12
CLOSE_FLOAT32 = 1e-4


def names_after(script: PytorchScript, iterations: int, path: Path = Path("script.py")) -> dict[str, Any]:
    """What the names of a script stand for after so many iterations; `printed` is what it has printed."""
    output, before = io.StringIO(), torch.get_default_dtype()
    names: dict[str, Any] = {"__file__": str(path), "__name__": "__main__"}
    with patch.object(sys, "argv", [str(path), str(iterations)]), warnings.catch_warnings():
        # torch's own SequentialLR and ReduceLROnPlateau warn of themselves.
        warnings.simplefilter("ignore")
        try:
            with redirect_stdout(output), redirect_stderr(io.StringIO()), torch.random.fork_rng():
                exec(compile(script.text, str(path), "exec"), names)
        finally:
            torch.set_default_dtype(before)
    return {**names, "printed": [float(line) for line in output.getvalue().splitlines()]}


def printed(script: PytorchScript, iterations: int, path: Path = Path("script.py")) -> list[float]:
    """The losses that a script prints."""
    found: list[float] = names_after(script, iterations, path)["printed"]
    return found


def trained(experiment: Experiment, iterations: int) -> list[float]:
    """The losses that `chainrule train` prints."""
    return [done.loss for done in Training(Executor(experiment)).run(iterations)]


def check_script(experiment: Experiment, iterations: int = 12, close: float | None = None) -> PytorchScript:
    """Hold what a script prints against what is trained, as far as that is finite, and its text to what is promised."""
    script = pytorch_script(experiment)
    wanted = trained(experiment, iterations)
    found = printed(script, iterations)
    close = close or (CLOSE if experiment.dtype == "float64" else CLOSE_FLOAT32)
    assert len(found) == iterations, script.text
    assert found[: len(wanted)] == pytest.approx(wanted, rel=close, abs=close), script.text
    assert max(map(len, script.text.splitlines())) <= WIDTH, script.text
    return script
