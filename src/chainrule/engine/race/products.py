"""The products of matrices of a layer, for many runs at once.

`vmap` makes a small product for each run, also where a single one of all runs would do: rows of data are the same for
all of them. There are two quicker ways. Large matrices are multiplied in as few and as large products as there can be.
Of small ones each call takes longer than its arithmetic: where the numbers of all runs lie side by side in memory, a
product is a few sums of whole rows of runs, term by term.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

import torch
from torch import Tensor
from torch.nn.functional import linear

from chainrule.engine.program.layers import bias_gradient, weight_gradient


def _linear(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """Return x w^T + b of each run: (B, in) or (runs, B, in), (runs, out, in), (runs, out) -> (runs, B, out)."""
    runs, outputs, inputs = weight.shape
    if x.dim() == 2:  # noqa: PLR2004 - the rows are the same for all
        product = torch.mm(x, weight.reshape(runs * outputs, inputs).t()).view(len(x), runs, outputs).transpose(0, 1)
    elif bias is not None:
        return torch.baddbmm(bias.unsqueeze(1), x, weight.transpose(1, 2))
    else:
        product = torch.bmm(x, weight.transpose(1, 2))
    # In rows again: products of what lies otherwise take several times as long.
    return (product if bias is None else product + bias.unsqueeze(1)).contiguous()


def _weight_gradient(delta: Tensor, below: Tensor) -> Tensor:
    """Return dL/dW of each run: (runs, B, out), (B, in) or (runs, B, in) -> (runs, out, in)."""
    if below.dim() == 3:  # noqa: PLR2004 - each run has its own
        return torch.bmm(delta.transpose(1, 2), below)
    runs, rows, outputs = delta.shape
    together = delta.transpose(0, 1).reshape(rows, runs * outputs)
    return torch.mm(together.t(), below).view(runs, outputs, below.shape[1])


def _product(delta: Tensor, weight: Tensor) -> Tensor:
    """Return dL/dx of each run: (runs, B, out), (runs, out, in) -> (runs, B, in)."""
    return delta * weight if weight.shape[1] == 1 else torch.bmm(delta, weight)


# By what computes the same of one run, for values whose runs lie one behind the other.
PRODUCTS: Mapping[Callable[..., Tensor], Callable[..., Tensor]] = {
    linear: _linear,
    weight_gradient: _weight_gradient,
    bias_gradient: lambda delta: delta.sum(1),
    torch.mm: _product,
}


def _linear_by_terms(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """Return x w^T + b of each run, as the sum over the inputs."""
    start = None if bias is None else bias.unsqueeze(1)
    each = range(weight.shape[2])
    return _summed(start, ((x[..., i].unsqueeze(-1), weight[..., i].unsqueeze(1)) for i in each))


def _weight_gradient_by_terms(delta: Tensor, below: Tensor) -> Tensor:
    """Return dL/dW of each run, as the sum over the rows."""
    each = range(delta.shape[1])
    return _summed(None, ((delta[:, n].unsqueeze(-1), below[..., n, :].unsqueeze(-2)) for n in each))


def _product_by_terms(delta: Tensor, weight: Tensor) -> Tensor:
    """Return dL/dx of each run, as the sum over the outputs."""
    each = range(weight.shape[1])
    return _summed(None, ((delta[..., o].unsqueeze(-1), weight[:, o].unsqueeze(1)) for o in each))


def _summed(start: Tensor | None, terms: Iterable[tuple[Tensor, Tensor]]) -> Tensor:
    """Return the sum of products, and of what it starts with."""
    (one, other), *rest = terms
    found = one * other if start is None else torch.addcmul(start, one, other)
    for one, other in rest:
        found.addcmul_(one, other)
    return found


# The same, for values whose runs lie side by side.
PRODUCTS_BY_TERMS: Mapping[Callable[..., Tensor], Callable[..., Tensor]] = {
    **PRODUCTS,
    linear: _linear_by_terms,
    weight_gradient: _weight_gradient_by_terms,
    torch.mm: _product_by_terms,
}
