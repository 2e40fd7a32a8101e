"""Each optimizer against torch's own, step by step on given gradients."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from chainrule.engine.arguments import Choice
from chainrule.engine.optimizers import LR, MOMENTUM, OPTIMIZERS, PARAMETER
from tests.engine import oracles
from tests.engine.test_tables import DTYPES, assert_near, choices

GRADIENTS = [
    [0.5, -0.25, 0.0, 1e-30, 3.0],
    [0.0, 0.0, 0.0, 0.0, 0.0],
    [-1.0, 2.0, -0.0, 1e30, 3.0],
    [1e-8, -2.0, 7.0, -1e30, 3.0],
    [1.0, 1.0, 1.0, 1.0, 3.0],
]


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("choice", choices(OPTIMIZERS, lr=(0.0, 0.1, 1e3), momentum=(0.0, 0.5, 0.9, 1.5)), ids=str)
def test_optimizer_steps(choice: Choice, dtype: torch.dtype) -> None:
    """Five steps on given gradients: a jump, none at all, enormous ones of both signs."""
    entry = OPTIMIZERS[choice.name]
    settings = {name: torch.tensor(choice.number(name), dtype=torch.float64) for name in (LR, MOMENTUM)}
    parameter = nn.Parameter(torch.tensor([1.0, -2.0, 0.0, 5.0, 1e-3], dtype=dtype))
    optimizer = oracles.optimizer(choice, [parameter])
    carried: dict[str, Tensor] = {buffer.name: torch.zeros(5, dtype=dtype) for buffer in entry.state(choice, (5,))}
    carried[PARAMETER] = parameter.detach().clone()
    for gradient in GRADIENTS:
        parameter.grad = torch.tensor(gradient, dtype=dtype)
        values = {**carried, "grad": parameter.grad.clone(), **settings}
        for update in entry.updates(choice, (5,)):
            values[update.writes] = update.compute(*(values[name] for name in update.reads))
        carried = {name: values[f"{name}.next" if name else "next"] for name in carried}
        optimizer.step()
        assert_near(carried[PARAMETER], parameter.detach())
        for buffer in entry.state(choice, (5,)):
            assert_near(carried[buffer.name], optimizer.state[parameter][buffer.name])
