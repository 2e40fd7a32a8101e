"""The numbers that tensors are computed with and that change from iteration to iteration, made of known scalars."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import torch
from torch import Tensor

from chainrule.catalog.values.refs import ValueRef
from chainrule.engine.kernels.scalars import Placeholder, WithScalars, within
from chainrule.engine.plan.arena import NumberRows
from chainrule.engine.plan.backends.backend import Feed
from chainrule.engine.plan.calls import VaryingNumber
from chainrule.engine.plan.scalar_columns import Column, RangeColumns, ScalarColumns
from chainrule.engine.program.steps import MicroStep

# No formula has these numbers: they are found again where torch was handed one.
_FIRST_MARK, _MARK_STEP = 0.7360918274650912, 2.0**-44

CaseValues = tuple[bool, ...]


@dataclass(frozen=True, slots=True)
class _NumberStep:
    """A step that computes numbers from known scalars, some of which change."""

    step: MicroStep
    compute: WithScalars

    @property
    def scalars(self) -> tuple[ValueRef, ...]:
        return self.step.reads[self.compute.tensors :]


class ScalarReaders:
    """Which steps of an iteration read known scalars that change.

    Those that say what numbers they make of them are `steps`, by what they write; `read_whole` are the scalars that
    others read.
    """

    def __init__(self, steps: Iterable[MicroStep], columns: ScalarColumns, constants: Iterable[ValueRef]) -> None:
        changing = columns.known.difference(constants)
        left = [step for step in steps if step.writes not in columns.written]
        self.steps: dict[ValueRef, _NumberStep] = {}
        whole: dict[ValueRef, None] = {}
        for step in left:
            if isinstance(step.compute, WithScalars):
                found = _NumberStep(step, step.compute)
                if columns.known.issuperset(found.scalars) and changing.intersection(found.scalars):
                    self.steps[step.writes] = found
                    continue
            whole |= dict.fromkeys(ref for ref in step.reads if ref in changing)
        self.read_whole = tuple(whole)
        self._with_cases = [each for each in self.steps.values() if each.compute.case is not None]

    def cases(self, columns: RangeColumns, count: int) -> Sequence[CaseValues]:
        """Return which case of each step applies, iteration by iteration."""
        found = []
        for each in self._with_cases:
            assert each.compute.case is not None
            found.append(list(map(each.compute.case, *(columns[ref] for ref in each.scalars))))
        return list(zip(*found, strict=True)) if found else [()] * count

    def in_case(self, cases: CaseValues) -> dict[ValueRef, bool]:
        """Return the case of each step that has some."""
        return {each.step.writes: case for each, case in zip(self._with_cases, cases, strict=True)}


class VaryingNumbers:
    """The numbers of one kind of iteration: in tensors (), or as numbers where torch wants them so."""

    def __init__(self, readers: ScalarReaders, cases: CaseValues, columns: RangeColumns, like: Tensor) -> None:
        """`columns` have what the scalars are in an iteration; `like` has the dtype of what the numbers meet."""
        self._readers, self._cases = readers, readers.in_case(cases)
        self._whole = NumberRows(len(readers.read_whole), torch.float64)
        sizes = [len(self._numbers_of(each, columns)) for each in readers.steps.values()]
        self._operands = NumberRows(sum(sizes), like.dtype)
        self._varying: list[VaryingNumber] = []
        self.by_mark: dict[float, VaryingNumber] = {}
        self._placeholders: dict[ValueRef, list[Placeholder]] = {}
        for each, size in zip(readers.steps, sizes, strict=True):
            self._placeholders[each] = [self._placeholder() for _ in range(size)]
        self.fill(columns)
        for rows in (self._whole, self._operands):
            rows.present.copy_(rows.row_views[0])

    @property
    def whole(self) -> dict[ValueRef, Tensor]:
        """The scalars that are read as they are, (), float64."""
        return dict(zip(self._readers.read_whole, self._whole.views, strict=True))

    @property
    def in_use(self) -> list[VaryingNumber]:
        """Those that some call is handed as numbers."""
        return [number for number in self._varying if number.is_used]

    def feeds(self) -> list[Feed]:
        """Return what is to be put into the tensors before each iteration."""
        filled = [rows for rows in (self._whole, self._operands) if len(rows.present)]
        return [Feed(rows.present, rows.row_views, by_batch=False) for rows in filled]

    def tensors(self) -> list[Tensor]:
        """Return all memory of it."""
        return [tensor for rows in (self._whole, self._operands) for tensor in (rows.present, rows.rows)]

    def recordable(self, step: MicroStep) -> MicroStep:
        """Return a step as it is to be recorded: with placeholders in the place of the numbers."""
        found = self._readers.steps.get(step.writes)
        if found is None:
            return step
        case = (self._cases[step.writes],) if step.writes in self._cases else ()
        compute = partial(_with_numbers, found.compute.compute, (*self._placeholders[step.writes], *case))
        return replace(step, compute=compute, reads=step.reads[: found.compute.tensors])

    def fill(self, columns: RangeColumns) -> None:
        """Take the numbers of the iterations that come next."""
        if self._readers.read_whole:
            self._whole.fill([columns[ref] for ref in self._readers.read_whole])
        numbers: list[Column] = []
        for each in self._readers.steps.values():
            numbers += self._numbers_of(each, columns)
        if numbers:
            self._operands.fill(numbers)
        for number, column in zip(self._varying, numbers, strict=True):
            number.column = [within(each, self._operands.present) for each in column] if number.is_used else ()

    @staticmethod
    def _numbers_of(found: _NumberStep, columns: RangeColumns) -> list[Column]:
        return list(zip(*map(found.compute.numbers, *(columns[ref] for ref in found.scalars)), strict=True))

    def _placeholder(self) -> Placeholder:
        place = len(self._varying)
        mark, tensor = _FIRST_MARK + place * _MARK_STEP, self._operands.views[place]
        number = VaryingNumber(mark)
        self._varying.append(number)
        self.by_mark[mark] = number
        return Placeholder(mark, lambda other: tensor)


def _with_numbers(compute: Callable[..., Tensor], numbers: tuple[Any, ...], *tensors: Tensor) -> Tensor:
    return compute(*tensors, *numbers)
