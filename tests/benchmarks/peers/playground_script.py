"""The same training by TensorFlow Playground's own engine, run by Node, where a checkout of it is at hand.

Its code is not a part of this project. `git clone https://github.com/tensorflow/playground`, in there `npm install
typescript`, and tell where that is: `CHAINRULE_PLAYGROUND=PATH`.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

VARIABLE = "CHAINRULE_PLAYGROUND"
SCRIPT = Path(__file__).with_name("playground.cjs")
# The engine's names of functions.
FUNCTIONS = {"Tanh": "TANH", "ReLU": "RELU", "Sigmoid": "SIGMOID", "Identity": "LINEAR"}


def missing() -> str:
    """Return what stands in the way of running it, or "" where nothing does."""
    if shutil.which("node") is None:
        return "there is no node"
    if not Path(os.environ.get(VARIABLE, ""), "src", "nn.ts").is_file():
        return f"{VARIABLE} names no checkout of https://github.com/tensorflow/playground"
    return ""


class Playground:
    """Training from first weights and biases. Its error is half of the squared one, the mean over the batch."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def train(self, iterations: int) -> None:
        """Compute so many iterations."""
        self._ask(-iterations)

    def losses(self, iterations: int) -> list[float]:
        """Compute so many iterations; return the loss of each before its update."""
        return self._ask(iterations)

    def _ask(self, count: int) -> list[float]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{count}\n")
        self._process.stdin.flush()
        found: list[float] = json.loads(self._process.stdout.readline())
        return found


@contextmanager
def playground(
    parameters: Sequence[tuple[Any, Any]],
    inputs: Sequence[Sequence[float]],
    targets: Sequence[float],
    batch: int,
    activation: str,
    lr: float,
) -> Iterator[Playground]:
    """Give one at its start; the process ends with the block. `parameters` are nested lists, (out, in) and (out,)."""
    sizes = [len(inputs[0]), *(len(bias) for _, bias in parameters)]
    given = {"sizes": sizes, "activation": FUNCTIONS[activation], "parameters": parameters, "inputs": inputs}
    given |= {"targets": targets, "batch": batch, "lr": lr}
    command = ["node", str(SCRIPT), os.environ[VARIABLE]]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        process.stdin.write(f"{json.dumps(given)}\n")
        yield Playground(process)
        process.stdin.close()
