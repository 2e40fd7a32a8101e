"""PyTorch's own way through an experiment: `nn.Module`, autograd, `torch.nn.utils` and `torch.optim`, by their names.

It shares no formula with the tables, so that an error in one cannot hide in the other. What torch lacks is written out
here a second time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from chainrule.engine import refs
from chainrule.engine.arguments import Choice, Value
from chainrule.engine.refs import ValueRef
from chainrule.engine.spec import Experiment

Criterion = Callable[[Tensor, Tensor], Tensor]


class HalfSquaredError(nn.Module):
    """Half of the squared distance, as textbooks have it."""

    def __init__(self, reduction: str) -> None:
        super().__init__()
        self.whole = nn.MSELoss(reduction=reduction)

    def forward(self, output: Tensor, target: Tensor) -> Tensor:
        """The loss of a batch, ()."""
        loss: Tensor = 0.5 * self.whole(output, target)
        return loss


class HingeLoss(nn.Module):
    """max(0, 1 - t y), as torch's hinge of t y where all of it is to be pushed beyond the margin."""

    def __init__(self, reduction: str) -> None:
        super().__init__()
        self.embedding = nn.HingeEmbeddingLoss(reduction=reduction)

    def forward(self, output: Tensor, target: Tensor) -> Tensor:
        """The loss of a batch, ()."""
        product = target * output
        loss: Tensor = self.embedding(product, -torch.ones_like(product))
        return loss


class SumOfOutputs(nn.Module):
    """The outputs, added up or averaged."""

    def __init__(self, reduction: str) -> None:
        super().__init__()
        self.reduced = torch.mean if reduction == "mean" else torch.sum

    def forward(self, output: Tensor, target: Tensor) -> Tensor:
        """The loss of a batch, ()."""
        return self.reduced(output)


OWN_LOSSES: dict[str, Callable[..., nn.Module]] = {
    "HalfSquaredError": HalfSquaredError,
    "HingeLoss": HingeLoss,
    "SumOfOutputs": SumOfOutputs,
}
# Where a target of one column is a class, torch takes it as integers of shape (B,).
CLASS_LOSSES = frozenset({"CrossEntropyLoss", "NLLLoss"})


class Layer(nn.Linear):
    """`nn.Linear` with its activation as a child, so that the keys of `state_dict` are our refs."""

    def __init__(self, experiment: Experiment, index: int) -> None:
        network, spec = experiment.network, experiment.network.layers[index]
        super().__init__(network.fan_in(index), spec.units, bias=spec.bias)
        self.activation = activation_module(spec.activation)


class Network(nn.Module):
    """The experiment's network, with a copy of the parameters that are given. The frozen ones require no gradient."""

    def __init__(self, experiment: Experiment, parameters: Mapping[ValueRef, Tensor]) -> None:
        super().__init__()
        # On "meta" nothing is allocated and no random number is drawn: the values come from outside.
        with torch.device("meta"):
            self.layers = nn.ModuleList(Layer(experiment, index) for index in range(len(experiment.network.layers)))
        self.load_state_dict({name: parameters[ValueRef(name)].clone() for name in self.state_dict()}, assign=True)
        self.by_ref = {ValueRef(name): parameter for name, parameter in self.named_parameters()}
        for ref in experiment.frozen:
            self.by_ref[ref].requires_grad_(False)

    @property
    def trained(self) -> dict[ValueRef, nn.Parameter]:
        """The parameters that are not frozen."""
        return {ref: parameter for ref, parameter in self.by_ref.items() if parameter.requires_grad}

    def forward(self, x: Tensor) -> dict[ValueRef, Tensor]:
        """Every pre-activation and activation, (B, out)."""
        values = {}
        for index, layer in enumerate(self.layers):
            z = layer(x)
            assert isinstance(layer, Layer)
            x = layer.activation(z)
            values[refs.pre_activation(index)], values[refs.activation(index)] = z, x
        return values

    def output_from(self, ref: ValueRef, value: Tensor) -> Tensor:
        """The network's output if an input, a pre-activation or an activation had that value."""
        parts = refs.parse(ref)
        start = -1 if parts.layer is None else parts.layer
        if parts.name == "pre_activation":
            layer = self.layers[start]
            assert isinstance(layer, Layer)
            value = layer.activation(value)
        for layer in list(self.layers)[start + 1 :]:
            assert isinstance(layer, Layer)
            value = layer.activation(layer(value))
        return value


def activation_module(choice: Choice) -> nn.Module:
    """The module of `torch.nn` by that name."""
    module: nn.Module = getattr(nn, choice.name)(**choice.arguments)
    return module


def criterion(choice: Choice) -> Criterion:
    """The loss of a batch by `torch.nn`, or by what is written out here; "batchmean" is the sum over the batch size."""
    arguments: dict[str, Value] = dict(choice.arguments)
    batchmean = arguments["reduction"] == "batchmean"
    make = OWN_LOSSES.get(choice.name) or getattr(nn, choice.name)
    whole: Criterion = make(**{**arguments, "reduction": "sum" if batchmean else arguments["reduction"]})

    def loss(output: Tensor, target: Tensor) -> Tensor:
        classes = choice.name in CLASS_LOSSES and target.shape[1] == 1
        value = whole(output, target[:, 0].long() if classes else target)
        return value / len(output) if batchmean else value

    return loss


def loss_terms(choice: Choice, output: Tensor, target: Tensor) -> dict[ValueRef, Tensor]:
    """What the cross entropy goes through, by `torch.nn`: softmax, its logarithm and the target as probabilities."""
    if choice.name != "CrossEntropyLoss":
        return {}
    outputs, smoothing = output.shape[1], choice.number("label_smoothing")
    found = {"softmax": nn.Softmax(dim=1)(output), "log_softmax": nn.LogSoftmax(dim=1)(output)}
    classes = target.shape[1] == 1
    if classes:
        target = nn.functional.one_hot(target[:, 0].long(), outputs).to(output.dtype)
    if classes or smoothing:
        found["target"] = torch.lerp(target, torch.full_like(target, 1 / outputs), smoothing)
    return {refs.loss_term(name): value for name, value in found.items()}


class TorchLoop:
    """Training as it is usually written in torch, from parameters on, on the batches that it is given.

    It computes on its own from one iteration to the next: nothing of the trace enters but the rows, unless `restore`
    puts it where the trace is. `torch.optim` costs most of a second when its first optimizer is made, so that it is
    made only for an `update`.
    """

    def __init__(self, experiment: Experiment, parameters: Mapping[ValueRef, Tensor]) -> None:
        self.experiment = experiment
        self.network = Network(experiment, parameters)
        self.criterion = criterion(experiment.loss)
        self._output = refs.activation(len(experiment.network.layers) - 1)
        self._optimizer: torch.optim.Optimizer | None = None

    def gradients(self, inputs: Tensor, targets: Tensor) -> dict[ValueRef, Tensor]:
        """Forward pass, loss and backward pass: every value and every gradient of it, by ref."""
        self.network.zero_grad()
        # An input that requires a gradient gives every value behind it one, whatever is frozen.
        x = inputs.clone().requires_grad_()
        values = self.network(x)
        for value in values.values():
            value.retain_grad()
        loss = self.criterion(values[self._output], targets.clone())
        loss.backward()
        derived = {refs.INPUT: x, **values, **self.network.trained}
        gradients = {refs.grad(ref): value.grad for ref, value in derived.items() if value.grad is not None}
        terms = loss_terms(self.experiment.loss, values[self._output], targets)
        found = {**values, **terms, refs.LOSS: loss, **gradients}
        return {ref: value.detach().clone() for ref, value in found.items()}

    def update(self) -> dict[ValueRef, Tensor]:
        """The step of `torch.optim` on the gradients of now: new parameters and the optimizer's state, by ref."""
        if not self.network.trained:
            return {}
        with float64_scalars():
            self.optimizer.step()
        found: dict[ValueRef, Tensor] = {}
        for ref, parameter in self.network.trained.items():
            found[refs.next_value(ref)] = parameter
            for name, value in self.optimizer.state[parameter].items():
                if isinstance(value, Tensor):
                    found[refs.next_value(refs.optimizer_state(ref, name))] = value
        return {ref: value.detach().clone() for ref, value in found.items()}

    @property
    def optimizer(self) -> torch.optim.Optimizer:
        """The optimizer of `torch.optim` by its name, over what is trained."""
        if self._optimizer is None:
            choice = self.experiment.optimizer
            with float64_scalars():
                self._optimizer = getattr(torch.optim, choice.name)(self.network.trained.values(), **choice.arguments)
        assert self._optimizer is not None
        return self._optimizer

    def restore(self, memory: Mapping[ValueRef, Tensor]) -> None:
        """Put the optimizer's state where the trace is: what it carries, by ref."""
        trained = self.network.trained
        for ref, value in memory.items():
            parts = refs.parse(ref)
            if parts.base in trained:
                self.optimizer.state[trained[parts.base]][parts.suffixes[0]] = value.clone()


@contextmanager
def float64_scalars() -> Iterator[None]:
    """Let torch.optim keep counters and running products in float64, as the trace does; float32 is its default."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        yield
    finally:
        torch.set_default_dtype(before)
