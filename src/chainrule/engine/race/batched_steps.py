"""Micro-steps of many runs at once: what a step computes of one run, computed for all by `torch.func.vmap`.

A kernel that takes Python's numbers cannot take another one for each run. There the step's formula is computed, the
same that explains it, with the numbers as tensors.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

import torch
from torch import Tensor
from torch.linalg import vector_norm

from chainrule.catalog.arguments import Choice, argument_values
from chainrule.catalog.clipping import CLIPPINGS, norm_type
from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.optimizers import Update, formula_name
from chainrule.catalog.tables import lookup
from chainrule.catalog.values import refs
from chainrule.catalog.values.extent import Extent
from chainrule.catalog.values.refs import ValueRef
from chainrule.catalog.values.step_kinds import StepKind
from chainrule.engine.initializers import torch_dtype
from chainrule.engine.program.clipping import by_formula
from chainrule.engine.program.lowering import lowered
from chainrule.engine.program.steps import MicroStep
from chainrule.engine.race.products import PRODUCTS, PRODUCTS_BY_TERMS
from chainrule.engine.shapes import shape_together
from chainrule.formula.parse import read
from chainrule.formula.tree import Expr, number, substituted

Compute = Callable[..., Tensor]
# The axis along which a value of an extent has one number.
_ALONG = {Extent.ROWS: -1, Extent.COLUMNS: -2}
# What is one number, beside what optimizers compute.
_NUMBERS = (StepKind.GRADIENT_NORM, StepKind.CLIP_COEFFICIENT)


class StepBatcher:
    """Makes the steps of one run those of many, in their order.

    A value of the runs has an axis for them in front. What reads nothing of the runs is computed once for all of them,
    and has no such axis unless it is `kept` for each run. `choices` are the optimizers of updates, by what they write;
    `of_runs` is what the first step may read of the runs, and `numbers` what of that is one number a run.
    Products of matrices go `by_terms` where the runs lie side by side in memory.
    """

    def __init__(
        self,
        experiment: Experiment,
        choices: Mapping[ValueRef, Choice],
        kept: Mapping[ValueRef, torch.Size],
        of_runs: Iterable[ValueRef],
        numbers: Iterable[ValueRef],
        by_terms: bool = False,
    ) -> None:
        self._products = PRODUCTS_BY_TERMS if by_terms else PRODUCTS
        self._experiment, self._choices, self._kept = experiment, choices, kept
        self._of_runs, self._numbers = set(of_runs), set(numbers)

    def batched(self, step: MicroStep) -> MicroStep:
        """Return the next step, for all runs."""
        compute = self._computation(step)
        if step.writes in self._kept or self._of_runs.intersection(step.reads):
            self._of_runs.add(step.writes)
        if step.kind in _NUMBERS or (isinstance(step.entry, Update) and step.entry.extent is Extent.SCALAR):
            self._numbers.add(step.writes)
        return replace(step, compute=compute)

    def _computation(self, step: MicroStep) -> Compute:
        axes = tuple(0 if ref in self._of_runs else None for ref in step.reads)
        if all(axis is None for axis in axes):
            kept = self._kept.get(step.writes)
            return step.compute if kept is None else _for_each(step.compute, kept)
        if step.compute in self._products:
            return self._products[step.compute]
        if isinstance(step.entry, Update) and not self._needs_formula(step, step.entry):
            # Of elements each for itself, or along the last axes: the one in front is as any other.
            return step.compute
        return torch.func.vmap(self._of_one_run(step), in_dims=axes)

    def _needs_formula(self, step: MicroStep, update: Update) -> bool:
        return not update.kernel or update.extent is Extent.SCALAR or not self._numbers.isdisjoint(step.reads)

    def _of_one_run(self, step: MicroStep) -> Compute:
        """Return what a step computes of one run, with every number of it a tensor (), in the parameters' dtype."""
        clipping, update = self._experiment.clipping, step.entry
        if clipping is not None and step.kind is StepKind.GRADIENT_NORM:
            return _norm(float(norm_type(clipping)))
        if clipping is not None and step.kind is StepKind.CLIP_COEFFICIENT:
            return _coefficient(clipping)
        if clipping is not None and refs.CLIP_COEFFICIENT in step.reads:
            return by_formula(lookup(CLIPPINGS, clipping.name), clipping)
        if isinstance(update, Update):
            dtype = torch_dtype(self._experiment)
            return _update(update, self._choices[step.writes], torch.finfo(dtype).eps)
        return step.compute


def _for_each(compute: Compute, shape: torch.Size) -> Compute:
    return lambda *reads: compute(*reads).expand(shape)


def _norm(p: float) -> Compute:
    return lambda *gradients: vector_norm(torch.stack([vector_norm(gradient, p) for gradient in gradients]), p)


def _coefficient(clipping: Choice) -> Compute:
    entry = lookup(CLIPPINGS, clipping.name)
    given: dict[str, Expr] = {name: number(value) for name, value in argument_values(clipping).items()}
    share = lowered(substituted(read(entry.coefficient), given))
    return lambda norm: share({refs.GRAD_NORM: norm})


def _update(update: Update, choice: Choice, resolution: float) -> Compute:
    """Return an update by its formula. `resolution` is Adafactor's first epsilon where it is not given."""
    names = tuple(map(formula_name, update.reads))
    # What is summed has no name in the formula; the sum has, and of how many it is.
    beside = ("total", "count", *names[1:]) if update.term else names
    arguments = {"eps_0": resolution} | argument_values(choice)
    given: dict[str, Expr] = {name: number(value) for name, value in arguments.items() if name not in beside}
    formula = lowered(substituted(read(update.formula), given))
    term, axis = lowered(read(update.term)) if update.term else None, _ALONG.get(update.extent)

    def compute(*reads: Tensor) -> Tensor:
        values = dict(zip(names, reads, strict=True))
        if term is not None:
            terms = term({"x": reads[0]})
            total = terms.sum() if axis is None else terms.sum(axis, keepdim=True)
            count = terms.numel() if axis is None else terms.size(axis)
            values = {**values, "total": total, "count": torch.full_like(total, count)}
            return formula(values)
        return formula(values).expand(shape_together(reads))

    return compute
