"""A walk of one parameter by torch.optim and by the engine, step by step."""

from __future__ import annotations

import math
import sys
from types import FrameType
from typing import Any

import torch
from torch import Tensor, nn

from chainrule.catalog.arguments import Choice
from chainrule.catalog.optimizers import LR, OPTIMIZERS, PARAMETER, Extent, complete_optimizer
from chainrule.engine.program.updates import computation
from tests.engine import oracles

START = [1.0, -2.0, 0.0, 5.0, 1e-3, -0.5]


class Walk:
    """An optimizer's own computations on given gradients, beside torch's."""

    def __init__(self, choice: Choice, shape: tuple[int, ...], dtype: torch.dtype) -> None:
        self.choice = complete_optimizer(choice, "$")
        self.entry, self.shape, self.dtype = OPTIMIZERS[choice.name], shape, dtype
        self.updates = self.entry.updates(self.choice, shape)
        self.buffers = self.entry.state(self.choice, shape)
        self.parameter = nn.Parameter(self.tensor(START))
        self.optimizer = oracles.optimizer(self.choice, [self.parameter])
        self.settings = {
            name: torch.tensor(self.choice.number(name), dtype=torch.float64)
            for name in (LR, "momentum")
            if name in self.choice.arguments
        }
        if "betas" in self.choice.arguments:
            self.settings["beta1"] = torch.tensor(self.choice.numbers("betas")[0], dtype=torch.float64)
        self.carried = {PARAMETER: self.parameter.detach().clone()} | {
            buffer.name: self._first(buffer.initial, buffer.extent) for buffer in self.buffers
        }
        self.locals: dict[str, Any] = {}

    def _first(self, initial: float | str, extent: Extent) -> Tensor:
        number = self.choice.number(initial) if isinstance(initial, str) else initial
        dtype = torch.float64 if extent is Extent.SCALAR else self.dtype
        return torch.full(extent.shape(self.shape), number, dtype=dtype)

    def tensor(self, numbers: list[float]) -> Tensor:
        return torch.tensor(numbers[: math.prod(self.shape)], dtype=self.dtype).reshape(self.shape)

    def step(self, gradient: list[float]) -> dict[str, Tensor]:
        """One step of both; what the program computes."""
        self.parameter.grad = self.tensor(gradient)
        values = {**self.carried, "grad": self.tensor(gradient), **self.settings}
        for update in self.updates:
            assert update.writes not in values, "written twice"
            reads = [values[name] for name in update.reads]
            before = [value.clone() for value in reads]
            values[update.writes] = computation(update, self.choice)(*reads)
            assert all(map(torch.equal, (x.nan_to_num() for x in reads), (x.nan_to_num() for x in before)))
        self.carried = {name: values[f"{name}.next" if name else "next"] for name in self.carried}
        with locals_of("_single_tensor_", self.locals):
            self.optimizer.step()
        return values

    def local(self, *names: str) -> Any:
        """What the oracle's function had in a local variable when it returned: in the first that it has of these."""
        for name in names:
            if name in self.locals:
                return self.locals[name]
        raise LookupError(
            f"the oracle of {self.choice.name} has no local `{'` or `'.join(names)}`: compute it under that name in a "
            "function `_single_tensor_...` (tests/engine/oracles.py), or add it to EXACTLY"
        )


class locals_of:  # noqa: N801 - used like a function
    """Keeps the local variables that functions of a name have when they return."""

    def __init__(self, prefix: str, found: dict[str, Any]) -> None:
        self.prefix, self.found = prefix, found

    def __enter__(self) -> None:
        sys.setprofile(self._profile)

    def __exit__(self, *_: object) -> None:
        sys.setprofile(None)

    def _profile(self, frame: FrameType, event: str, _: object) -> None:
        if event == "return" and frame.f_code.co_name.startswith(self.prefix):
            self.found.clear()
            self.found.update(frame.f_locals)


class Near:
    """Equality relative to the largest magnitude that each number has had, so that a sum may cancel."""

    def __init__(self, walk: Walk) -> None:
        self.rtol = 1e-12 if walk.dtype is torch.float64 else 64 * torch.finfo(walk.dtype).eps
        self.largest: dict[str, Tensor] = {"parameter": walk.parameter.detach().abs()}

    def check(self, name: str, actual: Tensor, expected: Tensor) -> None:
        assert actual.shape == expected.shape, name
        assert actual.dtype == expected.dtype, name
        finite = expected.abs().nan_to_num(nan=0.0, posinf=0.0)
        self.largest[name] = torch.maximum(self.largest.get(name, finite), finite)
        same = (actual == expected) | (actual.isnan() & expected.isnan())
        near = (actual - expected).abs() <= self.rtol * self.largest[name] + torch.finfo(expected.dtype).tiny
        assert bool((same | near).all()), (name, actual, expected)
