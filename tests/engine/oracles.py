"""What each entry of the tables is held against: torch's own by name, or one written here for what it lacks."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from chainrule.catalog.arguments import Choice

# Formulas of everything that the grammar has, where it has a value at every z, as one would write them in torch.
FORMULAS: dict[str, Callable[[Tensor], Tensor]] = {
    "sin(z)": torch.sin,
    "3": lambda z: 3 + 0 * z,
    "abs(z)*cos(z) - pi": lambda z: z.abs() * z.cos() - math.pi,
    "max(0, z) + min(z, 1)/3": lambda z: (
        torch.maximum(torch.zeros_like(z), z) + torch.minimum(z, torch.ones_like(z)) / 3
    ),
    "relu(z) - 0.1*relu(-z)": lambda z: torch.relu(z) - 0.1 * torch.relu(-z),
    "z*sigmoid(1.702*z)": lambda z: z * torch.sigmoid(1.702 * z),
    "if(z > 0, sqrt(z), z/2)": lambda z: torch.where(z > 0, torch.sqrt(torch.where(z > 0, z, 1.0)), z / 2),
    "if(z > 1, 2, if(z > -1, z^2, exp(z)))": lambda z: torch.where(
        z > 1, 2.0, torch.where(z > -1, z.clamp(-2, 2) ** 2, torch.exp(z.clamp(max=0)))
    ),
    "sign(z)*floor(z) + e": lambda z: torch.sign(z) * torch.floor(z) + math.e,
    "tanh(z)^3 + softplus(-z)*erf(z)": lambda z: (
        torch.tanh(z) ** 3 + torch.logaddexp(-z, torch.zeros_like(z)) * torch.erf(z)
    ),
    "1/(1 + z^2)": lambda z: 1 / (1 + z**2),
}


class Formula(nn.Module):
    """One of them."""

    def __init__(self, formula: str) -> None:
        super().__init__()
        self.function = FORMULAS[formula]

    def forward(self, z: Tensor) -> Tensor:
        """The formula of each number."""
        return self.function(z)


# Only for what torch does not have.
ACTIVATIONS: dict[str, Callable[..., nn.Module]] = {
    "Formula": Formula,
}


class HalfSquaredError(nn.Module):
    """The textbooks' half of the squared distance, with the reductions of torch."""

    def __init__(self, reduction: str = "mean") -> None:
        super().__init__()
        self.reduction = reduction

    def forward(self, output: Tensor, target: Tensor) -> Tensor:
        """The loss, element by element for the reduction "none"."""
        terms = 0.5 * (target - output) ** 2
        if self.reduction == "none":
            return terms
        return terms.mean() if self.reduction == "mean" else terms.sum()


class HingeLoss(nn.Module):
    """max(0, 1 - t y): torch's HingeEmbeddingLoss of t y, all of it to be pushed away by the margin 1."""

    def __init__(self, reduction: str = "mean") -> None:
        super().__init__()
        self.criterion = nn.HingeEmbeddingLoss(margin=1.0, reduction=reduction)

    def forward(self, output: Tensor, target: Tensor) -> Tensor:
        """The loss, element by element for the reduction "none"."""
        product = target * output
        loss: Tensor = self.criterion(product, -torch.ones_like(product))
        return loss


class SumOfOutputs(nn.Module):
    """The outputs, whatever the targets are."""

    def __init__(self, reduction: str = "sum") -> None:
        super().__init__()
        self.reduction = reduction

    def forward(self, output: Tensor, target: Tensor) -> Tensor:
        """The loss, element by element for the reduction "none"."""
        if self.reduction == "none":
            return output * 1
        return output.mean() if self.reduction == "mean" else output.sum()


class ByFormula(nn.Module):
    """What a formula makes of output and target: Python's own reading of it, with torch's functions."""

    def __init__(self, formula: str, reduction: str = "mean") -> None:
        super().__init__()
        self.formula, self.reduction = formula.replace("^", "**"), reduction

    def forward(self, output: Tensor, target: Tensor) -> Tensor:
        """The loss, element by element for the reduction "none"."""
        terms: Tensor = eval(self.formula, {**vars(torch), "o": output, "t": target})
        if self.reduction == "none":
            return terms
        return terms.mean() if self.reduction == "mean" else terms.sum()


LOSSES: dict[str, Callable[..., nn.Module]] = {
    "Formula": ByFormula,
    "HalfSquaredError": HalfSquaredError,
    "HingeLoss": HingeLoss,
    "SumOfOutputs": SumOfOutputs,
}
# torch takes class indices as integers of shape (N,), ours are a column of numbers.
CLASS_LOSSES = ("CrossEntropyLoss", "NLLLoss")


def activation(choice: Choice, dtype: torch.dtype = torch.float64) -> nn.Module:
    """The module of an activation; `LookupError` if nothing covers it."""
    arguments = dict(choice.arguments)
    if choice.name == "PReLU":
        arguments["dtype"] = dtype
    if arguments.get("dim", 1) is None:
        # torch takes 1 for it in a batch of vectors, but warns.
        arguments["dim"] = 1
    module: nn.Module = _class(choice.name, ACTIVATIONS, nn)(**arguments)
    return module


def loss(choice: Choice) -> Callable[[Tensor, Tensor], Tensor]:
    """The criterion of a loss; `LookupError` if nothing covers it."""
    criterion = _class(choice.name, LOSSES, nn)
    others = {name: value for name, value in choice.arguments.items() if name != "reduction"}
    reduction = choice["reduction"]
    module: nn.Module = criterion(reduction="sum" if reduction == "batchmean" else reduction, **others)

    def compute(output: Tensor, target: Tensor) -> Tensor:
        if choice.name in CLASS_LOSSES and target.shape[1] == 1:
            target = target[:, 0].long()
        found: Tensor = module(output, target)
        return found / len(output) if reduction == "batchmean" else found

    return compute


def loss_terms(choice: Choice, output: Tensor, target: Tensor) -> dict[str, Tensor]:
    """What a loss computes on its way, by ref, by torch's own functions."""
    if choice.name != "CrossEntropyLoss":
        return {}
    outputs, smoothing = output.shape[1], choice.number("label_smoothing")
    terms = {"loss.softmax": nn.Softmax(dim=1)(output), "loss.log_softmax": nn.LogSoftmax(dim=1)(output)}
    classes = target.shape[1] == 1
    if classes:
        target = nn.functional.one_hot(target[:, 0].long(), outputs).to(output.dtype)
    if classes or smoothing:
        terms["loss.target"] = torch.lerp(target, torch.full_like(target, 1 / outputs), smoothing)
    return terms


def optimizer(choice: Choice, parameters: Iterable[Tensor]) -> torch.optim.Optimizer:
    """The optimizer of torch, or one of our own; `LookupError` if there is none of that name."""
    arguments = dict(choice.arguments)
    if not arguments.pop("bias_correction", True):
        return UncorrectedAdam(parameters, choice.name == "AdamW", arguments)
    made: torch.optim.Optimizer = optimizer_class(choice.name)(parameters, **arguments)
    return made


def optimizer_class(name: str) -> Callable[..., Any]:
    """The class of torch, or one of our own, which refuses what is out of range as torch's do."""
    return _class(name, OPTIMIZERS, torch.optim)


class UncorrectedAdam(torch.optim.Optimizer):
    """Adam as torch has it, but for the corrections of its averages, and with its names for what lies between."""

    def __init__(self, parameters: Iterable[Tensor], decoupled: bool, arguments: Mapping[str, Any]) -> None:
        parameters = list(parameters)
        # torch refuses what is out of range.
        (torch.optim.AdamW if decoupled else torch.optim.Adam)(parameters, **arguments)
        super().__init__(parameters, {"decoupled_weight_decay": decoupled, **torch_defaults(decoupled), **arguments})

    @torch.no_grad()
    def step(self) -> None:  # type: ignore[override]
        """One step of each parameter."""
        for group in self.param_groups:
            for parameter in group["params"]:
                if parameter.grad is None:
                    continue
                if not self.state[parameter]:
                    names = ("exp_avg", "exp_avg_sq", *(("max_exp_avg_sq",) if group["amsgrad"] else ()))
                    self.state[parameter] |= {name: torch.zeros_like(parameter) for name in names}
                    self.state[parameter]["step"] = torch.zeros(())
                _single_tensor_uncorrected(parameter, parameter.grad, self.state[parameter], group)


def torch_defaults(decoupled: bool) -> dict[str, Any]:
    """What the arguments are that are not given."""
    decay = 0.01 if decoupled else 0.0
    return {"betas": (0.9, 0.999), "eps": 1e-8, "weight_decay": decay, "amsgrad": False, "maximize": False}


def _single_tensor_uncorrected(param: Tensor, grad: Tensor, state: dict[str, Tensor], group: Mapping[str, Any]) -> None:
    (beta1, beta2), lr, decay = group["betas"], group["lr"], group["weight_decay"]
    state["step"] += 1
    grad = -grad if group["maximize"] else grad
    if group["decoupled_weight_decay"]:
        param.mul_(1 - lr * decay)
    else:
        grad = grad.add(param, alpha=decay)
    state["exp_avg"].lerp_(grad, 1 - beta1)
    state["exp_avg_sq"].mul_(beta2).addcmul_(grad, grad, value=1 - beta2)
    squares = state["exp_avg_sq"]
    if group["amsgrad"]:
        squares = state["max_exp_avg_sq"] = torch.maximum(state["max_exp_avg_sq"], squares)
    denom = squares.sqrt().add_(group["eps"])
    param.addcdiv_(state["exp_avg"], denom, value=-lr)


class Descent(torch.optim.SGD):
    """What the lines of the optimizer by formula are unless they are given: gradient descent."""

    def __init__(self, parameters: Iterable[Tensor], lr: float, state: object = None, updates: object = None) -> None:
        assert not state
        assert updates in (None, ("next = param - lr*grad",))
        super().__init__(parameters, lr=lr)


OPTIMIZERS: dict[str, Callable[..., Any]] = {
    "Formula": Descent,
}


def _class(name: str, own: Mapping[str, Callable[..., Any]], module: object) -> Callable[..., Any]:
    if name in own:
        return own[name]
    if not hasattr(module, name):
        raise LookupError(f"nothing to hold {name} against: add an oracle to {__file__}")
    found: Callable[..., Any] = getattr(module, name)
    return found


def scheduler(choice: Choice, optimizer: torch.optim.Optimizer, batches: int = 1) -> Any:
    """The scheduler of torch; `LookupError` if it has none of that name. `batches` are the iterations of an epoch."""
    interval = choice["interval"]
    if choice.name == "SequentialLR":
        parts = [scheduler(part.replace(interval=interval), optimizer, batches) for part in choice["schedulers"]]  # type: ignore[union-attr]
        return torch.optim.lr_scheduler.SequentialLR(optimizer, parts, list(choice["milestones"]))  # type: ignore[arg-type]
    arguments: dict[str, Any] = {name: value for name, value in choice.arguments.items() if name != "interval"}
    if choice.name == "LambdaLR":
        arguments["lr_lambda"] = _lambda(str(choice["lr_lambda"]), str(interval), batches)
    return _class(choice.name, {}, torch.optim.lr_scheduler)(optimizer, **arguments)


def _lambda(text: str, interval: str, batches: int) -> Callable[[int], float]:
    """The Python function that an expression stands for, of torch's count of steps."""
    names = {name: getattr(math, name) for name in ("sqrt", "exp", "log", "sin", "cos", "floor", "pi")}

    def function(step: int) -> float:
        iteration, epoch = (step, step // batches) if interval == "iteration" else (step * batches, step)
        return float(eval(text, names, {"iteration": iteration, "epoch": epoch}))

    return function


@contextmanager
def float64_scalars() -> Iterator[None]:
    """torch.optim keeps counters and running products in the default dtype."""
    torch.set_default_dtype(torch.float64)
    try:
        yield
    finally:
        torch.set_default_dtype(torch.float32)
