"""`Experiment.from_module`: a living module trains here as it trains in PyTorch; what is not known is named."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

import chainrule


class Functional(nn.Module):
    """Functional calls, and a reshape that asks for the size."""

    def __init__(self) -> None:
        super().__init__()
        self.second, self.first = nn.Linear(4, 2), nn.Linear(6, 4, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        x = x.view(x.size(0), -1)
        x = functional.leaky_relu(self.first(x), negative_slope=0.3)
        x = x.reshape(x.shape[0], 4)
        return self.second(x).softmax(dim=1)


class Blocks(nn.Module):
    """Modules inside of modules."""

    def __init__(self) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(nn.Sequential(nn.Linear(6, 6), nn.GELU("tanh")) for _ in range(2))
        self.head = nn.Linear(6, 2)

    def forward(self, x: Tensor) -> Tensor:
        for block in self.blocks:
            x = block(x)
        return self.head(x)


MODULES = {
    "linear": lambda: nn.Linear(6, 2),
    "sequential": lambda: nn.Sequential(nn.Linear(6, 3), nn.PReLU(3), nn.Linear(3, 2), nn.Dropout(0.0)),
    "functional": Functional,
    "blocks": Blocks,
    "elu": lambda: nn.Sequential(nn.Flatten(), nn.Linear(6, 3), nn.ELU(0.7), nn.Linear(3, 2), nn.Sigmoid()),
}
OPTIMIZERS: dict[str, Any] = {
    "sgd": lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9, nesterov=True),
    "adam": lambda p: torch.optim.AdamW(p, lr=0.02, weight_decay=0.1),
    "rmsprop": lambda p: torch.optim.RMSprop(p, lr=0.01, centered=True),
}


def data() -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(1)
    return torch.randn(5, 6, generator=generator), torch.rand(5, 2, generator=generator)


def trained(model: nn.Module, loss: nn.Module, optimizer: torch.optim.Optimizer, steps: int) -> list[float]:
    x, y = data()
    found = []
    for _ in range(steps):
        optimizer.zero_grad()
        value = loss(model(x), y)
        found.append(value.item())
        value.backward()
        optimizer.step()
    return found


@pytest.mark.parametrize("trains", OPTIMIZERS)
@pytest.mark.parametrize("name", MODULES)
@pytest.mark.parametrize("loss", [nn.MSELoss(), nn.HuberLoss("sum", 0.5)], ids=["mse", "huber"])
def test_it_trains_on_as_pytorch_does(name: str, trains: str, loss: nn.Module) -> None:
    torch.manual_seed(7)
    model = MODULES[name]()
    optimizer = OPTIMIZERS[trains](model.parameters())
    # Not from the first iteration: what the optimizer keeps is taken, too.
    trained(model, loss, optimizer, 3)
    experiment = chainrule.Experiment.from_module(model, *data(), loss, optimizer)
    assert experiment.train(4).losses == pytest.approx(trained(model, loss, optimizer, 4), rel=2e-5)


def test_classes_and_their_weights() -> None:
    torch.manual_seed(3)
    model = nn.Linear(2, 3).double()
    x = torch.randn(4, 2, dtype=torch.float64)
    y = torch.tensor([0, 2, 1, 2])
    loss = nn.CrossEntropyLoss(weight=torch.tensor([1.0, 2.0, 0.5], dtype=torch.float64), label_smoothing=0.1)
    experiment = chainrule.Experiment.from_module(model, x.numpy(), y.numpy(), loss)
    assert experiment.trace()[0].loss == pytest.approx(loss(model(x), y).item(), rel=1e-12)


def test_groups_and_what_is_not_trained() -> None:
    model = nn.Sequential(nn.Linear(6, 3), nn.Tanh(), nn.Linear(3, 2))
    model[2].bias.requires_grad_(False)
    groups = [{"params": [model[0].weight]}, {"params": [model[2].weight], "lr": 0.5}]
    optimizer = torch.optim.SGD(groups, lr=0.1)
    experiment = chainrule.Experiment.from_module(model, *data(), "MSELoss", optimizer)
    assert experiment.spec.frozen == {"layers.0.bias", "layers.1.bias"}
    assert experiment.train(4).losses == pytest.approx(trained(model, nn.MSELoss(), optimizer, 4), rel=2e-5)


class Residual(nn.Module):
    """No chain."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(6, 6)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.layer(x)


class Failing(nn.Module):
    """A forward that raises what nobody expects of it."""

    def forward(self, x: Tensor) -> Tensor:
        raise KeyError("x")


class Branching(nn.Module):
    """A forward that depends on numbers."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(6, 2)

    def forward(self, x: Tensor) -> Tensor:
        return self.layer(x) if x.sum() > 0 else -self.layer(x)


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (nn.Sequential(nn.Linear(6, 2), nn.BatchNorm1d(2)), "1: BatchNorm1d is not known here"),
        (nn.Sequential(nn.Linear(6, 2), nn.Dropout(0.5)), "1: Dropout is not known here"),
        (nn.Sequential(nn.Linear(6, 2), nn.ReLU(), nn.Tanh()), "Tanh follows ReLU: a layer has one activation here"),
        (nn.Sequential(nn.ReLU(), nn.Linear(6, 2)), "ReLU stands before the first nn.Linear"),
        (Residual(), "reads other values than those of the layer before it: no chain"),
        (Branching(), "its forward cannot be followed: "),
        (nn.Identity(), "it has no nn.Linear"),
        (nn.Sequential(), "it has no nn.Linear"),
        (None, "expected a model, an nn.Module, got NoneType"),
        (nn.Linear, "expected a model, an nn.Module, got the class Linear"),
        (nn.Sequential(nn.LazyLinear(2)), "0 is lazy, and has no numbers before its first call"),
        (nn.Linear(6, 2, device="meta"), "the module is on the device meta, and has no numbers"),
        (
            nn.utils.parametrizations.weight_norm(nn.Linear(6, 2)),
            "the module computes its weight from other parameters",
        ),
        (Failing(), "its forward cannot be followed: 'x'"),
        (nn.Linear(6, 2).half(), "expected parameters in float32 or float64, got torch.float16"),
    ],
)
def test_what_is_not_known_is_named(model: Any, message: str) -> None:
    with pytest.raises(ValueError, match=r".") as refused:
        chainrule.Experiment.from_module(model, *data())
    assert message in str(refused.value)


def test_data_that_does_not_fit_is_refused() -> None:
    x, y = data()
    with pytest.raises(ValueError, match=r"the inputs are \(5, 5\), and a row has 6 numbers"):
        chainrule.Experiment.from_module(nn.Linear(6, 2), x[:, :5], y)
    with pytest.raises(ValueError, match=r"the targets are \(4, 2\), which does not fit 5 rows"):
        chainrule.Experiment.from_module(nn.Linear(6, 2), x, y[:4])
    with pytest.raises(ValueError, match="the loss KLDivLoss is not known here"):
        chainrule.Experiment.from_module(nn.Linear(6, 2), x, y, nn.KLDivLoss())
    with pytest.raises(ValueError, match="the inputs are no numbers: they are complex"):
        chainrule.Experiment.from_module(nn.Linear(6, 2), x.to(torch.complex64), y)
    others = torch.optim.SGD(nn.Linear(6, 2).parameters(), lr=0.1)
    with pytest.raises(ValueError, match="the optimizer trains none of the model's parameters"):
        chainrule.Experiment.from_module(nn.Linear(6, 2), x, y, nn.MSELoss(), others)


def test_rows_that_are_kept_sparsely_are_taken() -> None:
    x, y = data()
    model = nn.Linear(6, 2)
    dense, sparse = (chainrule.Experiment.from_module(model, rows, y) for rows in (x, x.to_sparse()))
    assert dense.spec == sparse.spec
