"""The numerical error of a finite difference: from rounding, and where PyTorch's own slope is limited.

A loss is known to its last digit at best, and to fewer where it is computed from what has lost its digits: of a Sigmoid
of 22 that is to be 0, `log(1 - a)` is made of the six digits that 1 - a has left. A quotient of two such losses is
their noise over the step. The slope that it is held against has its own limits: float32 may have no digits of it, and
`nn.BCELoss` divides by no less than 1e-12, so that beyond it its slope is not that of its value. It all comes from
autograd, in float64 and in the experiment's dtype; its networks share nothing with the trace but what that began with.

Where a number is at a kink of its activation or of the loss, what it is computed from has no slope to be found.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from chainrule.catalog.activations import ACTIVATIONS
from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.values import refs
from chainrule.catalog.values.of_experiment import values_of
from chainrule.catalog.values.refs import ValueRef
from chainrule.catalog.values.value import Role
from chainrule.engine.referee.formula_module import FormulaModule
from chainrule.engine.referee.kinks import beside_kink
from chainrule.engine.referee.losses import beside_loss_kink, criterion, formula_rounding, unlimited
from chainrule.engine.referee.reference import Layer, Network

EPS = torch.finfo(torch.float64).eps
# How many roundings of each number a loss may carry: a function is right to about one unit of its last digit.
ROUNDINGS = 2
# Where the noise of a sample's number is, beside that of the layer's parameters.
_PLACES = {Role.PRE_ACTIVATION: 1, Role.ACTIVATION: 2, Role.INPUT: 2}
Values = Mapping[ValueRef, Tensor]


class NumericalErrors:
    """What a finite difference of one batch cannot know, for any element of any value."""

    def __init__(
        self, experiment: Experiment, noise: list[Tensor], loss: float, slopes: Values, errors: Values
    ) -> None:
        """`noise` is that of each sample's part of the loss, (B,), by the first number that is computed anew.

        It has two places for each layer, its z and its a, and one for the loss itself. `errors` is how far PyTorch's
        slopes are off. A slope that is not finite is not known.
        """
        self._noise, self._loss, self._errors = noise, loss, errors
        self._described = values_of(experiment)
        self._known = {ref: torch.isfinite(slope) for ref, slope in slopes.items()}

    def of(self, ref: ValueRef, index: tuple[int, ...], width: float, size: float) -> float:
        """Return how far a quotient of two losses, so large and so far apart,
        may be from the slope that PyTorch has.
        """
        known = self._known.get(ref)
        if known is None or not self._noise:
            # Frozen numbers have no slope to be held against, and an output that is not finite has no loss.
            return 0.0 if self._noise else math.inf
        if not known[index]:
            return math.inf
        value = self._described[ref]
        layer = -1 if value.layer is None else value.layer
        # Of a parameter its layer's samples all have a part.
        place = 2 * layer + _PLACES.get(value.role, 0)
        noise = self._noise[place][index[0]] if value.role in _PLACES else self._noise[place].sum()
        error: float = self._errors[ref][index].item() if ref in self._errors else 0.0
        rounding: float = ROUNDINGS * EPS * (noise.item() + max(abs(self._loss), size)) / width
        return error + rounding


def numerical_errors(experiment: Experiment, values: Values) -> Generator[None, None, NumericalErrors]:
    """Return the numerical errors of the finite differences of a batch.

    `values` are those of the trace in float64 on the CPU. Yields after each layer.
    """
    passes = yield from _passes(experiment, values, torch.float64)
    errors = {ref: slope.abs() for ref, slope in passes.beyond.items()}
    if experiment.dtype == "float32":
        narrow = yield from _passes(experiment, values, torch.float32)
        for ref, slope in narrow.slopes.items():
            errors[ref] = (slope.double() - passes.slopes[ref]).abs() + errors.get(ref, 0.0)
    noise = yield from _noise(experiment, passes)
    return NumericalErrors(experiment, noise, passes.loss, passes.kinked or passes.slopes, errors)


def _noise(experiment: Experiment, passes: _Passes) -> Generator[None, None, list[Tensor]]:
    values, slopes = passes.values, passes.slopes
    layers = len(experiment.network.layers)
    last = refs.activation(layers - 1)
    noises = [(slopes[last] * values[last]).abs().sum(1)] if last in slopes else []
    rounding = formula_rounding(experiment.loss, values[last], values[refs.TARGET]) if noises else None
    if rounding is not None:
        noises = [noises[0] + rounding[0].sum(1)]
    for index in reversed(range(layers if noises else 0)):
        a, z = refs.activation(index), refs.pre_activation(index)
        noises.append(noises[-1] + (slopes[a].abs() * passes.size(index)).sum(1))
        noises.append(noises[-1] + (slopes[z].abs() * passes.terms(index)).sum(1))
        yield
    return noises[::-1]


@dataclass(frozen=True, slots=True)
class _Passes:
    """A forward and a backward pass by autograd, from what the trace began with.

    `beyond` is what the slope is short of that of the value, where PyTorch limits it. `kinked` has NaN for the slopes
    by what has a kink above it, where there are any.
    """

    network: Network
    values: Values
    loss: float = math.nan
    slopes: Values = field(default_factory=dict)
    beyond: Values = field(default_factory=dict)
    kinked: Values = field(default_factory=dict)

    def size(self, index: int) -> Tensor:
        """Return how large each activation of a layer is, or what it is the sum of: what keeps its rounding."""
        layer, a = self.network.layers[index], self.values[refs.activation(index)].abs()
        assert isinstance(layer, Layer)
        module = layer.activation
        return module.terms(self.values[refs.pre_activation(index)]) if isinstance(module, FormulaModule) else a

    def terms(self, index: int) -> Tensor:
        """Return how large what is added up is in each pre-activation of a layer: its sum keeps their rounding."""
        layer = self.network.layers[index]
        assert isinstance(layer, Layer)
        # torch's own types say that there always is one.
        bias: Tensor | None = layer.bias
        offset = None if bias is None else bias.detach().abs()
        return torch.nn.functional.linear(
            self.values[refs.activation(index - 1)].abs(), layer.weight.detach().abs(), offset
        )


def _passes(experiment: Experiment, values: Values, dtype: torch.dtype) -> Generator[None, None, _Passes]:
    """Pass layer by layer, each with a graph of its own, so that others have their turn between two of them."""
    network = Network(experiment, {ref: values[ref].to(dtype) for ref in experiment.network.parameter_shapes()})
    stages = []
    x = values[refs.INPUT].to(dtype)
    found = {refs.INPUT: x, refs.TARGET: values[refs.TARGET].to(dtype)}
    for index, layer in enumerate(network.layers):
        assert isinstance(layer, Layer)
        stage = _Stage.of(index, layer, x)
        stages.append(stage)
        x = stage.a.detach()
        found |= {refs.pre_activation(index): stage.z.detach(), refs.activation(index): x}
        yield
    if not torch.isfinite(x).all():
        return _Passes(network, found)
    try:
        loss, slope = _loss_and_slope(experiment, x, found[refs.TARGET])
    except RuntimeError:
        # nn.BCELoss refuses what is outside [0, 1]: there the loss is not defined.
        return _Passes(network, found)
    missing = unlimited(experiment.loss, x, slope)
    slopes = yield from _back(stages, slope)
    limited = missing is not None and bool(missing.any())
    beyond = (yield from _back(stages, missing)) if missing is not None and limited else {}
    # Kinks are where the trace is: it is the same for both dtypes.
    kinked = (yield from _kinked(experiment, stages, values, slope)) if dtype is torch.float64 else {}
    return _Passes(network, found, loss, slopes, beyond, kinked)


def _kinked(
    experiment: Experiment, stages: Sequence[_Stage], values: Values, slope: Tensor
) -> Generator[None, None, Values]:
    """Return the slopes, with NaN for those by what has a kink above it; empty where nothing has."""
    kinks = yield from _kinks(experiment, stages, values)
    at_loss = beside_loss_kink(experiment.loss, values[refs.activation(len(stages) - 1)], values[refs.TARGET])
    if not (at_loss.any() or any(each.any() for each in kinks)):
        return {}
    return (yield from _back(stages, slope.masked_fill(at_loss, math.nan), kinks))


def _kinks(experiment: Experiment, stages: Sequence[_Stage], values: Values) -> Generator[None, None, list[Tensor]]:
    """Return which z of each layer have a kink of the activation beside them."""
    found = []
    for stage, layer in zip(stages, experiment.network.layers, strict=True):
        entry, z = ACTIVATIONS[layer.activation.name], values[refs.pre_activation(stage.index)]
        if entry.couples_units:
            found.append(torch.zeros_like(z, dtype=torch.bool))
        else:
            learned = {name: each.to(z.dtype) for name, each in stage.layer.activation.named_parameters()}
            tree = entry.with_numbers(entry.tree(layer.activation), layer.activation)
            found.append(beside_kink(tree, "z", {"z": z, **learned}))
        yield
    return found


# Whatever the mode is in which it is called: an error elsewhere may have left gradients switched off.
@torch.enable_grad()
def _loss_and_slope(experiment: Experiment, output: Tensor, target: Tensor) -> tuple[float, Tensor]:
    output = output.clone().requires_grad_()
    loss = criterion(experiment.loss)(output, target)
    return loss.item(), torch.autograd.grad(loss, output)[0]


def _back(stages: Sequence[_Stage], slope: Tensor, kinks: Sequence[Tensor] = ()) -> Generator[None, None, Values]:
    """Return the slope of the loss by every value and trained parameter, from that by the output.

    `kinks` says for each layer which z have none: if anything comes back to them.
    """
    found: dict[ValueRef, Tensor] = {}
    for stage in reversed(stages):
        found[refs.activation(stage.index)] = slope
        slope = stage.pull(slope, found, kinks[stage.index] if kinks else None)
        yield
    found[refs.INPUT] = slope
    return found


@dataclass(frozen=True, slots=True)
class _Stage:
    """One layer's graph: from `x` to `z`, and from `inner`, which is z again, to `a`."""

    index: int
    layer: Layer
    x: Tensor
    z: Tensor
    inner: Tensor
    a: Tensor

    @classmethod
    @torch.enable_grad()
    def of(cls, index: int, layer: Layer, x: Tensor) -> _Stage:
        """Compute a layer."""
        x = x.clone().requires_grad_()
        z = layer(x)
        inner = z.detach().requires_grad_()
        return cls(index, layer, x, z, inner, layer.activation(inner))

    def pull(self, slope: Tensor, found: dict[ValueRef, Tensor], kinks: Tensor | None) -> Tensor:
        """Put the slopes by z and the layer's parameters among those that are found; gives that by x."""
        of_activation = self._trained(lambda name: name.startswith("activation."))
        wanted = [self.inner, *of_activation.values()]
        # A formula need not have all of it.
        inner, *rest = torch.autograd.grad(self.a, wanted, slope, retain_graph=True, materialize_grads=True)
        if kinks is not None:
            inner = inner.masked_fill(kinks & (slope != 0), math.nan)
        found[refs.pre_activation(self.index)] = inner
        found.update(zip(of_activation, rest, strict=True))
        of_sum = self._trained(lambda name: not name.startswith("activation."))
        below, *rest = torch.autograd.grad(self.z, [self.x, *of_sum.values()], inner, retain_graph=True)
        found.update(zip(of_sum, rest, strict=True))
        return below

    def _trained(self, wanted: Callable[[str], bool]) -> dict[ValueRef, Tensor]:
        named = self.layer.named_parameters()
        return {ValueRef(f"layers.{self.index}.{n}"): p for n, p in named if p.requires_grad and wanted(n)}
