"""Activations that `torch.nn` does not have, as modules for the referee: autograd differentiates their formula.

The engine computes a derivative that was derived from the formula, and simplified; here it is PyTorch's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

import torch
from torch import Tensor, nn

from chainrule.catalog.activation import Z
from chainrule.catalog.activations import ACTIVATIONS
from chainrule.catalog.arguments import Choice
from chainrule.engine.program.lowering import lowered
from chainrule.engine.referee.rounding import largest_terms
from chainrule.formula.differentiate import derivative
from chainrule.formula.tree import Cases, Compare, Expr, Symbol, rebuilt, walk


class FormulaModule(nn.Module):
    """An entry of the table by its formula, with what it learns as parameters by their names."""

    def __init__(self, choice: Choice, units: int) -> None:
        super().__init__()
        self._choice, self._entry = choice, ACTIVATIONS[choice.name]
        for name, size in self._entry.sizes(choice, units).items():
            self.register_parameter(name, nn.Parameter(torch.empty(size)))

    @cached_property
    def _tree(self) -> Expr:
        return self._entry.with_numbers(self._entry.tree(self._choice), self._choice)

    def forward(self, z: Tensor) -> Tensor:
        """Return a of a layer, (B, out)."""
        values = {"z": z, **dict(self.named_parameters())}
        if self._entry.couples_units:
            return lowered(self._tree, ("n", "k"))(values)
        found = computed_by_case(self._tree, {name: value.expand_as(z) for name, value in values.items()})
        # Of a formula without z, autograd is told that its slope is 0.
        return found if found.requires_grad or not z.requires_grad else found + 0 * z

    # How large what is rounded is on the way, for which a comparison has to allow.

    @torch.no_grad()
    def terms(self, z: Tensor) -> Tensor:
        """Return the terms of a."""
        return self.forward(z).abs() + z.abs() if self._entry.couples_units else self._terms(self._tree, z)

    @torch.no_grad()
    def gradient_terms(self, grad: Tensor, z: Tensor) -> Tensor:
        """Return the terms of dL/dz, from dL/da: of what autograd adds up, and of the form in which the engine computes
        it.
        """
        simple = self._entry.with_numbers(self._entry.slope_tree(self._choice), self._choice)
        if not self._entry.couples_units:
            terms = grad.abs() * (self._terms(derivative(self._tree, Z), z) + self._terms(simple, z))
            # What overflows on the way is known to no digit.
            return (terms + self._lost(grad, z)).nan_to_num(nan=0.0).clamp(max=torch.finfo(z.dtype).max)
        # The units depend on each other: what comes back is added up.
        matrix = lowered(simple, ("n", "k", "i"))({"z": z, "a": self.forward(z)})
        return (grad.abs().sum(1) * matrix.abs().amax((1, 2)))[:, None].expand_as(z)

    def learned_terms(self, name: str, z: Tensor) -> Tensor:
        """Return the terms of da by a learned vector."""
        vector = next(each for each in self._entry.learned if each.name == name)
        simple = self._entry.with_numbers(self._entry.learned_slope(vector, self._choice), self._choice)
        return self._terms(derivative(self._tree, Symbol(vector.name)), z) + self._terms(simple, z)

    def _lost(self, grad: Tensor, z: Tensor) -> Tensor:
        """Return how far float32 is off in autograd's own steps, one of which may be too small for it, in its last
        digits.
        """
        if z.dtype is torch.float64:
            return torch.zeros_like(z)
        narrow, wide = (self._pulled_back(grad, z, dtype).double() for dtype in (z.dtype, torch.float64))
        return ((narrow - wide).abs() / torch.finfo(z.dtype).eps).to(z.dtype)

    @torch.enable_grad()
    def _pulled_back(self, grad: Tensor, z: Tensor, dtype: torch.dtype) -> Tensor:
        z = z.detach().to(dtype).requires_grad_()
        values = {name: value.detach().to(dtype).expand_as(z) for name, value in self.named_parameters()}
        found = computed_by_case(self._tree, {"z": z, **values})
        if not found.requires_grad:
            return torch.zeros_like(z)
        return torch.autograd.grad((found * grad.to(dtype)).sum(), z)[0]

    @torch.no_grad()
    def _terms(self, tree: Expr, z: Tensor) -> Tensor:
        values = {"z": z, "a": self.forward(z), **dict(self.named_parameters())}
        return largest_terms(tree, values).expand_as(z)


def computed_by_case(tree: Expr, values: Mapping[str, Tensor]) -> Tensor:
    """Return a formula of tensors of one shape, each number computed by the case that it is in, and by no other.

    `torch.where` computes all cases, and autograd makes NaN of one that has no value there, though it is not chosen.
    """
    first = next(iter(values.values()))
    conditions = list(dict.fromkeys(each for part in walk(tree) if isinstance(part, Cases) for each, _ in part.cases))
    flat = {name: value.reshape(-1) for name, value in values.items()}
    if not conditions:
        return lowered(tree)(flat).expand(first.numel()).reshape(first.shape)
    with torch.no_grad():
        holds = torch.stack([lowered(each)(flat).expand(first.numel()) != 0 for each in conditions], 1)
    found, places = [], []
    for pattern in holds.unique(dim=0):
        place = (holds == pattern).all(1).nonzero().squeeze(1)
        decided = _decided(tree, dict(zip(conditions, pattern.tolist(), strict=True)))
        found.append(lowered(decided)({name: value[place] for name, value in flat.items()}).expand(len(place)))
        places.append(place)
    return torch.cat(found)[torch.cat(places).argsort()].reshape(first.shape)


def _decided(tree: Expr, holds: Mapping[Expr, bool]) -> Expr:
    """Return the formula with each of its cases decided."""
    if isinstance(tree, Cases):
        then = next((then for condition, then in tree.cases if holds[condition]), tree.otherwise)
        return _decided(then, holds)
    return tree if isinstance(tree, Compare) else rebuilt(tree, lambda part: _decided(part, holds))
