"""Scripts of the corpus, run in PyTorch: what their losses are, as PyTorch computes them."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import pytest
import torch

SCRIPTS = Path(__file__).parent / "scripts"
NAMES = sorted(path.stem for path in SCRIPTS.glob("*.txt"))
ITERATIONS = 5


class EnoughError(Exception):
    """The script has computed as many losses as are wanted."""


def source_of(name: str) -> str:
    """The text of a script."""
    return (SCRIPTS / f"{name}.txt").read_text(encoding="utf-8")


def losses_of(source: str, monkeypatch: pytest.MonkeyPatch, most: int = ITERATIONS) -> list[float]:
    """The first losses of which a script has PyTorch compute gradients."""
    found: list[float] = []
    backward = torch.Tensor.backward

    def counted(self: torch.Tensor, *args: Any, **kwargs: Any) -> None:
        if len(found) == most:
            raise EnoughError
        found.append(self.item())
        backward(self, *args, **kwargs)

    with monkeypatch.context() as patched:
        patched.setattr(torch.Tensor, "backward", counted)
        # Where a script draws without a seed, the reader draws as with this one.
        torch.manual_seed(0)
        before = torch.get_default_dtype()
        try:
            with warnings.catch_warnings():
                # Some of them do what torch advises against.
                warnings.simplefilter("ignore")
                exec(compile(source, "script", "exec"), {"__name__": "__main__"})
        except EnoughError:
            pass
        finally:
            torch.set_default_dtype(before)
    return found
