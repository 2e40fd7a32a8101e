"""How well a finite difference can know a slope: what rounding makes of it, and where PyTorch's own slope is another.

A loss is known to its last digit at best, and to fewer where it is computed from what has lost its digits: of a Sigmoid
of 22 that is to be 0, `log(1 - a)` is made of the six digits that 1 - a has left. A quotient of two such losses is
their noise over the step. The slope that it is held against has its own limits: float32 may have no digits of it, and
`nn.BCELoss` divides by no less than 1e-12, so that beyond it its slope is not that of its value. All of it is told by
autograd, in float64 and in the experiment's dtype; its networks share nothing with the trace but what that began with.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch import Tensor

from chainrule.engine import refs
from chainrule.engine.reference import Layer, Network
from chainrule.engine.reference_losses import criterion, unlimited
from chainrule.engine.refs import ValueRef
from chainrule.engine.spec import Experiment

EPS = torch.finfo(torch.float64).eps
# How many roundings of each number a loss may carry: a function is right to about one unit of its last digit.
ROUNDINGS = 2


class Doubts:
    """What a finite difference of one batch cannot know, for any element of any value."""

    def __init__(self, experiment: Experiment, values: Mapping[ValueRef, Tensor]) -> None:
        """`values` are those of the trace in float64 on the CPU."""
        self._layers = len(experiment.network.layers)
        passes = _Passes(experiment, values, torch.float64)
        slopes = passes.slopes
        self._errors = {ref: slope.abs() for ref, slope in passes.beyond.items()}
        if experiment.dtype == "float32":
            for ref, narrow in _Passes(experiment, values, torch.float32).slopes.items():
                self._errors[ref] = (narrow.double() - slopes[ref]).abs() + self._errors.get(ref, 0.0)
        self._known = {ref: torch.isfinite(slope) for ref, slope in slopes.items()}
        self._noise, self._loss = self._noises(passes), passes.loss

    def _noises(self, passes: _Passes) -> list[Tensor]:
        """The noise of each sample's part of the loss, (B,), by the first number that is computed anew.

        Two places for each layer, its z and its a, and one for the loss itself.
        """
        values, slopes = passes.values, passes.slopes
        last = refs.activation(self._layers - 1)
        noises = [(slopes[last] * values[last]).abs().sum(1)] if last in slopes else []
        for index in reversed(range(self._layers if noises else 0)):
            a, z = refs.activation(index), refs.pre_activation(index)
            noises.append(noises[-1] + (slopes[a] * values[a]).abs().sum(1))
            noises.append(noises[-1] + (slopes[z].abs() * passes.terms(index)).sum(1))
        return noises[::-1]

    def of(self, ref: ValueRef, index: tuple[int, ...], width: float) -> float:
        """How far a quotient of two losses that are so far apart may be from the slope that PyTorch has."""
        known = self._known.get(ref)
        if known is None or not self._noise:
            # Frozen numbers have no slope to be held against, and an output that is not finite has no loss.
            return 0.0 if self._noise else math.inf
        if not known[index]:
            return math.inf
        parsed = refs.parse(ref)
        layer = -1 if parsed.layer is None else parsed.layer
        of_samples = True
        if ref == refs.pre_activation(layer):
            place = 2 * layer + 1
        elif ref in (refs.INPUT, refs.activation(layer)):
            place = 2 * layer + 2
        else:
            place, of_samples = 2 * layer, False
        noise = self._noise[place][index[0]] if of_samples else self._noise[place].sum()
        error: float = self._errors[ref][index].item() if ref in self._errors else 0.0
        rounding: float = ROUNDINGS * EPS * (noise.item() + abs(self._loss)) / width
        return error + rounding


class _Passes:
    """A forward and a backward pass by autograd, from what the trace began with."""

    # Whatever the mode is in which it is called: an error elsewhere may have left gradients switched off.
    @torch.enable_grad()
    def __init__(self, experiment: Experiment, values: Mapping[ValueRef, Tensor], dtype: torch.dtype) -> None:
        self._network = Network(experiment, {r: values[r].to(dtype) for r in experiment.network.parameter_shapes()})
        x = values[refs.INPUT].to(dtype).clone().requires_grad_()
        target = values[refs.TARGET].to(dtype)
        found = {refs.INPUT: x, **self._network(x)}
        self.values = {ref: value.detach() for ref, value in found.items()}
        self.slopes: dict[ValueRef, Tensor] = {}
        # What the slope is short of that of the value, where PyTorch limits it.
        self.beyond: dict[ValueRef, Tensor] = {}
        self.loss = math.nan
        last = refs.activation(len(experiment.network.layers) - 1)
        output = found[last]
        if not torch.isfinite(output).all():
            return
        try:
            loss = criterion(experiment.loss)(output, target)
        except RuntimeError:
            # nn.BCELoss refuses what is outside [0, 1]: there the loss is not defined.
            return
        self.loss = loss.item()
        wanted = {**found, **self._network.trained}
        places = list(wanted.values())
        self.slopes = dict(zip(wanted, torch.autograd.grad(loss, places, retain_graph=True), strict=True))
        missing = unlimited(experiment.loss, output.detach(), self.slopes[last])
        if missing is not None and missing.any():
            self.beyond = dict(zip(wanted, torch.autograd.grad(output, places, missing), strict=True))

    def terms(self, index: int) -> Tensor:
        """How large what is added up is in each pre-activation of a layer: its sum keeps their rounding."""
        layer = self._network.layers[index]
        assert isinstance(layer, Layer)
        # torch's own types say that there always is one.
        bias: Tensor | None = layer.bias
        offset = None if bias is None else bias.detach().abs()
        return torch.nn.functional.linear(
            self.values[refs.activation(index - 1)].abs(), layer.weight.detach().abs(), offset
        )
