"""The computation of an optimizer's update: torch's kernel where the catalogue names one, else its formula."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import torch
from torch import Tensor

from chainrule.catalog.arguments import Choice
from chainrule.catalog.extent import Extent
from chainrule.catalog.optimizers import Update, argument_values, name_of
from chainrule.engine.kernels.optimizers import KERNELS
from chainrule.engine.kernels.scalars import new_scalar, scalar
from chainrule.engine.lowering import lowered
from chainrule.formula.evaluate import evaluate
from chainrule.formula.parse import read
from chainrule.formula.tree import Expr, number, substituted

Compute = Callable[..., Tensor]
# The axis along which a value of an extent has one number.
_ALONG = {Extent.ROWS: -1, Extent.COLUMNS: -2}


def computation(update: Update, choice: Choice, shape: tuple[int, ...]) -> Compute:
    """What an update computes, of what it reads, for a parameter of that shape.

    Scalars are tensors () in float64 on the CPU, so that `.item()` costs nothing; all else has the parameter's dtype.
    """
    if update.kernel:
        return KERNELS[update.kernel](*update.given)
    tree = read(update.formula)
    names = tuple(map(name_of, update.reads))
    if update.term:
        return _with_sum(update, tree, names, choice, shape)
    if update.extent is Extent.SCALAR:
        return _of_numbers(tree, names, choice)
    return _of_tensors(tree, names, choice, update.extent.shape(shape))


def _of_numbers(tree: Expr, names: tuple[str, ...], choice: Choice) -> Compute:
    """A formula of scalars, on Python's numbers. The tensors of equal results are shared."""
    arguments = argument_values(choice)

    def number_of(*read: float) -> Tensor:
        known = arguments | dict(zip(names, read, strict=True))
        return scalar(evaluate(tree, lambda name, places: known[name]))

    kept = lru_cache(maxsize=1024)(number_of)

    def compute(*reads: Tensor) -> Tensor:
        numbers = [value.item() for value in reads]
        # 0 and -0 are looked up as the same, and are not.
        return kept(*numbers) if all(numbers) else number_of(*numbers)

    return compute


def _of_tensors(tree: Expr, names: tuple[str, ...], choice: Choice, shape: tuple[int, ...]) -> Compute:
    """A formula of which each element has a number, in the dtype of what it reads that is no scalar."""
    given: dict[str, Expr] = {
        name: number(value) for name, value in argument_values(choice).items() if name not in names
    }
    computed = lowered(substituted(tree, given))

    def compute(*reads: Tensor) -> Tensor:
        # What has elements comes first: numbers that stand in the formula are of its dtype, on its device.
        values = sorted(zip(names, reads, strict=True), key=lambda pair: _is_number(pair[1]))
        like = values[0][1]
        if not shape and not like.dim():
            # Beside a row numbers have no dtype, as is wanted; beside a scalar they have.
            values = [(name, value if _is_number(value) else value.reshape(1)) for name, value in values]
        found = computed(dict(values)).to(like)
        # A plan computes parameters together, as one long row.
        whole = like.shape if like.dim() == 1 and like.numel() > 1 else shape
        if found.shape == whole:
            return found
        return found.reshape(()) if not whole else found.expand(whole).contiguous()

    return compute


def _is_number(value: Tensor) -> bool:
    """Whether a value is a counter or a rate; what a parameter () has can be taken for one where that is the same."""
    return value.dim() == 0 and value.dtype is torch.float64 and value.device.type == "cpu"


def _with_sum(update: Update, tree: Expr, names: tuple[str, ...], choice: Choice, shape: tuple[int, ...]) -> Compute:
    """A formula of a sum over what is read first, along rows or columns or over all of it."""
    term, whole = lowered(read(update.term)), update.extent is Extent.SCALAR
    beside = ("total", "count", *names[1:])
    finish = (
        _of_numbers(tree, beside, choice) if whole else _of_tensors(tree, beside, choice, update.extent.shape(shape))
    )

    def compute(first: Tensor, *reads: Tensor) -> Tensor:
        terms = term({"x": first})
        if whole:
            return finish(terms.sum(), new_scalar(terms.numel()), *reads)
        axis = _ALONG[update.extent]
        return finish(terms.sum(axis, keepdim=True), new_scalar(terms.size(axis)), *reads)

    return compute
