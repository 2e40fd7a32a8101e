"""Scripts as tutorials have them: what is read of them computes the losses that PyTorch computes when they are run."""

from __future__ import annotations

import sys
import types
from itertools import islice
from unittest.mock import MagicMock

import pytest

from chainrule.catalog.values import refs
from chainrule.engine.machine.check import check_experiment
from chainrule.engine.trace import Executor
from chainrule.explain.code.reading.script import read_script
from tests.explain.code.running import NAMES, losses_of, source_of

# Where a line is left out, or taken in another way: what is said of it.
SAID: dict[str, list[str]] = {}


@pytest.fixture(autouse=True)
def _without_plots(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the scripts import what they plot with, which need not be there."""
    pyplot = types.ModuleType("matplotlib.pyplot")
    pyplot.__getattr__ = lambda name: MagicMock()  # type: ignore[method-assign]
    monkeypatch.setitem(sys.modules, "matplotlib", types.ModuleType("matplotlib"))
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", pyplot)


def losses_here(source: str, count: int) -> list[float]:
    """The losses of the first iterations of what was read."""
    executor = Executor(check_experiment(read_script(source).experiment))
    return [trace.values[refs.LOSS].item() for trace in islice(executor.iterations(), count)]


@pytest.mark.parametrize("name", NAMES)
def test_a_script_has_the_losses_that_pytorch_computes(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    source = source_of(name)
    wanted = losses_of(source, monkeypatch)
    assert wanted, "the script computes no gradient"
    assert losses_here(source, len(wanted)) == pytest.approx(wanted, rel=2e-5)


@pytest.mark.parametrize("name", NAMES)
def test_what_changes_the_numbers_is_said(name: str) -> None:
    assert [str(each) for each in read_script(source_of(name)).changing] == SAID.get(name, [])


def test_there_are_many_scripts() -> None:
    assert len(NAMES) >= 40
