"""The computation of an optimizer's update: torch's kernel where the catalogue names one, else its formula."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import torch
from torch import Tensor

from chainrule.catalog.arguments import Choice, argument_values
from chainrule.catalog.optimizers import Update, formula_name
from chainrule.catalog.values.extent import Extent
from chainrule.engine.kernels.optimizers import KERNELS
from chainrule.engine.kernels.scalars import ScalarFunction, new_scalar, scalar
from chainrule.engine.program.lowering import lowered
from chainrule.engine.shapes import shape_together
from chainrule.formula.errors import FormulaError, joined
from chainrule.formula.evaluate import prepared
from chainrule.formula.parse import read, read_of
from chainrule.formula.tree import Expr, number, substituted, symbols_of

Compute = Callable[..., Tensor]
# The axis along which a value of an extent has one number.
_ALONG = {Extent.ROWS: -1, Extent.COLUMNS: -2}


def computation(update: Update, choice: Choice) -> Compute:
    """Return what an update computes, of what it reads: of one parameter, or of several that lie one after the other.

    Scalars are tensors () in float64 on the CPU, so that `.item()` costs nothing; all else has the parameter's dtype.
    Where the catalogue names no kernel that there is, or a name that the update does not read, `FormulaError` says so.
    """
    whose = f"{choice.name}, {update.writes}"
    if update.kernel:
        if update.kernel not in KERNELS:
            raise FormulaError(f"{whose}: there is no kernel {update.kernel}", update.formula)
        return KERNELS[update.kernel](*update.given)
    tree = read_of(whose, update.formula)
    _check_names(whose, update, tuple(map(formula_name, update.reads)), choice)
    return computed_by(tree, update, choice)


def computed_by(tree: Expr, update: Update, choice: Choice) -> Compute:
    """Return what an update would compute if its formula were another, of the same names."""
    names = tuple(map(formula_name, update.reads))
    if update.term:
        return _with_sum(update, tree, names, choice)
    if update.extent is Extent.SCALAR:
        return _of_numbers(tree, names, choice)
    return _of_tensors(tree, names, choice)


def _check_names(whose: str, update: Update, names: tuple[str, ...], choice: Choice) -> None:
    """Refuse an update whose formula names what it is not given: it would fail as it runs, and not say where."""
    if update.term:
        names = ("total", "count", *names[1:])
    given = argument_values(choice)
    others = [name for name in names_in(update.formula) if name not in names and name not in given]
    if update.term:
        others += [name for name in names_in(update.term) if name != "x"]
    if others:
        text = f"{update.term}, {update.formula}" if update.term else update.formula
        named = joined(list(dict.fromkeys(others)))
        raise FormulaError(f"{whose}: the formula names {named}, which it does not read: {text}", text)


# The same few formulas are those of every parameter.
@lru_cache(maxsize=1024)
def names_in(formula: str) -> tuple[str, ...]:
    """Return the names that a formula of the tables reads."""
    return symbols_of(read(formula))


def _of_numbers(tree: Expr, names: tuple[str, ...], choice: Choice) -> Compute:
    """Return a formula of scalars, on Python's numbers. The tensors of equal results are shared."""
    return _numbers_of(tree, names, tuple(argument_values(choice).items()))


# One for all parameters: their counters and rates are mostly the same numbers.
@lru_cache(maxsize=32)
def _numbers_of(tree: Expr, names: tuple[str, ...], arguments: tuple[tuple[str, float], ...]) -> Compute:
    formula, given = prepared(tree), dict(arguments)

    def computed(*read: float) -> float:
        known = given | dict(zip(names, read, strict=True))
        return formula(lambda name, places: known[name], {}, {})

    kept = lru_cache(maxsize=256)(computed)

    def number(*read: float) -> float:
        # 0 and -0 are looked up as the same, and are not.
        return kept(*read) if all(read) else computed(*read)

    return ScalarFunction(number)


def _of_tensors(tree: Expr, names: tuple[str, ...], choice: Choice) -> Compute:
    """Return a formula of which each element has a number, in the dtype of what it reads that is no scalar."""
    given: dict[str, Expr] = {
        name: number(value) for name, value in argument_values(choice).items() if name not in names
    }
    computed = lowered(substituted(tree, given))

    def compute(*reads: Tensor) -> Tensor:
        # What has elements decides the dtype; of a parameter that is one number, what is no scalar.
        like = min(reads, key=lambda value: (value.dim() == 0, _is_number(value)))
        # On a GPU scalars go by way of Python's numbers, which says that they may change from one iteration to the
        # next: what it replays by itself would not read them again. A parameter that is one number is taken as a row of
        # one: beside a row, scalars have no dtype.
        shown = [
            (value if like.is_cpu else scalar(value.item()))
            if _is_number(value)
            else (value if value.dim() else value[None])
            for value in reads
        ]
        values = sorted(zip(names, shown, strict=True), key=lambda pair: pair[1].dim() == 0)
        found = computed(dict(values)).to(like)
        shape = shape_together(reads)
        if found.shape == shape:
            return found
        return found.expand(shape).contiguous() if shape else found.reshape(())

    return compute


def _is_number(value: Tensor) -> bool:
    """Return whether a value is a counter or a rate.

    What a parameter () has can be taken for one where that is the same.
    """
    return value.dim() == 0 and value.dtype is torch.float64 and value.device.type == "cpu"


def _with_sum(update: Update, tree: Expr, names: tuple[str, ...], choice: Choice) -> Compute:
    """Return a formula of a sum over what is read first, along rows or columns or over all of it."""
    term, whole = lowered(read(update.term)), update.extent is Extent.SCALAR
    beside = ("total", "count", *names[1:])
    finish = _of_numbers(tree, beside, choice) if whole else _of_tensors(tree, beside, choice)

    def compute(first: Tensor, *reads: Tensor) -> Tensor:
        terms = term({"x": first})
        if whole:
            return finish(terms.sum(), new_scalar(terms.numel()), *reads)
        axis = _ALONG[update.extent]
        return finish(terms.sum(axis, keepdim=True), new_scalar(terms.size(axis)), *reads)

    return compute
