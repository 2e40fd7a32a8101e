"""One iteration on a page of its own: what its steps are written with, and how each of their values gets its cells."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from chainrule.catalog.experiment.spec import Experiment
from chainrule.catalog.values.refs import ValueRef
from chainrule.catalog.values.step_kinds import Phase
from chainrule.engine.program.program import Program
from chainrule.engine.program.steps import MicroStep
from chainrule.explain.names.notation import Notation
from chainrule.explain.sheet.cells import CellReading, at_index
from chainrule.explain.sheet.labels import labels_of, sample_label
from chainrule.explain.sheet.page_writer import PageWriter
from chainrule.explain.sheet.settings import SheetSettings
from chainrule.explain.sheet.workbook import CellBlock, CellLook, Index, Named, finite
from chainrule.formula.tree import Expr
from chainrule.formula.writing.spreadsheet import ConstantCell


@dataclass(frozen=True)
class IterationPage:
    """What the formulas of one iteration's steps are made from, and the page that they are written to.

    `blocks` are where values stand, this iteration's and those that it starts from; `numbers` what they are now, as
    nested lists. `rows` are the data's rows in the batch.
    """

    experiment: Experiment
    program: Program
    notation: Notation
    settings: SheetSettings
    page: PageWriter
    constant: ConstantCell
    numbers: Mapping[str, Any]
    rows: tuple[int, ...]
    lists: Mapping[str, CellBlock] = field(default_factory=dict)
    blocks: dict[str, CellBlock] = field(default_factory=dict)

    def reading(
        self,
        names: Mapping[str, ValueRef],
        named: Mapping[str, Named] | None = None,
        of_row: Mapping[str, Callable[[int], Named]] | None = None,
    ) -> CellReading:
        """Return what names stand for: values by their refs, settings of the program, and further numbers."""
        settings = self.settings.of_refs()
        blocks = {name: self.blocks[ref] for name, ref in names.items() if ref in self.blocks}
        numbers = {name: self.numbers[ref] for name, ref in names.items() if ref in self.blocks}
        single = {name: settings[ref] for name, ref in names.items() if ref not in self.blocks}
        single = {**(named or {}), **single}
        return CellReading(self.page.name, blocks, numbers, single, self.constant, self._use(single), of_row or {})

    def _use(self, named: Mapping[str, Named]) -> Callable[[str], None]:
        return lambda name: self.settings.used.add(named[name].text)

    def write(self, step: MicroStep, formula: Callable[[Index], str]) -> None:
        """Write what a step gives: for each element its formula, with its number."""
        ref = step.writes
        self.write_value(ref, formula, CellLook.LIVE, step.phase)

    def write_value(self, ref: ValueRef, formula: Callable[[Index], str], look: CellLook, phase: Phase | None) -> None:
        """Write a value below its heading, with labels as on the screen."""
        value, numbers = self.program.values[ref], self.numbers[ref]
        shape = list_shape(numbers)

        def element(index: Index) -> tuple[str, float]:
            found = numbers
            for place in index:
                found = found[place]
            return formula(index), finite(float(found))

        rows, columns = labels_of(self.notation, value, shape, self.rows)
        self.blocks[ref] = self.page.block(shape, element, look, rows, columns, phase, beside=ref)

    def write_terms(
        self,
        title: str,
        shape: tuple[int, ...],
        reading: CellReading,
        tree: Expr,
        places: Callable[[Index], dict[str, int]],
    ) -> CellBlock:
        """Write what is added up in the next step: numbers that have no ref."""

        def element(index: Index) -> tuple[str, float]:
            at = places(index)
            return reading.element(tree, index, at), reading.number(tree, index, at)

        rows = [sample_label(self.rows, row) for row in range(shape[0])]
        return self.page.block(shape, element, CellLook.LIVE, rows, (), beside=title)

    def number(self, ref: ValueRef, index: Index = ()) -> float:
        """Return an element of a value as the program computed it."""
        return at_index(self.numbers[ref], self.blocks[ref], index)


def list_shape(numbers: Any) -> tuple[int, ...]:
    """Return the shape of nested lists."""
    return (len(numbers), *list_shape(numbers[0])) if isinstance(numbers, list) else ()
